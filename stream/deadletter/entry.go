package deadletter

import (
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Entry is a record of a dead letter topic: one of its fields is set.
type Entry struct {
	Letter   *Letter
	Resolved *ID      // a tombstone
	Replay   *Request // a request to replay
	Answered *Request // a request that was carried out, or is void
	Owner    string   // the writer that owns the partition from here on
	Writer   string
}

// Request asks the owner of a partition to replay a letter, and with it all
// letters of its key.
type Request struct {
	ID    ID
	Key   []byte
	Keyed bool
}

const (
	replayPrefix = "replay/"
	ownerKey     = "owner"
)

// Parse reads a record of a dead letter topic. ok is false when it is none of this
// package's.
func Parse(r *kgo.Record) (e Entry, ok bool) {
	key := string(r.Key)
	e.Writer = header(r, headerWriter)
	if key == ownerKey {
		e.Owner = e.Writer
		return e, e.Owner != ""
	}
	key, isReplay := strings.CutPrefix(key, replayPrefix)
	id, err := ParseID(key)
	switch {
	case err != nil:
		return Entry{}, false
	case isReplay:
		q := &Request{ID: id}
		for _, h := range r.Headers {
			if h.Key == headerKey {
				q.Key, q.Keyed = append([]byte{}, h.Value...), true
			}
		}
		if r.Value == nil {
			e.Answered = q
		} else {
			e.Replay = q
		}
	case r.Value == nil:
		e.Resolved = &id
	default:
		l, ok := parseLetter(r, id)
		if !ok {
			return Entry{}, false
		}
		e.Letter = &l
		e.Writer = l.Writer
	}
	return e, true
}

func header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// OwnerRecord says that writer owns a partition of a dead letter topic from here
// on. Who reads up to his own knows all letters before it.
func OwnerRecord(topic string, partition int32, writer string) *kgo.Record {
	return &kgo.Record{
		Topic: topic, Partition: partition, Key: []byte(ownerKey), Value: []byte{},
		Headers: []kgo.RecordHeader{{Key: headerWriter, Value: []byte(writer)}},
	}
}

// ResolvedRecord is the tombstone of a letter.
func ResolvedRecord(topic string, id ID, writer string) *kgo.Record {
	return &kgo.Record{
		Topic: topic, Partition: id.Partition, Key: []byte(id.String()),
		Headers: []kgo.RecordHeader{{Key: headerWriter, Value: []byte(writer)}},
	}
}

// Record is the request as it is written to a dead letter topic.
func (q *Request) Record(topic string) *kgo.Record {
	r := &kgo.Record{Topic: topic, Partition: q.ID.Partition, Key: []byte(replayPrefix + q.ID.String()), Value: []byte{}}
	if q.Keyed {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: headerKey, Value: q.Key})
	}
	return r
}

// AnsweredRecord is the tombstone of the request.
func (q *Request) AnsweredRecord(topic string) *kgo.Record {
	r := q.Record(topic)
	r.Value, r.Headers = nil, nil
	return r
}
