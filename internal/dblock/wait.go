package dblock

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	// A free lock is noticed within pollMax, and within a tenth of the time that
	// was waited, but not asked for more often than each pollMin: a short job
	// is handed over quickly, and a long one not disturbed. Each pause is random
	// in its upper half, so that many waiters do not ask in step.
	pollMin = 10 * time.Millisecond
	pollMax = 100 * time.Millisecond
	// reportEvery is the least time between two calls of OnWait.
	reportEvery = time.Second
	// needlessAfter is the least time between two calls of Needless, at most a
	// quarter of the time that was waited.
	needlessAfter = 20 * time.Millisecond
)

// WaitRequest says which lock to wait for, for whom, and how long.
type WaitRequest struct {
	// Dialect is "postgres", "mysql" or "sqlite".
	Dialect string
	// Name is the lock's name, as for [Try].
	Name string
	// Holder describes the one who asks, for those who wait after it.
	Holder Holder
	// Timeout ends the wait with a [*HeldError]; zero waits until ctx is done.
	Timeout time.Duration
	// OnWait, when set, hears who has the lock: first when the wait begins to
	// last, then at most once a second. It is called by the waiting goroutine.
	OnWait func(h Holder, waited time.Duration)
	// Undescribed leaves it to a call of [Lock.Describe] to write down who has
	// the lock: for those who may find at once that they do not need it.
	Undescribed bool
	// Needless, when set, is asked now and then while someone else has the lock,
	// by the waiting goroutine: true ends the wait, with [ErrNeedless]. Many who
	// wait for the same work then need not take the lock one after the other to
	// find it done. On a server c is the session that asks for the lock; else nil.
	Needless func(ctx context.Context, c *sql.Conn) bool
}

// Wait takes the lock as soon as it is free. It polls and never queues inside
// the server: a statement that waits holds a snapshot, and CREATE INDEX
// CONCURRENTLY under the lock would wait for that snapshot in turn.
func Wait(ctx context.Context, db *sql.DB, req WaitRequest) (*Lock, error) {
	back, err := open(ctx, db, req.Dialect, req.Name)
	if err != nil {
		return nil, err
	}
	if err := wait(ctx, back, req); err != nil {
		_ = back.close() // the first error says more, and nothing is held
		return nil, err
	}
	l := newLock(back, req.Name, req.Holder)
	if !req.Undescribed {
		l.Describe(ctx)
	}
	return l, nil
}

func wait(ctx context.Context, back backend, req WaitRequest) error {
	start := time.Now()
	reported := start.Add(-reportEvery / 2) // a short wait is not worth a word
	asked := start
	for {
		ok, err := back.try(ctx)
		if err != nil {
			return fmt.Errorf("take lock %q: %w", req.Name, err)
		}
		if ok {
			return nil
		}
		waited := time.Since(start)
		if req.Timeout > 0 && waited >= req.Timeout {
			return &HeldError{Name: req.Name, Holder: back.holder(ctx), Waited: waited}
		}
		if req.OnWait != nil && time.Since(reported) >= reportEvery {
			reported = time.Now()
			req.OnWait(back.holder(ctx), waited)
		}
		if req.Needless != nil && time.Since(asked) >= max(needlessAfter, waited/4) {
			if req.Needless(ctx, back.conn()) {
				return ErrNeedless
			}
			asked = time.Now()
		}
		pause := min(max(waited/8, pollMin), pollMax)
		if err := sleep(ctx, pause/2+rand.N(pause/2)); err != nil {
			return fmt.Errorf("wait for lock %q: %w", req.Name, err)
		}
	}
}

// sleep returns early, with the context's error, when ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
