package relay

import (
	"context"
	"errors"
	"time"
)

const (
	// advanceEvery is how often the queue may move its lower bound.
	advanceEvery = 100 * time.Millisecond
	// firstFetch is how many rows the first read of a term asks for: as many of the
	// largest events that outbox.Publish lets pass by default as maxFetchBytes holds.
	firstFetch = 16
	// ownedFor is how long an answer about the ownership is good for. Nothing rests on it
	// being shorter than a pause of the process: see ARCHITECTURE.md on repeated events.
	ownedFor = 5 * time.Millisecond
	// maxHeld bounds the rows that reads pass over because their topics are waited for.
	// Once there are more, others behind them wait too.
	maxHeld = 20_000
	// settleTime is how long dropped records may take to come back.
	settleTime = time.Second
	// slowWave is how long the brokers may take for a wave before the relay says that
	// something is wrong. The client goes on trying.
	slowWave = 3 * time.Second
)

// term is one period of ownership. It is used by one goroutine; only the
// promises of its waves run elsewhere.
type term struct {
	r     *Relay
	guard *guard
	end   context.CancelCauseFunc // ends the work context
	limit int                     // rows to ask for, at most the batch
	wake  <-chan struct{}         // there may be something to read

	readAt  time.Time // when the table was read last
	ownedAt time.Time // when the ownership was asked about beside a read, and stood

	rest []Row   // read, not handed over
	held []int64 // read, of topics that are waited for; left out of reads meanwhile
	out  *wave   // on its way
	done []int64 // acknowledged, not deleted yet

	known   map[string]bool // topics that have acknowledged a record
	blame   blame
	parked  parkedKeys
	advance time.Time // when the bound may move next
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
// failure that waiting may mend; the next one begins with what the table says.
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
		t.r.stats.failing.Store(err.Error())
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
	t.parked.next = time.Time{} // a write whose answer is lost may have parked something
	err := t.loop(ctx, work, produce)
	if err != nil {
		abort(errAborted)
	}
	_ = t.await(work) // the pass has its reason to end already
	t.out, t.rest, t.held = nil, nil, nil
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	return errors.Join(err, t.deleteDone(clean))
}

// loop reads while a wave is on its way, and deletes meanwhile what the one before
// it brought.
func (t *term) loop(ctx, work, produce context.Context) error {
	idle := t.r.cfg.minIdle
	next := time.Now() // when to read again
	for {
		busy, err := t.parkedWork(ctx, work, produce)
		if err != nil {
			return err
		}
		if len(t.rest) == 0 && !time.Now().Before(next) {
			n, more, err := t.read(work)
			if err != nil {
				return err
			}
			switch {
			case more:
				idle = t.r.cfg.minIdle
			case n > 0:
				idle = t.r.cfg.minIdle
				next = time.Now().Add(idle)
			default:
				idle = min(idle*2, t.r.cfg.maxIdle)
				next = time.Now().Add(idle)
			}
		}
		if err := t.settle(work); err != nil {
			return err
		}
		if ctx.Err() != nil || work.Err() != nil {
			return work.Err()
		}
		if err := t.sendNext(work, produce); err != nil {
			return err
		}
		reading := len(t.rest) == 0 && !time.Now().Before(next)
		if err := t.tidy(work, reading); err != nil {
			return err
		}
		if t.out == nil && !busy && t.wait(ctx, work, time.Until(next)) {
			next = latest(time.Now(), t.readAt.Add(readGap))
		}
	}
}

// read takes rows from the table and moves those of parked keys out of the way. It
// returns how many it read, and whether it stopped at a bound, so that there may be
// more.
func (t *term) read(work context.Context) (n int, more bool, err error) {
	limit := t.limit
	if t.blame.alone > 0 {
		limit = 1
	}
	t.readAt = time.Now()
	if t.blame.due(t.readAt) {
		t.held = nil // all of a topic's rows are read again, in their order
	}
	deleted, owned := t.deleteBeside(work), t.checkBeside(work)
	rows, err := t.r.queue.Fetch(work, limit, t.inFlight())
	if err := errors.Join(err, deleted(), owned()); err != nil {
		return 0, false, err
	}
	if len(rows) == 0 && t.out == nil {
		t.r.stats.failing.Store("") // nothing to do is no failure
	}
	size := 0
	for i := range rows {
		size += rows[i].size()
	}
	more = len(rows) == limit || size >= maxFetchBytes
	if t.blame.alone == 0 {
		t.fetched(len(rows), size)
	} else if len(rows) == 0 || rows[0].ID > t.blame.alone {
		t.blame.alone, more = 0, true
	}
	kept, err := t.withoutParked(work, rows)
	var held []int64
	t.rest, held = t.blame.patient(kept, t.readAt)
	if len(t.held)+len(held) <= maxHeld {
		t.held = append(t.held, held...)
	} else if len(t.rest) == 0 {
		more = false // all of them wait for their topics
	}
	return len(rows), more, err
}

