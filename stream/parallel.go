package stream

import (
	"errors"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// window bounds the records of a partition that are taken and not finished, per
// handler that may run.
const window = 100

// lanes runs the records of different keys side by side, and those of one key one
// after another in their order.
type lanes struct {
	w     *worker
	slots chan struct{} // one per handler that may run
	all   sync.WaitGroup
	ended chan struct{} // closed at the first error
	free  chan struct{} // signalled when records were finished

	mu      sync.Mutex // guards what follows
	waiting map[string][]func() error
	err     error
	taken   []*taken // in the order of the partition, the unfinished first
}

// taken is a record that was taken from the queue.
type taken struct {
	r    *kgo.Record
	done bool
}

// side handles the records of different keys side by side.
func (w *worker) side() error {
	n := w.c.opt.parallel
	l := &lanes{
		w: w, slots: make(chan struct{}, n), ended: make(chan struct{}), free: make(chan struct{}, 1),
		waiting: map[string][]func() error{},
	}
	for !w.quitting() && l.failure() == nil {
		for _, t := range w.tasks() {
			l.run(t.key, t.keyed, t.do)
		}
		if !l.room(n * window) {
			select {
			case <-l.free:
			case <-w.wake: // perhaps a task
			case <-w.quits:
			case <-l.ended:
			}
			continue
		}
		r := w.pop()
		if r == nil {
			select {
			case <-w.wake:
			case <-w.quits:
			case <-l.ended:
			}
			continue
		}
		l.take(r)
	}
	l.all.Wait()
	return l.failure()
}

func (l *lanes) room(most int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.taken) < most
}

func (l *lanes) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// take hands a record to the lane of its key.
func (l *lanes) take(r *kgo.Record) {
	t := &taken{r: r}
	l.mu.Lock()
	l.taken = append(l.taken, t)
	l.mu.Unlock()
	if l.w.lot != nil && l.w.lot.arrive(r.Offset) {
		l.finish(t)
		return
	}
	l.run(r.Key, r.Key != nil, func() error {
		route, it, err := l.w.decode(r)
		if err = l.w.finishOne(route, it, err); err == nil {
			l.finish(t)
		}
		return err
	})
}

// finish marks what is finished without a gap.
func (l *lanes) finish(t *taken) {
	l.mu.Lock()
	defer l.mu.Unlock()
	t.done = true
	var last *kgo.Record
	for len(l.taken) > 0 && l.taken[0].done {
		last = l.taken[0].r
		l.taken[0] = nil
		l.taken = l.taken[1:]
	}
	if last != nil {
		l.w.mark(last)
		signal(l.free)
	}
}

// run does something for a key behind all that was given for it before; without a
// key at any time. It blocks while as many handlers run as may.
func (l *lanes) run(key []byte, keyed bool, do func() error) {
	name := string(key)
	if keyed && l.join(name, do) {
		return
	}
	select {
	case l.slots <- struct{}{}:
	case <-l.w.quits:
		return
	case <-l.ended:
		return
	}
	// Its lane cannot have come up meanwhile: only this goroutine begins any.
	if keyed {
		l.mu.Lock()
		l.waiting[name] = nil
		l.mu.Unlock()
	}
	l.all.Go(func() {
		defer func() { <-l.slots }()
		for do != nil {
			if l.stopped() {
				return
			}
			if err := do(); err != nil {
				l.fail(err)
				return
			}
			do = nil
			if keyed {
				do = l.next(name)
			}
		}
	})
}

// join puts something behind what its key is doing.
func (l *lanes) join(name string, do func() error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting, busy := l.waiting[name]
	if busy {
		l.waiting[name] = append(waiting, do)
	}
	return busy
}

// next is what the key does next; nil ends its lane.
func (l *lanes) next(name string) func() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	waiting := l.waiting[name]
	if len(waiting) == 0 {
		delete(l.waiting, name)
		return nil
	}
	l.waiting[name] = waiting[1:]
	return waiting[0]
}

func (l *lanes) stopped() bool {
	select {
	case <-l.ended:
		return true
	default:
		return l.w.quitting()
	}
}

func (l *lanes) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	// What could not be done counts for more than that it was told to stop.
	if l.err == nil || errors.Is(l.err, errQuit) {
		l.err = err
	}
	select {
	case <-l.ended:
	default:
		close(l.ended)
	}
}
