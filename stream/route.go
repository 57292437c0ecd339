package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/schemactl/schemactl/codec"
)

// EventType is the constraint for a generated event type T: its pointer is a
// record and an event.
type EventType[T any] interface {
	*T
	codec.Record
	codec.Event
}

// Route binds an event type, or a topic, to its handler. Make one with On, OnBatch or
// OnRaw.
type Route struct {
	topic  string // without prefix
	schema *codec.Schema
	raw    bool
	batch  *batch
	err    error
	// decode reads one value, call runs the handler.
	decode func(p *codec.Plan, value []byte) (any, error)
	call   func(ctx context.Context, d *Delivery) error
}

// batch bounds what is handled at once.
type batch struct {
	most int
	wait time.Duration
}

// On calls h for every event of type T on the type's topic. Events are told apart
// by the full name of the writer's schema, and older or newer versions of it are
// read as T by Avro's rules. Each call has a Message of its own. An error of h is
// retried (see NewConsumer); the handler's context ends when the consumer has to
// give the partition up and the time for that is over.
func On[T any, P EventType[T]](h func(ctx context.Context, m Message[T]) error) Route {
	r := typed[T, P]()
	r.call = func(ctx context.Context, d *Delivery) error { return h(ctx, newMessage[T](d, &d.items[0])) }
	return r
}

// OnBatch calls h for events of type T that follow one another on a partition: at
// most most (1 to 10,000), and no later than wait (up to a minute; 0 takes what is
// there) after the first of them was taken. An event of another type ends a batch, so
// the partition's order is kept; WithParallelism has no effect on such a topic.
//
// The batch passes or fails as a whole and is retried as a whole. Where it has failed
// as often as it may and there are dead letters, its events are handled as batches of
// one, to find those that are to blame.
func OnBatch[T any, P EventType[T]](most int, wait time.Duration, h func(ctx context.Context, ms []Message[T]) error) Route {
	r := typed[T, P]()
	r.batch = &batch{most, wait}
	if most < 1 || most > 10_000 || wait < 0 || wait > time.Minute {
		r.err = fmt.Errorf("stream.OnBatch(%d, %s): want 1 to 10000 events and 0 to 1m", most, wait)
	}
	r.call = func(ctx context.Context, d *Delivery) error {
		ms := make([]Message[T], len(d.items))
		for i := range d.items {
			ms[i] = newMessage[T](d, &d.items[i])
		}
		return h(ctx, ms)
	}
	return r
}

// OnRaw calls h for every record of a topic, whatever it holds, those without a value
// too. There are no other routes for the topic.
func OnRaw(topic string, h func(ctx context.Context, m Raw) error) Route {
	r := Route{topic: topic, raw: true}
	if topic == "" {
		r.err = errors.New("stream.OnRaw: want a topic")
	}
	r.call = func(ctx context.Context, d *Delivery) error {
		rec := d.items[0].r
		return h(ctx, Raw{Record: rec, ID: eventID(rec), Attempt: d.Attempt, commit: d.commit(rec)})
	}
	return r
}

func typed[T any, P EventType[T]]() Route {
	zero := P(new(T))
	return Route{
		topic:  zero.EventTopic(),
		schema: zero.AvroSchema(),
		decode: func(p *codec.Plan, value []byte) (any, error) {
			event := new(T)
			if err := p.Decode(value, P(event)); err != nil {
				return nil, err
			}
			return event, nil
		},
	}
}
