package stream

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Middleware is around every call of a handler: for an event, a batch or a raw
// record, and also when a dead letter is replayed. It may look, measure, change the
// context, and turn an error into another one; it calls next at most once.
type Middleware func(next Handler) Handler

// Handler is what Middleware is around.
type Handler func(ctx context.Context, d *Delivery) error

// Delivery is one call of a handler.
type Delivery struct {
	Topic     string
	Partition int32
	// Attempt is 1 for the first call for this delivery.
	Attempt int

	route *Route
	items []item
	one   [1]item // what items is, but for a batch
	w     *worker
}

// Len is how many records there are: 1, but for a batch.
func (d *Delivery) Len() int { return len(d.items) }

// Record returns the record at i, from 0. It must not be changed. Its headers hold
// the trace context that the publisher gave it.
func (d *Delivery) Record(i int) *kgo.Record { return d.items[i].r }

// Type is the full name of the writer's schema, "" for a raw record.
func (d *Delivery) Type() string { return d.items[0].typ }

// Header returns the value of the first record's first header of that name, or "".
func (d *Delivery) Header(name string) string {
	value, _ := header(d.items[0].r.Headers, name)
	return string(value)
}

// commit is what Message.Commit does, nil when that is nothing.
func (d *Delivery) commit(r *kgo.Record) func() {
	w := d.w // the delivery may be another one's by the time that it is called
	if !w.c.opt.manual {
		return nil
	}
	return func() { w.commit(r) }
}

// chain puts the middleware around the handlers, the first outermost.
func chain(ms []Middleware) Handler {
	h := Handler(func(ctx context.Context, d *Delivery) error { return d.route.call(ctx, d) })
	for _, m := range slices.Backward(ms) {
		h = m(h)
	}
	return h
}
