package stream_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
	"github.com/schemactl/schemactl/stream/deadletter"
)

// batches collects what a batch handler gets.
type batches struct {
	seen
	mu    sync.Mutex
	sizes []int
	fail  func([]stream.Message[ticket]) error
}

func (s *batches) route(most int, wait time.Duration) stream.Route {
	return stream.OnBatch(most, wait, func(_ context.Context, ms []stream.Message[ticket]) error {
		for i := range ms[1:] {
			if ms[i+1].Partition != ms[i].Partition || ms[i+1].Offset <= ms[i].Offset {
				return fmt.Errorf("not the order of a partition: %d/%d then %d/%d", ms[i].Partition, ms[i].Offset, ms[i+1].Partition, ms[i+1].Offset)
			}
		}
		if s.fail != nil {
			if err := s.fail(ms); err != nil {
				return err
			}
		}
		s.mu.Lock()
		s.sizes = append(s.sizes, len(ms))
		s.mu.Unlock()
		for i := range ms {
			s.add(ms[i].Event)
		}
		return nil
	})
}

func TestBatch(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		b.tickets(1, 1, 25)
		b.put(idOther, "1", nil) // no route wants it
		b.tickets(1, 26, 27)
		b.put(idClosed, "1", []byte{2})
		b.tickets(1, 28, 30)
		var s batches
		var closedAfter int
		c, stop := run(t, b.config(s.route(10, 200*time.Millisecond), stream.On(func(context.Context, stream.Message[closed]) error {
			closedAfter = s.count()
			return nil
		})))
		until(t, "all is handled", func() bool { return c.Stats().Handled == 31 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(numbers(1, 30), s.of(1)); diff != "" {
			t.Errorf("handled (-want +got):\n%s", diff)
		}
		if closedAfter != 27 {
			t.Errorf("the other type came after %d, want 27", closedAfter)
		}
		for _, n := range s.sizes {
			if n > 10 {
				t.Errorf("a batch of %d, want at most 10", n)
			}
		}
		if len(s.sizes) > 10 {
			t.Errorf("%d batches for 30 events: %v", len(s.sizes), s.sizes)
		}
	})
}

// TestBatchFindsTheCulprit: a batch that fails is retried as a whole; then its events
// are tried alone, those to blame become letters, and what follows of their keys waits.
func TestBatchFindsTheCulprit(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	b.tickets(1, 1, 3)
	b.tickets(13, 1, 2) // on the same partition
	var s batches
	s.fail = func(ms []stream.Message[ticket]) error {
		for i := range ms {
			if ms[i].Event.ID == 1 && ms[i].Event.Version == 2 {
				return errors.New("two is bad")
			}
		}
		return nil
	}
	c, stop := run(t, b.config(s.route(100, 100*time.Millisecond)), stream.WithDeadLetters(0), stream.WithMaxAttempts(2))
	until(t, "all is seen to", func() bool { return c.Stats().Parked == 2 && len(s.of(13)) == 2 })
	if diff := cmp.Diff([]deadletter.Kind{deadletter.Handler, deadletter.Waits}, kinds(b.open())); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(numbers(1, 1), s.of(1)); diff != "" {
		t.Errorf("handled (-want +got):\n%s", diff)
	}
	// Without dead letters Run ends, and nothing of the batch is committed.
	other := b.config(s.route(100, 100*time.Millisecond))
	other.Group += ".other"
	var he *stream.HandlerError
	if err := fails(t, other, stream.WithMaxAttempts(2)); !errors.As(err, &he) {
		t.Errorf("error %v, want a *HandlerError", err)
	}
}

