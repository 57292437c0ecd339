package stream

import (
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// handleBatch gathers a batch that begins with an event and sees it through.
func (w *worker) handleBatch(route *Route, first item) error {
	items, last := w.gather(route, first)
	err := w.attempt(route, first, items, w.c.opt.maxAttempts)
	switch {
	case err == nil:
		w.c.stats.handled.Add(int64(len(items)))
	case w.lot == nil || errors.Is(err, errQuit):
		return err
	case len(items) == 1:
		if err := w.park(items[0], err); err != nil {
			return err
		}
	default:
		if err := w.oneByOne(route, items); err != nil {
			return err
		}
	}
	w.mark(last)
	return nil
}

// gather takes what follows and belongs to the batch. last is the last record that
// was taken: those that no route wants are passed over.
func (w *worker) gather(route *Route, first item) (items []item, last *kgo.Record) {
	items, last = []item{first}, first.r
	until := time.Now().Add(route.batch.wait)
	for len(items) < route.batch.most && !w.quitting() {
		r := w.peek()
		if r == nil {
			if !w.more(timeLeft(until)) {
				break
			}
			continue
		}
		if w.lot != nil && w.lot.has(r.Offset) {
			break
		}
		other, it, err := w.decode(r)
		if err != nil || (other != nil && other != route) {
			break // handle meets it next
		}
		if w.pop() != r {
			break // paused meanwhile
		}
		last = r
		if w.lot != nil {
			w.lot.arrive(r.Offset)
		}
		if other == nil {
			w.c.stats.skipped.Add(1)
			continue
		}
		items = append(items, it)
	}
	return items, last
}

// more waits until something may have come, at most d.
func (w *worker) more(d time.Duration) bool {
	if d <= 0 {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-w.wake:
		return true
	case <-w.quits:
	case <-timer.C:
	}
	return false
}

// oneByOne finds out which events of a batch are to blame.
func (w *worker) oneByOne(route *Route, items []item) error {
	for _, it := range items {
		if w.quitting() {
			return errQuit
		}
		if err := w.finishOne(route, it, w.waits(it.r)); err != nil {
			return err
		}
		w.mark(it.r)
	}
	return nil
}
