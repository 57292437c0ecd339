package stream

import (
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/stream/deadletter"
)

// task is something to do for a key between its records; without a key it is
// nobody's.
type task struct {
	key   []byte
	keyed bool
	do    func() error
}

// open takes the partition of the dead letter topic over: from here on this worker
// knows which keys wait.
func (w *worker) open() error {
	if w.lot == nil {
		return nil
	}
	err := w.again("preparing the dead letter topic", func(err error) bool { _, ok := errors.AsType[*deadletter.TopicError](err); return ok }, func() error {
		return deadletter.Ensure(w.ctx, kadm.NewClient(w.c.letters.client), w.p.topic, w.c.cfg.Group, int(w.p.id)+1)
	})
	if err != nil {
		return err
	}
	w.c.letters.add(w.p, w.lot)
	at, err := w.write(deadletter.OwnerRecord(w.deadTopic(), w.p.id, w.lot.writer))
	if err != nil {
		return err
	}
	w.lot.owned(at)
	select {
	case <-w.lot.loaded:
		return nil
	case <-w.quits:
		return errQuit
	case <-w.ctx.Done():
		return errQuit
	}
}

func (w *worker) close() {
	if w.lot != nil {
		w.c.letters.remove(w.p)
	}
}

func (w *worker) deadTopic() string { return deadletter.Topic(w.p.topic, w.c.cfg.Group) }

// write writes to the dead letter topic and waits for the acknowledgement.
func (w *worker) write(r *kgo.Record) (at int64, err error) {
	err = w.again("writing to the dead letter topic", refused, func() error {
		one := *r // the client fills it in
		at, err = w.c.letters.write(w.ctx, &one)
		return err
	})
	return at, err
}

// park puts a record aside for the reason err. Without dead letters, or where err is
// no reason for that, it returns err.
func (w *worker) park(it item, err error) error {
	if w.lot == nil || errors.Is(err, errQuit) {
		return err
	}
	letter := deadletter.FromRecord(it.r, w.c.cfg.Group)
	letter.Type = it.typ
	if !explain(&letter, err) {
		return err
	}
	for waiting := false; w.lot.full() && !w.lot.has(it.r.Offset); waiting = true {
		if !waiting {
			w.c.opt.logger.ErrorContext(w.ctx, "the partition stands still: it has as many dead letters as it may; replay or discard some",
				"topic", w.p.topic, "partition", w.p.id, "dead_letters", w.lot.count())
		}
		if !w.sleep(w.c.opt.minRetry) {
			return errQuit
		}
	}
	if err := w.put(&letter); err != nil {
		return err
	}
	w.c.stats.parked.Add(1)
	if letter.Kind != deadletter.Waits {
		w.c.opt.logger.ErrorContext(w.ctx, "a record became a dead letter", "topic", w.p.topic, "letter", letter.ID.String(),
			"kind", string(letter.Kind), "type", letter.Type, "attempts", letter.Attempts, "error", err)
	}
	return nil
}

// explain fills the reason in; ok is false when err is none.
func explain(l *deadletter.Letter, err error) (ok bool) {
	l.Kind, l.Reason, l.Attempts = "", err.Error(), 0
	if re, is := errors.AsType[*RecordError](err); is {
		l.Kind, l.SchemaID, l.Reason = re.Kind, re.SchemaID, re.Err.Error()
	}
	if he, is := errors.AsType[*HandlerError](err); is {
		l.Kind, l.Attempts, l.Reason = deadletter.Handler, he.Attempts, he.Err.Error()
	}
	if errors.Is(err, errWaits) {
		l.Kind = deadletter.Waits
	}
	return l.Kind != ""
}

// put writes a letter, new or in place of an older version.
func (w *worker) put(l *deadletter.Letter) error {
	l.Written, l.Writer = time.Now(), w.lot.writer
	written := w.lot.begin()
	at, err := w.write(l.Record())
	written(l.ID.Offset, letterState{at: at, open: true, keyed: l.Key != nil, key: string(l.Key)})
	return err
}

// resolve writes a letter's tombstone.
func (w *worker) resolve(id deadletter.ID) error {
	written := w.lot.begin()
	at, err := w.write(deadletter.ResolvedRecord(w.deadTopic(), id, w.lot.writer))
	written(id.Offset, letterState{at: at})
	return err
}

// tasks are what the dead letter topic asks for; while the partition is paused they
// wait.
func (w *worker) tasks() []task {
	if w.lot == nil || w.isHeld() {
		return nil
	}
	requests, strange := w.lot.tasks()
	var all []task
	for _, r := range strange {
		e, _ := deadletter.Parse(r)
		all = append(all, task{e.Letter.Key, e.Letter.Key != nil, func() error { return w.settle(e.Letter) }})
	}
	for _, q := range requests {
		all = append(all, task{q.Key, q.Keyed, func() error { return w.replay(q) }})
	}
	return all
}

// settle deals with a letter that another process wrote while this one owns the
// partition (see lot).
func (w *worker) settle(l *deadletter.Letter) error {
	if w.lot.has(l.ID.Offset) {
		return w.put(l)
	}
	return w.resolve(l.ID)
}
