package relay_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox/relay"
)

// lostAnswer parks, once without saying so.
type lostAnswer struct {
	relay.Queue
	parked atomic.Int64
}

func (q *lostAnswer) Park(ctx context.Context, p relay.Parking) error {
	err := q.Queue.Park(ctx, p)
	if q.parked.Add(1) == 1 {
		return errors.Join(err, errInjected)
	}
	return err
}

// Nothing overtakes an event that was parked by a write whose answer was lost.
func TestParkedWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db, brokers := open(t, url, ""), testenv.KFake(t)
		limit := "4000"
		cl := client(t, brokers, kgo.ProducerBatchCompression(kgo.NoCompression()))
		if _, err := kadm.NewClient(cl).CreateTopic(t.Context(), 1, 1, map[string]*string{"max.message.bytes": &limit}, "changes"); err != nil {
			t.Fatal(err)
		}
		event(t, db, "changes", "1", 1, 8000)
		for n := range 20 {
			event(t, db, "changes", "1", n+2, 10)
		}
		inner, err := relay.OpenQueue(db)
		if err != nil {
			t.Fatal(err)
		}
		_, stop := runningWith(t, db, &lostAnswer{Queue: inner}, cl, quiet)
		untilEmpty(t, db)
		stop()
		if got := order(t, brokers, "changes"); len(got) > 0 {
			t.Errorf("the topic has %v, want nothing: all of it waits", got)
		}
	})
}

// A relay is not held up by what is parked in another one's shard.
func TestParkedInAnotherShard(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, url string) {
		db, brokers := open(t, url, ""), testenv.KFake(t)
		createTopic(t, client(t, brokers), "changes")
		for key := range 20 {
			if err := relay.Park(t.Context(), db, "changes", []byte{byte('a' + key)}, "by hand"); err != nil {
				t.Fatal(err)
			}
		}
		first, stop := sharing(t, url, brokers, relay.Shard{Index: 1, Count: 2})
		until(t, "it owns", func() bool { return first.Stats().Owner })
		retry(t, db, relay.Selection{}, 20)
		for key := range 20 {
			event(t, db, "changes", string(rune('A'+key)), 1, 10)
		}
		until(t, "it relays its part", func() bool { return first.Stats().Relayed > 4 })
		until(t, "what is parked in its part goes on", func() bool { return len(parked(t, db)) < 20 })
		if len(parked(t, db)) == 0 {
			t.Error("what is parked in the other part is gone, too")
		}
		stop()
	})
}

// An event that is larger than the client's own limit stops its key.
func TestSmallClientBatches(t *testing.T) {
	t.Parallel()
	db, brokers := open(t, testenv.SQLite(t), ""), testenv.KFake(t)
	createTopic(t, client(t, brokers), "changes")
	for n := range 9 {
		size := 10
		if n == 1 {
			size = 300_000
		}
		event(t, db, "changes", "1", n+1, size)
	}
	_, stop := running(t, db, client(t, brokers, kgo.ProducerBatchMaxBytes(200_000)), quiet)
	untilEmpty(t, db)
	stop()
	if got := order(t, brokers, "changes")["1"]; len(got) != 1 {
		t.Errorf("the topic has %v, want the first alone", got)
	}
}

// What a client has too little room for is not overtaken by smaller events of its key
// that find some.
func TestSmallClientBuffer(t *testing.T) {
	t.Parallel()
	const events = 300
	db, brokers := open(t, testenv.SQLite(t), ""), testenv.KFake(t)
	createTopic(t, client(t, brokers), "changes")
	for n := range events {
		event(t, db, "changes", "1", n+1, []int{10, 1500, 1000, 10}[n%4])
	}
	_, stop := running(t, db, client(t, brokers, kgo.MaxBufferedBytes(2000)), quiet)
	untilEmpty(t, db)
	stop()
	audit(t, read(t, brokers, "changes"), map[int64]int64{1: events})
}

