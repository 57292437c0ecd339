package migrate_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/pressly/goose/v3"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

func isLocked(err error) bool { return errors.Is(err, migrate.ErrLocked) }

// names shortens what ran to "direction source/file".
func names(applied []migrate.Applied) []string {
	var out []string
	for _, a := range applied {
		out = append(out, string(a.Direction)+" "+a.String())
	}
	return out
}

func diff(t *testing.T, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestUpAndDown(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		m := migrator(t, db, shop())
		order := []string{
			"shared/20260101000000_create_items.sql", "notes/20260101000000_create_notes.sql",
			"shared/20260102000000_fill_items.sql", "shared/20260103000000_index_items.sql",
			"notes/20260103120000_fill_notes.sql", "shared/20260104000000_double_prices.sql",
			"shared/20260105000000_create_counter.sql",
		}
		for round := range 2 {
			result := mustUp(t, m)
			var want []string
			for _, f := range order {
				want = append(want, "up "+f)
			}
			diff(t, "up", want, names(result.Applied))
			same(t, db, "SELECT sum(price), count(*) FROM items", "2000 4")
			again := mustUp(t, m)
			diff(t, "up again", []string(nil), names(again.Applied))

			result, err := m.Down(t.Context(), migrate.DownOptions{Steps: shopFiles + 3})
			if err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			want = nil
			for i := range order {
				want = append(want, "down "+order[len(order)-1-i])
			}
			diff(t, "down", want, names(result.Applied))
			same(t, db, "SELECT version_id FROM goose_db_version", "0")
			pending, err := m.Pending(t.Context())
			check(t, err)
			if len(pending) != shopFiles {
				t.Errorf("%d pending after all down, want %d", len(pending), shopFiles)
			}
		}
		same(t, db, "SELECT count(*) FROM schemactl_history", "28")
	})
}

func TestDown(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		all := migrator(t, db, shop())
		notes := migrator(t, db, shop()[1:])
		mustUp(t, migrator(t, db, shop()[:1]))
		mustUp(t, all) // notes come last by history, though their versions are lower

		result, err := all.Down(t.Context(), migrate.DownOptions{})
		check(t, err)
		diff(t, "last by history", []string{"down notes/20260103120000_fill_notes.sql"}, names(result.Applied))
		result, err = all.Down(t.Context(), migrate.DownOptions{Only: "shared"})
		check(t, err)
		diff(t, "only shared", []string{"down shared/20260105000000_create_counter.sql"}, names(result.Applied))
		result, err = notes.Down(t.Context(), migrate.DownOptions{})
		check(t, err)
		diff(t, "own sources only", []string{"down notes/20260101000000_create_notes.sql"}, names(result.Applied))
		if _, err := notes.Down(t.Context(), migrate.DownOptions{Only: "nobody"}); err == nil {
			t.Error("down of an unknown source: no error")
		}
		result, err = notes.Down(t.Context(), migrate.DownOptions{Steps: 5})
		check(t, err)
		diff(t, "nothing left", []string(nil), names(result.Applied))

		empty := migrator(t, db, []migrate.Source{migrate.NewSource("shared", files(nil))})
		_, err = empty.Down(t.Context(), migrate.DownOptions{})
		if !errors.Is(err, migrate.ErrNoFile) {
			t.Errorf("down without the file: %v, want ErrNoFile", err)
		}
		same(t, db, "SELECT count(*) FROM goose_db_version", "5")
	})
}

