package migrate_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// What is wrong with a file is said in words of the file, and nothing runs.
func TestBrokenFiles(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t))
	const create = "-- +goose Up\nCREATE TABLE a (id integer);\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"mark of byte order": {"1_a.sql", "\ufeff" + create, "begins with a byte order mark: save it as UTF-8"},
		"UTF-16":             {"1_a.sql", "\xff\xfe-\x00-\x00 \x00+\x00g\x00o\x00o\x00s\x00e\x00 \x00U\x00p\x00\n\x00", "zero bytes, as UTF-16 does"},
		"empty":              {"1_a.sql", " \n", "it is empty"},
		"no mark":            {"1_a.sql", "CREATE TABLE a (id integer);\n", "no line '-- +goose Up'"},
		"no end, then down": {"1_a.sql", "-- +goose Up\n\n-- +goose StatementBegin\nSELECT 1;\n-- +goose Down\nSELECT 2;\n",
			"line 3: '-- +goose StatementBegin' has no"},
		"no end at all":  {"1_a.sql", "-- +goose Up\r\n-- +goose StatementBegin\r\nSELECT 1;\r\n", "line 2: '-- +goose StatementBegin' has no"},
		"no semicolon":   {"1_a.sql", "-- +goose Up\nCREATE TABLE a (id integer)\n", "missing semicolon"},
		"version 0":      {"0_a.sql", create, "0_a.sql: a migration's file name is <version>_"},
		"beyond int64":   {"99999999999999999999_a.sql", create, "99999999999999999999_a.sql: a migration's file name is <version>_"},
		"no version":     {"a.sql", create, "a.sql: a migration's file name is <version>_"},
		"capital ending": {"1_a.SQL", create, "1_a.SQL: a migration's file name ends in .sql"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m, err := migrate.New(db, []migrate.Source{migrate.NewSource("shared", files(map[string]string{c.file: c.text}))})
			if err == nil {
				err = second(m.Up(t.Context()))
			}
			if !errors.Is(err, migrate.ErrSource) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.file) {
				t.Errorf("%v, want %q of %s", err, c.want, c.file)
			}
			if strings.Contains(fmt.Sprint(err), "CREATE TABLE") {
				t.Errorf("%v repeats the file", err)
			}
		})
	}
	t.Run("folder", func(t *testing.T) {
		t.Parallel()
		tree := fstest.MapFS{"1_a.sql": {Data: []byte(create)}, "2_b.sql": {Mode: fs.ModeDir | 0o755}}
		if _, err := migrate.New(db, []migrate.Source{migrate.NewSource("shared", tree)}); err == nil || !strings.Contains(err.Error(), "2_b.sql is a folder") {
			t.Error(err)
		}
	})
	t.Run("link to nowhere", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		if err := os.Symlink("nowhere.sql", dir+"/2_b.sql"); err != nil {
			t.Skip(err)
		}
		m := migrator(t, db, []migrate.Source{migrate.NewSource("shared", os.DirFS(dir))})
		if err := second(m.Up(t.Context())); err == nil || !strings.Contains(err.Error(), "2_b.sql: it is a link to a file that is not there") {
			t.Error(err)
		}
	})
	if db.Migrator().HasTable("schemactl_history") {
		t.Error("something was made")
	}
}

// The line is that of the mistake, where the database tells it, with the line
// ends of any system.
func TestLineOfTheMistake(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		const text = "-- +goose Up\nCREATE TABLE ok (id integer);\n\n-- ünï çödé\nCREATE TABLE a (\n  id integer,\n  näme text,\n  x integer NOT y,\n  z integer\n);\n" +
			"CREATE TABLE after (id integer);\n"
		for name, text := range map[string]string{
			"unix": text, "windows": strings.ReplaceAll(text, "\n", "\r\n"), "first": strings.Replace(text, "CREATE TABLE ok (id integer);", "", 1),
			"steps": "-- +goose NO TRANSACTION" + strings.TrimPrefix(text, "-- +goose Up"),
		} {
			if name == "steps" {
				text = strings.Replace(text, "\n", "\n-- +goose Up\n", 1)
			}
			db := open(t, another(t, url))
			err := second(one(t, db, map[string]string{"1_all.sql": text, "2_more.sql": up("CREATE TABLE more (id integer);")}).Up(t.Context()))
			statement, ok := errors.AsType[*migrate.StatementError](err)
			begins, at := 5, 8
			if name == "steps" {
				begins, at = 6, 9
			}
			if db.Name() == "sqlite" {
				at = 0
			}
			if !ok || statement.Line != begins || statement.At != at {
				t.Errorf("%s: %+v, want line %d and %d", name, statement, begins, at)
				continue
			}
			want := fmt.Sprintf("shared/1_all.sql:%d: ", max(begins, at))
			if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "1 more not begun") {
				t.Errorf("%s: %q does not say %q and what was not begun", name, err, want)
			}
		}
	})
}

