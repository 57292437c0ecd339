package bench_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/stream"
)

// texts knows the schema of MessageCreated under every id.
type texts struct{}

func (texts) Schema(context.Context, uint32) (string, error) {
	return (&events.MessageCreated{}).AvroSchema().String(), nil
}

func newGroup() string { return "g-" + rand.Text()[:12] }

// streaming is what the sides of producing and consuming share.
type streaming struct {
	broker string
	client *kgo.Client
	n      int
}

func newStreaming(b *testing.B) *streaming {
	b.Helper()
	s := &streaming{broker: broker(b), n: short(50_000, 200_000)}
	s.client = client(b, s.broker)
	return s
}

// BenchmarkProduce sends events of about 200 bytes until all are acknowledged, with
// stream.Producer and with a loop by hand that encodes them by the same codec and
// makes the same records.
func BenchmarkProduce(b *testing.B) {
	s := newStreaming(b)
	turns(b, watched, []side{
		{"ours", func(b *testing.B) []float64 {
			return s.produce(b, func(prefix string) send {
				p, err := stream.NewProducer[events.MessageCreated](b.Context(), s.client, ids{}, stream.WithTopicPrefix(prefix))
				check(b, err)
				return func(e *events.MessageCreated, done func(error)) { p.Send(b.Context(), e, done) }
			})
		}},
		{"hand", func(b *testing.B) []float64 {
			return s.produce(b, func(prefix string) send { return sendByHand(b.Context(), s.client, prefix) })
		}},
	}, "ours/hand")
}

// send hands one event to the client.
type send = func(e *events.MessageCreated, done func(error))

// produce fills a topic that has a prefix of its own.
func (s *streaming) produce(b *testing.B, with func(prefix string) send) []float64 {
	b.Helper()
	prefix := newGroup() + "."
	makeTopic(b, s.client, prefix+"messages")
	defer dropTopic(b, s.client, prefix+"messages")
	return s.fill(b, prefix+"messages", with(prefix))
}

func (s *streaming) fill(b *testing.B, name string, hand send) []float64 {
	b.Helper()
	var failed atomic.Pointer[error]
	var left sync.WaitGroup
	left.Add(s.n)
	done := func(err error) {
		if err != nil {
			failed.Store(&err)
		}
		left.Done()
	}
	e := messageCreated()
	w := startWatch()
	for i := range s.n {
		e.MessageID = int64(i)
		hand(e, done)
	}
	left.Wait()
	figures := w.per(s.n)
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	if got := records(b, s.client, name); got != s.n {
		b.Fatalf("%d records, want %d", got, s.n)
	}
	return figures
}

// sendByHand is what one writes without package stream.
func sendByHand(ctx context.Context, cl *kgo.Client, prefix string) send {
	return func(e *events.MessageCreated, done func(error)) {
		value, err := framed(e)
		if err != nil {
			done(err)
			return
		}
		id, err := newID()
		if err != nil {
			done(err)
			return
		}
		cl.Produce(ctx, &kgo.Record{
			Topic: prefix + "messages", Key: strconv.AppendInt(nil, e.MessageID, 10), Value: value,
			Headers: []kgo.RecordHeader{
				{Key: codec.HeaderID, Value: []byte(id)},
				{Key: codec.HeaderType, Value: []byte("schemactl.events.MessageCreated")},
				{Key: codec.HeaderSequence, Value: strconv.AppendInt(nil, e.Version, 10)},
			},
		}, func(_ *kgo.Record, err error) { done(err) })
	}
}

// BenchmarkConsume reads a topic of four partitions to its end as a group of one,
// from the first handled event to the last: stream.Consumer with a handler that
// counts, and a loop by hand that polls with the same client settings, decodes by
// the same codec and marks what it has done.
func BenchmarkConsume(b *testing.B) {
	s := newStreaming(b)
	makeTopic(b, s.client, "messages")
	s.fill(b, "messages", sendByHand(b.Context(), s.client, ""))
	turns(b, watched, []side{
		{"ours", func(b *testing.B) []float64 { return s.consume(b, s.typed) }},
		{"hand", func(b *testing.B) []float64 {
			return s.consume(b, func(ctx context.Context, count func()) error {
				return consumeByHand(ctx, s.broker, "messages", func(*events.MessageCreated) { count() })
			})
		}},
	}, "ours/hand")
}

func (s *streaming) consume(b *testing.B, run func(ctx context.Context, count func()) error) []float64 {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), time.Minute)
	defer cancel()
	var n atomic.Int64
	var w watch
	var figures []float64
	check(b, run(ctx, func() {
		switch n.Add(1) {
		case 1:
			w = startWatch()
		case int64(s.n):
			figures = w.per(s.n - 1)
			cancel()
		}
	}))
	if got := n.Load(); got != int64(s.n) {
		b.Fatalf("%d events, want %d", got, s.n)
	}
	return figures
}

func (s *streaming) typed(ctx context.Context, count func()) error {
	c, err := stream.NewConsumer(stream.ConsumerConfig{
		Brokers: []string{s.broker}, Group: newGroup(), Schemas: texts{},
		Routes: []stream.Route{stream.On(func(context.Context, stream.Message[events.MessageCreated]) error {
			count()
			return nil
		})},
	})
	if err != nil {
		return err
	}
	return c.Run(ctx)
}

// consumeByHand is the loop that one writes without package stream, until ctx
// ends.
func consumeByHand(ctx context.Context, broker, topic string, handle func(*events.MessageCreated)) error {
	opts := append(stream.ClientOptions(broker), stream.GroupOptions(newGroup(), "")...)
	cl, err := kgo.NewClient(append(opts, kgo.ConsumeTopics(topic))...)
	if err != nil {
		return err
	}
	defer cl.CloseAllowingRebalance()
	for {
		fetches := cl.PollRecords(ctx, relayBatch)
		if ctx.Err() != nil {
			return nil
		}
		if errs := fetches.Errors(); len(errs) > 0 {
			return errs[0].Err
		}
		for it := fetches.RecordIter(); !it.Done(); {
			r := it.Next()
			_, value, err := codec.ParseFrame(r.Value)
			if err != nil {
				return err
			}
			e := new(events.MessageCreated)
			if err := e.UnmarshalAvro(value); err != nil {
				return fmt.Errorf("%s/%d/%d: %w", r.Topic, r.Partition, r.Offset, err)
			}
			handle(e)
			cl.MarkCommitRecords(r)
		}
		cl.AllowRebalance()
	}
}
