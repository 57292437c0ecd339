package deadletter

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Kind says why a record became a letter.
type Kind string

// The kinds of letters.
const (
	Unframed      Kind = "unframed"       // not a framed Avro value
	UnknownSchema Kind = "unknown-schema" // the registry does not know its schema id, or has no schema there
	Undecodable   Kind = "undecodable"    // its schema cannot be read as the route's type, or its bytes do not fit
	Handler       Kind = "handler"        // its handler failed as often as it may
	Waits         Kind = "waits"          // an earlier record of its key is a letter
)

// MaxReason bounds the text of a reason, in bytes.
const MaxReason = 1000

// ID names a letter in its topic: where the record lies in the source.
type ID struct {
	Partition int32
	Offset    int64
}

// String is the form that ParseID reads, such as 3-1234.
func (id ID) String() string { return fmt.Sprintf("%d-%d", id.Partition, id.Offset) }

// ParseID reads PARTITION-OFFSET.
func ParseID(s string) (ID, error) {
	p, o, ok := strings.Cut(s, "-")
	partition, perr := strconv.ParseInt(p, 10, 32)
	offset, oerr := strconv.ParseInt(o, 10, 64)
	id := ID{int32(partition), offset} //nolint:gosec // parsed with 32 bits
	if !ok || perr != nil || oerr != nil || id.String() != s || partition < 0 || offset < 0 {
		return ID{}, fmt.Errorf("letter %.40q: want PARTITION-OFFSET, such as 3-1234", s)
	}
	return id, nil
}

// Letter is a record that was put aside. Key and Value are nil where the record
// had none.
type Letter struct {
	ID       ID
	Kind     Kind
	Reason   string // at most MaxReason bytes
	Type     string // full name of the writer's schema, "" when unknown
	SchemaID uint32 // 0 when there is none
	Attempts int    // calls of the handler
	Topic    string // of the record
	Group    string
	Written  time.Time // of this version of the letter

	// The record as it was.
	Key       []byte
	Value     []byte
	Headers   []kgo.RecordHeader
	Timestamp time.Time

	// Size is the length of Value, also where a list leaves Value out.
	Size int
	// Position is the offset of this version in the dead letter topic.
	Position int64
	// Writer tells the versions of one owner of the partition from another's.
	Writer string
}

// Names of the headers before a record's own. The first tells how many there are.
const (
	headerCount     = "dlq.headers"
	headerKind      = "dlq.kind"
	headerReason    = "dlq.reason"
	headerType      = "dlq.type"
	headerSchema    = "dlq.schema-id"
	headerAttempts  = "dlq.attempts"
	headerTopic     = "dlq.topic"
	headerPartition = "dlq.partition"
	headerOffset    = "dlq.offset"
	headerTimestamp = "dlq.timestamp" // milliseconds since 1970
	headerGroup     = "dlq.group"
	headerWritten   = "dlq.time" // RFC 3339
	headerKey       = "dlq.key"  // absent when the record has no key
	headerNull      = "dlq.null" // there when the record has no value
	headerWriter    = "dlq.writer"
)

// Topic is where the letters of a group's source topic are.
func Topic(source, group string) string { return source + "." + group + ".dlq" }

// FromRecord begins a letter for a record. Key, value and headers share its
// memory.
func FromRecord(r *kgo.Record, group string) Letter {
	return Letter{
		ID: ID{r.Partition, r.Offset}, Topic: r.Topic, Group: group,
		Key: r.Key, Value: r.Value, Headers: r.Headers, Timestamp: r.Timestamp, Size: len(r.Value),
	}
}

// Source is the record that the letter holds.
func (l *Letter) Source() *kgo.Record {
	return &kgo.Record{
		Topic: l.Topic, Partition: l.ID.Partition, Offset: l.ID.Offset,
		Key: l.Key, Value: l.Value, Headers: l.Headers, Timestamp: l.Timestamp,
	}
}

// Record is the letter as it is written. Its partition has to be kept.
func (l *Letter) Record() *kgo.Record {
	own := []kgo.RecordHeader{
		{Key: headerCount},
		{Key: headerKind, Value: []byte(l.Kind)},
		{Key: headerReason, Value: []byte(cut(l.Reason))},
		{Key: headerType, Value: []byte(l.Type)},
		{Key: headerSchema, Value: strconv.AppendUint(nil, uint64(l.SchemaID), 10)},
		{Key: headerAttempts, Value: strconv.AppendInt(nil, int64(l.Attempts), 10)},
		{Key: headerTopic, Value: []byte(l.Topic)},
		{Key: headerPartition, Value: strconv.AppendInt(nil, int64(l.ID.Partition), 10)},
		{Key: headerOffset, Value: strconv.AppendInt(nil, l.ID.Offset, 10)},
		{Key: headerTimestamp, Value: strconv.AppendInt(nil, l.Timestamp.UnixMilli(), 10)},
		{Key: headerGroup, Value: []byte(l.Group)},
		{Key: headerWritten, Value: l.Written.UTC().AppendFormat(nil, time.RFC3339Nano)},
		{Key: headerWriter, Value: []byte(l.Writer)},
	}
	value := l.Value
	if l.Key != nil {
		own = append(own, kgo.RecordHeader{Key: headerKey, Value: l.Key})
	}
	if value == nil { // as a value it would be a tombstone
		value = []byte{}
		own = append(own, kgo.RecordHeader{Key: headerNull})
	}
	own[0].Value = strconv.AppendInt(nil, int64(len(own)), 10)
	return &kgo.Record{
		Topic: Topic(l.Topic, l.Group), Partition: l.ID.Partition, Key: []byte(l.ID.String()),
		Value: value, Headers: append(own, l.Headers...),
	}
}

// cut bounds a reason, between two characters.
func cut(s string) string {
	if len(s) > MaxReason {
		s = s[:MaxReason-3] + "..."
	}
	return strings.ToValidUTF8(s, "?")
}

// parseLetter reads what Record writes; ok is false for anything else.
func parseLetter(r *kgo.Record, id ID) (l Letter, ok bool) {
	if len(r.Headers) == 0 || r.Headers[0].Key != headerCount {
		return Letter{}, false
	}
	n, err := strconv.Atoi(string(r.Headers[0].Value))
	if err != nil || n < 1 || n > len(r.Headers) {
		return Letter{}, false
	}
	l = Letter{ID: id, Value: r.Value, Size: len(r.Value), Position: r.Offset}
	for _, h := range r.Headers[1:n] {
		l.set(h)
	}
	if n < len(r.Headers) {
		l.Headers = r.Headers[n:]
	}
	return l, true
}

func (l *Letter) set(h kgo.RecordHeader) {
	text := string(h.Value)
	number := func() int64 {
		n, _ := strconv.ParseInt(text, 10, 64) // zero is what a broken one says
		return n
	}
	switch h.Key {
	case headerKind:
		l.Kind = Kind(text)
	case headerReason:
		l.Reason = text
	case headerType:
		l.Type = text
	case headerSchema:
		l.SchemaID = uint32(number()) //nolint:gosec // written from 32 bits
	case headerAttempts:
		l.Attempts = int(number())
	case headerTopic:
		l.Topic = text
	case headerTimestamp:
		l.Timestamp = time.UnixMilli(number())
	case headerGroup:
		l.Group = text
	case headerWritten:
		l.Written, _ = time.Parse(time.RFC3339Nano, text) // zero is what a broken one says
	case headerWriter:
		l.Writer = text
	case headerKey:
		l.Key = append([]byte{}, h.Value...) // not nil, also when it is empty
	case headerNull:
		l.Value = nil
	}
}
