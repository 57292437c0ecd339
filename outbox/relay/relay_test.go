package relay_test

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox/relay"
)

// TestConcurrentWriters is the promise: eight writers whose commits come out of
// order, a relay beside them, and then the topic compared with the tables.
func TestConcurrentWriters(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		prefix := testenv.TopicPrefix(t)
		db := open(t, url, prefix)
		brokers := testenv.KFake(t)
		cl := client(t, brokers)
		createTopic(t, cl, prefix+"changes")
		r, stop := running(t, db, cl, relay.WithBatch(50))

		w := write(t, db, 8, 5)
		if os.Getenv("SOAK") == "full" {
			time.Sleep(time.Minute) // of work
		}
		committed := w.until(600)
		untilEmpty(t, db)
		stop()
		repeated := audit(t, read(t, brokers, prefix+"changes"), committed)
		if repeated > 0 {
			t.Errorf("%d repetitions without any failure", repeated)
		}
		n := total(committed)
		if s := r.Stats(); s.Relayed != n || s.Failed != 0 || s.Owner {
			t.Errorf("stats %+v, want %d relayed", s, n)
		}
		t.Logf("%d events", n)
	})
}

// TestRealKafka is a short run against an Apache Kafka.
func TestRealKafka(t *testing.T) {
	t.Parallel()
	brokers := testenv.Kafka(t)
	prefix := testenv.TopicPrefix(t)
	db := open(t, testenv.Postgres(t), prefix)
	cl := client(t, brokers)
	createTopic(t, cl, prefix+"changes")
	_, stop := running(t, db, cl)
	committed := write(t, db, 8, 5).until(600)
	untilEmpty(t, db)
	stop()
	audit(t, read(t, brokers, prefix+"changes"), committed)
	t.Logf("%d events", total(committed))
}

func TestRecord(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url, "p.")
		before := time.Now().Add(-time.Second)
		publish(t, db, &change{ID: 7, Version: 3})
		records := make(chan *kgo.Record, 1)
		relayed := make(chan int, 1)
		running(t, db, producerFunc(func(_ context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
			records <- r
			promise(r, nil)
		}), relay.WithOnRelayed(func(n int) { relayed <- n }))
		r := <-records
		if r.Timestamp.Before(before) || r.Timestamp.After(time.Now().Add(time.Second)) {
			t.Errorf("time %s, want about now", r.Timestamp)
		}
		id := value(r, codec.HeaderID)
		if len(id) != 36 {
			t.Errorf("id %q, want a UUID", id)
		}
		want := &kgo.Record{Topic: "p.changes", Key: []byte("7"), Value: []byte{0, 0, 0, 0, 1, 14, 6}, Headers: []kgo.RecordHeader{
			{Key: "id", Value: []byte(id)}, {Key: "type", Value: []byte("test.Change")}, {Key: "sequence", Value: []byte("3")},
		}}
		got := &kgo.Record{Topic: r.Topic, Key: r.Key, Value: r.Value, Headers: r.Headers}
		if diff := cmp.Diff(want.Headers, got.Headers); diff != "" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
		if got.Topic != want.Topic || string(got.Key) != string(want.Key) || string(got.Value) != string(want.Value) {
			t.Errorf("record %+v, want %+v", got, want)
		}
		if n := <-relayed; n != 1 {
			t.Errorf("%d relayed, want 1", n)
		}
	})
}

// handed collects the sequences of records in the order in which they were handed
// over, and their promises.
type handed struct {
	mu       sync.Mutex
	all      []int64
	promises []func()
}

func (h *handed) add(t *testing.T, r *kgo.Record, promise func(*kgo.Record, error)) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, seq := parse(t, r)
	h.all = append(h.all, seq)
	h.promises = append(h.promises, func() { promise(r, nil) })
	return seq
}

func (h *handed) sequences() []int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.all)
}

// TestFailureStopsTheBatch: nothing behind a record that failed is handed over
// before it.
func TestFailureStopsTheBatch(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t), "")
	publish(t, db, changes(1, 1, 5)...)
	var h handed
	failures := 2
	running(t, db, producerFunc(func(_ context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
		if h.add(t, r, promise) == 3 && failures > 0 {
			failures--
			promise(r, errInjected)
			return
		}
		promise(r, nil)
	}), quiet)
	untilEmpty(t, db)
	if diff := cmp.Diff([]int64{1, 2, 3, 3, 3, 4, 5}, h.sequences()); diff != "" {
		t.Errorf("handed over (-want +got):\n%s", diff)
	}
}

// TestOneWaveAtATime: nothing is handed over before everything before it has its
// answer, but it is read meanwhile, and not twice.
func TestOneWaveAtATime(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url, "")
		publish(t, db, changes(1, 1, 6)...)
		inner, err := relay.OpenQueue(db)
		if err != nil {
			t.Fatal(err)
		}
		q := &countingQueue{Queue: inner}
		var h handed
		_, stop := runningWith(t, db, q, producerFunc(func(_ context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
			h.add(t, r, promise)
		}), relay.WithBatch(2))
		until(t, "the first record to the topic is handed over", func() bool { return len(h.sequences()) > 0 })
		if diff := cmp.Diff([]int64{1}, h.sequences()); diff != "" {
			t.Errorf("handed over before the topic is known (-want +got):\n%s", diff)
		}
		h.answer(0)
		until(t, "the next wave is read", func() bool { return q.fetches() >= 2 })
		if diff := cmp.Diff([]int64{1, 2}, h.sequences()); diff != "" {
			t.Errorf("handed over before an answer (-want +got):\n%s", diff)
		}
		h.answer(1)
		until(t, "the next wave follows", func() bool { return len(h.sequences()) == 4 })
		until(t, "those before are deleted", func() bool { return waiting(t, db) == 4 })
		time.AfterFunc(20*time.Millisecond, func() { h.answer(2); h.answer(3) })
		stop()
		if diff := cmp.Diff([]int64{1, 2, 3, 4}, h.sequences()); diff != "" {
			t.Errorf("handed over (-want +got):\n%s", diff)
		}
		if n := waiting(t, db); n != 2 {
			t.Errorf("%d wait, want 2", n)
		}
	})
}

// answer acknowledges the nth record, from 0.
func (h *handed) answer(n int) {
	h.mu.Lock()
	acknowledge := h.promises[n]
	h.mu.Unlock()
	acknowledge()
}

// producerFunc is a producer made of a function.
type producerFunc func(context.Context, *kgo.Record, func(*kgo.Record, error))

func (f producerFunc) Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
	f(ctx, r, promise)
}

func (producerFunc) Flush(context.Context) error { return nil }

// before is a producer in front of a client.
type before struct {
	producerFunc
	*kgo.Client
}

func (b before) Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
	b.producerFunc(ctx, r, promise)
}

func (b before) Flush(ctx context.Context) error { return b.Client.Flush(ctx) }
