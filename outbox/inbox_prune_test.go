package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
)

// ago is an expression for a time in the past by the database's clock.
func ago(db *gorm.DB, d time.Duration) string {
	switch db.Name() {
	case "postgres":
		return fmt.Sprintf("now() - interval '%d seconds'", int(d.Seconds()))
	case "mysql":
		return fmt.Sprintf("UTC_TIMESTAMP(6) - INTERVAL %d SECOND", int(d.Seconds()))
	default:
		return fmt.Sprintf("strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 'now', '-%d seconds')", int(d.Seconds()))
	}
}

// notes writes n notes of a consumer that are as old.
func notes(tb testing.TB, db *gorm.DB, consumer string, n int, age time.Duration) {
	tb.Helper()
	for first := 0; first < n; first += 500 {
		var values []string
		for i := first; i < min(first+500, n); i++ {
			values = append(values, fmt.Sprintf("('%s', '%s-%d', %s)", consumer, age, i, ago(db, age)))
		}
		if err := db.Exec("INSERT INTO outbox_inbox (consumer, event_id, processed_at) VALUES " + strings.Join(values, ",")).Error; err != nil {
			tb.Fatal(err)
		}
	}
}

// TestPruneInbox removes what is older than the age, in batches, and nothing else.
func TestPruneInbox(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		notes(t, db, "a", 1234, 169*time.Hour)
		notes(t, db, "a", 50, 167*time.Hour)
		notes(t, db, "b", 7, 500*time.Hour)
		apply := func(id string) bool {
			t.Helper()
			applied, err := outbox.Once(t.Context(), db, "a", id, func(*gorm.DB) error { return nil })
			if err != nil {
				t.Fatal(err)
			}
			return applied
		}
		if !apply("fresh") {
			t.Fatal("a new event was not applied")
		}
		status, err := outbox.InboxStatus(t.Context(), db, 168*time.Hour)
		if err != nil || len(status) != 2 || status[0].Consumer != "a" || status[0].Notes != 1285 || status[0].Older != 1234 || status[1].Older != 7 ||
			status[1].Oldest < 500*time.Hour || status[1].Oldest > 501*time.Hour {
			t.Errorf("status %+v (%v)", status, err)
		}
		removed, err := outbox.PruneInbox(t.Context(), db, 168*time.Hour, &outbox.PruneOptions{Batch: 100})
		if err != nil || removed != 1241 {
			t.Errorf("removed %d (%v), want 1241", removed, err)
		}
		if n := count(t, db, "outbox_inbox"); n != 51 {
			t.Errorf("%d notes left, want the 51 that are younger", n)
		}
		if apply("fresh") || apply("167h0m0s-49") {
			t.Error("an event that is younger than the age was applied twice")
		}
		if !apply("169h0m0s-0") {
			t.Error("an event whose note is gone was not applied")
		}
		if removed, err := outbox.PruneInbox(t.Context(), db, 168*time.Hour, nil); removed != 0 || err != nil {
			t.Errorf("removed %d (%v) the second time, want 0", removed, err)
		}
	})
}

