package relay_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox/relay"
)

// span is the numbers from first to last.
func span(first, last int64) []int64 {
	var out []int64
	for n := first; n <= last; n++ {
		out = append(out, n)
	}
	return out
}

// TestQueueBoundsBytes: a fetch ends with the row that reaches 16 MiB, and the
// rest comes with the next one.
func TestQueueBoundsBytes(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url, "")
		insert(t, db, 21, 900_000)
		q, err := relay.OpenQueue(db)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = q.Close() })
		first, err := q.Fetch(t.Context(), 1000, nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(span(1, 19), sequences(first)); diff != "" {
			t.Errorf("the first fetch (-want +got):\n%s", diff)
		}
		rest, err := q.Fetch(t.Context(), 1000, ids(first))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(span(20, 21), sequences(rest)); diff != "" {
			t.Errorf("the second fetch (-want +got):\n%s", diff)
		}
	})
}

// countingQueue notes what the relay asks for and what it gets.
type countingQueue struct {
	relay.Queue

	mu     sync.Mutex
	before func() // called first
	at     []time.Time
	asked  []int
	got    []int
}

func (q *countingQueue) Fetch(ctx context.Context, limit int, inFlight []int64) ([]relay.Row, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.before != nil {
		q.before()
	}
	rows, err := q.Queue.Fetch(ctx, limit, inFlight)
	q.at = append(q.at, time.Now())
	q.asked = append(q.asked, limit)
	q.got = append(q.got, len(rows))
	return rows, err
}

func (q *countingQueue) fetches() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.at)
}

// TestLargeEventsDoNotIdle: a batch that was cut at its bytes is not one that
// emptied the table, and the next reads ask for no more than fits.
func TestLargeEventsDoNotIdle(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t), "")
	insert(t, db, 20, 2_000_000) // nine of them reach 16 MiB
	inner, err := relay.OpenQueue(db)
	if err != nil {
		t.Fatal(err)
	}
	q := &countingQueue{Queue: inner}
	_, stop := runningWith(t, db, q, producerFunc(func(_ context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
		promise(r, nil)
	}), relay.WithIdle(time.Hour, time.Hour))
	untilEmpty(t, db)
	stop()
	if diff := cmp.Diff([]int{9, 9, 2}, q.got); diff != "" {
		t.Errorf("rows of the fetches (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{16, 9, 9}, q.asked); diff != "" {
		t.Errorf("limits of the fetches (-want +got):\n%s", diff)
	}
}

// TestSmallEventsFillBatches: the limit grows up to the batch.
func TestSmallEventsFillBatches(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t), "")
	publish(t, db, changes(1, 1, 250)...)
	inner, err := relay.OpenQueue(db)
	if err != nil {
		t.Fatal(err)
	}
	q := &countingQueue{Queue: inner}
	_, stop := runningWith(t, db, q, producerFunc(func(_ context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
		promise(r, nil)
	}), relay.WithBatch(100), relay.WithIdle(time.Hour, time.Hour))
	untilEmpty(t, db)
	stop()
	if diff := cmp.Diff([]int{16, 32, 64, 100, 38}, q.got); diff != "" {
		t.Errorf("rows of the fetches (-want +got):\n%s", diff)
	}
}

// TestLostOwnershipPauses: a relay that loses the ownership each time it has won
// it sends nothing, and does not ask for it without a pause.
func TestLostOwnershipPauses(t *testing.T) {
	t.Parallel()
	const terms, every = 5, 50 * time.Millisecond
	url := testenv.SQLite(t)
	db := open(t, url, "")
	publish(t, db, changes(1, 1, 3)...)
	inner, err := relay.OpenQueue(db)
	if err != nil {
		t.Fatal(err)
	}
	file := strings.TrimPrefix(url, "sqlite:") + "." + relay.LockName + ".lock"
	q := &countingQueue{Queue: inner, before: func() {
		time.Sleep(20 * time.Millisecond) // the answer that is asked for beside the read is too old by then
		_ = os.Remove(file)
	}}
	_, stop := runningWith(t, db, q, producerFunc(func(_ context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
		t.Error("sends without the ownership")
		promise(r, nil)
	}), relay.WithTakeover(every), quiet)
	until(t, "the ownership was lost a few times", func() bool { return q.fetches() >= terms })
	stop()
	if d := q.at[terms-1].Sub(q.at[0]); d < (terms-1)*every {
		t.Errorf("%d terms in %s, want a pause of %s after each", terms, d, every)
	}
}

// TestWritersWaitForSQLite: the writers of these tests outlast a database that is
// locked for longer than SQLite waits.
func TestWritersWaitForSQLite(t *testing.T) {
	t.Parallel()
	url := testenv.SQLite(t)
	db := open(t, url+"?_pragma=busy_timeout(1)", "")
	aggregates(t, db, 1)
	locked := connect(t, url).Begin()
	if locked.Error != nil {
		t.Fatal(locked.Error)
	}
	w := start(t, db, 2, 1)
	until(t, "they are refused", func() bool { return w.busy.Load() > 0 || t.Failed() })
	if err := locked.Rollback().Error; err != nil {
		t.Fatal(err)
	}
	if n := w.until(10)[0]; n < 10 {
		t.Errorf("%d changes are committed, want at least 10", n)
	}
}
