package dblock_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/internal/testenv"
)

// each runs a test on every database with two pools, as two processes have.
func each(t *testing.T, run func(t *testing.T, dialect string, a, b *sql.DB)) {
	t.Helper()
	testenv.Databases(t, func(t *testing.T, url string) {
		dialect, a := open(t, url)
		_, b := open(t, url)
		run(t, dialect, a, b)
	})
}

func open(t *testing.T, url string) (string, *sql.DB) {
	t.Helper()
	db, err := database.Open(t.Context(), url)
	check(t, err)
	t.Cleanup(func() {
		if err := database.Close(db); err != nil {
			t.Error(err)
		}
	})
	pool, err := db.DB()
	check(t, err)
	return db.Name(), pool
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func holder(application string) dblock.Holder {
	return dblock.Holder{Application: application, Doing: "work"}
}

func TestTry(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string, a, b *sql.DB) {
		lock, err := dblock.Try(t.Context(), a, dialect, "migrate", holder("first"))
		check(t, err)
		if (lock.Conn() == nil) != (dialect == "sqlite") {
			t.Errorf("Conn() is %v on %s", lock.Conn(), dialect)
		}
		for name, db := range map[string]*sql.DB{"same pool": a, "another pool": b} {
			_, err := dblock.Try(t.Context(), db, dialect, "migrate", holder("second"))
			held, ok := errors.AsType[*dblock.HeldError](err)
			if !ok || !errors.Is(err, dblock.ErrHeld) {
				t.Fatalf("%s: %v, want a HeldError", name, err)
			}
			h := held.Holder
			if h.Application != "first" || h.PID != os.Getpid() || h.Host == "" || h.Doing != "work" || time.Since(h.Since) > time.Minute {
				t.Errorf("%s: holder %+v", name, h)
			}
			if want := `lock "migrate" is held by first on`; !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
		other, err := dblock.Try(t.Context(), b, dialect, "relay", holder("second"))
		check(t, err)
		check(t, other.Release(t.Context()))
		check(t, lock.Check(t.Context()))
		check(t, lock.Release(t.Context()))
		check(t, lock.Release(t.Context())) // again is the same
		if err := lock.Check(t.Context()); !errors.Is(err, dblock.ErrLost) {
			t.Errorf("check after release: %v, want ErrLost", err)
		}
		lock, err = dblock.Try(t.Context(), b, dialect, "migrate", holder("second"))
		check(t, err)
		check(t, lock.Release(t.Context()))
	})
}

// The condition is true for the session that has the lock and for no other.
func TestCondition(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string, a, b *sql.DB) {
		lock, err := dblock.Try(t.Context(), a, dialect, "migrate", holder("first"))
		check(t, err)
		defer func() { check(t, lock.Release(t.Context())) }()
		if lock.Conn() == nil {
			return
		}
		query := "SELECT CASE WHEN " + lock.Condition() + " THEN 1 ELSE 0 END"
		var mine, other int
		check(t, lock.Conn().QueryRowContext(t.Context(), query).Scan(&mine))
		check(t, b.QueryRowContext(t.Context(), query).Scan(&other))
		if mine != 1 || other != 0 {
			t.Errorf("condition is %d for the holder and %d for another, want 1 and 0", mine, other)
		}
	})
}

// Goroutines and pools take turns; never are two inside at once.
func TestWait(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string, a, b *sql.DB) {
		var inside, turns atomic.Int32
		g, ctx := errgroup.WithContext(t.Context())
		for i := range 8 {
			db := []*sql.DB{a, b}[i%2]
			g.Go(func() error {
				for range 3 {
					lock, err := dblock.Wait(ctx, db, dblock.WaitRequest{Dialect: dialect, Name: "migrate"})
					if err != nil {
						return err
					}
					if n := inside.Add(1); n != 1 {
						return fmt.Errorf("%d are inside", n)
					}
					turns.Add(1)
					inside.Add(-1)
					if err := lock.Release(ctx); err != nil {
						return err
					}
				}
				return nil
			})
		}
		check(t, g.Wait())
		if n := turns.Load(); n != 24 {
			t.Errorf("%d turns, want 24", n)
		}
	})
}

func TestWaitEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string, a, b *sql.DB) {
		lock, err := dblock.Try(t.Context(), a, dialect, "migrate", holder("first"))
		check(t, err)
		defer func() { check(t, lock.Release(t.Context())) }()

		_, err = dblock.Wait(t.Context(), b, dblock.WaitRequest{Dialect: dialect, Name: "migrate", Timeout: 50 * time.Millisecond})
		held, ok := errors.AsType[*dblock.HeldError](err)
		if !ok || held.Holder.Application != "first" || held.Waited < 50*time.Millisecond || !strings.Contains(err.Error(), "gave up after") {
			t.Errorf("timeout: %v, want a HeldError that names the holder", err)
		}

		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var seen dblock.Holder
		_, err = dblock.Wait(ctx, b, dblock.WaitRequest{Dialect: dialect, Name: "migrate", OnWait: func(h dblock.Holder, waited time.Duration) {
			seen = h
			if waited <= 0 {
				t.Errorf("waited %v", waited)
			}
			cancel()
		}})
		if !errors.Is(err, context.Canceled) || seen.Application != "first" {
			t.Errorf("cancel: %v, told of %+v", err, seen)
		}
	})
}

