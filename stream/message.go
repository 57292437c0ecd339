package stream

import (
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// Message is one event as a handler gets it. Key and Headers share the memory of
// the fetched record and must not be changed.
type Message[T any] struct {
	Event *T
	// ID tells repeated deliveries of one event: the record's id header, or
	// topic/partition/offset when the record has none or an empty one.
	ID string
	// Type is the full name of the writer's schema.
	Type string
	// Sequence counts the changes of the event's aggregate; HasSequence says
	// whether the record has it.
	Sequence    int64
	HasSequence bool
	Topic       string
	Partition   int32
	Offset      int64
	Key         []byte
	// Time is when the event was published.
	Time    time.Time
	Headers []kgo.RecordHeader
	// Attempt is 1 for the first call of the handler for this delivery.
	Attempt int
}

// Header returns the value of the first header of that name, or "".
func (m *Message[T]) Header(name string) string {
	value, _ := header(m.Headers, name)
	return string(value)
}

func header(headers []kgo.RecordHeader, name string) ([]byte, bool) {
	for i := range headers {
		if headers[i].Key == name {
			return headers[i].Value, true
		}
	}
	return nil, false
}

func newMessage[T any](event *T, typ string, r *kgo.Record, attempt int) Message[T] {
	m := Message[T]{
		Event: event, Type: typ,
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset,
		Key: r.Key, Time: r.Timestamp, Headers: r.Headers, Attempt: attempt,
	}
	if id, ok := header(r.Headers, codec.HeaderID); ok && len(id) > 0 {
		m.ID = string(id)
	} else {
		m.ID = fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset)
	}
	if text, ok := header(r.Headers, codec.HeaderSequence); ok {
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			m.Sequence, m.HasSequence = n, true
		}
	}
	return m
}
