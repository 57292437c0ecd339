package bench_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
	"github.com/schemactl/schemactl/stream"
)

// latencyRate is how many events a second are published.
const latencyRate = 200

// BenchmarkLatency publishes 200 events a second, one to a transaction, and
// measures from the call of COMMIT to the consumer's handler (`after`: from its
// return). `ours` is
// outbox.Publish, a relay and stream.Consumer, the relay with the application's
// database handle; `apart` has a relay with a handle of its own, as in another
// process. `notify` is by hand: pg_notify inside the transaction, a loop that
// listens, reads, produces and deletes, and a plain consumer loop that decodes the
// same records. PostgreSQL waits for its disk.
func BenchmarkLatency(b *testing.B) {
	url := postgresOnDisk(b)
	p := withPublishing(b, url, 16)
	l := &latencies{p: p, url: url, broker: broker(b), n: short(2, 5) * latencyRate}
	l.client = client(b, l.broker)
	makeTopic(b, l.client, "messages")
	way := func(s *latencySide) func(*testing.B) []float64 {
		return func(b *testing.B) []float64 { return l.round(b, s) }
	}
	apart := openFor(b, url, 4)
	turns(b, []string{"p50-ms", "p99-ms", "after-p50-ms"}, []side{
		{"ours", way(&latencySide{p.ours, outbox.Publish, l.relay(p.ours), l.typed})},
		{"apart", way(&latencySide{p.ours, outbox.Publish, l.relay(apart), l.typed})},
		{"notify", way(&latencySide{p.plain, publishAndNotify, l.listen, l.loop})},
	}, "ours/notify", "apart/notify")
}

// latencies has what the sides share. Events are numbered by their MessageID, and
// no number comes twice. A round begins with warmUp events that are not measured.
type latencies struct {
	p       *publishing
	url     string
	broker  string
	client  *kgo.Client
	n       int
	mu      sync.Mutex // guards what follows
	first   int64      // of the events under way
	arrived []time.Time
	left    int
	all     chan struct{} // closed when none is left
}

const warmUp = 50

// latencySide is how events get from a transaction to a consumer. The two
// functions start their part and return what stops it.
type latencySide struct {
	db      *gorm.DB
	publish publishWay
	relay   func(*testing.B) (stop func())
	consume func(*testing.B) (stop func())
}

func (l *latencies) round(b *testing.B, s *latencySide) []float64 {
	b.Helper()
	l.p.empty(b)
	defer s.relay(b)()
	defer s.consume(b)()
	l.publish(b, s, warmUp) // waits for all, so the group is there
	commits := l.publish(b, s, l.n)
	took, after := make([]float64, l.n), make([]float64, l.n)
	for i, at := range l.arrived {
		took[i] = at.Sub(commits[i].called).Seconds() * 1000
		after[i] = at.Sub(commits[i].returned).Seconds() * 1000
	}
	slices.Sort(took)
	return []float64{median(took), took[l.n*99/100], median(after)}
}

// commit is when COMMIT was called and when it returned.
type commit struct{ called, returned time.Time }

// publish commits the next n events at the rate, each when its time has come,
// whether or not the one before is through. It returns when the last has arrived,
// with the times of the commits.
func (l *latencies) publish(b *testing.B, s *latencySide, n int) []commit {
	b.Helper()
	l.mu.Lock()
	l.first += int64(len(l.arrived))
	l.arrived, l.all, l.left = make([]time.Time, n), make(chan struct{}), n
	l.mu.Unlock()
	commits, failed := make([]commit, n), make([]error, n)
	var writers sync.WaitGroup
	tick := time.NewTicker(time.Second / latencyRate)
	defer tick.Stop()
	for i := range n {
		<-tick.C
		writers.Go(func() {
			e := messageCreated()
			e.MessageID = l.first + int64(i)
			failed[i] = transaction(s.db.WithContext(b.Context()), []codec.Event{e}, func(tx *gorm.DB, all ...codec.Event) error {
				err := s.publish(tx, all...)
				commits[i].called = time.Now()
				return err
			})
			commits[i].returned = time.Now()
		})
	}
	writers.Wait()
	for _, err := range failed {
		check(b, err)
	}
	select {
	case <-l.all:
	case <-time.After(time.Minute):
		b.Fatalf("%d of %d events have not arrived", l.left, n)
	}
	return commits
}

