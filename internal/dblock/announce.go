package dblock

import (
	"context"
	"time"
)

// announceAfter is how long work must last before [Lock.Announce] writes it
// down: shorter work would be over before anyone could read it.
const announceAfter = 250 * time.Millisecond

// Announce says what the holder does from now on, for those who wait. It is
// written beside the lock's own session, on a server by another connection of
// the pool, and only when the work lasts, so short work costs nothing. stop ends
// the announcement, and must be called; it returns once the writer is done.
func (l *Lock) Announce(ctx context.Context, doing string) (stop func()) {
	h := l.does(doing)
	return Later(ctx, announceAfter, func(ctx context.Context) {
		_ = l.back.announce(ctx, h) // a courtesy, see Describe
	})
}

// Say replaces what the holder is said to do, at once and in the same way. It
// returns when that is written, or cannot be.
func (l *Lock) Say(ctx context.Context, doing string) {
	_ = l.back.announce(ctx, l.does(doing)) // a courtesy, see Describe
}

func (l *Lock) does(doing string) Holder {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.holder.Doing = doing
	return l.holder
}

// Later does work in a goroutine of its own unless stop is called before the
// time is over; until then there is only a timer. stop ends the context of work
// that has begun, and returns when the work does. It must be called.
func Later(ctx context.Context, after time.Duration, work func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	timer := time.AfterFunc(after, func() {
		defer close(done)
		work(ctx)
	})
	return func() {
		cancel()
		if !timer.Stop() {
			<-done
		}
	}
}
