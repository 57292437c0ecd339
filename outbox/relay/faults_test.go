package relay_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox/relay"
)

var errInjected = errors.New("injected")

// flakyQueue fails the first two calls and then one in ten, before or after doing
// the work.
type flakyQueue struct {
	relay.Queue
	calls, failures atomic.Int64
}

func (q *flakyQueue) roll(do func() error) error {
	point := rand.Int64N(20)
	if call := q.calls.Add(1); call <= 2 {
		point = call - 1
	}
	switch point {
	case 0:
		q.failures.Add(1)
		return errInjected
	case 1:
		q.failures.Add(1)
		return errors.Join(do(), errInjected)
	}
	return do()
}

func (q *flakyQueue) Fetch(ctx context.Context, limit int, inFlight []int64) (rows []relay.Row, err error) {
	err = q.roll(func() (err error) {
		rows, err = q.Queue.Fetch(ctx, limit, inFlight)
		return err
	})
	return rows, err
}

func (q *flakyQueue) Delete(ctx context.Context, ids []int64) error {
	return q.roll(func() error { return q.Queue.Delete(ctx, ids) })
}

func (q *flakyQueue) Advance(ctx context.Context) error {
	return q.roll(func() error { return q.Queue.Advance(ctx) })
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// wrap puts a fault in front of the client.
		wrap func(cl *kgo.Client) relay.Producer
	}{
		{"refused before it is sent", func(cl *kgo.Client) relay.Producer {
			return before{func(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
				if rand.IntN(50) == 0 {
					promise(r, errInjected)
					return
				}
				cl.Produce(ctx, r, promise)
			}, cl}
		}},
		{"acknowledgement lost", func(cl *kgo.Client) relay.Producer {
			return before{func(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
				lost := rand.IntN(50) == 0
				cl.Produce(ctx, r, func(r *kgo.Record, err error) {
					if lost {
						err = errInjected
					}
					promise(r, err)
				})
			}, cl}
		}},
		{"queue only", func(cl *kgo.Client) relay.Producer { return cl }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			testenv.Databases(t, func(t *testing.T, url string) {
				prefix := testenv.TopicPrefix(t)
				db := open(t, url, prefix)
				brokers := testenv.KFake(t)
				cl := client(t, brokers)
				createTopic(t, cl, prefix+"changes")
				inner, err := relay.OpenQueue(db)
				if err != nil {
					t.Fatal(err)
				}
				q := &flakyQueue{Queue: inner}
				r, stop := runningWith(t, db, q, tt.wrap(cl), relay.WithBatch(20), quiet)

				committed := write(t, db, 4, 3).until(200)
				untilEmpty(t, db)
				stop()
				repeated := audit(t, read(t, brokers, prefix+"changes"), committed)
				if q.failures.Load() == 0 || r.Stats().Retries == 0 {
					t.Error("no failure was injected")
				}
				t.Logf("%d events, %d repeated, %d failures of the queue, %d of records", total(committed), repeated, q.failures.Load(), r.Stats().Failed)
			})
		})
	}
}

// TestBrokerRefusesBatches has the broker refuse batches for good, as it likes. What
// is refused again and again is parked, and later events of its key wait behind it.
func TestBrokerRefusesBatches(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		cluster := cluster(t, 1)
		brokers := cluster.ListenAddrs()
		db := open(t, url, "")
		cl := client(t, brokers)
		createTopic(t, cl, "changes")
		fault := cluster.Fault(kfake.Fault{
			Keys: []kmsg.Key{kmsg.Produce}, Topic: "changes", Err: kerr.InvalidRecord, Count: -1,
			When: func(kmsg.Request) bool { return rand.IntN(4) == 0 },
		})
		r, stop := running(t, db, cl, relay.WithBatch(20), quiet)
		committed := write(t, db, 8, 3).until(300)
		until(t, "a key is parked", func() bool { return r.Stats().Parked > 0 })
		untilEmpty(t, db)
		parked, err := relay.ListParked(t.Context(), db, relay.Selection{}, 100_000)
		if err != nil || len(parked) == 0 {
			t.Fatalf("%d parked, %v, want some", len(parked), err)
		}
		fault.Remove()
		if _, err := relay.Retry(t.Context(), db, relay.Selection{}); err != nil {
			t.Fatal(err)
		}
		untilRelayed(t, db)
		stop()
		repeated := audit(t, read(t, brokers, "changes"), committed)
		t.Logf("%d events, %d repeated, %d records failed, %d parked", total(committed), repeated, r.Stats().Failed, len(parked))
	})
}

// TestBrokerGone keeps events while there is no broker and relays them when it is
// back.
func TestBrokerGone(t *testing.T) {
	t.Parallel()
	cluster := cluster(t, 1)
	db := open(t, testenv.SQLite(t), "")
	cl := client(t, cluster.ListenAddrs())
	createTopic(t, cl, "changes")
	fault := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "changes", Err: kerr.NotEnoughReplicas, Count: -1})
	_, stop := running(t, db, cl)
	publish(t, db, changes(1, 1, 100)...)
	until(t, "the broker has refused some", func() bool { return fault.Hits() > 2 })
	if n := waiting(t, db); n != 100 {
		t.Errorf("%d waiting, want 100", n)
	}
	fault.Remove()
	untilEmpty(t, db)
	stop()
	audit(t, read(t, cluster.ListenAddrs(), "changes"), map[int64]int64{1: 100})
}

// TestBrokerOfThreeRestarts takes brokers away under load and brings them back.
func TestBrokerOfThreeRestarts(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		cluster := cluster(t, 3)
		db := open(t, url, "")
		cl := client(t, cluster.ListenAddrs())
		createTopic(t, cl, "changes")
		r, stop := running(t, db, cl, relay.WithBatch(50), quiet)
		w := write(t, db, 4, 5)
		for n := range int32(6) {
			relayed := r.Stats().Relayed
			if err := cluster.RemoveNode(n % 3); err != nil {
				t.Fatal(err)
			}
			until(t, "it goes on without the broker", func() bool { return r.Stats().Relayed > relayed+20 })
			if _, _, err := cluster.AddNode(n%3, 0); err != nil {
				t.Fatal(err)
			}
		}
		committed := w.until(0)
		untilEmpty(t, db)
		stop()
		repeated := audit(t, read(t, cluster.ListenAddrs(), "changes"), committed)
		t.Logf("%d events, %d repeated, %d records failed", total(committed), repeated, r.Stats().Failed)
	})
}