// TestPruneInboxSideBySide prunes several times at once, beside consumers to whom old
// and new events are delivered, and beside one that keeps an old note locked.
func TestPruneInboxSideBySide(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		const old = 3000
		notes(t, db, "a", old, 48*time.Hour)
		var removed, fresh, again atomic.Int64
		var pruners, consumers sync.WaitGroup
		done := make(chan struct{})
		for worker := range 3 {
			consumers.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-done:
						return
					default:
					}
					for _, id := range []string{fmt.Sprintf("new-%d-%d", worker, i), fmt.Sprintf("48h0m0s-%d", (i*7+worker*1000)%old)} {
						before := false
						for range 2 {
							applied, err := outbox.Once(t.Context(), db, "a", id, func(*gorm.DB) error { return nil })
							switch {
							case err != nil:
								t.Errorf("event %s: %v", id, err)
							case applied && before:
								t.Errorf("event %s was applied twice", id)
							case applied && strings.HasPrefix(id, "new"):
								fresh.Add(1)
							case applied:
								again.Add(1)
							}
							before = before || applied
						}
					}
				}
			})
		}
		for range 3 {
			pruners.Go(func() {
				n, err := outbox.PruneInbox(t.Context(), db, 24*time.Hour, &outbox.PruneOptions{Batch: 50})
				if err != nil {
					t.Error(err)
				}
				removed.Add(n)
			})
		}
		pruners.Wait()
		close(done)
		consumers.Wait()
		// Those that were locked by a consumer just then are passed over.
		last, err := outbox.PruneInbox(t.Context(), db, 24*time.Hour, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := removed.Load() + last; n != old {
			t.Errorf("removed %d notes, want each of the %d once", n, old)
		}
		if n := int64(count(t, db, "outbox_inbox")); n != fresh.Load()+again.Load() || fresh.Load() == 0 {
			t.Errorf("%d notes left, want the %d new ones and %d of events that came again", n, fresh.Load(), again.Load())
		}
	})
}

// TestPruneInboxPassesLockedNotes does not wait for a consumer that is at work.
func TestPruneInboxPassesLockedNotes(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		if db.Name() == "sqlite" {
			t.Skip("one writer at a time")
		}
		notes(t, db, "a", 10, 48*time.Hour)
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Exec("SELECT 1 FROM outbox_inbox WHERE consumer = 'a' AND event_id = '48h0m0s-3' FOR UPDATE").Error; err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if n, err := outbox.PruneInbox(ctx, db, time.Hour, nil); n != 9 || err != nil {
				t.Errorf("removed %d (%v), want the 9 that nobody holds", n, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestPruneInboxRefusals(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t))
	if _, err := outbox.PruneInbox(t.Context(), db, 0, nil); !errors.Is(err, outbox.ErrInboxAge) {
		t.Errorf("error %v, want %v", err, outbox.ErrInboxAge)
	}
	if _, err := outbox.PruneInbox(t.Context(), db, time.Hour, &outbox.PruneOptions{Batch: -1}); err == nil {
		t.Error("a negative batch: want an error")
	}
	err := db.Transaction(func(tx *gorm.DB) error {
		_, err := outbox.PruneInbox(t.Context(), tx, time.Hour, nil)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "not a transaction") {
		t.Errorf("error %v, want a refusal of the transaction", err)
	}
	notes(t, db, "a", 10, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if n, err := outbox.PruneInbox(ctx, db, time.Minute, nil); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("removed %d, error %v, want none and %v", n, err, context.Canceled)
	}
	for name, o := range map[string]outbox.PrunerOption{
		"WithPruneInterval": outbox.WithPruneInterval(0),
		"WithPruneOptions":  outbox.WithPruneOptions(outbox.PruneOptions{Batch: -1}),
		"WithPruneLogger":   outbox.WithPruneLogger(nil),
	} {
		if _, err := outbox.NewInboxPruner(db, time.Hour, o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("error %v, want one that names %s", err, name)
		}
	}
	if _, err := outbox.NewInboxPruner(db, -time.Hour); !errors.Is(err, outbox.ErrInboxAge) {
		t.Errorf("error %v, want %v", err, outbox.ErrInboxAge)
	}
}

// TestInboxPruner works until its context ends, also past a round that fails.
func TestInboxPruner(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		if err := db.Exec("ALTER TABLE outbox_inbox RENAME TO elsewhere").Error; err != nil {
			t.Fatal(err)
		}
		p, err := outbox.NewInboxPruner(db, time.Hour, outbox.WithPruneInterval(2*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { p.Run(ctx); close(ended) }()
		if err := db.Exec("ALTER TABLE elsewhere RENAME TO outbox_inbox").Error; err != nil {
			t.Fatal(err)
		}
		for round := range 2 {
			notes(t, db, fmt.Sprint("c", round), 20, 2*time.Hour)
			for deadline := time.Now().Add(20 * time.Second); count(t, db, "outbox_inbox") > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("old notes stay")
				}
			}
		}
		cancel()
		<-ended
	})
}
