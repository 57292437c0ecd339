package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// Producer writes events of one type to their topic, with the same key, frame and
// headers as the outbox. Events of one key reach the topic in the order in which
// they were given, as long as one goroutine gives them. It is safe for concurrent
// use. Close it before its client.
type Producer[T any] struct {
	send     *sender
	id       uint32
	name     string // full name of the schema
	maxBytes int
	event    func(*T) codec.Event
	headers  func(context.Context) map[string]string
	extra    map[string]string
}

// NewProducer resolves the schema id of T through ids. client is best made with
// ClientOptions; the producer does not close it. Several producers may share one.
func NewProducer[T any, P EventType[T]](ctx context.Context, client *kgo.Client, ids codec.IDSource, opts ...ProducerOption) (*Producer[T], error) {
	cfg := producerConfig{naming: codec.TopicName, producerSettings: producerSettings{
		maxRecords: DefaultBufferRecords, maxBytes: DefaultBufferBytes,
	}}
	for _, o := range opts {
		if err := o.applyProducer(&cfg); err != nil {
			return nil, err
		}
	}
	if client == nil || ids == nil {
		return nil, errors.New("stream.NewProducer: want a Kafka client and an IDSource")
	}
	if err := cfg.limit(client); err != nil {
		return nil, err
	}
	zero := P(new(T))
	schema := zero.AvroSchema()
	topic := cfg.prefix + zero.EventTopic()
	subject := cfg.naming(topic, schema)
	id, err := ids.ID(ctx, subject, schema)
	if err != nil {
		return nil, fmt.Errorf("schema id of %s (subject %q): %w", schema.Name(), subject, err)
	}
	return &Producer[T]{
		send:     newSender(ctx, client, topic, cfg.producerSettings),
		id:       id,
		name:     schema.Name(),
		maxBytes: cfg.eventBytes,
		event:    func(v *T) codec.Event { return P(v) },
		headers:  cfg.headersFrom,
	}, nil
}

// batchRoom is what Kafka's batch and record take beside key, headers and value.
const batchRoom = 1024

// limit makes eventBytes fit the client's batches.
func (c *producerConfig) limit(client *kgo.Client) error {
	batch, _ := client.OptValue(kgo.ProducerBatchMaxBytes).(int32)
	room := max(int(batch)-batchRoom, 1)
	switch {
	case c.eventBytes == 0:
		c.eventBytes = min(DefaultMaxEventBytes, room)
	case c.eventBytes > room:
		return fmt.Errorf("stream.WithMaxEventBytes: %d: the client's batches have %d bytes (kgo.ProducerBatchMaxBytes), which leaves %d for an event", c.eventBytes, batch, room)
	}
	return nil
}

// With returns the producer with headers that are added to each event which is
// written through what it returns; for one call: p.With(h).Produce(ctx, event). They
// win over those of WithHeaders. Everything else is shared.
func (p *Producer[T]) With(headers map[string]string) *Producer[T] {
	q := *p
	q.extra = maps.Clone(p.extra)
	if q.extra == nil {
		q.extra = make(map[string]string, len(headers))
	}
	maps.Copy(q.extra, headers)
	return &q
}

// Produce writes the events in this order and waits until all in-sync replicas have
// them. Several events of a call travel together; without a transaction some may be
// written and others not, which the *ProduceError tells. When one of them cannot be
// encoded or is too large, none is sent.
//
// When ctx ends while an event is under way, its error matches ErrNotConfirmed, since
// it may still be written.
func (p *Producer[T]) Produce(ctx context.Context, events ...*T) error {
	records := make([]*kgo.Record, len(events))
	for i, e := range events {
		var err error
		if records[i], err = p.record(ctx, e); err != nil {
			return err
		}
	}
	return p.send.sync(ctx, records)
}

// Tombstone writes a record without a value for the key of each event, so that a
// compacted topic forgets the key, and waits as Produce does. Of the events only key
// and sequence are used. For a key whose events go through an outbox take
// outbox.Tombstone: one that waits there would come after this tombstone and stay.
func (p *Producer[T]) Tombstone(ctx context.Context, events ...*T) error {
	records := make([]*kgo.Record, len(events))
	for i, e := range events {
		var err error
		if records[i], err = p.tombstone(ctx, e); err != nil {
			return err
		}
	}
	return p.send.sync(ctx, records)
}

// Send takes the event and returns. done is called once with the outcome, mostly
// from another goroutine, and must not block. While the buffer is full Send waits
// until ctx ends, or answers ErrBufferFull (WithRefuseWhenFull); what has been taken
// is delivered whatever becomes of ctx.
func (p *Producer[T]) Send(ctx context.Context, event *T, done func(error)) {
	r, err := p.record(ctx, event)
	if err == nil {
		err = p.send.async(ctx, r, func(err error) {
			if err != nil {
				err = &ProduceError{Topic: p.send.topic, Errors: []error{err}}
			}
			done(err)
		})
	}
	if err != nil {
		done(err)
	}
}

// Flush waits until every event that was taken before has its outcome, or ctx ends.
// Failures are told to those who sent the events, not here.
func (p *Producer[T]) Flush(ctx context.Context) error { return p.send.flush(ctx) }

// Buffered says how many events, and bytes of them, were taken and have no outcome
// yet.
func (p *Producer[T]) Buffered() (records int, bytes int64) { return p.send.buffered() }

// Close takes no more events and waits for the outcome of all that were taken, until
// ctx ends. Then it gives up what is left, which takes at most a second more, and
// returns an *UndeliveredError that lists it. Closing twice is harmless.
func (p *Producer[T]) Close(ctx context.Context) error { return p.send.close(ctx) }