func (t *term) inFlight() []int64 {
	var ids []int64
	if t.out != nil {
		ids = append(ids, t.out.ids...)
	}
	return append(append(ids, t.done...), t.held...)
}

// passed notes what a wave that went through has shown.
func (t *term) passed(w *wave) {
	if t.known == nil {
		t.known = map[string]bool{}
	}
	for i := range w.rows {
		t.known[w.rows[i].Topic] = true
	}
	t.blame.passed(w)
}

// settle waits for the wave that is on its way and decides about what failed.
func (t *term) settle(work context.Context) error {
	if t.out == nil {
		return nil
	}
	failures := t.await(work)
	last := t.out
	t.out = nil
	if len(failures) == 0 {
		t.r.stats.failing.Store("")
		t.passed(last)
		return nil
	}
	t.rest = nil // events of the same keys may be among them
	return t.judge(work, last, failures)
}

// await collects the answers of the wave that is on its way. Once work has ended it
// waits only a moment: the records were dropped with it.
func (t *term) await(work context.Context) []failure {
	if t.out == nil {
		return nil
	}
	slow := time.NewTimer(slowWave)
	defer slow.Stop()
	var late <-chan time.Time
	ended := work.Done()
	for settled, flushed := t.out.settled, t.out.flushed; settled != nil || flushed != nil; {
		select {
		case <-settled:
			settled = nil
		case <-flushed: // until then the client may send what it gets at once
			flushed = nil
		case <-slow.C:
			t.r.stats.failing.Store("the brokers have not answered for " + slowWave.String())
		case <-ended:
			ended = nil
			timer := time.NewTimer(settleTime)
			defer timer.Stop()
			late = timer.C
		case <-late:
			settled, flushed = nil, nil
		}
	}
	t.r.stats.inFlight.Store(0)
	acked, failures := t.out.answers()
	t.done = append(t.done, acked...)
	return failures
}

// sendNext hands over the next wave, if there is one.
func (t *term) sendNext(work, produce context.Context) error {
	if len(t.rest) == 0 {
		return nil
	}
	n := t.cut(t.rest, t.r.cfg.batch)
	if err := t.send(work, produce, t.rest[:n]); err != nil {
		return err
	}
	t.rest = t.rest[n:]
	return nil
}

// send hands a wave over while the ownership stands.
func (t *term) send(work, produce context.Context, rows []Row) error {
	if time.Since(t.ownedAt) > ownedFor {
		if err := t.check(work); err != nil {
			return err
		}
	}
	t.out = newWave(rows)
	t.r.stats.inFlight.Store(int64(len(rows)))
	t.out.handOver(produce, t.r.producer, &t.r.stats)
	// Records whose context ends come back by being flushed, so this one goes on.
	flush, w := context.WithoutCancel(produce), t.out
	go func() {
		defer close(w.flushed)
		_ = t.r.producer.Flush(flush) // the promises tell what failed
	}()
	return nil
}

// tidy deletes what is acknowledged, if no read is about to, and moves the bound.
func (t *term) tidy(work context.Context, reading bool) error {
	if !reading {
		if err := t.deleteDone(work); err != nil {
			return err
		}
	}
	now := time.Now()
	if now.Before(t.advance) {
		return nil
	}
	t.advance = now.Add(advanceEvery)
	return t.r.queue.Advance(work)
}

// deleteDone deletes what is acknowledged. After an error the ids are kept for the
// next try, so that these events are not produced again.
func (t *term) deleteDone(ctx context.Context) error {
	return t.deleteBeside(ctx)()
}

// deleteBeside begins what deleteDone does and gives what waits for its end.
func (t *term) deleteBeside(ctx context.Context) (wait func() error) {
	if len(t.done) == 0 {
		return func() error { return nil }
	}
	ids, ended := t.done, make(chan error, 1)
	go func() { ended <- t.r.queue.Delete(ctx, ids) }()
	return func() error {
		if err := <-ended; err != nil {
			return err
		}
		t.done = nil
		t.relayed(len(ids))
		return nil
	}
}

// check asks whether the ownership stands, and ends the work when it does not.
func (t *term) check(work context.Context) error {
	err := t.guard.Check(work)
	if err != nil {
		t.end(err)
	}
	return err
}

// checkBeside is check beside a read after which rows may be handed over at once: the
// first event after a pause waits for one answer of the database instead of two.
func (t *term) checkBeside(work context.Context) (wait func() error) {
	if t.out != nil {
		return func() error { return nil }
	}
	at, ended := time.Now(), make(chan error, 1)
	go func() { ended <- t.check(work) }()
	return func() error {
		err := <-ended
		if err == nil {
			t.ownedAt = at
		}
		return err
	}
}

func (t *term) relayed(n int) {
	t.r.stats.relayed.Add(int64(n))
	if t.r.cfg.onRelayed != nil {
		t.r.cfg.onRelayed(n)
	}
}

// wait blocks until d has passed, there may be something to read, or a context ends.
func (t *term) wait(ctx, work context.Context, d time.Duration) (woken bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-work.Done():
	case <-timer.C:
	case <-t.wake:
		return true
	}
	return false
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
