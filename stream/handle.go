package stream

import (
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/stream/deadletter"
)

// errWaits says that an earlier record of the key is a dead letter.
var errWaits = errors.New("an earlier record of its key is a dead letter")

// item is a record that is ready for its handler.
type item struct {
	r     *kgo.Record
	typ   string // full name of the writer's schema
	event any    // what the route decoded
}

// handle sees one record through, or a batch that begins with it. nil means that
// it is finished, and marked.
func (w *worker) handle(r *kgo.Record) error {
	if w.lot != nil && w.lot.arrive(r.Offset) {
		w.mark(r)
		return nil
	}
	route, it, err := w.decode(r)
	if err == nil && route != nil && route.batch != nil {
		return w.handleBatch(route, it)
	}
	if err := w.finishOne(route, it, err); err != nil {
		return err
	}
	w.mark(r)
	return nil
}

// finishOne handles a decoded record, or puts it aside.
func (w *worker) finishOne(route *Route, it item, err error) error {
	if err == nil && route == nil {
		w.c.stats.skipped.Add(1)
		return nil
	}
	if err == nil {
		err = w.attempt(route, it, nil, w.c.opt.maxAttempts)
	}
	if err == nil {
		w.c.stats.handled.Add(1)
		return nil
	}
	return w.park(it, err)
}

// decode makes a record ready. A nil route means that none wants it. The error is
// a *RecordError, errWaits or errQuit; the item then holds what is known.
func (w *worker) decode(r *kgo.Record) (*Route, item, error) {
	it := item{r: r}
	if raw := w.c.raw[r.Topic]; raw != nil {
		return raw, it, w.waits(r)
	}
	if r.Value == nil {
		return nil, it, nil
	}
	id, value, err := codec.ParseFrame(r.Value)
	if err != nil {
		return nil, it, recordError(r, deadletter.Unframed, 0, err)
	}
	rd := w.reader.Load()
	if rd == nil || rd.id != id {
		if rd, err = w.find(r, id); err != nil {
			return nil, it, err
		}
	}
	it.typ = rd.name
	if rd.route == nil {
		return nil, it, nil
	}
	if err := w.waits(r); err != nil {
		return rd.route, it, err
	}
	if err = rd.err; err == nil {
		it.event, err = rd.route.decode(rd.plan, value)
	}
	if err != nil {
		return rd.route, it, recordError(r, deadletter.Undecodable, id, err)
	}
	return rd.route, it, nil
}

// find returns the reader for a schema that the record before did not have.
func (w *worker) find(r *kgo.Record, id uint32) (*reader, error) {
	s, err := w.schema(r, id)
	if err != nil {
		return nil, err
	}
	rd := w.c.schemas.reader(w.p.topic, s, w.c.routes[w.p.topic][s.name])
	w.reader.Store(rd)
	return rd, nil
}

// waits is errWaits for a record whose key has an earlier letter.
func (w *worker) waits(r *kgo.Record) error {
	if w.lot != nil && w.lot.holds(r.Key, r.Offset) {
		return errWaits
	}
	return nil
}

// schema fetches the writer's schema, again and again while the registry cannot
// be reached.
func (w *worker) schema(r *kgo.Record, id uint32) (*schema, error) {
	wait := w.c.opt.minRetry
	for {
		s, err := w.c.schemas.get(w.ctx, id)
		switch {
		case err == nil:
			return s, nil
		case w.ctx.Err() != nil:
			return nil, errQuit
		case isPermanent(err):
			return nil, recordError(r, deadletter.UnknownSchema, id, err)
		}
		w.c.stats.retries.Add(1)
		w.c.opt.logger.WarnContext(w.ctx, "cannot fetch a schema; trying again", "schema_id", id, "wait", wait, "error", err)
		if !w.sleep(wait) {
			return nil, errQuit
		}
		wait = min(wait*2, w.c.opt.maxRetry)
	}
}

// attempt calls the handler until it passes, or has failed for good as often as
// most allows; 0 is no limit. A batch is all of its items, the first among them; else
// it is nil.
func (w *worker) attempt(route *Route, it item, batch []item, most int) error {
	wait := w.c.opt.minRetry
	r, typ := it.r, it.typ
	failed := 0
	for n := 1; ; n++ {
		d := w.delivery
		if d == nil {
			d = new(Delivery)
		}
		*d = Delivery{Topic: r.Topic, Partition: r.Partition, Attempt: n, route: route, items: batch, w: w}
		if batch == nil { // one allocation instead of two
			d.one[0] = it
			d.items = d.one[:]
		}
		err := w.c.handler(w.ctx, d)
		if err == nil {
			return nil
		}
		if w.ctx.Err() != nil {
			return errQuit
		}
		_, retryable := errors.AsType[*RetryableError](err)
		_, permanent := errors.AsType[*PermanentError](err)
		if !retryable {
			failed++
		}
		if !retryable && (failed == most || permanent && most > 0) {
			return &HandlerError{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Type: typ, Attempts: n, Err: err}
		}
		w.c.stats.retries.Add(1)
		w.c.opt.logger.WarnContext(w.ctx, "a handler failed and is tried again",
			"topic", r.Topic, "partition", r.Partition, "offset", r.Offset, "type", typ, "attempt", n, "wait", wait, "error", err)
		if !w.sleep(wait) {
			return errQuit
		}
		wait = min(wait*2, w.c.opt.maxRetry)
	}
}

func recordError(r *kgo.Record, kind deadletter.Kind, id uint32, err error) error {
	return &RecordError{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, SchemaID: id, Kind: kind, Err: err}
}

// again calls do with growing waits until it succeeds; it gives up with errQuit
// when the worker has to end, and at what hopeless says.
func (w *worker) again(what string, hopeless func(error) bool, do func() error) error {
	for wait := w.c.opt.minRetry; ; wait = min(wait*2, w.c.opt.maxRetry) {
		err := do()
		switch {
		case err == nil:
			return nil
		case w.ctx.Err() != nil:
			return errQuit
		case hopeless(err):
			return err
		}
		w.c.opt.logger.WarnContext(w.ctx, "something failed and is tried again", "what", what,
			"topic", w.p.topic, "partition", w.p.id, "wait", wait, "error", err)
		if !w.sleep(wait) {
			return errQuit
		}
	}
}

// timeLeft is what is left until t, at least 0.
func timeLeft(t time.Time) time.Duration { return max(0, time.Until(t)) }
