package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// A file fails and is mended. What its done statements have left in their session
// is gone, so the next run stops where something would miss that, and the
// failure says so at once.
func TestResumeWithoutItsSession(t *testing.T) {
	t.Parallel()
	const family = "CREATE TABLE parent (id integer PRIMARY KEY, n varchar(9)); CREATE TABLE child (p integer, n varchar(9))"
	cases := map[string]struct {
		dialect    string
		statements []string // BROKEN is mended to child
		reason     string
		now        string // what makes the rest do without, in place of the last statement
		rows       string
	}{
		"variable": {"mysql", []string{"INSERT INTO parent VALUES (7, 'a');", "SELECT id INTO @root FROM parent WHERE n = 'a';",
			"INSERT INTO BROKEN VALUES (1, 'x');", "INSERT INTO child VALUES (@root, 'of a');"},
			"needs @root, which statement 2 has left", "SET @root = 7; INSERT INTO child VALUES (@root, 'of a');", "1 x; 7 of a"},
		"last number": {"mysql", []string{"INSERT INTO counted (n) VALUES ('a');", "INSERT INTO BROKEN VALUES (1, 'x');",
			"INSERT INTO child VALUES (LAST_INSERT_ID(), 'of a');"},
			"needs the row that was inserted last", "INSERT INTO child SELECT id, 'of a' FROM counted;", "1 x; 1 of a"},
		"last rowid": {"sqlite", []string{"INSERT INTO parent (n) VALUES ('a');", "INSERT INTO BROKEN VALUES (1, 'x');",
			"INSERT INTO child VALUES (last_insert_rowid(), 'of a');"},
			"needs the row that was inserted last", "INSERT INTO child SELECT id, 'of a' FROM parent;", "1 x; 1 of a"},
		"prepared": {"mysql", []string{"PREPARE fill FROM 'INSERT INTO child VALUES (2, ''p'')';", "INSERT INTO BROKEN VALUES (1, 'x');", "EXECUTE fill;"},
			"needs prepared statement FILL", "INSERT INTO child VALUES (2, 'p');", "1 x; 2 p"},
		"temporary table": {"mysql", []string{"CREATE TEMPORARY TABLE keep2 (id int);", "INSERT INTO BROKEN VALUES (1, 'x');", "INSERT INTO child SELECT id, '' FROM keep2;"},
			"statement 1 (CREATE TEMPORARY TABLE keep2 (id int);) set up a session that is gone", "", ""},
		"table of a query": {"postgres", []string{"SELECT 1 AS id INTO TEMP keep2;", "INSERT INTO BROKEN VALUES (1, 'x');", "INSERT INTO child SELECT id, '' FROM keep2;"},
			"set up a session that is gone", "", ""},
		"computed setting": {"postgres", []string{"SELECT set_config('search_path', 'other,' || current_schema(), false);", "INSERT INTO BROKEN VALUES (1, 'x');"},
			"set up a session that is gone", "", ""},
	}
	testenv.Databases(t, func(t *testing.T, url string) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db := open(t, another(t, url))
				if db.Name() != c.dialect {
					return
				}
				for s := range strings.SplitSeq(family, "; ") {
					exec1(t, db, s)
				}
				if c.dialect == "mysql" {
					exec1(t, db, "CREATE TABLE counted (id integer AUTO_INCREMENT PRIMARY KEY, n varchar(9))")
				}
				apply := func(text string) error {
					return second(one(t, db, map[string]string{"1_fill.sql": text}).Up(t.Context()))
				}
				// The definition makes it a file of steps on MySQL too.
				file := noTx + up(append([]string{"CREATE VIEW v AS SELECT 1 AS id;"}, c.statements...)...)
				reason := strings.NewReplacer("statement 1", "statement 2", "statement 2", "statement 3").Replace(c.reason)
				err := apply(file)
				if err == nil || !strings.Contains(err.Error(), reason) || strings.Contains(err.Error(), "goes on") {
					t.Fatalf("up: %v, want it to say %q", err, reason)
				}
				file = strings.Replace(file, "BROKEN", "child", 1)
				half, ok := errors.AsType[*migrate.HalfDoneError](apply(file))
				if !ok || !strings.Contains(half.Reason, reason) || !strings.Contains(half.Mend, "--undone") {
					t.Fatalf("up of the mended file: %v, want a HalfDoneError with %q", half, reason)
				}
				same(t, db, "SELECT count(*) FROM child", "0")
				if c.now == "" {
					return
				}
				last := c.statements[len(c.statements)-1]
				check(t, apply(strings.Replace(file, last, strings.ReplaceAll(c.now, "; ", ";\n"), 1)))
				same(t, db, "SELECT p, n FROM child ORDER BY p, n DESC", c.rows)
			})
		}
	})
}

