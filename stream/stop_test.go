package stream_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
)

// TestStopKeepsPartitionsUntilFinished: another member that joins during a
// graceful stop gets no partition whose handler still runs.
func TestStopKeepsPartitionsUntilFinished(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		for id := int64(1); id <= 20; id++ {
			b.tickets(id, 1, 1)
		}
		var running [4]atomic.Bool // handlers of the first, by partition
		started, release := make(chan struct{}, 20), make(chan struct{})
		_, stopFirst := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
			running[m.Partition].Store(true)
			defer running[m.Partition].Store(false)
			started <- struct{}{}
			<-release
			return nil
		})))
		<-started
		stopped := make(chan error, 1)
		go func() { stopped <- stopFirst() }()

		var s seen
		_, stopSecond := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
			if running[m.Partition].Load() {
				t.Errorf("partition %d offset %d is handled while the first still handles it", m.Partition, m.Offset)
			}
			s.add(m.Event)
			return nil
		})))
		until(t, "the second joins", func() bool {
			groups, err := kadm.NewClient(b.client).DescribeGroups(t.Context(), b.group())
			if err != nil {
				t.Fatal(err)
			}
			g := groups[b.group()]
			return len(g.Members) == 2 || g.State == "PreparingRebalance" || s.count() > 0
		})
		// The first learns of it with its next heartbeat, and may revoke then.
		time.Sleep(stream.SessionTimeout/4 + time.Second)
		close(release)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		until(t, "the rest is handled", func() bool { return s.count()+len(started)+1 >= 20 })
		if err := stopSecond(); err != nil {
			t.Error(err)
		}
	})
}

// TestStuckHandler: a stop that leaves a handler running says so.
func TestStuckHandler(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	b.tickets(1, 1, 1)
	running, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(release) })
	_, stop := run(t, b.config(stream.On(func(context.Context, stream.Message[ticket]) error {
		close(running)
		<-release
		return nil
	})), stream.WithStopTimeout(50*time.Millisecond))
	<-running
	if err := stop(); !errors.Is(err, stream.ErrStuck) {
		t.Errorf("error %v, want %v", err, stream.ErrStuck)
	}
}
