package relay_test

import (
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox/relay"
)

// sharing starts a relay for a shard.
func sharing(t *testing.T, url string, brokers []string, s relay.Shard) (*relay.Relay, func()) {
	t.Helper()
	r, _, stop := asking(t, url, brokers, s)
	return r, stop
}

// askedQueue counts how often a relay asks for its shard, as it does twice before each try
// to own it.
type askedQueue struct {
	relay.Queue
	asked atomic.Int64
}

func (q *askedQueue) Shard() relay.Shard {
	q.asked.Add(1)
	return q.Queue.Shard()
}

// tries is how often the relay has tried in vain to own its shard.
func (q *askedQueue) tries() int64 { return q.asked.Load()/2 - 1 }

// asking is sharing, with the queue of the relay.
func asking(t *testing.T, url string, brokers []string, s relay.Shard) (*relay.Relay, *askedQueue, func()) {
	t.Helper()
	db := connect(t, url)
	inner, err := relay.OpenQueue(db, s)
	if err != nil {
		t.Fatal(err)
	}
	q := &askedQueue{Queue: inner}
	r, stop := runningWith(t, db, q, client(t, brokers), relay.WithBatch(50),
		relay.WithLogger(slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))))
	return r, q, stop
}

// servers runs a test on the databases that relays can share.
func servers(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	testenv.Databases(t, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite:") {
			if _, err := relay.OpenQueue(connect(t, url), relay.Shard{Index: 1, Count: 2}); err == nil {
				t.Error("SQLite is shared")
			}
			return
		}
		f(t, url)
	})
}

// Relays that share the keys work at once and keep each key's order, also while
// their number changes, and with it who has which key.
func TestShards(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, url string) {
		prefix := testenv.TopicPrefix(t)
		db, brokers := open(t, url, prefix), testenv.KFake(t)
		createTopic(t, client(t, brokers), prefix+"changes")
		w := write(t, db, 6, 8)
		for _, count := range []int{2, 1, 3, 2} {
			var all []*relay.Relay
			var stops []func()
			for i := range count {
				r, stop := sharing(t, url, brokers, relay.Shard{Index: i + 1, Count: count})
				all, stops = append(all, r), append(stops, stop)
			}
			until(t, "each of them has relayed some", func() bool {
				for _, r := range all {
					if r.Stats().Relayed < 20 {
						return false
					}
				}
				return true
			})
			// One of the next number is there before all of these have ended.
			stops[0]()
			next, stopNext := sharing(t, url, brokers, relay.Shard{Index: 1, Count: count%3 + 1})
			time.AfterFunc(50*time.Millisecond, func() {
				for _, stop := range stops[1:] {
					stop()
				}
			})
			until(t, "the next one has taken over", func() bool { return next.Stats().Relayed > 0 })
			stopNext()
		}
		committed := w.until(0)
		_, stop := sharing(t, url, brokers, relay.Shard{})
		untilEmpty(t, db)
		stop()
		repeated := audit(t, read(t, brokers, prefix+"changes"), committed)
		t.Logf("%d events, %d repeated", total(committed), repeated)
	})
}

// A relay that would share the keys otherwise waits until the others have ended.
func TestOtherNumberOfShardsWaits(t *testing.T) {
	t.Parallel()
	servers(t, func(t *testing.T, url string) {
		db, brokers := open(t, url, ""), testenv.KFake(t)
		createTopic(t, client(t, brokers), "changes")
		first, stopFirst := sharing(t, url, brokers, relay.Shard{Index: 2, Count: 2})
		until(t, "it owns", func() bool { return first.Stats().Owner })
		whole, wholeQueue, stopWhole := asking(t, url, brokers, relay.Shard{Index: 1, Count: 1})
		other, otherQueue, stopOther := asking(t, url, brokers, relay.Shard{Index: 3, Count: 3})
		publish(t, db, changes(1, 1, 3)...)
		owners(t, db, 2, 1)
		until(t, "both have tried in vain", func() bool { return min(wholeQueue.tries(), otherQueue.tries()) >= 3 })
		if whole.Stats().Owner || other.Stats().Owner || !first.Stats().Owner {
			t.Errorf("one of two works, beside it %+v and %+v", whole.Stats(), other.Stats())
		}
		stopOther()
		stopFirst()
		until(t, "the whole is owned", func() bool { return whole.Stats().Owner })
		owners(t, db, 1, 1)
		untilEmpty(t, db)
		stopWhole()
	})
}

// owners checks how many shards there are, and of how many the events are relayed.
func owners(t *testing.T, db *gorm.DB, shards, owned int) {
	t.Helper()
	b, err := relay.Status(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, owner := range b.Owners {
		if strings.Contains(owner, "outbox relay") { // others may be looking
			n++
		}
	}
	if len(b.Owners) != shards || n != owned {
		t.Errorf("owners %q, want %d of %d", b.Owners, owned, shards)
	}
}
