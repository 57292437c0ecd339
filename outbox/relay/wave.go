package relay

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// waveBytes bounds the records of one wave: nine tenths of what the client puts into
// one batch (kgo.ProducerBatchMaxBytes, by default 1,000,012), so that a partition
// gets one batch of a wave at most.
func waveBytes(p Producer) int {
	batch := int64(1_000_012)
	if client, ok := p.(*kgo.Client); ok {
		if n, ok := client.OptValue(kgo.ProducerBatchMaxBytes).(int32); ok {
			batch = int64(n)
		}
	}
	return int(min(batch*9/10, maxFetchBytes))
}

// wave is what the producer has at a time. The next one is handed over only after
// every record of it has its answer, and a partition gets at most one batch of it:
// when a broker refuses that for good, nothing of the partition is behind it.
// Promises settle its records from the client's goroutines.
type wave struct {
	rows []Row
	ids  []int64 // of rows

	mu       sync.Mutex // guards what follows
	left     int        // records without an answer
	acked    []int64
	failures []failure
	settled  chan struct{} // closed when left is 0
	flushed  chan struct{} // closed when the client has stopped sending by itself
}

// failure is a record that the producer gave back.
type failure struct {
	row *Row
	err error
}

func newWave(rows []Row) *wave {
	w := &wave{rows: rows, left: len(rows), acked: make([]int64, 0, len(rows)), settled: make(chan struct{}), flushed: make(chan struct{})}
	for i := range rows {
		w.ids = append(w.ids, rows[i].ID)
	}
	return w
}

// cut is how many of the rows make a wave: at most most with so many bytes, and one
// at least. The first record to a topic is a wave of its own: a client that does not
// know a topic yet may send its records as they come in.
func cut(rows []Row, most, bytes int, known map[string]bool) int {
	size := 0
	for i := range rows {
		size += rows[i].wireSize()
		if i > 0 && (i == most || size > bytes || !known[rows[i].Topic]) {
			return i
		}
		if !known[rows[i].Topic] {
			return 1
		}
	}
	return len(rows)
}

// handOver produces the rows in order. It stops at the first that is known to have
// failed, so that none behind it is sent.
func (w *wave) handOver(ctx context.Context, p Producer, stats *counters) {
	for i := range w.rows {
		if ctx.Err() != nil || w.failed() {
			w.skip(len(w.rows) - i)
			return
		}
		stats.handed.Add(1)
		p.Produce(ctx, w.rows[i].record(), w.promise(&w.rows[i], stats))
	}
}

// promise is the callback for one row.
func (w *wave) promise(r *Row, stats *counters) func(*kgo.Record, error) {
	return func(_ *kgo.Record, err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if err == nil {
			w.acked = append(w.acked, r.ID)
		} else {
			stats.failed.Add(1)
			w.failures = append(w.failures, failure{r, &ProduceError{ID: r.ID, EventID: r.EventID, Topic: r.Topic, Err: err}})
		}
		w.settle(1)
	}
}

// skip takes n records out that were never handed over.
func (w *wave) skip(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settle(n)
}

func (w *wave) settle(n int) {
	if w.left -= n; w.left == 0 {
		close(w.settled)
	}
}

func (w *wave) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.failures) > 0
}

// answers are what is known so far: of a settled wave all.
func (w *wave) answers() (acked []int64, failures []failure) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.acked), slices.Clone(w.failures)
}

// wireSize is no less than what the row's record takes in a batch, in bytes.
func (r *Row) wireSize() int {
	const fields, header = 160, 12 // lengths, deltas, the id's and the sequence's headers; the lengths of one
	return r.size() + len(r.Type) + fields + len(r.Headers)*header
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
