package migrate_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// A Go migration that panics is an error: nothing of it stays, it is not
// recorded, the lock is free, and the stack is in the log.
func TestPanic(t *testing.T) {
	t.Parallel()
	cause := errors.New("boom")
	fail := func(ctx context.Context, exec func(context.Context, string, ...any) (sql.Result, error)) error {
		if _, err := exec(ctx, "INSERT INTO a VALUES (1)"); err != nil {
			return err
		}
		panic(cause)
	}
	for what, run := range map[string]*goose.GoFunc{
		"transaction": {RunTx: func(ctx context.Context, tx *sql.Tx) error { return fail(ctx, tx.ExecContext) }},
		"pool":        {RunDB: func(ctx context.Context, db *sql.DB) error { return fail(ctx, db.ExecContext) }},
	} {
		testenv.Databases(t, func(t *testing.T, url string) {
			db := open(t, url)
			var log bytes.Buffer
			sources := func(run *goose.GoFunc) []migrate.Source {
				text := map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);")}
				return []migrate.Source{migrate.NewSource("shared", files(text), migrate.WithGoMigrations(goose.NewGoMigration(2, run, nil)))}
			}
			_, err := migrator(t, db, sources(run), migrate.WithLogger(slog.New(slog.NewTextHandler(&log, nil)))).Up(t.Context())
			partial, ok := errors.AsType[*migrate.PartialError](err)
			crash, crashed := errors.AsType[*migrate.PanicError](err)
			if !ok || !crashed || len(partial.Applied) != 1 || !errors.Is(err, cause) {
				t.Fatalf("%s: error %v, want a PanicError within a PartialError", what, err)
			}
			if !strings.Contains(string(crash.Stack), "gomigration_test.go") || !strings.Contains(log.String(), "gomigration_test.go") {
				t.Errorf("%s: the stack is not told: %s", what, &log)
			}
			same(t, db, "SELECT count(*) FROM a", map[string]string{"transaction": "0", "pool": "1"}[what])
			same(t, db, "SELECT count(*) FROM schemactl_history", "1")
			quiet := &goose.GoFunc{RunTx: func(context.Context, *sql.Tx) error { return nil }}
			diff(t, "up", 1, len(mustUp(t, migrator(t, open(t, url), sources(quiet))).Applied))
		})
	}
}

// function is a source of one Go migration of a kind: of rows or of a table in a
// transaction, or of a table without one. It calls then before it returns.
func function(kind string, then func()) migrate.Source {
	type execer interface {
		ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	}
	run := func(ctx context.Context, q execer) error {
		text := "CREATE TABLE made (id integer)"
		if kind == "rows" {
			text = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (77, true)" // the only table there is
		}
		_, err := q.ExecContext(ctx, text)
		then()
		return err
	}
	f := &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error { return run(ctx, tx) }}
	if kind == "pool" {
		f = &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error { return run(ctx, db) }}
	}
	return migrate.NewSource("shared", nil, migrate.WithGoMigrations(goose.NewGoMigration(2, f, nil)))
}

// A process dies in a function. What a transaction takes back runs again; else
// nobody knows how far it came, and a person has to say so.
func TestDeathInGo(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"rows", "table", "pool"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			testenv.Databases(t, func(t *testing.T, url string) {
				p := start(t, url, "MIGRATE_TEST_GO="+kind)
				check(t, p.stdin.Close())
				if _, err := p.applied(); err == nil {
					t.Fatal("it lives")
				}
				db := open(t, url)
				m := migrator(t, db, []migrate.Source{function(kind, func() {})})
				r, err := m.Up(t.Context())
				if kind == "rows" || kind == "table" && db.Name() != "mysql" {
					check(t, err)
					diff(t, "up", []string{"up shared/2_go_migration"}, names(r.Applied))
					same(t, db, "SELECT count(*) FROM schemactl_history", "1")
					return
				}
				half, ok := errors.AsType[*migrate.HalfDoneError](err)
				if !ok || half.InDoubt != 1 || half.Application != "helper" || !strings.Contains(half.Mend, "repair shared 2 --undone") {
					t.Fatalf("up: %v, want it half done", err)
				}
				one := 1
				if err := m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 2, Done: &one}); !errors.Is(err, migrate.ErrRefused) {
					t.Errorf("repair of a function by statements: %v", err)
				}
				exec1(t, db, "DROP TABLE made")
				check(t, m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 2, Undone: true}))
				diff(t, "up", []string{"up shared/2_go_migration"}, names(mustUp(t, m).Applied))
				same(t, db, "SELECT count(*) FROM made", "0")
			})
		})
	}
}

