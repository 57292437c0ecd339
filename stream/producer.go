package stream

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// Producer writes events of one type to their topic, with the same key, frame and
// headers as the outbox. It is safe for concurrent use.
type Producer[T any] struct {
	client *kgo.Client
	topic  string
	id     uint32
	event  func(*T) codec.Event
}

// NewProducer resolves the schema id of T through ids. client is best made with
// ClientOptions; the producer does not close it.
func NewProducer[T any, P EventType[T]](ctx context.Context, client *kgo.Client, ids codec.IDSource, opts ...ProducerOption) (*Producer[T], error) {
	cfg := producerConfig{naming: codec.TopicName}
	for _, o := range opts {
		if err := o.applyProducer(&cfg); err != nil {
			return nil, err
		}
	}
	if client == nil || ids == nil {
		return nil, errors.New("stream.NewProducer: want a Kafka client and an IDSource")
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
		client: client,
		topic:  topic,
		id:     id,
		event:  func(v *T) codec.Event { return P(v) },
	}, nil
}

// Produce writes the event and waits until all in-sync replicas have it.
func (p *Producer[T]) Produce(ctx context.Context, event *T) error {
	r, err := p.record(event)
	if err != nil {
		return err
	}
	if err := p.client.ProduceSync(ctx, r).FirstErr(); err != nil {
		return fmt.Errorf("produce to %s: %w", p.topic, err)
	}
	return nil
}

// Send hands the event to the client and returns. done is called once with the
// outcome, mostly from another goroutine, and must not block. Events of one key
// that are sent one after another arrive in that order. Send blocks only while
// the client's buffer is full.
func (p *Producer[T]) Send(ctx context.Context, event *T, done func(error)) {
	r, err := p.record(event)
	if err != nil {
		done(err)
		return
	}
	p.client.Produce(ctx, r, func(_ *kgo.Record, err error) {
		if err != nil {
			err = fmt.Errorf("produce to %s: %w", p.topic, err)
		}
		done(err)
	})
}

func (p *Producer[T]) record(v *T) (*kgo.Record, error) {
	event := p.event(v)
	name := event.AvroSchema().Name()
	value, err := event.AppendAvro(codec.AppendFrame(make([]byte, 0, 256), p.id))
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", name, err)
	}
	id, err := uuid.NewV7()
	if err != nil {
		return nil, fmt.Errorf("event id: %w", err)
	}
	headers := []kgo.RecordHeader{{Key: codec.HeaderID, Value: []byte(id.String())}, {Key: codec.HeaderType, Value: []byte(name)}}
	if s, ok := event.(codec.Sequenced); ok {
		headers = append(headers, kgo.RecordHeader{Key: codec.HeaderSequence, Value: strconv.AppendInt(nil, s.EventSequence(), 10)})
	}
	return &kgo.Record{Topic: p.topic, Key: event.EventKey(), Value: value, Headers: headers}, nil
}
