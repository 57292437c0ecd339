package relay

import (
	"context"
	"errors"
	"time"
)

const (
	// maxOutstanding batches are on their way at a time: enough to read and delete
	// while the broker writes.
	maxOutstanding = 3
	// advanceEvery is how often the queue may move its lower bound.
	advanceEvery = 100 * time.Millisecond
	// firstFetch is how many rows the first read of a term asks for: as many of the
	// largest events that outbox.Publish lets pass by default as maxFetchBytes holds.
	firstFetch = 16
	// settleTime is how long dropped records may take to come back.
	settleTime = time.Second
)

// term is one period of ownership. It is used by one goroutine; only the
// promises of its batches run elsewhere.
type term struct {
	r     *Relay
	guard *guard
	end   context.CancelCauseFunc // ends the work context
	done  []int64                 // acknowledged, not deleted yet
	limit int                     // rows to ask for, at most the batch
}

// fetched adapts the limit to n rows of so many bytes. The servers send all rows
// that were asked for, so asking for many more than maxFetchBytes takes in would
// have them send large events over and over.
func (t *term) fetched(n, size int) {
	switch {
	case size >= maxFetchBytes:
		t.limit = max(n, 1)
	case size <= maxFetchBytes/2 && n > t.limit/2:
		t.limit = min(t.limit*2, t.r.cfg.batch)
	}
}

// run relays in passes until ctx ends or work does. A pass ends at the first
// failure; the next one begins with what the table says.
func (t *term) run(ctx, work context.Context) {
	wait := t.r.cfg.minRetry
	for {
		before := t.r.stats.relayed.Load()
		err := t.pass(ctx, work)
		if work.Err() != nil {
			t.r.cfg.logger.WarnContext(ctx, "the relay stopped at once", "reason", context.Cause(work))
			return
		}
		if err == nil || ctx.Err() != nil {
			return
		}
		if t.r.stats.relayed.Load() > before {
			wait = t.r.cfg.minRetry
		}
		t.r.stats.retries.Add(1)
		t.r.cfg.logger.WarnContext(ctx, "relaying failed and is tried again", "wait", wait, "error", err)
		sleep(ctx, wait)
		wait = min(wait*2, t.r.cfg.maxRetry)
	}
}

// pass relays until ctx ends (nil), something fails, or work ends. It leaves no
// record with the producer, as far as the producer gives them back in time.
func (t *term) pass(ctx, work context.Context) error {
	produce, abort := context.WithCancelCause(work)
	defer abort(nil)
	f := &flow{t: t, abort: abort, wake: make(chan struct{}, 1)}
	err := f.run(ctx, work, produce)
	if err != nil {
		abort(errAborted)
	}
	f.settle(work)
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	return errors.Join(err, t.deleteDone(clean))
}

// deleteDone deletes what is acknowledged. After an error the ids are kept for the
// next try, so that these events are not produced again.
func (t *term) deleteDone(ctx context.Context) error {
	if len(t.done) == 0 {
		return nil
	}
	if err := t.r.queue.Delete(ctx, t.done); err != nil {
		return err
	}
	n := len(t.done)
	t.done = nil
	t.r.stats.relayed.Add(int64(n))
	if t.r.cfg.onRelayed != nil {
		t.r.cfg.onRelayed(n)
	}
	return nil
}

// flow is what is on its way in one pass.
type flow struct {
	t       *term
	abort   context.CancelCauseFunc // drops what the producer still buffers
	out     []*batch                // handed over, oldest first
	wake    chan struct{}           // a batch has been settled, or a record has failed
	advance time.Time               // when the bound may move next
}

