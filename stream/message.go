package stream

import (
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

	commit func()
}

// Commit says, with WithManualCommit, that this event and all before it on its
// partition are finished: the next commit has them. Without that option it does
// nothing, as what a handler returns from is finished anyway. It may be called at any
// time, from any goroutine; once the partition belongs to another it has no effect.
func (m *Message[T]) Commit() {
	if m.commit != nil {
		m.commit()
	}
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

func newMessage[T any](d *Delivery, it *item) Message[T] {
	r := it.r
	event, _ := it.event.(*T) // the route has made it
	m := Message[T]{
		Event: event, Type: it.typ,
		Topic: r.Topic, Partition: r.Partition, Offset: r.Offset,
		Key: r.Key, Time: r.Timestamp, Headers: r.Headers, Attempt: d.Attempt, commit: d.commit(r),
	}
	m.ID = eventID(r)
	if text, ok := header(r.Headers, codec.HeaderSequence); ok {
		if n, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			m.Sequence, m.HasSequence = n, true
		}
	}
	return m
}

// eventID is the id header, or the record's place.
func eventID(r *kgo.Record) string {
	if id, ok := header(r.Headers, codec.HeaderID); ok && len(id) > 0 {
		return string(id)
	}
	return r.Topic + "/" + strconv.FormatInt(int64(r.Partition), 10) + "/" + strconv.FormatInt(r.Offset, 10)
}

// Raw is a record as a handler of OnRaw gets it. The record is shared and must not
// be changed; a nil Value is a tombstone.
type Raw struct {
	Record *kgo.Record
	// ID tells repeated deliveries of one event, as Message's does.
	ID string
	// Attempt is 1 for the first call of the handler for this delivery.
	Attempt int

	commit func()
}

// Commit is Message's.
func (m *Raw) Commit() {
	if m.commit != nil {
		m.commit()
	}
}

// Header returns the value of the record's first header of that name, or "".
func (m *Raw) Header(name string) string {
	value, _ := header(m.Record.Headers, name)
	return string(value)
}