// A timeout names the file and the option that bounds it; so does a database
// without room. What went before stays and is recorded, the file leaves nothing.
func TestOutOfTimeAndRoom(t *testing.T) {
	t.Parallel()
	first := map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);")}
	stops := func(t *testing.T, url, statement, want string, opts ...migrate.Option) {
		t.Helper()
		db := open(t, url)
		mustUp(t, one(t, open(t, url), first))
		text := map[string]string{"1_a.sql": first["1_a.sql"], "2_b.sql": up("INSERT INTO a (id) VALUES (1);"), "3_c.sql": up(statement), "4_d.sql": up("SELECT 1;")}
		result, err := one(t, db, text, opts...).Up(t.Context())
		if !errors.As(err, new(*migrate.PartialError)) || !strings.Contains(err.Error(), "up shared/3_c.sql") || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "1 applied before it, 1 not begun") {
			t.Errorf("%v, want one of 3_c.sql with %q", err, want)
		}
		diff(t, "applied", []string{"up shared/2_b.sql"}, names(result.Applied))
		same(t, db, "SELECT version, state FROM schemactl_history ORDER BY id", "1 applied; 2 applied")
		same(t, db, "SELECT id FROM a", "1")
	}
	brief, once := 150*time.Millisecond, migrate.WithLockRetries(1)
	t.Run("statement on postgres", func(t *testing.T) {
		t.Parallel()
		stops(t, testenv.Postgres(t), "INSERT INTO a (id) SELECT 2 FROM pg_sleep(30);", "the statement timeout is 150ms (--statement-timeout)",
			migrate.WithStatementTimeout(brief))
	})
	t.Run("statement on mariadb", func(t *testing.T) {
		t.Parallel()
		stops(t, testenv.MariaDB(t), "INSERT INTO a (id) SELECT 2 FROM (SELECT SLEEP(30)) AS s;", "the statement timeout is 150ms (--statement-timeout)",
			migrate.WithStatementTimeout(brief))
	})
	t.Run("lock on postgres", func(t *testing.T) {
		t.Parallel()
		url := testenv.Postgres(t)
		other := open(t, url)
		exec1(t, other, "CREATE TABLE busy (id integer)")
		tx := other.Begin()
		check(t, tx.Exec("LOCK TABLE busy").Error)
		defer tx.Rollback()
		stops(t, url, "ALTER TABLE busy ADD COLUMN x integer;", "the lock timeout is 150ms (--lock-timeout)", migrate.WithLockTimeout(brief), once)
	})
	t.Run("lock on mariadb", func(t *testing.T) {
		t.Parallel()
		url := testenv.MariaDB(t)
		other := open(t, url)
		exec1(t, other, "CREATE TABLE busy (id integer)")
		tx := other.Begin()
		check(t, tx.Exec("SELECT * FROM busy").Error)
		defer tx.Rollback()
		stops(t, url, "ALTER TABLE busy ADD COLUMN x integer;", "the lock timeout is 150ms (--lock-timeout)", migrate.WithLockTimeout(brief), once)
	})
	t.Run("room on sqlite", func(t *testing.T) {
		t.Parallel()
		stops(t, testenv.SQLite(t)+"?_pragma=max_page_count(20)", "INSERT INTO a (id) VALUES (zeroblob(200000));", "is full (13)")
	})
	t.Run("room on mariadb", func(t *testing.T) {
		t.Parallel()
		url := testenv.MariaDB(t)
		exec1(t, open(t, url), "CREATE TABLE small (t varchar(1000)) ENGINE = MEMORY MAX_ROWS = 1")
		stops(t, url, "INSERT INTO small SELECT REPEAT('x', 1000) FROM seq_1_to_100000;", "make room and run it again")
	})
}

