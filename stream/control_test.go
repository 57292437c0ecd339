package stream_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
)

func TestPauseAndResume(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var s seen
		c, stop := run(t, b.config(s.route()))
		one := b.put(idTicket, "1", []byte{2, 2, 0})[0].Partition
		until(t, "it runs", func() bool { return s.count() == 1 })
		c.Pause(b.topic(), one)
		b.tickets(1, 2, 10)
		b.tickets(2, 1, 10)
		until(t, "the other partition goes on", func() bool { return len(s.of(2)) == 10 })
		if n := len(s.of(1)); n != 1 {
			t.Errorf("%d handled of the paused partition, want 1", n)
		}
		c.Pause(b.topic())
		c.Resume(b.topic(), one) // the topic is paused as a whole
		b.tickets(2, 11, 11)
		time.Sleep(500 * time.Millisecond) // a fetch and more
		if n := s.count(); n != 11 {
			t.Errorf("%d handled while the topic is paused, want 11", n)
		}
		c.Resume(b.topic())
		until(t, "all is handled", func() bool { return s.count() == 21 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(numbers(1, 10), s.of(1)); diff != "" {
			t.Errorf("handled (-want +got):\n%s", diff)
		}
	})
}

func TestSeek(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var p int32
		var middle time.Time
		for v := int64(1); v <= 10; v++ { // a second apart
			value, err := (&ticket{ID: 1, Version: v}).AppendAvro([]byte{0, 0, 0, 0, idTicket})
			if err != nil {
				t.Fatal(err)
			}
			r := &kgo.Record{Topic: b.topic(), Key: []byte("1"), Value: value, Timestamp: time.UnixMilli(1_700_000_000_000 + 1000*v)}
			if err := b.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
			p = r.Partition
			if v == 7 {
				middle = r.Timestamp
			}
		}
		var s seen
		c, stop := run(t, b.config(s.route()))
		until(t, "all is handled", func() bool { return s.count() == 10 })
		want := numbers(1, 10)
		for _, to := range []struct {
			at   stream.Position
			from int64
		}{
			{stream.AtOffset(4), 5}, {stream.AtTime(middle), 7}, {stream.AtStart(), 1},
			{stream.AtTime(middle.Add(-time.Millisecond)), 7}, {stream.AtOffset(9), 10},
		} {
			if err := c.Seek(t.Context(), b.topic(), p, to.at); err != nil {
				t.Fatal(err)
			}
			want = append(want, numbers(to.from, 10)...)
			until(t, "what follows is handled", func() bool { return s.count() == len(want) })
		}
		if diff := cmp.Diff(want, s.of(1)); diff != "" {
			t.Errorf("handled (-want +got):\n%s", diff)
		}
		// A place is committed although nothing is handled from it.
		c.Pause(b.topic())
		if err := c.Seek(t.Context(), b.topic(), p, stream.AtOffset(8)); err != nil {
			t.Fatal(err)
		}
		if at := b.committed(p); at != 8 {
			t.Errorf("committed %d, want 8", at)
		}
		c.Resume(b.topic())
		until(t, "the rest is handled", func() bool { return s.count() == len(want)+2 })
		if err := c.Seek(t.Context(), b.topic(), p, stream.AtEnd()); err != nil {
			t.Fatal(err)
		}
		b.tickets(1, 11, 11)
		until(t, "the next is handled", func() bool { return s.count() == len(want)+3 })
		if err := c.Seek(t.Context(), b.topic(), p, stream.AtOffset(99)); err == nil || !strings.Contains(err.Error(), "0 to 11") {
			t.Errorf("error %v, want one with the range", err)
		}
		if err := c.Seek(t.Context(), b.topic(), 77, stream.AtStart()); !errors.Is(err, stream.ErrNotOwned) {
			t.Errorf("error %v, want %v", err, stream.ErrNotOwned)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if err := c.Seek(t.Context(), b.topic(), p, stream.AtStart()); !errors.Is(err, stream.ErrNotOwned) {
			t.Errorf("after the end: error %v, want %v", err, stream.ErrNotOwned)
		}
	})
}