// seen notes the arrival of an event, the first time; those of earlier rounds are
// on the topic too.
func (l *latencies) seen(id int64) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	i := id - l.first
	if i < 0 || i >= int64(len(l.arrived)) || !l.arrived[i].IsZero() {
		return
	}
	l.arrived[i] = now
	if l.left--; l.left == 0 {
		close(l.all)
	}
}

func (l *latencies) relay(db *gorm.DB) func(*testing.B) (stop func()) {
	return func(b *testing.B) func() {
		b.Helper()
		return follow(b, db, l.client)
	}
}

// follow runs a relay with the default settings.
func follow(b *testing.B, db *gorm.DB, cl *kgo.Client) (stop func()) {
	b.Helper()
	q, err := relay.OpenQueue(db)
	check(b, err)
	opts := []relay.Option{}
	if box, ok := db.Plugins["schemactl:outbox"].(*outbox.Outbox); ok { // else it is another process
		opts = append(opts, relay.WithWake(box.OnCommit))
	}
	re, err := relay.New(db, q, relayClient(b, cl), opts...)
	check(b, err)
	return running(b, re)
}

// typed consumes by this module's consumer.
func (l *latencies) typed(b *testing.B) (stop func()) {
	b.Helper()
	c, err := stream.NewConsumer(stream.ConsumerConfig{
		Brokers: []string{l.broker}, Group: newGroup(), Schemas: texts{},
		Routes: []stream.Route{stream.On(func(_ context.Context, m stream.Message[events.MessageCreated]) error {
			l.seen(m.Event.MessageID)
			return nil
		})},
	})
	check(b, err)
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	return func() {
		cancel()
		check(b, <-ended)
	}
}

// loop consumes by a loop as one writes it by hand.
func (l *latencies) loop(b *testing.B) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- consumeByHand(ctx, l.broker, "messages", func(e *events.MessageCreated) { l.seen(e.MessageID) })
	}()
	return func() {
		cancel()
		check(b, <-ended)
	}
}

// publishAndNotify is the row by hand and a notification inside the transaction.
func publishAndNotify(tx *gorm.DB, all ...codec.Event) error {
	if err := byHand(tx, all...); err != nil {
		return err
	}
	return tx.Exec("SELECT pg_notify('outbox', '')").Error
}

// listen is the least relay that listens.
func (l *latencies) listen(b *testing.B) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	conn, err := pgx.Connect(ctx, l.url)
	check(b, err)
	_, err = conn.Exec(ctx, "LISTEN outbox")
	check(b, err)
	ended := make(chan error, 1)
	go func() {
		err := listenLoop(ctx, conn, l.client)
		if ctx.Err() != nil {
			err = nil
		}
		ended <- err
	}()
	return func() {
		cancel()
		check(b, <-ended)
		_ = conn.Close(b.Context())
	}
}

func listenLoop(ctx context.Context, conn *pgx.Conn, cl *kgo.Client) error {
	for {
		n, err := plainBatch(ctx, conn, cl, plainQuery, plainRecord)
		if err != nil {
			return fmt.Errorf("the loop that listens: %w", err)
		}
		if n > 0 {
			continue
		}
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

// BenchmarkWriters32 is what 32 writers keep of their rate, each transaction with a
// model's row and one event: `alone` writes the event's row by hand, without
// anything that wakes a relay; `wake` is outbox.Publish with whatever it does to
// wake one, and none runs; `follow` has a relay running beside them; `notify` is
// by hand with pg_notify inside the transaction. PostgreSQL waits for its disk.
func BenchmarkWriters32(b *testing.B) {
	url := postgresOnDisk(b)
	p := withPublishing(b, url, 32)
	p.window = 200 * time.Millisecond
	cl := client(b, broker(b))
	makeTopic(b, cl, "messages")
	apart := openFor(b, url, 4)
	way := func(db *gorm.DB, publish publishWay) func(*testing.B) []float64 {
		return func(b *testing.B) []float64 { p.empty(b); return p.round(b, db, 1, publish) }
	}
	turnsOf(b, short(7, 31), watched, []side{
		{"follow", func(b *testing.B) []float64 {
			p.empty(b)
			defer follow(b, apart, cl)()
			return p.round(b, p.ours, 1, outbox.Publish)
		}},
		{"wake", way(p.ours, outbox.Publish)},
		{"alone", way(p.plain, byHand)},
		{"notify", way(p.plain, publishAndNotify)},
	}, "wake/alone", "follow/alone", "notify/alone")
}
