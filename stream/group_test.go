package stream_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
)

// TestStopCommitsWhatIsFinished: a graceful stop lets the running handler finish,
// and the next run goes on behind it.
func TestStopCommitsWhatIsFinished(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		b.tickets(1, 1, 5)
		var s seen
		running, release := make(chan struct{}), make(chan struct{})
		_, stop := run(t, b.config(stream.On(func(ctx context.Context, m stream.Message[ticket]) error {
			if m.Event.Version == 3 {
				close(running)
				<-release
			}
			s.add(m.Event)
			return ctx.Err()
		})), stream.WithCommitEvery(time.Hour))
		<-running
		time.AfterFunc(50*time.Millisecond, func() { close(release) })
		if err := stop(); err != nil {
			t.Error(err)
		}
		_, stop = run(t, b.config(s.route()))
		until(t, "the rest is handled", func() bool { return s.count() == 5 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(numbers(1, 5), s.of(1)); diff != "" {
			t.Errorf("handled over both runs (-want +got):\n%s", diff)
		}
	})
}

// TestStopCutsOffAHandler: one that does not finish in time has its context
// cancelled, and its record comes again.
func TestStopCutsOffAHandler(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	b.tickets(1, 1, 2)
	var s seen
	running := make(chan struct{})
	_, stop := run(t, b.config(stream.On(func(ctx context.Context, m stream.Message[ticket]) error {
		if m.Event.Version == 2 {
			close(running)
			<-ctx.Done()
			return ctx.Err()
		}
		s.add(m.Event)
		return nil
	})), stream.WithStopTimeout(50*time.Millisecond))
	<-running
	if err := stop(); err != nil {
		t.Error(err)
	}
	_, stop = run(t, b.config(s.route()))
	until(t, "the second is handled", func() bool { return s.count() == 2 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(numbers(1, 2), s.of(1)); diff != "" {
		t.Errorf("handled (-want +got):\n%s", diff)
	}
}

// cable connects a client to its brokers until it is cut, as a process that is
// killed.
type cable struct {
	mu    sync.Mutex
	isCut bool
	conns []net.Conn
}

func (c *cable) dial(ctx context.Context, network, host string) (net.Conn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isCut {
		return nil, errors.New("cut")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, host)
	if err == nil {
		c.conns = append(c.conns, conn)
	}
	return conn, err
}

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = true
	for _, conn := range c.conns {
		_ = conn.Close()
	}
}

// mend lets connections be made again.
func (c *cable) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isCut = false
}

// TestKillRedelivers: what was finished and not committed is handled again, in
// order, by the next process; under the same instance name at once, long before
// the session ends.
func TestKillRedelivers(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		b.tickets(1, 1, 5)
		var first, second seen
		var line cable
		cfg := b.config(first.route())
		cfg.Instance = "one"
		_, stop := run(t, cfg, stream.WithCommitEvery(time.Hour), stream.WithKafkaOptions(kgo.Dialer(line.dial)), stream.WithStopTimeout(time.Second))
		until(t, "the first has handled all", func() bool { return first.count() == 5 })
		line.cut()
		begin := time.Now()
		cfg = b.config(second.route())
		cfg.Instance = "one"
		_, stopSecond := run(t, cfg)
		until(t, "the second has handled all", func() bool { return second.count() == 5 })
		if d := time.Since(begin); d > stream.SessionTimeout-time.Second {
			t.Errorf("the take-over took %s", d)
		}
		if diff := cmp.Diff(numbers(1, 5), second.of(1)); diff != "" {
			t.Errorf("handled again (-want +got):\n%s", diff)
		}
		if err := stopSecond(); err != nil {
			t.Error(err)
		}
		_ = stop() // it is cut off: whatever it says
	})
}

