package stream

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/stream/deadletter"
)

// asked counts how often each schema was asked for: 1 and 2 are the event's own, 8 is
// of a type that no route names, and 9 cannot be read as the event.
type asked map[uint32]int

func (a asked) Schema(_ context.Context, id uint32) (string, error) {
	a[id]++
	switch id {
	case 8:
		return `{"type":"record","name":"another","fields":[]}`, nil
	case 9:
		return `{"type":"record","name":"schemactl.events.MessageCreated","fields":[]}`, nil
	default:
		return (&events.MessageCreated{}).AvroSchema().String(), nil
	}
}

// TestSchemasTakeTurns: each record of a partition is read by its own schema, however
// they follow one another, and each schema is fetched once.
func TestSchemasTakeTurns(t *testing.T) {
	t.Parallel()
	source := asked{}
	c, err := NewConsumer(ConsumerConfig{
		Brokers: []string{"broker"}, Group: "g", Schemas: source,
		Routes: []Route{On(func(context.Context, Message[events.MessageCreated]) error { return nil })},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorker(t.Context(), c, nil, partition{"messages", 0})
	body, err := (&events.MessageCreated{MessageID: 5}).AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, id := range []uint32{1, 1, 8, 9, 2, 9, 1, 8, 8, 9, 9, 1, 2} {
		value := append(codec.AppendFrame(nil, id), body...)
		route, it, err := w.decode(&kgo.Record{Topic: "messages", Value: value})
		failed, _ := errors.AsType[*RecordError](err)
		e, _ := it.event.(*events.MessageCreated)
		switch name := it.typ; {
		case id == 8 && (route != nil || err != nil || name != "another"),
			id == 9 && (failed == nil || failed.Kind != deadletter.Undecodable || failed.SchemaID != 9),
			id < 8 && (route == nil || err != nil || e == nil || e.MessageID != 5 || name != "schemactl.events.MessageCreated"):
			t.Errorf("record %d of schema %d: %t, %q, %+v, %v", i, id, route != nil, name, e, err)
		}
	}
	if got, want := fmt.Sprint(source), "map[1:1 2:1 8:1 9:1]"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
}
