package relay

import (
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// batch is what one read took. Promises settle its records from the client's
// goroutines.
type batch struct {
	flow *flow
	ids  []int64 // handed over; only the relay's goroutine uses it

	mu    sync.Mutex // guards what follows
	left  int        // records without an answer
	acked []int64
	err   error // of the first record that failed
}

func newBatch(f *flow, n int) *batch {
	return &batch{flow: f, left: n, ids: make([]int64, 0, n), acked: make([]int64, 0, n)}
}

// promise is the callback for one row.
func (b *batch) promise(r *Row) func(*kgo.Record, error) {
	id, eventID, topic := r.ID, r.EventID, r.Topic
	return func(_ *kgo.Record, err error) {
		b.mu.Lock()
		b.left--
		if err == nil {
			b.acked = append(b.acked, id)
		} else if b.err == nil {
			b.err = &ProduceError{ID: id, EventID: eventID, Topic: topic, Err: err}
		}
		wake := b.left == 0 || err != nil
		b.mu.Unlock()
		if err != nil {
			b.flow.t.r.stats.failed.Add(1)
			b.flow.abort(errAborted)
		}
		if wake {
			b.flow.signal()
		}
	}
}

// skip takes n records out that were never handed over.
func (b *batch) skip(n int) {
	b.mu.Lock()
	b.left -= n
	b.mu.Unlock()
	b.flow.signal()
}

// state says whether every record has its answer, and the first failure. Once
// settled, acked may be read without the mutex.
func (b *batch) state() (settled bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left == 0, b.err
}

// giveUp returns what is acknowledged so far of a batch that is not settled.
func (b *batch) giveUp() []int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.acked)
}

// signal wakes the loop; one signal that waits already is enough.
func (f *flow) signal() {
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// record is the Kafka record of a row. Its time is when the event was published,
// not when it was relayed.
func (r *Row) record() *kgo.Record {
	headers := make([]kgo.RecordHeader, 0, 3+len(r.Headers))
	headers = append(headers,
		kgo.RecordHeader{Key: codec.HeaderID, Value: []byte(r.EventID)},
		kgo.RecordHeader{Key: codec.HeaderType, Value: []byte(r.Type)})
	if r.Sequence.Valid {
		headers = append(headers, kgo.RecordHeader{Key: codec.HeaderSequence, Value: strconv.AppendInt(nil, r.Sequence.Int64, 10)})
	}
	for name, value := range r.Headers {
		headers = append(headers, kgo.RecordHeader{Key: name, Value: []byte(value)})
	}
	slices.SortStableFunc(headers[len(headers)-len(r.Headers):], func(a, b kgo.RecordHeader) int {
		return strings.Compare(a.Key, b.Key)
	})
	key := r.Key
	if len(key) == 0 {
		key = nil // an event without a key goes to any partition
	}
	return &kgo.Record{Topic: r.Topic, Key: key, Value: r.Payload, Headers: headers, Timestamp: r.CreatedAt}
}