// What lasts is written down for those who wait, beside the busy session.
func TestAnnounce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string, a, b *sql.DB) {
		lock, err := dblock.Try(t.Context(), a, dialect, "migrate", holder("first"))
		check(t, err)
		defer func() { check(t, lock.Release(t.Context())) }()
		stop := lock.Announce(t.Context(), "something long")
		defer stop()
		for limit := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
			_, err := dblock.Try(t.Context(), b, dialect, "migrate", dblock.Holder{})
			if held, ok := errors.AsType[*dblock.HeldError](err); ok && held.Holder.Doing == "something long" {
				return
			}
			if time.Now().After(limit) {
				t.Fatalf("not announced: %v", err)
			}
		}
	})
}

// What is said later replaces what was said before.
func TestSay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string, a, b *sql.DB) {
		lock, err := dblock.Try(t.Context(), a, dialect, "migrate", holder("first"))
		check(t, err)
		defer func() { check(t, lock.Release(t.Context())) }()
		if (lock.Session() == 0) != (dialect == "sqlite") {
			t.Errorf("session %d", lock.Session())
		}
		for _, doing := range []string{"something long, 43 %", "something"} {
			lock.Say(t.Context(), doing)
			_, err = dblock.Try(t.Context(), b, dialect, "migrate", dblock.Holder{})
			if held, ok := errors.AsType[*dblock.HeldError](err); !ok || held.Holder.Doing != doing || held.Holder.Application != "first" {
				t.Errorf("%v, want the holder doing %q", err, doing)
			}
		}
	})
}

// Work that is not wanted any more is not begun, or ended and waited for.
func TestLater(t *testing.T) {
	t.Parallel()
	dblock.Later(t.Context(), time.Hour, func(context.Context) { t.Error("begun") })()
	began, ended := make(chan struct{}), false
	stop := dblock.Later(t.Context(), time.Millisecond, func(ctx context.Context) {
		close(began)
		<-ctx.Done()
		ended = true
	})
	<-began
	stop()
	if !ended {
		t.Error("stop returned before the work")
	}
}

// The server ends the session: the lock is lost, and free for others.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string, a, b *sql.DB) {
		if dialect == "sqlite" {
			return
		}
		lock, err := dblock.Try(t.Context(), a, dialect, "migrate", holder("first"))
		check(t, err)
		ask, end := "SELECT pg_backend_pid()", "SELECT pg_terminate_backend(%d)"
		if dialect == "mysql" {
			ask, end = "SELECT CONNECTION_ID()", "KILL %d"
		}
		var id int64
		check(t, lock.Conn().QueryRowContext(t.Context(), ask).Scan(&id))
		_, err = b.ExecContext(t.Context(), fmt.Sprintf(end, id))
		check(t, err)
		next, err := dblock.Wait(t.Context(), b, dblock.WaitRequest{Dialect: dialect, Name: "migrate", Timeout: 20 * time.Second})
		check(t, err)
		if err := lock.Check(t.Context()); !errors.Is(err, dblock.ErrLost) {
			t.Errorf("check: %v, want ErrLost", err)
		}
		if err := lock.Release(t.Context()); !errors.Is(err, dblock.ErrLost) {
			t.Errorf("release: %v, want ErrLost", err)
		}
		check(t, next.Release(t.Context()))
	})
}

// Someone removes the lock file: the next one locks a new file, even one that has
// the old file open, and the first notices that its own keeps nobody out.
func TestLockFileRemoved(t *testing.T) {
	t.Parallel()
	url := testenv.SQLite(t)
	_, db := open(t, url)
	path := strings.TrimPrefix(url, "sqlite:") + ".migrate.lock"
	lock, err := dblock.Try(t.Context(), db, "sqlite", "migrate", holder("first"))
	check(t, err)
	text, err := os.ReadFile(path)
	check(t, err)
	if !strings.Contains(string(text), `"application":"first"`) {
		t.Errorf("lock file holds %q", text)
	}
	var remove sync.Once
	next, err := dblock.Wait(t.Context(), db, dblock.WaitRequest{
		Dialect: "sqlite", Name: "migrate", Holder: holder("second"), Timeout: 20 * time.Second,
		OnWait: func(dblock.Holder, time.Duration) {
			remove.Do(func() {
				if err := os.Remove(path); err != nil {
					t.Error(err)
				}
				if err := lock.Check(t.Context()); !errors.Is(err, dblock.ErrLost) {
					t.Errorf("check: %v, want ErrLost", err)
				}
			})
		},
	})
	check(t, err)
	if err := lock.Release(t.Context()); !errors.Is(err, dblock.ErrLost) {
		t.Errorf("release: %v, want ErrLost", err)
	}
	check(t, next.Check(t.Context()))
	check(t, next.Release(t.Context()))
}

