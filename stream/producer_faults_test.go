package stream_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
)

// wire is the way to the brokers, which a test can cut.
type wire struct {
	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

func (w *wire) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	c, err := new(net.Dialer).DialContext(ctx, network, address)
	if err == nil {
		w.conns = append(w.conns, c)
	}
	return c, err
}

func (w *wire) set(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

// wired gives a client of the broker over a wire.
func (b *broker) wired(opts ...kgo.Opt) (*kgo.Client, *wire) {
	b.tb.Helper()
	w := &wire{}
	cl, err := kgo.NewClient(append(append(stream.ClientOptions(b.addrs...), kgo.Dialer(w.dial)), opts...)...)
	if err != nil {
		b.tb.Fatal(err)
	}
	b.tb.Cleanup(cl.Close)
	return cl, w
}

func (b *broker) producer(cl *kgo.Client, opts ...stream.ProducerOption) *stream.Producer[ticket] {
	b.tb.Helper()
	p, err := stream.NewProducer[ticket](b.tb.Context(), cl, &schemas{prefix: b.prefix}, append(opts, stream.WithTopicPrefix(b.prefix))...)
	if err != nil {
		b.tb.Fatal(err)
	}
	return p
}

// records reads what is on the topic now, in the order of each partition.
func (b *broker) records(opts ...kgo.Opt) []*kgo.Record {
	b.tb.Helper()
	var left int64
	ends, err := kadm.NewClient(b.client).ListEndOffsets(b.tb.Context(), b.topic())
	if err != nil {
		b.tb.Fatal(err)
	}
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	cl, err := kgo.NewClient(append(append(stream.ClientOptions(b.addrs...), kgo.ConsumeTopics(b.topic()), kgo.KeepControlRecords(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchMaxWait(100*time.Millisecond)), opts...)...)
	if err != nil {
		b.tb.Fatal(err)
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(b.tb.Context(), 30*time.Second)
	defer cancel()
	at := map[int32]int64{}
	var out []*kgo.Record
	for total := int64(0); total < left; {
		fetches := cl.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			b.tb.Fatalf("read the topic: %d of %d offsets: %v", total, left, err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			at[r.Partition] = r.Offset + 1
			if !r.Attrs.IsControl() {
				out = append(out, r)
			}
		})
		total = 0
		for _, o := range at {
			total += o
		}
	}
	return out
}

// versions are the notes of tickets by key, in the order of the topic.
func versions(tb testing.TB, records []*kgo.Record) map[string][]int64 {
	tb.Helper()
	out := map[string][]int64{}
	for _, r := range records {
		var e ticket
		if _, err := codec.UnmarshalFramed(r.Value, &e); err != nil {
			tb.Fatal(err)
		}
		out[string(r.Key)] = append(out[string(r.Key)], e.Version)
	}
	return out
}

func within(tb testing.TB, d time.Duration) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(tb.Context(), d)
	tb.Cleanup(cancel)
	return ctx
}

// TestProducerOutage fills the buffer while the brokers are away, and finds all of
// it on the topic, once and in order, when they are back.
func TestProducerOutage(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		cl, w := b.wired()
		const room = 50
		refusing := b.producer(cl, stream.WithBuffer(room, 1<<20), stream.WithRefuseWhenFull(), stream.WithDeliveryInterval(time.Millisecond))
		waiting := b.producer(cl, stream.WithBuffer(1, 1<<20))
		if err := refusing.Produce(t.Context(), &ticket{ID: 1, Version: 1}); err != nil {
			t.Fatal(err)
		}
		w.set(true)
		done := make(chan error, room+1)
		for v := int64(2); v < room+2; v++ {
			refusing.Send(t.Context(), &ticket{ID: 1, Version: v}, func(err error) { done <- err })
		}
		full := make(chan error, 1)
		refusing.Send(t.Context(), &ticket{ID: 1, Version: 1000}, func(err error) { full <- err })
		if err := <-full; !errors.Is(err, stream.ErrBufferFull) || !strings.Contains(err.Error(), b.topic()) || !strings.Contains(err.Error(), "50 events") {
			t.Errorf("error %v, want %v with topic and count", err, stream.ErrBufferFull)
		}
		waiting.Send(t.Context(), &ticket{ID: 2, Version: 1}, func(err error) { done <- err })
		waiting.Send(within(t, 50*time.Millisecond), &ticket{ID: 2, Version: 1000}, func(err error) { full <- err })
		if err := <-full; !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, stream.ErrBufferFull) {
			t.Errorf("error %v, want that of the context and that the buffer is full", err)
		}
		if n, bytes := refusing.Buffered(); n != room || bytes < room*10 {
			t.Errorf("%d events with %d bytes buffered, want %d", n, bytes, room)
		}
		if err := refusing.Flush(within(t, 50*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush while the brokers are away: %v, want %v", err, context.DeadlineExceeded)
		}
		w.set(false)
		if err := errors.Join(refusing.Close(within(t, 30*time.Second)), waiting.Close(within(t, 30*time.Second))); err != nil {
			t.Fatal(err)
		}
		for range room + 1 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		got := versions(t, b.records())
		if !equal(got["1"], numbers(1, room+1)) || !equal(got["2"], numbers(1, 1)) {
			t.Errorf("versions %v, want 1 to %d of ticket 1 and one of ticket 2", got, room+1)
		}
	})
}

