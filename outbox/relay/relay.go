package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/stream"
)

// LockName is the name under which the owner of a queue holds its lock.
const LockName = "relay"

const (
	checkEvery = time.Second     // how often ownership is checked at least
	cleanUp    = 2 * time.Second // for deleting and unlocking after a stop
)

// Producer is what the relay needs of a Kafka client; a *kgo.Client made by NewClient
// is one. Produce must call the promise once for each record, from any goroutine;
// the relay calls Flush after the last of several, and hands over no more before all
// are answered. A Producer of your own wraps such a client.
type Producer interface {
	Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error))
	Flush(ctx context.Context) error
}

// NewClient makes the relay's Kafka client, with the settings of
// stream.ClientOptions and opts, which win. It sends only when it is told to: a
// client that sends by itself may have sent later events of a key before the broker
// refuses an earlier one for good. Close it after the relay has ended.
func NewClient(brokers []string, opts ...kgo.Opt) (*kgo.Client, error) {
	all := append(stream.ClientOptions(brokers...), opts...)
	client, err := kgo.NewClient(append(all, kgo.ManualFlushing())...)
	if err != nil {
		return nil, fmt.Errorf("relay: Kafka client: %w", err)
	}
	return client, nil
}

// Relay moves events from one database to Kafka. Make it with New, start it with
// Run. Stats may be called at any time from any goroutine.
type Relay struct {
	cfg      config
	db       *gorm.DB
	queue    Queue
	producer Producer
	try      func(ctx context.Context) (lock, error)
	running  atomic.Bool
	// waveBytes bounds what is on its way at a time.
	waveBytes int
	stats     counters
}

// lock is the ownership of a queue; *dblock.Lock is one.
type lock interface {
	Check(ctx context.Context) error
	Condition() string
	Conn() *sql.Conn
	Release(ctx context.Context) error
}

// New makes a relay for db's outbox. q is mostly what OpenQueue(db) gave, p what
// NewClient gave. The relay does not close them.
func New(db *gorm.DB, q Queue, p Producer, opts ...Option) (*Relay, error) {
	if db == nil || q == nil || p == nil {
		return nil, errors.New("relay.New: want a database, a queue and a producer")
	}
	if client, ok := p.(*kgo.Client); ok && client.OptValue(kgo.ManualFlushing) != true {
		return nil, errors.New("relay.New: a Kafka client that sends by itself cannot keep the order: make it by relay.NewClient")
	}
	cfg := defaults()
	for _, o := range opts {
		if err := o.apply(&cfg); err != nil {
			return nil, err
		}
	}
	pool, err := db.DB()
	if err != nil {
		return nil, fmt.Errorf("relay: %w", err)
	}
	least := map[string]int{"postgres": 4, "mysql": 3}[db.Name()] // the lock, two of the queue, and who is told of events
	if least > 0 && cfg.keepParked > 0 {
		least++ // for a moment, once a minute
	}
	if most := pool.Stats().MaxOpenConnections; most > 0 && most < least {
		return nil, fmt.Errorf("relay.New: the database's pool has %d connections at most, and a relay needs %d: raise SetMaxOpenConns", most, least)
	}
	r := &Relay{cfg: cfg, db: db, queue: q, producer: p, waveBytes: waveBytes(p)}
	r.try = func(ctx context.Context) (lock, error) {
		l, err := share(ctx, pool, db.Name(), q.Shard(), dblock.Holder{Application: cfg.application, Doing: "outbox relay of " + q.Shard().String()})
		if err != nil {
			return nil, err // not l: a nil *Lock in the interface would not be nil
		}
		return l, nil
	}
	return r, nil
}

// Run waits until it owns the queue, relays until ctx ends, and waits again
// whenever the ownership is lost. When ctx ends it takes nothing new, waits for
// the acknowledgements of what is on its way (WithDrain), deletes what was
// acknowledged, gives the ownership up and returns nil.
//
// Failures of the broker or the database are logged and retried. Only at the
// start is an error returned: the tables are missing, the database does not
// answer, or Run is running already (ErrRunning).
func (r *Relay) Run(ctx context.Context) error {
	if !r.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer r.running.Store(false)
	if err := r.preflight(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	for ctx.Err() == nil {
		l := r.acquire(ctx)
		if l == nil {
			return nil
		}
		r.own(ctx, l)
		// Ownership that is lost each time it is won must not become a busy loop.
		sleep(ctx, r.cfg.takeover)
	}
	return nil
}

// preflight tells a missing table or an unreachable database from a passing
// failure, while somebody is still there to read it.
func (r *Relay) preflight(ctx context.Context) error {
	pool, err := r.db.DB()
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	conn, err := database.Connect(ctx, pool)
	if err != nil {
		return fmt.Errorf("relay: connect: %w", err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "SELECT id FROM outbox_events WHERE 1 = 0"); err != nil {
		return fmt.Errorf("relay: cannot read table outbox_events (apply the migrations of outbox.Source first): %w", err)
	}
	return nil
}

// acquire blocks until the queue is ours. It returns nil when ctx ends.
func (r *Relay) acquire(ctx context.Context) lock {
	waiting := false
	for ctx.Err() == nil {
		l, err := r.try(ctx)
		if err == nil {
			return l
		}
		r.stats.failing.Store("")
		switch {
		case ctx.Err() != nil:
			return nil
		case !errors.Is(err, dblock.ErrHeld):
			r.stats.failing.Store(err.Error())
			r.cfg.logger.WarnContext(ctx, "cannot ask for the ownership of the outbox", "error", err)
		case !waiting:
			waiting = true
			r.cfg.logger.InfoContext(ctx, "waiting for the ownership of the outbox", "reason", err)
		}
		// Jitter keeps several that wait from asking in step.
		sleep(ctx, r.cfg.takeover*3/4+rand.N(r.cfg.takeover/2+1))
	}
	return nil
}

// own relays until ctx ends or the lock is lost. The work itself runs under a
// context that outlives ctx by the time to drain.
func (r *Relay) own(ctx context.Context, l lock) {
	work, end := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(r.cfg.drain, func() { end(errStopped) })
		context.AfterFunc(work, func() { timer.Stop() })
	})
	g := &guard{lock: l}
	r.queue.Own(g)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		watch(work, g, end)
	}()
	r.stats.owner.Store(true)
	r.cfg.logger.InfoContext(ctx, "relaying the outbox")

	w := r.awake(work)
	t := &term{r: r, guard: g, end: end, limit: min(r.cfg.batch, firstFetch), wake: w.signals}
	t.run(ctx, work)

	r.stats.owner.Store(false)
	stop()
	end(nil)
	<-watched
	w.close()
	r.leave(ctx, l)
}

// watch ends the work once the lock is not ours any more.
func watch(work context.Context, g *guard, end context.CancelCauseFunc) {
	for sleep(work, checkEvery) {
		if err := g.Check(work); err != nil && work.Err() == nil {
			end(err)
		}
	}
}

// leave frees the queue's session and the lock.
func (r *Relay) leave(ctx context.Context, l lock) {
	r.queue.Own(nil)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	if err := errors.Join(r.queue.Close(), l.Release(ctx)); err != nil {
		r.cfg.logger.WarnContext(ctx, "giving up the ownership of the outbox", "error", err)
	}
}

// sleep waits for d and reports whether ctx still stands.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