// A topic that takes less than a usual batch is sent as much as it takes at a time, and
// not one record at a time; also what was parked and told to go on.
func TestTopicTakesSmallBatches(t *testing.T) {
	t.Parallel()
	for name, held := range map[string]bool{"at once": false, "parked": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const limit, size, events = 20_000, 500, 400
			cluster := cluster(t, 1)
			var requests atomic.Int64
			cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
				requests.Add(1)
				cluster.KeepControl()
				return nil, nil, false
			})
			db := open(t, testenv.SQLite(t), "")
			cl := client(t, cluster.ListenAddrs(), kgo.ProducerBatchCompression(kgo.NoCompression()))
			most := strconv.Itoa(limit)
			if _, err := kadm.NewClient(cl).CreateTopic(t.Context(), 1, 1, map[string]*string{"max.message.bytes": &most}, "changes"); err != nil {
				t.Fatal(err)
			}
			createTopic(t, cl, "others")
			if held {
				if err := relay.Park(t.Context(), db, "changes", nil, "by hand"); err != nil {
					t.Fatal(err)
				}
			}
			for n := range events {
				event(t, db, "changes", strconv.Itoa(n%3), n+1, size)
				event(t, db, "others", "1", n+1, size)
			}
			_, stop := running(t, db, cl, quiet)
			untilEmpty(t, db)
			if held {
				retry(t, db, relay.Selection{Topic: "changes"}, events+1)
				untilRelayed(t, db)
			}
			stop()
			if found := parked(t, db); len(found) > 0 {
				t.Errorf("parked are %v", found)
			}
			got := order(t, cluster.ListenAddrs(), "changes")
			for n := range events {
				key, want := strconv.Itoa(n%3), strconv.Itoa(n+1)
				if len(got[key]) == 0 || got[key][0] != want {
					t.Fatalf("key %s goes on with %.100v, want %s", key, got[key], want)
				}
				got[key] = got[key][1:]
			}
			if n := requests.Load(); n > events/4 {
				t.Errorf("%d requests for %d events, of which a batch takes %d", n, events, limit/size)
			}
		})
	}
}

// While the brokers are away the relay says so, and it goes on when they are back.
func TestFailingWhileTheBrokersAreAway(t *testing.T) {
	t.Parallel()
	cluster := cluster(t, 1)
	db := open(t, testenv.SQLite(t), "")
	cl := client(t, cluster.ListenAddrs())
	createTopic(t, cl, "changes")
	r, stop := running(t, db, cl, quiet)
	publish(t, db, changes(1, 1, 3)...)
	untilEmpty(t, db)
	// Nothing that the client gives back: it goes on trying.
	away := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "changes", Err: kerr.NotEnoughReplicas, Count: -1})
	publish(t, db, changes(1, 4, 6)...)
	until(t, "it says so", func() bool { return r.Stats().Failing != "" })
	away.Remove()
	untilEmpty(t, db)
	until(t, "it says nothing any more", func() bool { return r.Stats().Failing == "" })
	stop()
	audit(t, read(t, cluster.ListenAddrs(), "changes"), map[int64]int64{1: 6})
}

// What waits behind a discarded event goes on, and a hold by hand stands.
func TestDiscardLetsOthersGo(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db, brokers := open(t, url, ""), testenv.KFake(t)
		cl := client(t, brokers)
		createTopic(t, cl, "changes")
		if err := relay.Park(t.Context(), db, "changes", []byte("1"), "by hand"); err != nil {
			t.Fatal(err)
		}
		publish(t, db, changes(1, 1, 3)...)
		_, stop := running(t, db, cl)
		untilParked(t, db, "changes/1/0 key mark", "changes/1/1 waits", "changes/1/2 waits", "changes/1/3 waits")
		if n, err := relay.Discard(t.Context(), db, relay.Selection{Key: []byte("1"), OnlyRefused: true}); err != nil || n != 1 {
			t.Errorf("discard: %d, %v", n, err)
		}
		publish(t, db, changes(1, 4, 5)...)
		untilRelayed(t, db)
		stop()
		audit(t, read(t, brokers, "changes"), map[int64]int64{1: 5})
	})
}