func TestStatus(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := map[string]string{
			"1_create_a.sql": up("CREATE TABLE a (id integer);"),
			"2_create_b.sql": up("CREATE TABLE b (id integer);"),
		}
		fresh, err := one(t, db, text).Status(t.Context())
		check(t, err)
		diff(t, "fresh", []string{"1 create_a pending", "2 create_b pending"}, lines(fresh))
		tables, err := db.Migrator().GetTables()
		check(t, err)
		diff(t, "tables after status", []string(nil), tables)

		begin := time.Now().Add(-time.Second)
		mustUp(t, one(t, db, text, migrate.WithModuleVersion("v1.2.3")))
		delete(text, "1_create_a.sql")
		text["2_create_b.sql"] += "-- edited\n"
		text["3_create_c.sql"] = up("CREATE TABLE c (id integer);")
		status, err := one(t, db, text).Status(t.Context())
		check(t, err)
		diff(t, "later", []string{"1 create_a missing", "2 create_b edited", "3 create_c pending"}, lines(status))
		host, _ := os.Hostname()
		b := status[1]
		diff(t, "who", []string{"test", "v1.2.3", host}, []string{b.Application, b.ModuleVersion, b.Host})
		if b.AppliedAt.Before(begin) || b.AppliedAt.After(time.Now().Add(time.Second)) || b.Duration <= 0 {
			t.Errorf("applied at %v for %v", b.AppliedAt, b.Duration)
		}
		windows := map[string]string{"1_create_a.sql": "-- +goose Up\r\nCREATE TABLE a (id integer);\r\n"}
		status, err = one(t, db, windows).Status(t.Context())
		check(t, err)
		diff(t, "line ends are no edit", []string{"1 create_a applied", "2 create_b unknown"}, lines(status))
	})
}

func lines(status []migrate.Status) []string {
	var out []string
	for _, s := range status {
		out = append(out, s.File[:1]+" "+s.Name+" "+string(s.State))
	}
	return out
}

// A version below those that are applied is not skipped.
func TestLateVersion(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := map[string]string{"5_create_a.sql": up("CREATE TABLE a (id integer);")}
		mustUp(t, one(t, db, text))
		text["3_create_b.sql"] = up("CREATE TABLE b (id integer);")
		diff(t, "late", []string{"up shared/3_create_b.sql"}, names(mustUp(t, one(t, db, text)).Applied))
	})
}

func TestGoMigrations(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		insert := &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO a (id) VALUES (1)")
			return err
		}}
		remove := &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, "DELETE FROM a WHERE id = 1")
			return err
		}}
		onPool := &goose.GoFunc{RunDB: func(ctx context.Context, db *sql.DB) error {
			_, err := db.ExecContext(ctx, "INSERT INTO a (id) VALUES (2)")
			return err
		}}
		broken := errors.New("broken")
		failing := &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			if _, err := tx.ExecContext(ctx, "INSERT INTO a (id) VALUES (3)"); err != nil {
				return err
			}
			return broken
		}}
		fsys := files(map[string]string{
			"1_create_a.sql":   up("CREATE TABLE a (id integer);"),
			"2_insert_row.go":  "package migrations",
			"3_insert_more.go": "package migrations",
			"helper.go":        "package migrations",
		})
		with := func(more ...*goose.Migration) *migrate.Migrator {
			goes := append([]*goose.Migration{goose.NewGoMigration(2, insert, remove), goose.NewGoMigration(3, onPool, nil)}, more...)
			return migrator(t, db, []migrate.Source{migrate.NewSource("shared", fsys, migrate.WithGoMigrations(goes...))})
		}
		diff(t, "up", []string{"up shared/1_create_a.sql", "up shared/2_insert_row.go", "up shared/3_insert_more.go"},
			names(mustUp(t, with()).Applied))
		_, err := with(goose.NewGoMigration(4, failing, nil)).Up(t.Context())
		if !errors.Is(err, broken) {
			t.Errorf("up: %v, want the function's error", err)
		}
		same(t, db, "SELECT id FROM a ORDER BY id", "1; 2")
		_, err = with().Down(t.Context(), migrate.DownOptions{Steps: 2})
		check(t, err)
		same(t, db, "SELECT id FROM a", "2")
		same(t, db, "SELECT version_id FROM goose_db_version", "0; 1")
	})
}