// Settings to constants are made again in the session that goes on.
func TestResumeSetsAgain(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		dialect string
		before  string
		file    string // fails at BROKEN
		mend    string // what is in its place then
		query   string
		want    string
	}{
		"path": {"postgres", "CREATE SCHEMA other",
			up("SELECT pg_catalog.set_config('search_path', 'other,public', false);", "CREATE TABLE t1 (id int);", "CREATE BROKEN t2;", "CREATE TABLE t3 (id int);"),
			"TABLE t2 (id int);--",
			"SELECT schemaname, tablename FROM pg_tables WHERE tablename LIKE 't_' ORDER BY 2", "other t1; other t2; other t3"},
		"index": {"postgres", "CREATE TABLE t AS SELECT 1 AS i FROM generate_series(1, 2)",
			up("SET lock_timeout = '2s';", "CREATE UNIQUE INDEX CONCURRENTLY ti ON t (i);"), "",
			"SELECT indisvalid FROM pg_index WHERE indexrelid = 'ti'::regclass", "true"},
		"settings": {"mysql", "",
			up("SET sql_mode = 'ANSI_QUOTES', @n = 4;", "CREATE TABLE \"a\" (n int);", "BROKEN;", "INSERT INTO \"a\" VALUES (@n);"), "SELECT 1",
			"SELECT n FROM a", "4"},
		"foreign keys": {"sqlite", "CREATE TABLE p (id int PRIMARY KEY)",
			up("PRAGMA foreign_keys = OFF;", "CREATE TABLE c (p int REFERENCES p);", "BEGIN;", "INSERT INTO c VALUES (9);", "BROKEN;",
				"PRAGMA foreign_key_check(p);", "COMMIT;", "INSERT INTO c VALUES (8);", "PRAGMA foreign_keys = ON;"), "SELECT 1",
			"SELECT p FROM c ORDER BY p", "8; 9"},
	}
	testenv.Databases(t, func(t *testing.T, url string) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db := open(t, another(t, url))
				if db.Name() != c.dialect {
					return
				}
				if c.before != "" {
					exec1(t, db, c.before)
				}
				apply := func(text string) error {
					return second(one(t, db, map[string]string{"1_fill.sql": noTx + text}).Up(t.Context()))
				}
				if err := apply(c.file); err == nil || !strings.Contains(err.Error(), "goes on at statement") {
					t.Fatalf("up: %v, want it to say where the next goes on", err)
				}
				if name == "index" {
					exec1(t, db, "DELETE FROM t WHERE ctid = (SELECT min(ctid) FROM t)")
				}
				plan, err := one(t, db, map[string]string{"1_fill.sql": noTx + c.file}).Plan(t.Context())
				check(t, err)
				check(t, plan.Blocked)
				var script strings.Builder
				check(t, one(t, db, map[string]string{"1_fill.sql": noTx + c.file}).Script(t.Context(), &script))
				first, _, _ := strings.Cut(strings.TrimPrefix(c.file, "-- +goose Up\n"), ";")
				if !strings.Contains(script.String(), "\n"+first+"\n;") {
					t.Errorf("the script does not set the session up by %s: %s", first, script.String())
				}
				check(t, apply(strings.Replace(c.file, "BROKEN", c.mend, 1)))
				same(t, db, c.query, c.want)
			})
		}
	})
}

