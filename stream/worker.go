package stream

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// A partition whose worker has highWater records waiting is paused until lowWater
// are left, so that a slow handler neither fills the memory nor holds up the other
// partitions. A resumed partition has to wait for the next fetch, so a handler
// that is quick gets a moment to catch up first (patience).
const (
	highWater = 2 * maxPoll
	lowWater  = maxPoll / 2
	patience  = 20 * time.Millisecond
)

// errQuit says that the worker was told to stop before the record was finished.
var errQuit = errors.New("stopped")

// worker handles one partition's records, one after another.
type worker struct {
	c      *Consumer
	p      partition
	ctx    context.Context // of the handlers; it belongs to the worker's life, not to a call
	cancel context.CancelFunc
	quit   func() // stop after the current record
	quits  chan struct{}
	done   chan struct{} // closed when run has returned
	wake   chan struct{}
	low    chan struct{} // lowWater has been reached

	mu     sync.Mutex // guards what follows
	queue  []*kgo.Record
	paused bool
}

func newWorker(ctx context.Context, c *Consumer, p partition) *worker {
	w := &worker{c: c, p: p, quits: make(chan struct{}), done: make(chan struct{}), wake: make(chan struct{}, 1), low: make(chan struct{}, 1)}
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.quit = sync.OnceFunc(func() { close(w.quits) })
	return w
}

// push adds records. It reports whether highWater is reached.
func (w *worker) push(records []*kgo.Record) (high bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue = append(w.queue, records...)
	signal(w.wake)
	select {
	case <-w.low: // of an earlier time
	default:
	}
	return len(w.queue) >= highWater
}

// catchUp waits until the queue is low, at most until ctx ends; then it
// pauses the partition.
func (w *worker) catchUp(ctx context.Context, client *kgo.Client) {
	select {
	case <-w.low:
		return
	case <-w.done:
		return
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) > lowWater && !w.paused {
		w.paused = true
		client.PauseFetchPartitions(map[string][]int32{w.p.topic: {w.p.id}})
	}
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// pop takes the next record, nil when there is none.
func (w *worker) pop(client *kgo.Client) *kgo.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return nil
	}
	r := w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	if len(w.queue) == lowWater {
		signal(w.low)
		if w.paused {
			w.resume(client)
		}
	}
	return r
}

func (w *worker) resume(client *kgo.Client) {
	w.paused = false
	client.ResumeFetchPartitions(map[string][]int32{w.p.topic: {w.p.id}})
}

func (w *worker) run(client *kgo.Client) {
	defer close(w.done)
	defer w.cancel()
	defer func() {
		// A pause outlives the assignment; the partition may come back.
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.paused {
			w.resume(client)
		}
	}()
	for !w.quitting() {
		r := w.pop(client)
		if r == nil {
			select {
			case <-w.wake:
			case <-w.quits:
			}
			continue
		}
		switch err := w.handle(r); {
		case err == nil:
			client.MarkCommitRecords(r)
		case errors.Is(err, errQuit):
			return
		default:
			w.c.fail(err)
			return
		}
	}
}

func (w *worker) quitting() bool {
	select {
	case <-w.quits:
		return true
	default:
		return false
	}
}

// handle sees one record through. nil means that it is finished.
func (w *worker) handle(r *kgo.Record) error {
	if r.Value == nil {
		w.c.stats.skipped.Add(1)
		return nil
	}
	id, value, err := codec.ParseFrame(r.Value)
	if err != nil {
		return recordError(r, 0, err)
	}
	schema, err := w.schema(r, id)
	if err != nil {
		return err
	}
	route := w.c.routes[r.Topic][schema.name]
	if route == nil {
		w.c.stats.skipped.Add(1)
		return nil
	}
	p, err := w.c.schemas.plan(schema, route)
	if err != nil {
		return recordError(r, id, err)
	}
	handler, err := route.open(p, value, r)
	if err != nil {
		return recordError(r, id, err)
	}
	if err := w.attempt(r, schema.name, handler); err != nil {
		return err
	}
	w.c.stats.handled.Add(1)
	return nil
}

// schema fetches the writer's schema, again and again while the registry cannot
// be reached.
func (w *worker) schema(r *kgo.Record, id uint32) (*schema, error) {
	wait := w.c.opt.minRetry
	for {
		s, err := w.c.schemas.get(w.ctx, id)
		switch {
		case err == nil:
			return s, nil
		case w.ctx.Err() != nil:
			return nil, errQuit
		case isPermanent(err):
			return nil, recordError(r, id, err)
		}
		w.c.stats.retries.Add(1)
		w.c.opt.logger.WarnContext(w.ctx, "cannot fetch a schema; trying again", "schema_id", id, "wait", wait, "error", err)
		if !w.sleep(wait) {
			return nil, errQuit
		}
		wait = min(wait*2, w.c.opt.maxRetry)
	}
}

// attempt calls the handler until it passes.
func (w *worker) attempt(r *kgo.Record, typ string, handler call) error {
	wait := w.c.opt.minRetry
	for n := 1; ; n++ {
		err := handler(w.ctx, n)
		if err == nil {
			return nil
		}
		if w.ctx.Err() != nil {
			return errQuit
		}
		if n == w.c.opt.maxAttempts {
			return &HandlerError{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Type: typ, Attempts: n, Err: err}
		}
		w.c.stats.retries.Add(1)
		w.c.opt.logger.WarnContext(w.ctx, "a handler failed and is tried again",
			"topic", r.Topic, "partition", r.Partition, "offset", r.Offset, "type", typ, "attempt", n, "wait", wait, "error", err)
		if !w.sleep(wait) {
			return errQuit
		}
		wait = min(wait*2, w.c.opt.maxRetry)
	}
}

// sleep reports whether the worker may go on.
func (w *worker) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return !w.quitting()
	case <-w.quits:
		return false
	case <-w.ctx.Done():
		return false
	}
}

func recordError(r *kgo.Record, id uint32, err error) error {
	return &RecordError{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, SchemaID: id, Err: err}
}
