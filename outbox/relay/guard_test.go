package relay

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/internal/testenv"
)

// owned gives the queue of a relay that owns it, once the one before has lost it.
func owned(t *testing.T, url string) (*gorm.DB, Queue, *dblock.Lock) {
	t.Helper()
	db, pool := migrated(t, url, 5)
	q, err := OpenQueue(db)
	if err != nil {
		t.Fatal(err)
	}
	var l *dblock.Lock
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		if l, err = share(t.Context(), pool, db.Name(), Shard{}, dblock.Holder{}); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	q.Own(&guard{lock: l})
	t.Cleanup(func() {
		_ = q.Close()
		_ = l.Release(t.Context()) // which it may have lost
	})
	return db, q, l
}

// A relay that has lost the ownership without knowing parks nothing, and the one that
// has it does.
func TestOnlyTheOwnerParks(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db, first, l := owned(t, url)
		for n := range 3 {
			if err := db.Exec("INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, payload) VALUES (?, 'test.Change', ?, 'changes', ?, ?)",
				uuid.NewString(), n+1, []byte("1"), []byte("x")).Error; err != nil {
				t.Fatal(err)
			}
		}
		rows, err := first.Fetch(t.Context(), 3, nil)
		if err != nil || len(rows) != 3 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		state := func() string {
			t.Helper()
			var waiting, parked, again int64
			for table, n := range map[string]*int64{"outbox_events": &waiting, "outbox_parked": &parked} {
				if err := db.Table(table).Count(n).Error; err != nil {
					t.Fatal(err)
				}
			}
			if err := db.Table("outbox_parked").Where("attempts > 1").Count(&again).Error; err != nil {
				t.Fatal(err)
			}
			return fmt.Sprintf("%d wait, %d parked, %d of them again", waiting, parked, again)
		}
		park := func(q Queue, row int) error {
			return q.Park(t.Context(), Parking{IDs: []int64{rows[row].ID}, Scope: ScopeKey, Reason: "refused", Attempts: 1})
		}
		if err := park(first, 0); err != nil {
			t.Fatal(err)
		}
		takeAway(t, db, url, l)
		_, second, _ := owned(t, url)

		const before = "2 wait, 1 parked, 0 of them again"
		for name, err := range map[string]error{
			"Park":         park(first, 1),
			"DeleteParked": first.DeleteParked(t.Context(), []int64{rows[0].ID}),
			"Repark":       first.Repark(t.Context(), &rows[0], "refused once more"),
		} {
			if !errors.Is(err, dblock.ErrLost) || !strings.Contains(err.Error(), "ownership of the outbox") {
				t.Errorf("%s of the one that lost it: error %v, want one that says so", name, err)
			}
		}
		if got := state(); got != before {
			t.Errorf("%s, want %s", got, before)
		}

		err = errors.Join(second.Repark(t.Context(), &rows[0], "refused once more"), park(second, 1))
		if got, want := state(), "1 wait, 2 parked, 1 of them again"; err != nil || got != want {
			t.Errorf("the owner: %s, %v, want %s", got, err, want)
		}
		err = second.DeleteParked(t.Context(), []int64{rows[0].ID})
		if got, want := state(), "1 wait, 1 parked, 0 of them again"; err != nil || got != want {
			t.Errorf("the owner: %s, %v, want %s", got, err, want)
		}
	})
}

// takeAway ends the session that has the lock, behind the back of its holder.
func takeAway(t *testing.T, db *gorm.DB, url string, l *dblock.Lock) {
	t.Helper()
	var err error
	switch db.Name() {
	case "sqlite":
		err = os.Remove(strings.TrimPrefix(url, "sqlite:") + "." + LockName + ".lock")
	case "postgres":
		err = db.Exec("SELECT pg_terminate_backend(?)", l.Session()).Error
	default:
		err = db.Exec("KILL ?", l.Session()).Error
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The ownership goes while a write of it is under way: that is undone.
func TestOwnershipLostWhileParking(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite:") {
			return // where nobody else can write meanwhile
		}
		db, q, l := owned(t, url)
		if err := db.Exec("INSERT INTO outbox_events (event_id, type, topic, event_key, payload) VALUES (?, 'test.Change', 'changes', ?, ?)",
			uuid.NewString(), []byte("1"), []byte("x")).Error; err != nil {
			t.Fatal(err)
		}
		rows, err := q.Fetch(t.Context(), 1, nil)
		if err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		held := db.Begin() // so that parking has to wait
		if err := held.Exec("UPDATE outbox_events SET topic = 'held' WHERE id = ?", rows[0].ID).Error; err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- q.Park(t.Context(), Parking{IDs: []int64{rows[0].ID}, Scope: ScopeKey}) }()
		waits := "SELECT count(*) FROM information_schema.PROCESSLIST WHERE ID = ? AND INFO LIKE 'DELETE e FROM %'"
		if db.Name() == "postgres" {
			waits = "SELECT count(*) FROM pg_stat_activity WHERE pid = ? AND wait_event_type = 'Lock'"
		}
		for n, deadline := 0, time.Now().Add(time.Minute); n == 0; time.Sleep(2 * time.Millisecond) {
			if err := db.Raw(waits, l.Session()).Scan(&n).Error; err != nil || time.Now().After(deadline) {
				t.Fatalf("it does not wait for the row: %v", err)
			}
		}
		takeAway(t, db, url, l)
		if err := <-ended; err == nil {
			t.Error("parked without the ownership")
		}
		if err := held.Commit().Error; err != nil {
			t.Fatal(err)
		}
		owned(t, url)
		var n int64
		if err := db.Table("outbox_parked").Count(&n).Error; err != nil || n != 0 {
			t.Errorf("%d parked, %v, want none", n, err)
		}
	})
}