// TestSeekPassesLetters: records that are dead letters stay so, and what is before and
// of other keys is handled again.
func TestSeekPassesLetters(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	var h picky
	h.bad.Store(3)
	c, stop := run(t, b.config(h.route()), stream.WithDeadLetters(0), stream.WithMaxAttempts(1))
	p := b.put(idTicket, "1", []byte{2, 2, 0}, []byte{2, 4, 0}, []byte{2, 6, 0}, []byte{2, 8, 0})[0].Partition
	until(t, "two are letters", func() bool { return c.Stats().Parked == 2 })
	if err := c.Seek(t.Context(), b.topic(), p, stream.AtStart()); err != nil {
		t.Fatal(err)
	}
	until(t, "two come again", func() bool { return h.count() == 4 })
	h.bad.Store(0)
	b.replay(b.open()...)
	until(t, "all is handled", func() bool { return h.count() == 6 })
	if diff := cmp.Diff([]int64{1, 2, 1, 2, 3, 4}, h.of(1)); diff != "" {
		t.Errorf("handled (-want +got):\n%s", diff)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestManualCommit: only what the handler says is committed.
func TestManualCommit(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		p := b.put(idTicket, "1", []byte{2, 2, 0})[0].Partition
		b.tickets(1, 2, 10)
		var s seen
		var last atomic.Pointer[stream.Message[ticket]]
		_, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
			s.add(m.Event)
			if m.Event.Version == 4 {
				m.Commit()
			}
			last.Store(&m)
			return nil
		})), stream.WithManualCommit())
		until(t, "all is handled", func() bool { return s.count() == 10 })
		until(t, "the fourth is committed", func() bool { return b.committed(p) == 4 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if at := b.committed(p); at != 4 {
			t.Errorf("committed %d after the stop, want 4", at)
		}
		last.Load().Commit() // the partition is not ours any more
		_, stop = run(t, b.config(s.route()))
		until(t, "the rest comes again", func() bool { return s.count() == 16 })
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestServerGroups: members of a KIP-848 group share the partitions, one goes, and
// nothing is lost or out of order, dead letters included.
func TestServerGroups(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var h picky
		h.bad.Store(2)
		opts := []stream.ConsumerOption{stream.WithServerGroups(), stream.WithDeadLetters(0), stream.WithMaxAttempts(1)}
		_, stopFirst := run(t, b.config(h.route()), opts...)
		b.mixed(8, 3)
		until(t, "it works", func() bool { return h.count() > 0 })
		_, stopSecond := run(t, b.config(h.route()), opts...)
		until(t, "both are members", func() bool {
			groups, err := kadm.NewClient(b.client).DescribeConsumerGroups(t.Context(), b.group())
			if err != nil {
				t.Fatal(err)
			}
			return len(groups[b.group()].Members) == 2
		})
		if err := stopFirst(); err != nil {
			t.Error(err)
		}
		b.mixed(8, 0)
		until(t, "all is handled or put aside", func() bool { return h.count() == 8*3-2 && len(b.open()) == 2 })
		h.bad.Store(0)
		b.replay(b.open()...)
		until(t, "all is handled", func() bool { return h.count() == 8*3 })
		if err := stopSecond(); err != nil {
			t.Error(err)
		}
		for id := int64(1); id <= 8; id++ {
			if diff := cmp.Diff(numbers(1, 3), h.of(id)); diff != "" {
				t.Errorf("ticket %d (-want +got):\n%s", id, diff)
			}
		}
	})
}

// TestLongHandler: a handler that takes longer than the session and the rebalance
// time-out keeps its partition, and is called once.
func TestLongHandler(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		b.tickets(1, 1, 2)
		var calls atomic.Int32
		var s seen
		_, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
			if calls.Add(1) == 1 {
				time.Sleep(stream.SessionTimeout + 3*time.Second)
			}
			s.add(m.Event)
			return nil
		})), stream.WithKafkaOptions(kgo.RebalanceTimeout(2*time.Second)))
		until(t, "both are handled", func() bool { return s.count() == 2 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if calls.Load() != 2 {
			t.Errorf("%d calls, want 2", calls.Load())
		}
	})
}
