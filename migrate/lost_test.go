package migrate_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// loseLock ends the session that holds the lock, or takes its file away.
func loseLock(t *testing.T, db *gorm.DB, url string) {
	t.Helper()
	switch db.Name() {
	case "sqlite":
		check(t, os.Remove(strings.TrimPrefix(url, "sqlite:")+".migrate.lock"))
	case "postgres":
		exec1(t, db, "SELECT pg_terminate_backend(session::int) FROM schemactl_lock")
	default:
		exec1(t, db, "KILL "+query(t, db, "SELECT session FROM schemactl_lock"))
	}
}

// While a process is outside the database, in a Go migration without a
// transaction, its lock is lost. Another one finds it half done, is told that this
// has not happened, takes over and finishes. The first then records nothing and
// runs nothing more.
func TestLockLostBetween(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		with := func(db *gorm.DB, work func(context.Context, *sql.DB) error) *migrate.Migrator {
			return migrator(t, db, []migrate.Source{migrate.NewSource("shared", files(map[string]string{
				"1_create_tally.sql": up("CREATE TABLE tally (file integer);"),
				"3_add_row.sql":      up("INSERT INTO tally (file) VALUES (3);"),
			}), migrate.WithGoMigrations(goose.NewGoMigration(2, &goose.GoFunc{RunDB: work}, nil)))})
		}
		db, other := open(t, url), open(t, url)
		idle := func(context.Context, *sql.DB) error { return nil }
		result, err := with(db, func(ctx context.Context, _ *sql.DB) error {
			loseLock(t, other, url)
			m := with(other, idle)
			if _, err := m.Up(ctx); !errors.Is(err, migrate.ErrHalfDone) {
				t.Errorf("the one that takes over: %v, want it half done", err)
			}
			check(t, m.Repair(ctx, migrate.RepairRequest{Source: "shared", Version: 2, Undone: true}))
			r, err := m.Up(ctx)
			if err != nil {
				return fmt.Errorf("the one that takes over: %w", err)
			}
			diff(t, "what the next one ran", []string{"up shared/2_go_migration", "up shared/3_add_row.sql"}, names(r.Applied))
			return nil
		}).Up(t.Context())
		if !errors.Is(err, migrate.ErrLockLost) {
			t.Errorf("up: %v, want ErrLockLost", err)
		}
		diff(t, "what the first one ran", []string{"up shared/1_create_tally.sql"}, names(result.Applied))
		same(t, db, "SELECT file FROM tally", "3")
		same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1; 2; 3")
		same(t, db, "SELECT version, direction, state FROM schemactl_history ORDER BY id",
			"1 up applied; 2 up running; 2 down applied; 2 up applied; 3 up applied")
	})
}

// Who waits hears who has the lock, since when, and what it does.
func TestWaiterHears(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		pool, err := db.DB()
		check(t, err)
		lock, err := dblock.Try(t.Context(), pool, db.Name(), "migrate", dblock.Holder{Application: "billing", Doing: "shared/1_x.sql"})
		check(t, err)
		host, err := os.Hostname()
		check(t, err)
		want := migrate.Holder{Application: "billing", Host: host, PID: os.Getpid(), Since: time.Now(), Doing: "shared/1_x.sql"}
		heard := 0
		result := mustUp(t, one(t, db, map[string]string{"1_create_a.sql": up("CREATE TABLE a (id integer);")},
			migrate.WithProgress(func(p migrate.Progress) {
				if p.Phase != migrate.PhaseWaiting {
					return
				}
				if heard++; heard > 1 {
					return
				}
				if d := cmp.Diff(want, p.Holder, cmpopts.EquateApproxTime(time.Minute)); d != "" || p.Elapsed <= 0 {
					t.Errorf("after %v the holder is (-want +got):\n%s", p.Elapsed, d)
				}
				if err := lock.Release(t.Context()); err != nil {
					t.Error(err)
				}
			})))
		if heard == 0 || result.Waited <= 0 {
			t.Errorf("heard of the holder %d times, waited %v", heard, result.Waited)
		}
	})
}

// The server is told to look after the connection of the one that migrates: a
// machine that is gone must not keep the lock for the hours that are usual.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	mustUp(t, one(t, db, map[string]string{"1_create_a.sql": up("CREATE TABLE a AS SELECT name, setting FROM pg_settings " +
		"WHERE name LIKE 'tcp_%' OR name = 'client_connection_check_interval';")}))
	same(t, db, "SELECT name, setting FROM a ORDER BY name",
		"client_connection_check_interval 1000; tcp_keepalives_count 3; tcp_keepalives_idle 30; tcp_keepalives_interval 10; tcp_user_timeout 60000")
}
