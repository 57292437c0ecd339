package stream_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/stream"
)

func TestProducer(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		p, err := stream.NewProducer[ticket](t.Context(), b.client, &schemas{prefix: b.prefix}, stream.WithTopicPrefix(b.prefix))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Produce(t.Context(), &ticket{ID: 4, Version: 1, Note: "x"}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 99)
		for v := int64(2); v <= 100; v++ {
			p.Send(t.Context(), &ticket{ID: 4, Version: v}, func(err error) { done <- err })
		}
		for range 99 {
			if err := <-done; err != nil {
				t.Fatal(err)
			}
		}
		got := make(chan stream.Message[ticket], 100)
		_, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
			got <- m
			return nil
		})))
		seen := map[string]bool{}
		for v := int64(1); v <= 100; v++ {
			m := <-got
			if m.Event.Version != v || m.Sequence != v || string(m.Key) != "4" || m.Header(codec.HeaderType) != "test.Ticket" {
				t.Fatalf("message %+v, want version %d of ticket 4", m, v)
			}
			if len(m.ID) != 36 || seen[m.ID] {
				t.Errorf("id %q: want a UUID of its own", m.ID)
			}
			seen[m.ID] = true
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestProducerErrors(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	if _, err := stream.NewProducer[closed](t.Context(), b.client, &schemas{}); !errors.Is(err, registry.ErrSubjectNotFound) || !strings.Contains(err.Error(), `test.Closed (subject "tickets-value")`) {
		t.Errorf("error %v, want one that names type and subject", err)
	}
	if _, err := stream.NewProducer[ticket](t.Context(), nil, &schemas{}); err == nil {
		t.Error("no client: want an error")
	}
	if _, err := stream.NewProducer[ticket](t.Context(), b.client, &schemas{}, stream.WithSubjectNaming(nil)); err == nil || !strings.Contains(err.Error(), "WithSubjectNaming") {
		t.Errorf("error %v, want one that names the option", err)
	}
	p, err := stream.NewProducer[ticket](t.Context(), b.client, &schemas{prefix: b.prefix}, stream.WithTopicPrefix(b.prefix))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Produce(ctx, &ticket{}); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), b.topic()) {
		t.Errorf("error %v, want %v with the topic", err, context.Canceled)
	}
}

func TestPing(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	if err := stream.Ping(t.Context(), b.client); err != nil {
		t.Error(err)
	}
	cl, err := kgo.NewClient(stream.ClientOptions("127.0.0.1:1", "127.0.0.1:2")...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	err = stream.Ping(t.Context(), cl)
	var be *stream.BrokersError
	if !errors.As(err, &be) {
		t.Fatalf("error %v, want a *BrokersError", err)
	}
	if diff := cmp.Diff([]string{"127.0.0.1:1", "127.0.0.1:2"}, be.Brokers); diff != "" {
		t.Errorf("brokers (-want +got):\n%s", diff)
	}
}

func TestProducerHeaders(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	type key struct{}
	p := b.producer(b.client, stream.WithHeaders(func(ctx context.Context) map[string]string {
		trace, _ := ctx.Value(key{}).(string)
		return map[string]string{"traceparent": trace, "tenant": "from the context"}
	}))
	ctx := context.WithValue(t.Context(), key{}, "00-1-2-01")
	if err := p.With(map[string]string{"reason": "import"}).With(map[string]string{"tenant": "a"}).Produce(ctx, &ticket{ID: 1, Version: 3}); err != nil {
		t.Fatal(err)
	}
	if err := p.Tombstone(ctx, &ticket{ID: 1, Version: 4}); err != nil {
		t.Fatal(err)
	}
	got := b.records()
	if len(got) != 2 {
		t.Fatalf("%d records, want 2", len(got))
	}
	names := func(r *kgo.Record) (out []string) {
		for _, h := range r.Headers[1:] { // behind the id
			out = append(out, h.Key+"="+string(h.Value))
		}
		return out
	}
	if diff := cmp.Diff([]string{"type=test.Ticket", "sequence=3", "reason=import", "tenant=a", "traceparent=00-1-2-01"}, names(got[0])); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"type=test.Ticket", "sequence=4", "tenant=from the context", "traceparent=00-1-2-01"}, names(got[1])); diff != "" {
		t.Errorf("headers of the tombstone (-want +got):\n%s", diff)
	}
	if got[1].Value != nil || string(got[1].Key) != "1" {
		t.Errorf("tombstone with key %q and value %v, want key 1 and none", got[1].Key, got[1].Value)
	}
	for _, name := range []string{"", "id", "type", "sequence"} {
		if err := p.With(map[string]string{name: "x"}).Produce(ctx, &ticket{}); err == nil || !strings.Contains(err.Error(), "header") {
			t.Errorf("header %q: error %v, want a refusal", name, err)
		}
	}
}

