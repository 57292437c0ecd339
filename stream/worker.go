package stream

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kgo"
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

// worker handles one partition's records, one after another, or keys side by side
// (WithParallelism).
type worker struct {
	c      *Consumer
	p      partition
	client *kgo.Client
	lot    *lot            // nil without dead letters
	ctx    context.Context // of the handlers; it belongs to the worker's life, not to a call
	cancel context.CancelFunc
	quit   func() // stop after the current record
	quits  chan struct{}
	done   chan struct{} // closed when run has returned
	wake   chan struct{}
	low    chan struct{} // lowWater has been reached

	delivery *Delivery              // used again and again where nobody else sees it; else nil
	reader   atomic.Pointer[reader] // of the last record: the next one has mostly the same schema

	finished atomic.Pointer[kgo.Record] // the last that may be committed and is not marked

	mu     sync.Mutex // guards what follows
	queue  []*kgo.Record
	paused bool // because the queue is full
	held   bool // because of Pause
	gone   bool // the partition is given up, or about to be
}

func newWorker(ctx context.Context, c *Consumer, client *kgo.Client, p partition) *worker {
	w := &worker{c: c, p: p, client: client, quits: make(chan struct{}), done: make(chan struct{}), wake: make(chan struct{}, 1), low: make(chan struct{}, 1)}
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.quit = sync.OnceFunc(func() { close(w.quits) })
	if c.opt.parallel <= 1 && len(c.opt.middleware) == 0 {
		w.delivery = new(Delivery)
	}
	if c.letters != nil {
		w.lot = newLot(uuid.NewString(), c.opt.maxLetters, w.wake)
	}
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
func (w *worker) catchUp(ctx context.Context) {
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
		w.client.PauseFetchPartitions(map[string][]int32{w.p.topic: {w.p.id}})
	}
}

func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// peek returns the next record and leaves it, nil when there is none or the
// partition is paused.
func (w *worker) peek() *kgo.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 || w.held {
		return nil
	}
	return w.queue[0]
}

// pop takes the next record, nil when there is none or the partition is paused.
func (w *worker) pop() *kgo.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 || w.held {
		return nil
	}
	r := w.queue[0]
	w.queue[0] = nil
	w.queue = w.queue[1:]
	if len(w.queue) == lowWater {
		signal(w.low)
		w.resume()
	}
	return r
}

// resume ends the pause for a full queue, but not one that Pause asked for.
func (w *worker) resume() {
	if w.paused && !w.held {
		w.client.ResumeFetchPartitions(map[string][]int32{w.p.topic: {w.p.id}})
	}
	w.paused = false
}

// hold stops or continues taking and fetching records, for Pause and Resume.
func (w *worker) hold(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = on
	switch {
	case on:
		w.client.PauseFetchPartitions(map[string][]int32{w.p.topic: {w.p.id}})
	case !w.paused:
		w.client.ResumeFetchPartitions(map[string][]int32{w.p.topic: {w.p.id}})
	}
	signal(w.wake)
}

func (w *worker) isHeld() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held
}

// run handles records until it is told to quit, or cannot go on.
func (w *worker) run() {
	defer close(w.done)
	defer w.cancel()
	defer func() {
		// A pause outlives the assignment; the partition may come back.
		w.flush()
		w.mu.Lock()
		defer w.mu.Unlock()
		w.gone = true
		w.resume()
	}()
	err := w.open()
	switch {
	case err != nil:
	case w.c.opt.parallel > 1 && !w.c.batches[w.p.topic]:
		err = w.side()
	default:
		err = w.inline()
	}
	w.close()
	if err != nil && !errors.Is(err, errQuit) {
		w.c.fail(err)
	}
}

// inline handles records one after another.
func (w *worker) inline() error {
	for !w.quitting() {
		for _, t := range w.tasks() {
			if err := t.do(); err != nil {
				return err
			}
		}
		r := w.pop()
		if r == nil {
			select {
			case <-w.wake:
			case <-w.quits:
			}
			continue
		}
		if err := w.handle(r); err != nil {
			return err
		}
	}
	return nil
}

// mark says that everything up to r is finished and may be committed. The client
// takes marks one by one and dearly, so it gets the last one now and then (flush).
func (w *worker) mark(r *kgo.Record) {
	if !w.c.opt.manual {
		w.finished.Store(r)
	}
}

// flush hands the last mark to the client.
func (w *worker) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r := w.finished.Swap(nil); r != nil && !w.gone {
		w.client.MarkCommitRecords(r)
	}
}

// commit is what a handler asks for with WithManualCommit.
func (w *worker) commit(r *kgo.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.gone { // else it would be committed for another owner
		w.client.MarkCommitRecords(r)
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
