package relay

import (
	"context"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
)

// waveBytes bounds the records of one wave: nine tenths of what the client puts into
// one batch (kgo.ProducerBatchMaxBytes, by default 1,000,012), so that a partition
// gets one batch of a wave at most; and of what it has room for at all, if that is less.
func waveBytes(p Producer) int {
	batch := int64(1_000_012)
	if client, ok := p.(*kgo.Client); ok {
		if n, ok := client.OptValue(kgo.ProducerBatchMaxBytes).(int32); ok {
			batch = int64(n)
		}
		// Where a client has too little room for a record it may have it for the next.
		if n, ok := client.OptValue(kgo.MaxBufferedBytes).(int64); ok && n > 0 {
			batch = min(batch, n)
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

	fates   []atomic.Pointer[error] // of rows: nil for no answer yet, fine for an acknowledgement
	left    atomic.Int64            // records without an answer
	broken  atomic.Bool             // one of them failed
	settled chan struct{}           // closed when left is 0
	flushed chan struct{}           // closed when the client has stopped sending by itself
}

// fine is the fate of a record that was acknowledged.
var fine error

// failure is a record that the producer gave back.
type failure struct {
	row *Row
	err error
}

func newWave(rows []Row) *wave {
	w := &wave{
		rows: rows, ids: make([]int64, len(rows)), fates: make([]atomic.Pointer[error], len(rows)),
		settled: make(chan struct{}), flushed: make(chan struct{}),
	}
	for i := range rows {
		w.ids[i] = rows[i].ID
	}
	w.left.Store(int64(len(rows)))
	return w
}

// cut is how many of the rows make a wave: at most most, within the bytes of a wave and
// those of each topic that takes less, and one at least. The first record to a topic is a
// wave of its own: a client that does not know a topic yet may send its records as they
// come in.
func (t *term) cut(rows []Row, most int) int {
	size, ofTopic := 0, map[string]int{}
	for i := range rows {
		topic := rows[i].Topic
		size += rows[i].wireSize()
		full := i == most || size > t.r.waveBytes
		if limit, ok := t.blame.sizeOf(topic); ok {
			ofTopic[topic] += rows[i].wireSize()
			full = full || ofTopic[topic] > limit
		}
		if i > 0 && (full || !t.known[topic]) {
			return i
		}
		if !t.known[topic] {
			return 1
		}
	}
	return len(rows)
}

// handOver produces the rows in order. It stops at the first that is known to have
// failed, so that none behind it is sent.
func (w *wave) handOver(ctx context.Context, p Producer, stats *counters) {
	records := newRecords(w.rows)
	for i := range w.rows {
		if ctx.Err() != nil || w.broken.Load() {
			w.settle(len(w.rows) - i)
			return
		}
		stats.handed.Add(1)
		p.Produce(ctx, records.next(&w.rows[i]), func(_ *kgo.Record, err error) {
			if err == nil {
				w.fates[i].Store(&fine)
			} else {
				why := err // which is not allocated for those that did not fail
				stats.failed.Add(1)
				w.fates[i].Store(&why)
				w.broken.Store(true)
			}
			w.settle(1)
		})
	}
}

// settle takes off n records that have their answer, or were never handed over.
func (w *wave) settle(n int) {
	if w.left.Add(-int64(n)) == 0 {
		close(w.settled)
	}
}

// answers are what is known so far: of a settled wave all.
func (w *wave) answers() (acked []int64, failures []failure) {
	acked = make([]int64, 0, len(w.rows))
	for i := range w.rows {
		r := &w.rows[i]
		switch fate := w.fates[i].Load(); {
		case fate == nil:
		case fate == &fine:
			acked = append(acked, r.ID)
		default:
			failures = append(failures, failure{r, &ProduceError{ID: r.ID, EventID: r.EventID, Topic: r.Topic, Err: *fate}})
		}
	}
	return acked, failures
}

// wireSize is no less than what the row's record takes in a batch, in bytes.
func (r *Row) wireSize() int {
	const fields, header = 160, 12 // lengths, deltas, the id's and the sequence's headers; the lengths of one
	return r.size() + len(r.Type) + fields + len(r.Headers)*header
}
