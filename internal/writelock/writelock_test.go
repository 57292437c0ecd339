package writelock_test

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/writelock"
)

func open(t *testing.T, url string) (*gorm.DB, *sql.DB) {
	t.Helper()
	db, err := database.Open(t.Context(), url, database.WithMaxOpenConns(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(db) })
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	return db, pool
}

// Run waits for who has the lock, gives up at its limit or when ctx ends, undoes work
// that fails, and leaves the connection as it was.
func TestRun(t *testing.T) {
	t.Parallel()
	db, pool := open(t, testenv.SQLite(t))
	if _, err := pool.ExecContext(t.Context(), "CREATE TABLE a (id integer)"); err != nil {
		t.Fatal(err)
	}
	insert := func(c *sql.Conn) error {
		_, err := c.ExecContext(t.Context(), "INSERT INTO a VALUES (1)")
		return err
	}
	held, err := pool.BeginTx(t.Context(), nil) // which has the lock at once
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = held.Rollback() })
	if err := writelock.Run(t.Context(), pool, 20*time.Millisecond, insert); !database.IsBusy(err) {
		t.Errorf("at its limit: %v, want that the database is busy", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if err := writelock.Run(ctx, pool, time.Hour, insert); err == nil {
		t.Error("the context ended, and it has the lock")
	}
	ended := make(chan error, 1)
	go func() { ended <- writelock.Run(t.Context(), pool, time.Minute, insert) }()
	if err := held.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("once the lock is free: %v", err)
	}
	failed := errors.New("failed")
	if err := writelock.Run(t.Context(), pool, time.Minute, func(c *sql.Conn) error { return errors.Join(insert(c), failed) }); !errors.Is(err, failed) {
		t.Errorf("work that fails: %v, want its error", err)
	}
	var n int
	if err := pool.QueryRowContext(t.Context(), "SELECT count(*) FROM a").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d rows, %v, want 1", n, err)
	}
	for _, ms := range testenv.Pragma(t, db, "busy_timeout") {
		if ms != 10_000 {
			t.Errorf("a connection waits for %d ms, want as before", ms)
		}
	}
}

// Whenever the context ends, nobody has the lock afterwards.
func TestRunLeavesNoLock(t *testing.T) {
	t.Parallel()
	url := testenv.SQLite(t)
	_, pool := open(t, url)
	_, other := open(t, url)
	nothing := func(*sql.Conn) error { return nil }
	for n := range 3000 {
		ctx, cancel := context.WithCancel(t.Context())
		stop := time.AfterFunc(rand.N(300*time.Microsecond), cancel)
		_ = writelock.Run(ctx, pool, time.Minute, nothing) // which may fail
		stop.Stop()
		cancel()
		if err := writelock.Run(t.Context(), other, 0, nothing); err != nil {
			t.Fatalf("time %d: %v", n+1, err)
		}
	}
}
