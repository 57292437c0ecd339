package stream

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// EventType is the constraint for a generated event type T: its pointer is a
// record and an event.
type EventType[T any] interface {
	*T
	codec.Record
	codec.Event
}

// Route binds an event type to its handler. Make one with On.
type Route struct {
	topic  string // without prefix
	schema *codec.Schema
	// open decodes one value and returns a call of the handler, to be repeated
	// for every attempt.
	open func(p *codec.Plan, value []byte, r *kgo.Record) (call, error)
}

type call func(ctx context.Context, attempt int) error

// On calls h for every event of type T on the type's topic. Events are told apart
// by the full name of the writer's schema, and older or newer versions of it are
// read as T by Avro's rules. Each call has a Message of its own. An error of h is
// retried (see NewConsumer); the handler's context ends when the consumer has to
// give the partition up and the time for that is over.
func On[T any, P EventType[T]](h func(ctx context.Context, m Message[T]) error) Route {
	zero := P(new(T))
	schema := zero.AvroSchema()
	return Route{
		topic:  zero.EventTopic(),
		schema: schema,
		open: func(p *codec.Plan, value []byte, r *kgo.Record) (call, error) {
			event := new(T)
			if err := p.Decode(value, P(event)); err != nil {
				return nil, err
			}
			return func(ctx context.Context, attempt int) error {
				return h(ctx, newMessage(event, schema.Name(), r, attempt))
			}, nil
		},
	}
}