// TestTwoMembers: members share the partitions, one comes and one goes while
// events arrive; none is lost, and each key stays in order.
func TestTwoMembers(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		const keys, each = 12, 100
		var all seen
		var busy [4]atomic.Int32
		var byFirst, bySecond atomic.Int32
		route := func(n *atomic.Int32) stream.Route {
			return stream.On(func(_ context.Context, m stream.Message[ticket]) error {
				if busy[m.Partition].Add(1) > 1 {
					t.Errorf("two handlers at once on partition %d", m.Partition)
				}
				all.add(m.Event)
				n.Add(1)
				time.Sleep(time.Millisecond)
				busy[m.Partition].Add(-1)
				return nil
			})
		}
		put := func(first, last int64) {
			for k := int64(1); k <= keys; k++ {
				b.tickets(k, first, last)
			}
		}
		_, stopFirst := run(t, b.config(route(&byFirst)))
		put(1, each/2)
		until(t, "the first works", func() bool { return byFirst.Load() > 10 })
		_, stopSecond := run(t, b.config(route(&bySecond)))
		until(t, "the second works", func() bool {
			put(0, 0) // something to do until then
			return bySecond.Load() > 0
		})
		put(each/2+1, each)
		until(t, "the second works on", func() bool { return bySecond.Load() > 20 || all.count() > keys*each })
		if err := stopFirst(); err != nil {
			t.Error(err)
		}
		until(t, "all is handled", func() bool {
			for k := int64(1); k <= keys; k++ {
				if v := all.of(k); len(v) == 0 || v[len(v)-1] != each {
					return false
				}
			}
			return true
		})
		if err := stopSecond(); err != nil {
			t.Error(err)
		}
		for k := int64(1); k <= keys; k++ {
			var got []int64
			for _, v := range all.of(k) {
				if v > 0 {
					got = append(got, v)
				}
			}
			if diff := cmp.Diff(numbers(1, each), got); diff != "" {
				t.Errorf("ticket %d: graceful moves lose, repeat and reorder nothing (-want +got):\n%s", k, diff)
			}
		}
		t.Logf("%d by the first, %d by the second", byFirst.Load(), bySecond.Load())
	})
}

// TestSlowPartition: a handler that hangs holds up its partition only, however
// much arrives, and nothing is lost when it goes on.
func TestSlowPartition(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	const many = 12_000
	var s seen
	release := make(chan struct{})
	_, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
		if m.Event.ID == 1 && m.Event.Version == 1 {
			<-release
		}
		s.add(m.Event)
		return nil
	})))
	b.tickets(1, 1, many)
	b.tickets(2, 1, many)
	until(t, "the other partition is done", func() bool { return len(s.of(2)) == many })
	if n := len(s.of(1)); n != 0 {
		t.Errorf("%d handled of the partition that hangs", n)
	}
	close(release)
	until(t, "all is done", func() bool { return s.count() == 2*many })
	if err := stop(); err != nil {
		t.Error(err)
	}
	for k := int64(1); k <= 2; k++ {
		if diff := cmp.Diff(numbers(1, many), s.of(k)); diff != "" {
			t.Errorf("ticket %d is out of order", k)
		}
	}
}

// TestTopicComesLater: a consumer may start before its topic is made.
func TestTopicComesLater(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var s seen
		cfg := b.config(s.route())
		cfg.TopicPrefix += "late."
		_, stop := run(t, cfg)
		time.Sleep(500 * time.Millisecond) // let it meet the missing topic
		topic := cfg.TopicPrefix + "tickets"
		if _, err := kadm.NewClient(b.client).CreateTopic(t.Context(), 1, 1, nil, topic); err != nil {
			t.Fatal(err)
		}
		p, err := stream.NewProducer[ticket](t.Context(), b.client, &schemas{prefix: cfg.TopicPrefix}, stream.WithTopicPrefix(cfg.TopicPrefix))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Produce(t.Context(), &ticket{ID: 1, Version: 1}); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		until(t, "the event is handled", func() bool { return s.count() == 1 })
		t.Logf("after %s", time.Since(begin))
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestRunTwice(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	var s seen
	c, stop := run(t, b.config(s.route()))
	b.tickets(1, 1, 1)
	until(t, "it runs", func() bool { return s.count() == 1 })
	if err := c.Run(t.Context()); !errors.Is(err, stream.ErrRunning) {
		t.Errorf("error %v, want %v", err, stream.ErrRunning)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestFencedInstance: two processes under one instance name are a mistake; the
// older one ends and says so.
func TestFencedInstance(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	var s seen
	cfg := b.config(s.route())
	cfg.Instance = "one"
	c, err := stream.NewConsumer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(t.Context()) }()
	b.tickets(1, 1, 1)
	until(t, "the first runs", func() bool { return s.count() == 1 })
	_, stop := run(t, cfg)
	err = wait(t, ended)
	if err == nil {
		t.Error("the older member ended without an error")
	}
	t.Log(err)
	if err := stop(); err != nil {
		t.Error(err)
	}
}
