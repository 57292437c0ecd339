package stream

import (
	"errors"

	"github.com/schemactl/schemactl/stream/deadletter"
)

// replay handles the letters that a request is about, in the order of their
// records, until one fails again. A request that is cut off stays and is carried out
// by the next owner of the partition.
func (w *worker) replay(q deadletter.Request) error {
	reader := w.c.letters.reader(w.p)
	defer reader.close()
	for {
		if w.quitting() {
			return errQuit
		}
		offset, at, ok := w.lot.next(q)
		if !ok {
			break
		}
		l, err := w.fetch(reader, offset, at)
		if err != nil {
			return err
		}
		if l == nil {
			continue // it has just got another version, or was resolved
		}
		passed, err := w.replayOne(l)
		if err != nil {
			return err
		}
		if !passed {
			break
		}
	}
	w.lot.answered(q.ID)
	_, err := w.write(q.AnsweredRecord(w.deadTopic()))
	return err
}

// fetch reads a letter's version. nil means that there is another one by now.
func (w *worker) fetch(reader *letterReader, offset, at int64) (l *deadletter.Letter, err error) {
	never := func(error) bool { return false }
	err = w.again("reading a dead letter", never, func() error {
		r, err := reader.get(w.ctx, at)
		if err != nil || r == nil {
			return err
		}
		if e, ok := deadletter.Parse(r); ok {
			l = e.Letter
		}
		return nil
	})
	if err != nil || l != nil {
		return l, err
	}
	id := deadletter.ID{Partition: w.p.id, Offset: offset}
	if _, now, ok := w.lot.next(deadletter.Request{ID: id}); ok && now == at {
		w.c.opt.logger.ErrorContext(w.ctx, "a dead letter is gone from its topic", "topic", w.deadTopic(), "letter", id.String(), "position", at)
		return nil, w.resolve(id)
	}
	return nil, nil //nolint:nilnil // see above
}

// replayOne calls the handler once more, and again while it says that this can
// help. It resolves the letter or gives it its new reason.
func (w *worker) replayOne(l *deadletter.Letter) (passed bool, err error) {
	r := l.Source()
	route, it, err := w.decode(r)
	if err == nil && route != nil {
		err = w.attempt(route, it, nil, 1)
	}
	switch {
	case err == nil:
		if route == nil {
			w.c.stats.skipped.Add(1)
		}
		w.c.stats.replayed.Add(1)
		w.c.opt.logger.InfoContext(w.ctx, "a dead letter was handled", "topic", w.p.topic, "letter", l.ID.String())
		return true, w.resolve(l.ID)
	case errors.Is(err, errQuit):
		return false, err
	}
	attempts := l.Attempts
	l.Type = it.typ
	if !explain(l, err) {
		return false, err
	}
	l.Attempts += attempts
	return false, w.put(l)
}