// A database in memory is locked against users of the same pool, and leaves no
// file behind.
func TestMemory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	db, err := sql.Open("sqlite", ":memory:")
	check(t, err)
	defer func() { check(t, db.Close()) }()
	db.SetMaxOpenConns(1)
	lock, err := dblock.Try(t.Context(), db, "sqlite", "migrate", holder("first"))
	check(t, err)
	if _, err := dblock.Try(t.Context(), db, "sqlite", "migrate", holder("second")); !errors.Is(err, dblock.ErrHeld) {
		t.Errorf("second: %v, want ErrHeld", err)
	}
	check(t, lock.Release(t.Context()))
	left, err := filepath.Glob(filepath.Join(os.Getenv("TMPDIR"), "*"))
	check(t, err)
	if len(left) != 0 {
		t.Errorf("files left: %v", left)
	}
	lock, err = dblock.Try(t.Context(), db, "sqlite", "migrate", holder("third"))
	check(t, err)
	check(t, lock.Release(t.Context()))
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	_, db := open(t, testenv.SQLite(t))
	for what, args := range map[string][2]string{"dialect": {"oracle", "migrate"}, "name": {"sqlite", "Migrate it"}} {
		if _, err := dblock.Try(t.Context(), db, args[0], args[1], dblock.Holder{}); err == nil {
			t.Errorf("bad %s: no error", what)
		}
	}
}

// To ask in vain costs no login: the session goes back to its pool. One that
// had the lock does not.
func TestSessionKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, dialect string, a, b *sql.DB) {
		ask := map[string]string{"postgres": "SELECT pg_backend_pid()", "mysql": "SELECT CONNECTION_ID()"}[dialect]
		if ask == "" {
			return
		}
		lock, err := dblock.Try(t.Context(), a, dialect, "relay", holder("first"))
		check(t, err)
		var before, after int64
		check(t, b.QueryRowContext(t.Context(), ask).Scan(&before))
		for range 5 {
			if _, err := dblock.Try(t.Context(), b, dialect, "relay", holder("second")); !errors.Is(err, dblock.ErrHeld) {
				t.Fatalf("second: %v, want ErrHeld", err)
			}
			_, err := dblock.Wait(t.Context(), b, dblock.WaitRequest{Dialect: dialect, Name: "relay", Timeout: time.Millisecond})
			if !errors.Is(err, dblock.ErrHeld) {
				t.Fatalf("wait: %v, want ErrHeld", err)
			}
		}
		check(t, b.QueryRowContext(t.Context(), ask).Scan(&after))
		if before != after {
			t.Errorf("the pool's session changed from %d to %d", before, after)
		}
		check(t, lock.Release(t.Context()))
		lock, err = dblock.Try(t.Context(), b, dialect, "relay", holder("second"))
		check(t, err)
		check(t, lock.Release(t.Context()))
		check(t, b.QueryRowContext(t.Context(), ask).Scan(&after))
		if before == after {
			t.Error("the session that had the lock is still in the pool")
		}
	})
}

// Whoever may use the database may lock it, whatever this process's mask.
func TestLockFileMode(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no such modes")
	}
	url := testenv.SQLite(t)
	_, db := open(t, url)
	path := strings.TrimPrefix(url, "sqlite:")
	_, err := db.ExecContext(t.Context(), "CREATE TABLE a (id integer)")
	check(t, err)
	for name, mode := range map[string]os.FileMode{"relay": 0o666, "migrate": 0o660} {
		check(t, os.Chmod(path, mode))
		lock, err := dblock.Try(t.Context(), db, "sqlite", name, holder("first"))
		check(t, err)
		info, err := os.Stat(path + "." + name + ".lock")
		check(t, err)
		if info.Mode().Perm() != mode {
			t.Errorf("lock file of a database with mode %v has %v", mode, info.Mode().Perm())
		}
		check(t, lock.Release(t.Context()))
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "folder.lock")
	first, err := dblock.File(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := dblock.File(path); !errors.Is(err, dblock.ErrHeld) {
		t.Errorf("a second time: %v, want ErrHeld", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := dblock.File(path)
	if err != nil {
		t.Fatalf("after Close: %v", err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