func TestProgress(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t))
	var got []string
	m := one(t, db, map[string]string{
		"1_create_a.sql": up("CREATE TABLE a (id integer);", "INSERT INTO a VALUES (1);"),
		"2_create_b.sql": up("CREATE TABLE b (id integer);"),
	}, migrate.WithProgress(func(p migrate.Progress) {
		got = append(got, string(p.Phase)+" "+p.Migration.Name+" "+fraction(p.Index, p.Total)+" "+fraction(p.Statement, p.Statements))
	}))
	mustUp(t, m)
	diff(t, "progress", []string{
		"statement create_a 1/2 1/2", "statement create_a 1/2 2/2", "done create_a 1/2 0/2",
		"statement create_b 2/2 1/1", "done create_b 2/2 0/1",
	}, got)
}

func fraction(a, b int) string { return string(rune('0'+a)) + "/" + string(rune('0'+b)) }

func TestSourceProblems(t *testing.T) {
	t.Parallel()
	fn := &goose.GoFunc{RunTx: func(context.Context, *sql.Tx) error { return nil }}
	flat := func(names ...string) fs.FS {
		text := map[string]string{}
		for _, n := range names {
			text[n] = up("SELECT 1;")
		}
		return files(text)
	}
	cases := map[string]struct {
		sources []migrate.Source
		want    []string
	}{
		"bad source name": {[]migrate.Source{migrate.NewSource("Shared-1", flat())},
			[]string{`source name "Shared-1": use 1 to 40 of a-z, 0-9 and _`}},
		"source twice": {[]migrate.Source{migrate.NewSource("a", flat()), migrate.NewSource("a", flat())},
			[]string{"source a is given twice: each source needs a name of its own"}},
		"several at once": {
			[]migrate.Source{migrate.NewSource("a", flat("1_x.sql", "01_y.sql", "0_z.sql", "readme.sql", "notes.txt")),
				migrate.NewSource("b", flat("1_x.sql", "2_y.go"), migrate.WithGoMigrations(goose.NewGoMigration(1, fn, nil)))},
			[]string{
				"source a: 0_z.sql: a migration's file name is <version>_<verb_noun>.sql with a version above zero",
				"source a: version 1 is used twice, by 01_y.sql and 1_x.sql: renumber the one that is not applied anywhere yet",
				"source a: readme.sql: a migration's file name is <version>_<verb_noun>.sql with a version above zero",
				"source b: 2_y.go: a Go file does nothing by itself: hand its migration over by WithGoMigrations",
				"source b: version 1 is used twice, by 1_x.sql and 1 (Go): renumber the one that is not applied anywhere yet",
			}},
		"no folder for the dialect": {[]migrate.Source{migrate.NewSource("a", flat("postgres/1_x.sql"))},
			[]string{"source a: there is no folder for sqlite, only for postgres"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := migrate.New(open(t, testenv.SQLite(t)), c.sources)
			problems, ok := errors.AsType[*migrate.SourceError](err)
			if !ok || !errors.Is(err, migrate.ErrSource) {
				t.Fatalf("error %v, want a SourceError", err)
			}
			diff(t, "problems", c.want, problems.Problems)
		})
	}
}

// One connection, and a database that goes with it.
func TestInMemory(t *testing.T) {
	t.Parallel()
	db, err := gorm.Open(sqlite.New(sqlite.Config{DriverName: "sqlite", DSN: ":memory:"}), &gorm.Config{Logger: logger.Discard})
	check(t, err)
	pool, err := db.DB()
	check(t, err)
	pool.SetMaxOpenConns(1)
	t.Cleanup(func() { check(t, pool.Close()) })
	m := migrator(t, db, shop())
	mustUp(t, m)
	same(t, db, "SELECT sum(price), count(*) FROM items", "2000 4")
	_, err = m.Down(t.Context(), migrate.DownOptions{Steps: shopFiles})
	check(t, err)
}