// A history that another version of this module made is used as far as it can
// be, and else refused before anything is recorded.
func TestHistoryOfAnotherVersion(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		for name, c := range map[string]struct {
			change []string
			want   string
		}{
			"more columns":      {[]string{"ALTER TABLE schemactl_history ADD COLUMN later integer"}, ""},
			"a necessary one":   {[]string{"DELETE FROM schemactl_history", "ALTER TABLE schemactl_history ADD COLUMN later integer NOT NULL"}, "is not as this version"},
			"a column less":     {[]string{"ALTER TABLE schemactl_history DROP COLUMN module_version"}, "is not as this version"},
			"another state":     {[]string{"UPDATE schemactl_history SET state = 'skipped'"}, "skipped, which this version of the module does not know"},
			"another direction": {[]string{"UPDATE schemactl_history SET direction = 'side'"}, "side applied, which this version of the module does not know"},
		} {
			db := open(t, another(t, url))
			text := numbered()
			mustUp(t, one(t, db, text))
			for _, statement := range c.change {
				if db.Name() == "sqlite" {
					statement = strings.Replace(statement, "integer NOT NULL", "integer NOT NULL DEFAULT NULL", 1) // it wants a default, and takes this one
				}
				exec1(t, db, statement)
			}
			text["4_d.sql"] = up("CREATE TABLE d (id integer);")
			err := second(one(t, db, text).Up(t.Context()))
			if c.want == "" {
				check(t, err)
				same(t, db, "SELECT count(*) FROM schemactl_history", "4")
				continue
			}
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "use the version") {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
			if db.Migrator().HasTable("d") {
				t.Errorf("%s: the migration ran", name)
			}
			same(t, db, "SELECT count(*) FROM goose_db_version", "4")
		}
	})
}

// goose's table as goose 2 made it, with several rows for a version, is adopted.
func TestOldGooseTable(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		exec1(t, db, map[string]string{
			"postgres": "CREATE TABLE goose_db_version (id serial NOT NULL, version_id bigint NOT NULL, is_applied boolean NOT NULL, " +
				"tstamp timestamp NULL DEFAULT now(), PRIMARY KEY (id))",
			"mysql": "CREATE TABLE goose_db_version (id serial NOT NULL, version_id bigint NOT NULL, is_applied boolean NOT NULL, " +
				"tstamp timestamp NULL DEFAULT now(), PRIMARY KEY (id))",
			"sqlite": "CREATE TABLE goose_db_version (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, " +
				"tstamp TIMESTAMP DEFAULT (datetime('now')))",
		}[db.Name()])
		exec1(t, db, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (1, false), (1, true), (2, true), (2, false)")
		exec1(t, db, "CREATE TABLE a (id integer)")
		m := one(t, db, numbered())
		status, err := m.Status(t.Context())
		check(t, err)
		diff(t, "status", []string{"1 a applied", "2 b pending", "3 c pending"}, lines(status))
		diff(t, "up", []string{"up shared/2_b.sql", "up shared/3_c.sql"}, names(mustUp(t, m).Applied))
		if err := second(m.To(t.Context(), "shared", 0)); err != nil {
			t.Error(err)
		}
		same(t, db, "SELECT version_id FROM goose_db_version", "0")
	})
}

// Data of a dump that its client would send is refused before anything runs: the
// server would wait for it, with the lock.
func TestCopyFromClient(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	_, err := one(t, db, map[string]string{"1_a.sql": up("CREATE TABLE a (id integer);"), "2_b.sql": up("COPY a (id) FROM stdin;")}).Up(t.Context())
	if !errors.Is(err, migrate.ErrSource) || !strings.Contains(err.Error(), "2_b.sql") || !strings.Contains(err.Error(), "INSERT") {
		t.Errorf("up: %v", err)
	}
	mustUp(t, one(t, db, map[string]string{"1_a.sql": up("CREATE TABLE a (stdin text);", "COPY a (stdin) TO '/dev/null';")}))
}