// TestRaw: whatever a topic holds is handed over as it is, tombstones too, and a
// tombstone that becomes a letter comes back as one.
func TestRaw(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		for _, value := range [][]byte{[]byte("{}"), nil, {}} {
			if err := b.client.ProduceSync(t.Context(), &kgo.Record{Topic: b.topic(), Key: []byte("k"), Value: value, Headers: []kgo.RecordHeader{{Key: "id", Value: []byte("x")}}}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
		got := make(chan string, 10)
		var mu sync.Mutex
		bad := true
		c, stop := run(t, b.config(stream.OnRaw("tickets", func(_ context.Context, m stream.Raw) error {
			mu.Lock()
			defer mu.Unlock()
			if bad && m.Record.Value == nil {
				return errors.New("no tombstones today")
			}
			got <- fmt.Sprintf("%s %s %q %t", m.ID, m.Header("id"), m.Record.Value, m.Record.Value == nil)
			return nil
		})), stream.WithDeadLetters(0), stream.WithMaxAttempts(2))
		until(t, "two are letters", func() bool { return c.Stats().Parked == 2 })
		mu.Lock()
		bad = false
		mu.Unlock()
		b.replay(b.open()...)
		for i, want := range []string{`x x "{}" false`, `x x "" true`, `x x "" false`} {
			if text := <-got; text != want {
				t.Errorf("record %d is %s, want %s", i, text, want)
			}
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

type traceKey struct{}

// TestMiddleware: the first is outermost, around every form of handler, and what it
// puts into the context arrives.
func TestMiddleware(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	var mu sync.Mutex
	var said []string
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, fmt.Sprintf(format, args...))
	}
	outer := func(next stream.Handler) stream.Handler {
		return func(ctx context.Context, d *stream.Delivery) error {
			say("outer %s %d", d.Type(), d.Len())
			err := next(context.WithValue(ctx, traceKey{}, d.Header("traceparent")), d)
			say("outer %v", err)
			return err
		}
	}
	inner := func(next stream.Handler) stream.Handler {
		return func(ctx context.Context, d *stream.Delivery) error {
			say("inner %v attempt %d", ctx.Value(traceKey{}), d.Attempt)
			return next(ctx, d)
		}
	}
	value, err := (&ticket{ID: 1, Version: 1}).AppendAvro([]byte{0, 0, 0, 0, idTicket})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.client.ProduceSync(t.Context(), &kgo.Record{Topic: b.topic(), Key: []byte("1"), Value: value, Headers: []kgo.RecordHeader{{Key: "traceparent", Value: []byte("00-1-2-01")}}}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	c, stop := run(t, b.config(stream.On(func(ctx context.Context, m stream.Message[ticket]) error {
		say("handler %v", ctx.Value(traceKey{}))
		if m.Attempt == 1 {
			return errors.New("once more")
		}
		return nil
	})), stream.WithMiddleware(outer), stream.WithMiddleware(inner))
	until(t, "it is handled", func() bool { return c.Stats().Handled == 1 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	want := []string{
		"outer test.Ticket 1", "inner 00-1-2-01 attempt 1", "handler 00-1-2-01", "outer once more",
		"outer test.Ticket 1", "inner 00-1-2-01 attempt 2", "handler 00-1-2-01", "outer <nil>",
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

func TestFormErrors(t *testing.T) {
	t.Parallel()
	var s seen
	batch := func(int, time.Duration) func(context.Context, []stream.Message[ticket]) error {
		return func(context.Context, []stream.Message[ticket]) error { return nil }
	}(0, 0)
	raw := stream.OnRaw("tickets", func(context.Context, stream.Raw) error { return nil })
	tests := []struct {
		name   string
		routes []stream.Route
		opts   []stream.ConsumerOption
		text   string
	}{
		{"batch of none", []stream.Route{stream.OnBatch(0, 0, batch)}, nil, "OnBatch(0"},
		{"endless wait", []stream.Route{stream.OnBatch(1, time.Hour, batch)}, nil, "OnBatch(1, 1h0m0s)"},
		{"raw beside a type", []stream.Route{s.route(), raw}, nil, "topic tickets"},
		{"a type beside raw", []stream.Route{raw, s.route()}, nil, "topic tickets"},
		{"raw without a topic", []stream.Route{stream.OnRaw("", nil)}, nil, "OnRaw"},
		{"parallelism", nil, []stream.ConsumerOption{stream.WithParallelism(0)}, "WithParallelism"},
		{"letters", nil, []stream.ConsumerOption{stream.WithDeadLetters(-1)}, "WithDeadLetters"},
		{"middleware", nil, []stream.ConsumerOption{stream.WithMiddleware(nil)}, "WithMiddleware"},
		{"manual and parallel", nil, []stream.ConsumerOption{stream.WithManualCommit(), stream.WithParallelism(2)}, "exclude each other"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := stream.ConsumerConfig{Brokers: []string{"127.0.0.1:1"}, Group: "g", Schemas: &schemas{}, Routes: tt.routes}
			if tt.routes == nil {
				cfg.Routes = []stream.Route{s.route()}
			}
			if _, err := stream.NewConsumer(cfg, tt.opts...); err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want one with %q", err, tt.text)
			}
		})
	}
}
