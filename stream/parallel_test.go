package stream_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
)

// mixed writes the versions of many tickets, so that keys alternate on a partition.
func (b *broker) mixed(ids, versions int64) {
	b.tb.Helper()
	for v := int64(1); v <= versions; v++ {
		for id := int64(1); id <= ids; id++ {
			b.tickets(id, v, v)
		}
	}
}

// TestParallelByKey: handlers of different keys of a partition run side by side, as
// many as may; those of one key never, and in order.
func TestParallelByKey(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		const ids, versions, most = 24, 12, 4
		b.mixed(ids, versions)
		var s seen
		var running, peak [4]atomic.Int32
		var busy sync.Map
		_, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
			if _, twice := busy.LoadOrStore(m.Event.ID, true); twice {
				t.Errorf("two handlers of key %d at once", m.Event.ID)
			}
			n := running[m.Partition].Add(1)
			for p := peak[m.Partition].Load(); n > p; p = peak[m.Partition].Load() {
				peak[m.Partition].CompareAndSwap(p, n)
			}
			time.Sleep(time.Duration(rand.IntN(2000)) * time.Microsecond) //nolint:gosec // a handler's work
			s.add(m.Event)
			running[m.Partition].Add(-1)
			busy.Delete(m.Event.ID)
			return nil
		})), stream.WithParallelism(most))
		until(t, "all is handled", func() bool { return s.count() == ids*versions })
		if err := stop(); err != nil {
			t.Error(err)
		}
		for id := int64(1); id <= ids; id++ {
			if diff := cmp.Diff(numbers(1, versions), s.of(id)); diff != "" {
				t.Errorf("ticket %d (-want +got):\n%s", id, diff)
			}
		}
		reached := int32(0)
		for p := range peak {
			reached = max(reached, peak[p].Load())
			if end := b.end(int32(p)); end > 0 && b.committed(int32(p)) != end {
				t.Errorf("partition %d: committed %d, want %d", p, b.committed(int32(p)), end)
			}
		}
		if reached < 2 || reached > most {
			t.Errorf("%d handlers at once on a partition, want 2 to %d", reached, most)
		}
	})
}

// TestParallelCommitsNoGap: what is committed never passes a record that is not
// finished, and after a crash all from there on comes again, each key in order.
func TestParallelCommitsNoGap(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var values [][]byte
		for v := int64(1); v <= 50; v++ { // one partition, a key for each
			value, err := (&ticket{ID: v, Version: 1}).AppendAvro(nil)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, value)
		}
		var rs []*kgo.Record
		for i, value := range values {
			rs = append(rs, &kgo.Record{Topic: b.topic(), Partition: 0, Key: fmt.Append(nil, i), Value: append([]byte{0, 0, 0, 0, idTicket}, value...)})
		}
		cl, err := kgo.NewClient(append(stream.ClientOptions(b.addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		if err := cl.ProduceSync(t.Context(), rs...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		var first, second seen
		release := make(chan struct{})
		t.Cleanup(func() { close(release) })
		var line cable
		cfg := b.config(stream.On(func(ctx context.Context, m stream.Message[ticket]) error {
			if m.Offset == 20 {
				select {
				case <-release:
				case <-ctx.Done():
				}
				return errors.New("it was cut off")
			}
			first.add(m.Event)
			return nil
		}))
		cfg.Instance = "one"
		_, stopFirst := run(t, cfg, stream.WithParallelism(8), stream.WithStopTimeout(200*time.Millisecond), stream.WithKafkaOptions(kgo.Dialer(line.dial)))
		until(t, "the others are handled", func() bool { return first.count() == 49 })
		until(t, "what is before it is committed", func() bool { return b.committed(0) == 20 })
		time.Sleep(300 * time.Millisecond) // three commits
		if at := b.committed(0); at != 20 {
			t.Errorf("committed %d, want 20: the record there is not finished", at)
		}
		line.cut()
		cfg = b.config(second.route())
		cfg.Instance = "one"
		_, stop := run(t, cfg, stream.WithParallelism(8))
		until(t, "all from there on comes again", func() bool { return second.count() == 30 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		_ = stopFirst() // it is cut off: whatever it says
	})
}

// TestParallelIsBounded: behind a record that does not finish a partition takes only
// so many.
func TestParallelIsBounded(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	const many = 3000
	release := make(chan struct{})
	var s seen
	_, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
		if m.Event.ID == 1 && m.Event.Version == 1 {
			<-release
		}
		s.add(m.Event)
		return nil
	})), stream.WithParallelism(2))
	b.tickets(1, 1, 1)
	b.tickets(13, 1, many) // on the same partition
	b.tickets(2, 1, many)
	until(t, "the other partition is done", func() bool { return len(s.of(2)) == many })
	until(t, "it has taken what it may", func() bool { return len(s.of(13)) == 199 })
	close(release)
	until(t, "all is done", func() bool { return s.count() == 2*many+1 })
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestParallelStopAndFail: a failure ends Run although others wait, and commits
// nothing beyond it.
func TestParallelStopAndFail(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	b.mixed(12, 5)
	var partition atomic.Int32
	var offset atomic.Int64
	err := fails(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
		if m.Event.ID == 3 && m.Event.Version == 3 {
			partition.Store(m.Partition)
			offset.Store(m.Offset)
			return errors.New("boom")
		}
		return nil
	})), stream.WithParallelism(4), stream.WithMaxAttempts(2))
	var he *stream.HandlerError
	if !errors.As(err, &he) || he.Attempts != 2 {
		t.Fatalf("error %v, want a *HandlerError", err)
	}
	if at := b.committed(partition.Load()); at > offset.Load() {
		t.Errorf("committed %d, beyond %d", at, offset.Load())
	}
}