// run is the loop: delete what is acknowledged, read, produce, wait.
func (f *flow) run(ctx, work, produce context.Context) error {
	idle := f.t.r.cfg.minIdle
	next := time.Now()
	for {
		if err := f.reap(work); err != nil {
			return err
		}
		if ctx.Err() != nil || work.Err() != nil {
			return work.Err()
		}
		if len(f.out) < maxOutstanding && !time.Now().Before(next) {
			n, more, err := f.take(work, produce)
			if err != nil {
				return err
			}
			switch {
			case more:
				idle = f.t.r.cfg.minIdle
				continue
			case n > 0:
				idle = f.t.r.cfg.minIdle
			default:
				idle = min(idle*2, f.t.r.cfg.maxIdle)
			}
			next = time.Now().Add(idle)
		}
		f.wait(ctx, work, time.Until(next))
	}
}

// reap deletes what settled batches acknowledged. It returns the first failure of
// a record.
func (f *flow) reap(ctx context.Context) error {
	failed := f.collect()
	return errors.Join(failed, f.t.deleteDone(ctx))
}

// take reads one batch and hands it over. It returns how many rows it read, and
// whether it stopped at a bound, so that there may be more.
func (f *flow) take(work, produce context.Context) (n int, more bool, err error) {
	limit := f.t.limit
	rows, err := f.t.r.queue.Fetch(work, limit, f.inFlight())
	if err != nil {
		return 0, false, err
	}
	size := 0
	for i := range rows {
		size += rows[i].size()
	}
	f.t.fetched(len(rows), size)
	more = len(rows) == limit || size >= maxFetchBytes
	if len(rows) > 0 {
		if err := f.t.guard.check(work); err != nil {
			f.t.end(err)
			return 0, false, err
		}
		f.handOver(produce, rows)
	}
	if now := time.Now(); now.After(f.advance) {
		f.advance = now.Add(advanceEvery)
		return len(rows), more, f.t.r.queue.Advance(work)
	}
	return len(rows), more, nil
}

// handOver produces rows in order and stops at the first that is known to have
// failed, so that none behind it is sent.
func (f *flow) handOver(ctx context.Context, rows []Row) {
	b := newBatch(f, len(rows))
	f.out = append(f.out, b)
	for i := range rows {
		if ctx.Err() != nil {
			b.skip(len(rows) - i)
			return
		}
		b.ids = append(b.ids, rows[i].ID)
		f.t.r.stats.handed.Add(1)
		f.t.r.producer.Produce(ctx, rows[i].record(), b.promise(&rows[i]))
	}
}

func (f *flow) inFlight() []int64 {
	var ids []int64
	for _, b := range f.out {
		ids = append(ids, b.ids...)
	}
	return append(ids, f.t.done...)
}

// wait blocks until d has passed, a batch is settled, or a context ends. With
// the most batches outstanding only a settled one can help.
func (f *flow) wait(ctx, work context.Context, d time.Duration) {
	if len(f.out) == maxOutstanding {
		d = checkEvery
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-work.Done():
	case <-f.wake:
	case <-timer.C:
	}
}

// settle waits until the producer has given back every record, and collects what
// it acknowledged. Once work has ended it waits only a moment: the records were
// dropped with it.
func (f *flow) settle(work context.Context) {
	ended := work.Done()
	var late <-chan time.Time
	for {
		_ = f.collect() // the pass has its reason to end already
		if len(f.out) == 0 {
			return
		}
		select {
		case <-f.wake:
		case <-ended:
			ended = nil
			timer := time.NewTimer(settleTime)
			defer timer.Stop()
			late = timer.C
		case <-late:
			for _, b := range f.out {
				f.t.done = append(f.t.done, b.giveUp()...)
			}
			f.out = nil
			return
		}
	}
}

// collect moves the acknowledged ids of settled batches to the term, and tells
// the first failure of a record.
func (f *flow) collect() (failed error) {
	kept := f.out[:0]
	for _, b := range f.out {
		settled, err := b.state()
		if failed == nil {
			failed = err
		}
		if settled {
			f.t.done = append(f.t.done, b.acked...)
			continue
		}
		kept = append(kept, b)
	}
	clear(f.out[len(kept):])
	f.out = kept
	return failed
}
