package relay

import (
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// records makes the records of a wave, whose parts lie beside each other.
type records struct {
	made    []kgo.Record
	headers []kgo.RecordHeader
	values  []byte
	typ     []byte // of the record before, which is mostly that of the next
}

// usualHeaders are the id, the type and the sequence.
const usualHeaders = 3

func newRecords(rows []Row) *records {
	headers, values := 0, 0
	for i := range rows {
		headers += usualHeaders + len(rows[i].Headers)
		values += len(rows[i].EventID) + maxDigits
	}
	return &records{make([]kgo.Record, 0, len(rows)), make([]kgo.RecordHeader, 0, headers), make([]byte, 0, values), nil}
}

// maxDigits is the longest number of 64 bits.
const maxDigits = len("-9223372036854775808")

// next is the Kafka record of a row. Its time is when the event was published,
// not when it was relayed.
func (rs *records) next(r *Row) *kgo.Record {
	key := r.Key
	if len(key) == 0 {
		key = nil // an event without a key goes to any partition
	}
	value := r.Payload
	if r.IsTombstone() {
		value = nil // to compaction an empty value is a value
	}
	rs.made = append(rs.made, kgo.Record{Topic: r.Topic, Key: key, Value: value, Headers: rs.headersOf(r), Timestamp: r.CreatedAt})
	return &rs.made[len(rs.made)-1]
}

func (rs *records) headersOf(r *Row) []kgo.RecordHeader {
	from := len(rs.headers)
	rs.values = append(rs.values, r.EventID...)
	rs.header(codec.HeaderID, len(r.EventID))
	if string(rs.typ) != r.Type {
		rs.typ = []byte(r.Type)
	}
	rs.headers = append(rs.headers, kgo.RecordHeader{Key: codec.HeaderType, Value: rs.typ})
	if r.Sequence.Valid {
		before := len(rs.values)
		rs.values = strconv.AppendInt(rs.values, r.Sequence.Int64, 10)
		rs.header(codec.HeaderSequence, len(rs.values)-before)
	}
	own := len(rs.headers)
	for name, value := range r.Headers {
		rs.headers = append(rs.headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	slices.SortFunc(rs.headers[own:], func(a, b kgo.RecordHeader) int { return strings.Compare(a.Key, b.Key) })
	return slices.Clip(rs.headers[from:])
}

// header adds one whose value is the last n bytes of values.
func (rs *records) header(key string, n int) {
	end := len(rs.values)
	rs.headers = append(rs.headers, kgo.RecordHeader{Key: key, Value: rs.values[end-n : end : end]})
}
