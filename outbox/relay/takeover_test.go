package relay_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox/relay"
)

// rob takes the lock from its owner as a lost connection would. It reports
// whether somebody had it.
func rob(tb testing.TB, db *gorm.DB, url string) bool {
	tb.Helper()
	if db.Name() == "sqlite" {
		return os.Remove(strings.TrimPrefix(url, "sqlite:")+"."+relay.LockName+".lock") == nil
	}
	var session int64
	if err := db.Raw("SELECT session FROM schemactl_lock WHERE name = ?", relay.LockName).Scan(&session).Error; err != nil || session == 0 {
		return false
	}
	kill := "KILL ?"
	if db.Name() == "postgres" {
		kill = "SELECT pg_terminate_backend(?)"
	}
	return db.Exec(kill, session).Error == nil
}

// TestTakeover robs the owner of two relays again and again while writers run.
func TestTakeover(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		prefix := testenv.TopicPrefix(t)
		db := open(t, url, prefix)
		brokers := testenv.KFake(t)
		cl := client(t, brokers)
		createTopic(t, cl, prefix+"changes")
		first, stopFirst := running(t, connect(t, url), cl, relay.WithBatch(50), quiet)
		second, stopSecond := running(t, connect(t, url), client(t, brokers), relay.WithBatch(50), quiet)

		w := write(t, db, 4, 5)
		robbed := 0
		for next := time.Now(); robbed < 10 || w.committed.Load() < 400; time.Sleep(10 * time.Millisecond) {
			if t.Failed() {
				return
			}
			if time.Now().After(next) && rob(t, db, url) {
				robbed++
				next = time.Now().Add(150 * time.Millisecond)
			}
		}
		committed := w.until(0)
		untilEmpty(t, db)
		until(t, "one of them owns, the other has noticed", func() bool { return first.Stats().Owner != second.Stats().Owner })
		stopFirst()
		stopSecond()
		repeated := audit(t, read(t, brokers, prefix+"changes"), committed)
		a, b := first.Stats(), second.Stats()
		t.Logf("%d events, %d repeated, robbed %d times, relayed %d and %d", total(committed), repeated, robbed, a.Relayed, b.Relayed)
	})
}

// TestSecondWaits starts two relays: one owns, the other follows when it stops.
func TestSecondWaits(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url, "")
		acknowledge := producerFunc(func(_ context.Context, r *kgo.Record, promise func(*kgo.Record, error)) { promise(r, nil) })
		first, stopFirst := running(t, db, acknowledge)
		until(t, "the first owns", func() bool { return first.Stats().Owner })
		second, _ := running(t, connect(t, url), acknowledge)
		publish(t, db, changes(1, 1, 10)...)
		until(t, "the first relayed all of it", func() bool { return first.Stats().Relayed == 10 })
		if s := second.Stats(); s.Owner || s.Relayed != 0 {
			t.Errorf("the second: %+v, want it to wait", s)
		}
		stopFirst()
		until(t, "the second owns", func() bool { return second.Stats().Owner })
		publish(t, db, changes(1, 11, 20)...)
		until(t, "the second relayed the others", func() bool { return second.Stats().Relayed == 10 })
		if n := waiting(t, db); n != 0 {
			t.Errorf("%d waiting, want 0", n)
		}
	})
}

// TestStopWaitsForAcknowledgements: what was handed over is finished and deleted.
func TestStopWaitsForAcknowledgements(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url, "")
		publish(t, db, changes(1, 1, 10)...)
		handed, release := make(chan struct{}, 10), make(chan struct{})
		_, stop := running(t, db, producerFunc(func(_ context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
			handed <- struct{}{}
			if _, version := parse(t, r); version == 1 {
				promise(r, nil) // the first to a topic is waited for
				return
			}
			go func() {
				<-release
				promise(r, nil)
			}()
		}))
		for range 10 {
			<-handed
		}
		time.AfterFunc(100*time.Millisecond, func() { close(release) })
		stop()
		if n := waiting(t, db); n != 0 {
			t.Errorf("%d still wait, want 0: they were acknowledged", n)
		}
	})
}

// TestStopIsBounded: a broker that never answers does not hold up a stop, and the
// events stay.
func TestStopIsBounded(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t), "")
	publish(t, db, changes(1, 1, 3)...)
	handed := make(chan struct{}, 3)
	_, stop := running(t, db, producerFunc(func(context.Context, *kgo.Record, func(*kgo.Record, error)) {
		handed <- struct{}{}
	}), relay.WithDrain(50*time.Millisecond), quiet)
	<-handed
	begin := time.Now()
	stop()
	if d := time.Since(begin); d > 5*time.Second {
		t.Errorf("the stop took %s", d)
	}
	if n := waiting(t, db); n != 3 {
		t.Errorf("%d wait, want 3", n)
	}
}

func TestRunErrors(t *testing.T) {
	t.Parallel()
	t.Run("no tables", func(t *testing.T) {
		t.Parallel()
		testenv.Databases(t, func(t *testing.T, url string) {
			db := connect(t, url)
			q, err := relay.OpenQueue(db)
			if err != nil {
				t.Fatal(err)
			}
			r, err := relay.New(db, q, producerFunc(nil))
			if err != nil {
				t.Fatal(err)
			}
			if err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "apply the migrations") {
				t.Errorf("error %v, want one that says what to do", err)
			}
			if _, err := relay.Status(t.Context(), db); err == nil || !strings.Contains(err.Error(), "migrations") {
				t.Errorf("status: error %v, want one that says what to do", err)
			}
		})
	})
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		r, _ := running(t, open(t, testenv.SQLite(t), ""), producerFunc(nil))
		until(t, "it runs", func() bool { return r.Stats().Owner })
		if err := r.Run(t.Context()); !errors.Is(err, relay.ErrRunning) {
			t.Errorf("error %v, want %v", err, relay.ErrRunning)
		}
	})
	t.Run("bad options", func(t *testing.T) {
		t.Parallel()
		db := connect(t, testenv.SQLite(t))
		q, err := relay.OpenQueue(db)
		if err != nil {
			t.Fatal(err)
		}
		for name, o := range map[string]relay.Option{
			"WithLogger": relay.WithLogger(nil), "WithApplication": relay.WithApplication(""), "WithBatch": relay.WithBatch(0),
			"WithIdle": relay.WithIdle(time.Second, time.Millisecond), "WithRetry": relay.WithRetry(0, 0),
			"WithTakeover": relay.WithTakeover(0), "WithDrain": relay.WithDrain(-1), "WithOnRelayed": relay.WithOnRelayed(nil),
		} {
			if _, err := relay.New(db, q, producerFunc(nil), o); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: error %v, want one that names it", name, err)
			}
		}
		if _, err := relay.New(db, q, nil); err == nil {
			t.Error("no producer: want an error")
		}
	})
}
