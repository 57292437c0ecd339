package relay_test

import (
	"context"
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

		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		committed := writers(ctx, t, db, 8, 5)()
		untilEmpty(t, db)
		stop()
		repeated := audit(t, read(t, brokers, prefix+"changes"), committed)
		if repeated > 0 {
			t.Errorf("%d repetitions without any failure", repeated)
		}
		n := total(committed)
		if n < 100 {
			t.Errorf("only %d events: the test shows nothing", n)
		}
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
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	committed := writers(ctx, t, db, 8, 5)()
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

// producerFunc is a producer made of a function.
type producerFunc func(context.Context, *kgo.Record, func(*kgo.Record, error))

func (f producerFunc) Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
	f(ctx, r, promise)
}