func equal(a, b []int64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestProducerCloseUndelivered closes while the brokers are away.
func TestProducerCloseUndelivered(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		cl, w := b.wired()
		p := b.producer(cl, stream.WithDeliveryInterval(time.Minute))
		if err := p.Produce(t.Context(), &ticket{ID: 1, Version: 1}); err != nil {
			t.Fatal(err)
		}
		w.set(true)
		done := make(chan error, 3)
		for v := int64(2); v <= 4; v++ {
			p.Send(t.Context(), &ticket{ID: 1, Version: v}, func(err error) { done <- err })
		}
		begin := time.Now()
		err := p.Close(within(t, 200*time.Millisecond))
		var u *stream.UndeliveredError
		if !errors.As(err, &u) || len(u.Events) != 3 || !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v, want three undelivered events", err)
		}
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("Close took %s, want its bound and a second", took)
		}
		for i, e := range u.Events {
			var got ticket
			if _, err := codec.UnmarshalFramed(e.Value, &got); err != nil || got.Version != int64(i+2) || len(e.ID) != 36 || string(e.Key) != "1" {
				t.Errorf("undelivered %d: %+v (%v), want version %d of ticket 1", i, e, err, i+2)
			}
		}
		if again := p.Close(t.Context()); !errors.As(again, &u) {
			t.Errorf("second Close: %v, want the same", again)
		}
		if err := p.Produce(t.Context(), &ticket{}); !errors.Is(err, stream.ErrProducerClosed) {
			t.Errorf("produce after Close: %v, want %v", err, stream.ErrProducerClosed)
		}
		// Each event has its outcome in the end, and it is the true one.
		w.set(false)
		want := numbers(1, 1)
		for i := range 3 {
			switch err := <-done; {
			case err == nil && u.Events[i].MayBeWritten:
				want = append(want, int64(i+2))
			case !errors.Is(err, stream.ErrProducerClosed):
				t.Errorf("outcome %v, want %v", err, stream.ErrProducerClosed)
			}
		}
		if got := versions(t, b.records()); !equal(got["1"], want) {
			t.Errorf("versions %v, want %v", got, want)
		}
	})
}

// TestProduceNotConfirmed ends the wait of Produce, which does not take the event
// back.
func TestProduceNotConfirmed(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	cl, w := b.wired()
	p := b.producer(cl)
	w.set(true)
	err := p.Produce(within(t, 50*time.Millisecond), &ticket{ID: 1, Version: 1}, &ticket{ID: 1, Version: 2})
	if !errors.Is(err, stream.ErrNotConfirmed) || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 of 2 events") {
		t.Errorf("error %v, want %v for both", err, stream.ErrNotConfirmed)
	}
	w.set(false)
	if err := p.Close(within(t, 30*time.Second)); err != nil {
		t.Fatal(err)
	}
	if got := versions(t, b.records()); !equal(got["1"], numbers(1, 2)) {
		t.Errorf("versions %v, want both", got)
	}
}