// A process is killed in a statement that lasts. Whatever came before that is
// done, and the next run goes on by itself.
func TestKilledInLaterStatement(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		dialect string
		before  string
		file    string // SLOW is replaced by 1 before the second run
		running func(db *gorm.DB, t *testing.T) bool
		query   string
		want    string
	}{
		// Whether an index without a name is there the catalogue cannot tell.
		"definition": {"mysql", "CREATE TABLE a (id int)",
			up("ALTER TABLE a ADD INDEX (id);", "INSERT INTO a SELECT 1 + SLOW;"), serverRuns, "SELECT id FROM a", "2"},
		"transaction": {"mysql", "CREATE TABLE a (id int)",
			up("ALTER TABLE a ADD INDEX (id);", "START TRANSACTION;", "INSERT INTO a VALUES (5);", "INSERT INTO a SELECT 1 + SLOW;", "COMMIT;"), serverRuns,
			"SELECT id FROM a ORDER BY id", "2; 5"},
		"value": {"postgres", "CREATE TYPE mood AS ENUM ('a')",
			up("CREATE TABLE a (id int);", "ALTER TYPE mood ADD VALUE 'b';", "INSERT INTO a SELECT 1 FROM SLOW;"), serverRuns, "SELECT id FROM a", "1"},
		"setting": {"postgres", "CREATE TABLE a (id int)",
			up("SET lock_timeout = '2s';", "INSERT INTO a SELECT 1 FROM SLOW;"), serverRuns, "SELECT id FROM a", "1"},
		"rebuild": {"sqlite", "CREATE TABLE a (id int)",
			up("PRAGMA foreign_keys = OFF;", "BEGIN;", "CREATE TABLE b (id int);", "INSERT INTO b WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "+
				"WHERE i < SLOW) SELECT max(i) FROM n;", "DROP TABLE a;", "ALTER TABLE b RENAME TO a;", "COMMIT;", "PRAGMA foreign_keys = ON;"),
			func(db *gorm.DB, t *testing.T) bool {
				t.Helper()
				return db.Migrator().HasTable("schemactl_history") && query(t, db, "SELECT statements_done FROM schemactl_history") == "1"
			}, "SELECT id FROM a", "1"},
	}
	last := map[string]string{"mysql": "SLEEP(2)", "postgres": "pg_sleep(30)", "sqlite": "900000000"}
	quick := map[string]string{"mysql": "1", "postgres": "pg_sleep(0)", "sqlite": "1"}
	testenv.Databases(t, func(t *testing.T, url string) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				url := another(t, url)
				db := open(t, url)
				if db.Name() != c.dialect {
					return
				}
				exec1(t, db, c.before)
				text := noTx + c.file
				p := start(t, url, "MIGRATE_TEST_FILE="+strings.Replace(text, "SLOW", last[c.dialect], 1))
				check(t, p.stdin.Close())
				eventually(t, "the statement that lasts", func() bool { return c.running(db, t) })
				check(t, p.cmd.Process.Kill())
				if _, err := p.applied(); err == nil {
					t.Fatal("the helper was not killed in time")
				}
				mustUp(t, one(t, db, map[string]string{"1_a.sql": strings.Replace(text, "SLOW", quick[c.dialect], 1)}))
				same(t, db, c.query, c.want)
			})
		}
	})
}

// serverRuns reports whether another session is in an INSERT that takes its rows from
// a query.
func serverRuns(db *gorm.DB, t *testing.T) bool {
	t.Helper()
	if db.Name() == "mysql" {
		return query(t, db, "SELECT count(*) FROM information_schema.processlist WHERE info LIKE 'INSERT INTO a SELECT%' AND db = database()") != "0"
	}
	return query(t, db, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO a SELECT%' AND state = 'active' "+
		"AND datname = current_database()") != "0"
}

// The session is ended in a statement. The counts that the error gives are those
// of the record.
func TestCountsOfTheRecord(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.MariaDB(t))
	m := one(t, db, map[string]string{"1_a.sql": up("CREATE TABLE a (id int);", "INSERT INTO a SELECT 1 + SLEEP(30);")})
	failed := make(chan error, 1)
	go func() { failed <- second(m.Up(t.Context())) }()
	eventually(t, "the statement that lasts", func() bool { return serverRuns(db, t) })
	exec1(t, db, "KILL "+query(t, db, "SELECT id FROM information_schema.processlist WHERE info LIKE 'INSERT INTO a SELECT%' AND db = database()"))
	err := <-failed
	started, done, _ := strings.Cut(query(t, db, "SELECT statements_started, statements_done FROM schemactl_history"), " ")
	if want := "as " + started + " statements begun, " + done + " done"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want it to say %q", err, want)
	}
}
