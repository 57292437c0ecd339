package relay

import (
	"database/sql"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
)

// TestBoundMoves checks when the lower bound of PostgreSQL moves: over what is
// deleted, also while a snapshot is held, up to the first row that is still
// there, and never over an open transaction.
func TestBoundMoves(t *testing.T) {
	t.Parallel()
	_, pool := migrated(t, testenv.Postgres(t), 16)
	q := newPostgresQueue(pool, Shard{})
	t.Cleanup(func() { _ = q.Close() })
	const insert = `INSERT INTO outbox_events (event_id, type, topic, event_key, payload)
SELECT gen_random_uuid(), 't', 't', '', '' FROM generate_series(1, 10)`
	exec := func(tx interface {
		Exec(query string, args ...any) (sql.Result, error)
	}, query string) {
		t.Helper()
		if _, err := tx.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	advance := func() {
		t.Helper()
		if err := q.Advance(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	// Other databases of the server have open transactions too, for a moment.
	reaches := func(step string, want int64) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); q.bound != want && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			advance()
		}
		if q.bound != want {
			t.Errorf("%s: bound %d, want %d", step, q.bound, want)
		}
	}
	take := func(n int) {
		t.Helper()
		rows, err := q.Fetch(t.Context(), 100, nil)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, r := range rows[:n] {
			ids = append(ids, r.ID)
		}
		if err := q.Delete(t.Context(), ids); err != nil {
			t.Fatal(err)
		}
	}

	exec(pool, insert) // 1 to 10
	take(10)
	reaches("all deleted", 10)

	held, err := pool.BeginTx(t.Context(), &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Rollback() })
	exec(held, "SELECT 1")
	exec(pool, insert) // 11 to 20
	take(7)
	reaches("three are left, and a snapshot is held", 17)

	open, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	exec(open, insert) // 21 to 30, not committed
	exec(pool, insert) // 31 to 40
	take(13)
	for range 10 {
		if advance(); q.bound != 17 {
			t.Fatalf("bound %d moved over an open transaction, want 17", q.bound)
		}
	}
	if err := open.Rollback(); err != nil {
		t.Fatal(err)
	}
	reaches("it was rolled back", 40)

	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := q.Fetch(t.Context(), 1, nil); err != nil {
		t.Fatal(err)
	}
	if q.bound != 0 {
		t.Errorf("bound %d in a new session, want 0", q.bound)
	}
}
