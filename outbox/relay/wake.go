package relay

import (
	"context"
	"sync"
	"time"
)

const (
	// readGap is the least time between two reads that did not fill a batch, however
	// often the relay is woken: eager reads cost the writers up to 27 % of their rate,
	// at this pace 7 % (two cores).
	readGap = 2 * time.Millisecond
	// listenAgain is how long a relay that cannot listen waits before it tries again.
	listenAgain = 5 * time.Second
)

// waker tells a term that there may be events.
type waker struct {
	signals chan struct{}
	stop    func()
	done    sync.WaitGroup
}

// awake listens as long as work stands. close ends it.
func (r *Relay) awake(work context.Context) *waker {
	w := &waker{signals: make(chan struct{}, 1), stop: func() {}}
	signal := func() {
		select {
		case w.signals <- struct{}{}:
		default: // one that waits is enough
		}
	}
	if r.cfg.wake != nil {
		w.stop = r.cfg.wake(func() bool {
			signal()
			return r.queue.Shard().whole() // else others need to be told, too
		})
	}
	w.done.Go(func() {
		for {
			err := r.queue.Listen(work, signal)
			if err == nil {
				return
			}
			r.cfg.logger.WarnContext(work, "not told of new events, so they are looked for", "again", listenAgain, "error", err)
			if !sleep(work, listenAgain) {
				return
			}
		}
	})
	return w
}

func (w *waker) close() {
	w.stop()
	w.done.Wait()
}