// A function has returned, without a transaction, and then the run is given up.
func TestGivenUpAfterGo(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		ctx, giveUp := context.WithCancel(t.Context())
		defer giveUp()
		f := &goose.GoFunc{RunDB: func(context.Context, *sql.DB) error { giveUp(); return nil }}
		source := migrate.NewSource("shared", files(map[string]string{"3_a.sql": up("CREATE TABLE a (id integer);")}),
			migrate.WithGoMigrations(goose.NewGoMigration(2, f, nil)))
		r, err := migrator(t, db, []migrate.Source{source}).Up(ctx)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("up: %v", err)
		}
		diff(t, "up", []string{"up shared/2_go_migration"}, names(r.Applied))
		diff(t, "the next up", []string{"up shared/3_a.sql"}, names(mustUp(t, migrator(t, db, []migrate.Source{source})).Applied))
	})
}

// A function fails after it has defined something: on MySQL that stays, and is
// said; elsewhere it is rolled back, and the next run does it.
func TestFailureInGo(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		fail := true
		with := migrate.WithGoMigrations(goose.NewGoMigration(2, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, "CREATE TABLE made (id integer)"); err != nil || !fail {
				return err
			}
			_, err := tx.ExecContext(ctx, "INSERT INTO missing VALUES (1)")
			return err
		}}, nil))
		m := migrator(t, db, []migrate.Source{migrate.NewSource("shared", nil, with)})
		_, err := m.Up(t.Context())
		stays := db.Name() == "mysql"
		if !errors.As(err, new(*migrate.PartialError)) || !strings.Contains(err.Error(), "missing") || errors.Is(err, migrate.ErrHalfDone) != stays {
			t.Fatalf("up: %v", err)
		}
		all, err := m.Status(t.Context())
		check(t, err)
		want := migrate.StatePending
		if stays {
			want = migrate.StatePartial
			exec1(t, db, "DROP TABLE made")
			check(t, m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 2, Undone: true}))
		}
		if len(all) != 1 || all[0].State != want || strings.Contains(all[0].Note, "missing") != stays {
			t.Errorf("status: %+v", all)
		}
		fail = false
		diff(t, "up", 1, len(mustUp(t, m).Applied))
	})
}

// What has no way down would only be done twice by a redo.
func TestRedoOfGo(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t))
	ups, downs := 0, 0
	count := func(n *int) *goose.GoFunc {
		return &goose.GoFunc{RunTx: func(context.Context, *sql.Tx) error { *n++; return nil }}
	}
	with := func(down *goose.GoFunc) *migrate.Migrator {
		return migrator(t, db, []migrate.Source{migrate.NewSource("shared", nil, migrate.WithGoMigrations(goose.NewGoMigration(1, count(&ups), down)))})
	}
	mustUp(t, with(nil))
	if _, err := with(nil).Redo(t.Context(), migrate.RedoOptions{}); err == nil || !strings.Contains(err.Error(), "no way down") || ups != 1 {
		t.Errorf("redo without a way down: %v, up ran %d times", err, ups)
	}
	r, err := with(count(&downs)).Redo(t.Context(), migrate.RedoOptions{})
	check(t, err)
	if len(r.Applied) != 2 || ups != 2 || downs != 1 {
		t.Errorf("redo: %d up, %d down", ups, downs)
	}
}

// Migrators that share a source work at the same time; the race detector watches.
func TestSharedSource(t *testing.T) {
	t.Parallel()
	url := testenv.SQLite(t)
	source := migrate.NewSource("shared", files(map[string]string{"1_go.go": "package x", "2_a.sql": up("CREATE TABLE a (id integer);")}),
		migrate.WithGoMigrations(goose.NewGoMigration(1, &goose.GoFunc{RunTx: func(context.Context, *sql.Tx) error { return nil }}, nil)))
	var wg sync.WaitGroup
	for range 4 {
		m := migrator(t, open(t, url), []migrate.Source{source})
		wg.Go(func() {
			for _, err := range []error{second(m.Up(t.Context())), second(m.Plan(t.Context())), m.Validate(t.Context())} {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
