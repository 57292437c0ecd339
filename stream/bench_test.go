package stream_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
)

// BenchmarkConsume compares the consumer with a loop written by hand that decodes the
// same records in the same kind of group, on a broker in process.
func BenchmarkConsume(b *testing.B) {
	const many = 300_000
	br := newBroker(b, testenv.KFake(b))
	for first := int64(1); first <= many; first += 10_000 {
		br.tickets(first%7+1, first, first+9_999)
	}
	group := 0
	measure := func(b *testing.B, opts ...stream.ConsumerOption) {
		b.Helper()
		for range b.N {
			group++
			cfg := br.config()
			cfg.Group += fmt.Sprint(group)
			ctx, stop := context.WithCancel(b.Context())
			var n atomic.Int64
			cfg.Routes = []stream.Route{stream.On(func(context.Context, stream.Message[ticket]) error {
				if n.Add(1) == many {
					stop()
				}
				return nil
			})}
			c, err := stream.NewConsumer(cfg, opts...)
			if err != nil {
				b.Fatal(err)
			}
			if err := c.Run(ctx); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(many*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	}
	b.Run("consumer", func(b *testing.B) { measure(b) })
	b.Run("dead-letters", func(b *testing.B) { measure(b, stream.WithDeadLetters(0)) })
	b.Run("parallel-8", func(b *testing.B) { measure(b, stream.WithParallelism(8)) })
	b.Run("hand-written", func(b *testing.B) {
		for range b.N {
			group++
			byHand(b, br, fmt.Sprint(br.group(), group), many)
		}
		b.ReportMetric(many*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

func byHand(b *testing.B, br *broker, group string, many int) {
	b.Helper()
	opts := append(stream.ClientOptions(br.addrs...), stream.GroupOptions(group, "")...)
	cl, err := kgo.NewClient(append(opts, kgo.ConsumeTopics(br.topic()))...)
	if err != nil {
		b.Fatal(err)
	}
	defer cl.CloseAllowingRebalance()
	for n := 0; n < many; {
		fetches := cl.PollRecords(b.Context(), 1000)
		fetches.EachRecord(func(r *kgo.Record) {
			id, value, err := codec.ParseFrame(r.Value)
			if err == nil && id == idTicket {
				err = new(ticket).UnmarshalAvro(value)
			}
			if err != nil {
				b.Error(err)
			}
			n++
		})
		cl.MarkCommitRecords(fetches.Records()...)
		cl.AllowRebalance()
	}
}