// TestProducerTooLarge refuses before anything of the call is sent.
func TestProducerTooLarge(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		p := b.producer(b.client, stream.WithMaxEventBytes(500))
		err := p.Produce(t.Context(), &ticket{ID: 1, Version: 1}, &ticket{ID: 1, Version: 2, Note: strings.Repeat("x", 500)})
		if !errors.Is(err, stream.ErrTooLarge) || !strings.Contains(err.Error(), "the limit is 500") {
			t.Errorf("error %v, want %v with the limit", err, stream.ErrTooLarge)
		}
		if got := b.records(); len(got) != 0 {
			t.Errorf("%d records, want none of the call", len(got))
		}
		// By default an event of that size fits, one beyond the limit does not.
		p = b.producer(b.client)
		if err := p.Produce(t.Context(), &ticket{ID: 1, Note: strings.Repeat("x", stream.DefaultMaxEventBytes-200)}); err != nil {
			t.Error(err)
		}
		if err := p.Produce(t.Context(), &ticket{ID: 1, Note: strings.Repeat("x", stream.DefaultMaxEventBytes)}); !errors.Is(err, stream.ErrTooLarge) {
			t.Errorf("error %v, want %v", err, stream.ErrTooLarge)
		}
		// A topic may take less.
		limit, incompressible := "1000", ""
		for len(incompressible) < 2000 {
			incompressible += rand.Text()
		}
		if _, err := kadm.NewClient(b.client).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "max.message.bytes", Value: &limit}}, b.topic()); err != nil {
			t.Fatal(err)
		}
		until(t, "the topic takes less", func() bool { // brokers learn of it a moment later
			err = p.Produce(t.Context(), &ticket{ID: 1, Note: incompressible})
			return err != nil
		})
		if !errors.Is(err, stream.ErrTooLarge) || !strings.Contains(err.Error(), "max.message.bytes") {
			t.Errorf("error %v, want %v with the topic's setting", err, stream.ErrTooLarge)
		}
	})
}

func TestProducerOptions(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	for name, o := range map[string]stream.ProducerOption{
		"WithDeliveryInterval": stream.WithDeliveryInterval(time.Hour),
		"WithBuffer":           stream.WithBuffer(0, 1),
		"WithMaxEventBytes":    stream.WithMaxEventBytes(2_000_000),
		"WithHeaders":          stream.WithHeaders(nil),
	} {
		if _, err := stream.NewProducer[ticket](t.Context(), b.client, &schemas{}, o); err == nil || !strings.Contains(err.Error(), "stream."+name) {
			t.Errorf("error %v, want one that names %s", err, name)
		}
	}
}

// TestProducerInterval has events wait for company, and Produce overtake nobody.
func TestProducerInterval(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	p := b.producer(b.client, stream.WithDeliveryInterval(time.Minute))
	done := make(chan error, 3)
	for v := int64(1); v <= 3; v++ {
		p.Send(t.Context(), &ticket{ID: 1, Version: v}, func(err error) { done <- err })
	}
	if got := b.records(); len(got) != 0 {
		t.Errorf("%d records before the interval is over, want 0", len(got))
	}
	if err := p.Produce(t.Context(), &ticket{ID: 1, Version: 4}, &ticket{ID: 1, Version: 5}); err != nil {
		t.Fatal(err)
	}
	p.Send(t.Context(), &ticket{ID: 1, Version: 6}, func(err error) { done <- err })
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := versions(t, b.records()); !equal(got["1"], numbers(1, 6)) {
		t.Errorf("versions %v, want 1 to 6 in order", got)
	}
	short := b.producer(b.client, stream.WithDeliveryInterval(5*time.Millisecond))
	short.Send(t.Context(), &ticket{ID: 2, Version: 1}, func(err error) { done <- err })
	for range 5 { // four of p, and one that nobody flushed
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// TestProducerOrder sends faster than the client takes, without an interval.
func TestProducerOrder(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	p := b.producer(b.client)
	const events = 20_000
	for v := int64(1); v <= events; v++ {
		p.Send(t.Context(), &ticket{ID: 1, Version: v}, func(err error) {
			if err != nil {
				t.Error(err)
			}
		})
	}
	if err := p.Close(within(t, 30*time.Second)); err != nil {
		t.Fatal(err)
	}
	if got := versions(t, b.records()); !equal(got["1"], numbers(1, events)) {
		t.Errorf("%d events, want %d in order", len(got["1"]), events)
	}
}

// TestProducerSendersSideBySide keeps each sender's order through a buffer that is
// smaller than what they send.
func TestProducerSendersSideBySide(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		p := b.producer(b.client, stream.WithBuffer(7, 300), stream.WithDeliveryInterval(time.Millisecond))
		var wg sync.WaitGroup
		for id := int64(1); id <= 4; id++ {
			wg.Go(func() {
				for v := int64(1); v <= 200; v++ {
					if v%10 == 0 {
						if err := p.Produce(t.Context(), &ticket{ID: id, Version: v}); err != nil {
							t.Error(err)
						}
						continue
					}
					p.Send(t.Context(), &ticket{ID: id, Version: v}, func(err error) {
						if err != nil {
							t.Error(err)
						}
					})
				}
			})
		}
		wg.Wait()
		if err := p.Close(within(t, 30*time.Second)); err != nil {
			t.Fatal(err)
		}
		got := versions(t, b.records())
		for _, key := range []string{"1", "2", "3", "4"} {
			if !equal(got[key], numbers(1, 200)) {
				t.Errorf("ticket %s: versions %v, want 1 to 200", key, got[key])
			}
		}
	})
}
