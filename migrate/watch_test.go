package migrate_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// witness hears a run's progress. It has no lock on purpose: the race detector
// says so when calls overlap.
type witness struct {
	t      *testing.T
	inside bool
	ended  bool
	seen   []migrate.Progress // of PhaseRunning
	// on is called for each of them.
	on func(migrate.Progress)
}

func (w *witness) hear(p migrate.Progress) {
	if w.inside || w.ended {
		w.t.Errorf("told of %s beside another call, or after the end", p.Phase)
	}
	w.inside = true
	defer func() { w.inside = false }()
	if (p.Phase == migrate.PhaseRunning) != (p.Activity != nil) {
		w.t.Errorf("phase %s with activity %v", p.Phase, p.Activity)
	}
	if p.Phase != migrate.PhaseRunning {
		return
	}
	a := p.Activity
	if a.Done < 0 || a.Done > a.Total || (a.Total == 0) != (a.Unit == "") || a.Part < 0 || a.Part > a.Parts || p.Elapsed < time.Second {
		w.t.Errorf("after %v: %+v is out of range", p.Elapsed, a)
	}
	w.seen = append(w.seen, p)
	if w.on != nil {
		w.on(p)
	}
}

// up runs m's migrations, which tell w.
func (w *witness) up(db *gorm.DB, text map[string]string) (*migrate.Result, error) {
	defer func() { w.ended = true }()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute) // for what ends only when it is told of
	defer cancel()
	return one(w.t, db, text, migrate.WithProgress(w.hear)).Up(ctx)
}

// first is what was told first.
func (w *witness) first() migrate.Progress {
	w.t.Helper()
	if len(w.seen) == 0 {
		w.t.Fatal("nothing was told")
	}
	return w.seen[0]
}

// beside begins a transaction in a session of its own and returns its number.
// finish ends it, the first time it is called.
func beside(t *testing.T, url, number string, statements ...string) (session int64, finish func()) {
	t.Helper()
	tx := open(t, url).WithContext(t.Context()).Begin()
	check(t, tx.Error)
	check(t, tx.Raw(number).Scan(&session).Error)
	for _, s := range statements {
		check(t, tx.Exec(s).Error)
	}
	done := false
	finish = func() {
		if !done {
			done = true
			if err := tx.Rollback().Error; err != nil {
				t.Error(err) // not from the test's own goroutine
			}
		}
	}
	t.Cleanup(finish)
	return session, finish
}

const (
	postgresNumber = "SELECT pg_backend_pid()"
	mysqlNumber    = "SELECT CONNECTION_ID()"
)

// A transaction is in the way of an index that is built CONCURRENTLY. The run
// says so, and so does who waits for the run, in another session.
func TestProgressOfConcurrentIndex(t *testing.T) {
	t.Parallel()
	url := testenv.Postgres(t)
	db := open(t, url)
	mustUp(t, one(t, db, map[string]string{"1_create_a.sql": indexed["1_create_a.sql"]}))
	session, finish := beside(t, url, postgresNumber, "SET application_name = 'shop'", "INSERT INTO a VALUES (3, 3)")
	heard, done := make(chan string, 1), make(chan error)
	var doing string
	w := &witness{t: t}
	w.on = func(migrate.Progress) {
		if len(w.seen) == 1 {
			go waits(t.Context(), one(t, open(t, url), indexed, migrate.WithProgress(hears(heard))), done)
		}
		select {
		case doing = <-heard:
			finish()
		default:
			if len(w.seen) > 20 {
				finish() // and who waits has heard nothing
			}
		}
	}
	result, err := w.up(db, indexed)
	check(t, err)
	check(t, <-done)
	diff(t, "up", []string{"up shared/2_index_a.sql"}, names(result.Applied))
	same(t, db, indexState, "true")

	first := w.first()
	a := first.Activity
	want := migrate.Activity{Stage: "waiting for writers before build", Done: 0, Total: 1, Unit: migrate.UnitSessions,
		Waited: a.Waited, BlockedBy: []migrate.Blocker{{Session: session, Application: "shop", State: "idle in transaction", Age: a.BlockedBy[0].Age}}}
	diff(t, "activity", want, *a)
	if a.Waited < time.Second || a.BlockedBy[0].Age < time.Second {
		t.Errorf("waited %v for a transaction of %v, want a second and more", a.Waited, a.BlockedBy[0].Age)
	}
	diff(t, "migration", "shared/2_index_a.sql up 1/1 1/1",
		fmt.Sprintf("%s %s %d/%d %d/%d", first.Migration, first.Direction, first.Index, first.Total, first.Statement, first.Statements))
	for _, part := range []string{"shared/2_index_a.sql, waiting for writers before build, 0 of 1 sessions, waits ",
		fmt.Sprintf(" s for session %d (shop, idle in transaction, ", session)} {
		if !strings.Contains(doing, part) {
			t.Errorf("who waits is told %q, want %q in it", doing, part)
		}
	}
}

// waits is another process that migrates.
func waits(ctx context.Context, m *migrate.Migrator, done chan<- error) {
	_, err := m.Up(ctx)
	done <- err
}

// hears passes on what the one who is waited for is said to do, once that
// contains progress.
func hears(heard chan<- string) func(migrate.Progress) {
	return func(p migrate.Progress) {
		if !strings.Contains(p.Holder.Doing, ", ") {
			return
		}
		select {
		case heard <- p.Holder.Doing:
		default:
		}
	}
}

// An index is built over a function that stops at a row for a lock of the
// test's: until then so many blocks are read, and no more.
func TestProgressOfBuild(t *testing.T) {
	t.Parallel()
	const stops = `CREATE FUNCTION stops(i integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS
$$ BEGIN IF i = 201 THEN PERFORM pg_advisory_xact_lock(42); END IF; RETURN i; END $$`
	tests := map[string]struct {
		before, statement, stage string
		half                     bool // of the blocks are read
	}{
		"create index": {"SELECT 1", "CREATE INDEX by_stops ON a (stops(id));", "building index: scanning table", true},
		"reindex":      {"CREATE INDEX by_stops ON a (stops(id))", "REINDEX INDEX by_stops;", "building index: scanning table", true},
		"vacuum full":  {"CREATE INDEX by_stops ON a (stops(id))", "VACUUM FULL a;", "rebuilding index", false},
		"analyze":      {"CREATE INDEX by_stops ON a (stops(id))", "ANALYZE a;", "computing statistics", false},
		"copy":         {"SELECT 1", "COPY (SELECT stops(id) FROM a) TO '/dev/null';", "copy to", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := testenv.Postgres(t)
			db := open(t, url)
			for _, s := range []string{"CREATE TABLE a (id integer, filler text)", "ALTER TABLE a ALTER COLUMN filler SET STORAGE PLAIN", stops,
				"INSERT INTO a SELECT i, repeat('x', 1900) FROM generate_series(1, 400) AS i", tt.before} {
				exec1(t, db, s)
			}
			session, finish := beside(t, url, postgresNumber, "SELECT pg_advisory_xact_lock(42)")
			w := &witness{t: t, on: func(migrate.Progress) { finish() }}
			_, err := w.up(db, map[string]string{"1_a.sql": "-- +goose NO TRANSACTION\n" + up(tt.statement)})
			check(t, err)
			a := w.first().Activity
			if a.Stage != tt.stage || len(a.BlockedBy) != 1 || a.BlockedBy[0].Session != session {
				t.Errorf("%+v, want stage %q and to wait for session %d", a, tt.stage, session)
			}
			if tt.half && (a.Unit != migrate.UnitBlocks || a.Total != 100 || a.Done < 45 || a.Done > 55) {
				t.Errorf("%d of %d %s, want about 50 of 100 blocks", a.Done, a.Total, a.Unit)
			}
			if !tt.half && a.Total != 0 {
				t.Errorf("%d of %d %s, want nothing counted", a.Done, a.Total, a.Unit)
			}
		})
	}
}

// What only waits for its table is seen too.
func TestProgressOfWait(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		"alter":  "ALTER TABLE a ADD COLUMN n integer;",
		"update": "UPDATE a SET id = 2 WHERE id = 1;",
	}
	for name, statement := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := testenv.Postgres(t)
			db := open(t, url)
			exec1(t, db, "CREATE TABLE a (id integer)")
			exec1(t, db, "INSERT INTO a VALUES (1)")
			session, finish := beside(t, url, postgresNumber, "UPDATE a SET id = 3")
			w := &witness{t: t, on: func(migrate.Progress) { finish() }}
			_, err := w.up(db, map[string]string{"1_a.sql": up(statement)})
			check(t, err)
			a := w.first().Activity
			if a.Stage != "" || a.Waited == 0 || len(a.BlockedBy) != 1 || a.BlockedBy[0].Session != session {
				t.Errorf("%+v, want to wait for session %d", a, session)
			}
		})
	}
}

// MariaDB tells how much of a table is copied.
func TestProgressOfCopy(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.MariaDB(t))
	var w *witness
	for rows := 50_000; rows < 10_000_000; rows *= 4 { // until it lasts
		exec1(t, db, fmt.Sprintf("CREATE OR REPLACE TABLE a AS SELECT seq AS id FROM seq_1_to_%d", rows))
		w = &witness{t: t}
		_, err := w.up(db, map[string]string{
			fmt.Sprintf("%d_add_hash.sql", rows): up("ALTER TABLE a ADD COLUMN hash char(128) DEFAULT (SHA2(REPEAT(id, 3000), 512)), ALGORITHM=COPY;"),
		})
		check(t, err)
		if len(w.seen) > 0 && w.seen[0].Activity.Part == 1 { // else it was seen at its end alone
			break
		}
	}
	for i, p := range w.seen {
		a := p.Activity
		if a.Stage != "copy to tmp table" {
			continue // the last
		}
		if a.Unit != migrate.UnitPercent || a.Total != 100 || a.Part != 1 || a.Parts != 2 || a.Waited != 0 || i > 0 && a.Done < w.seen[i-1].Activity.Done {
			t.Errorf("look %d: %+v", i, a)
		}
	}
	if first := w.first().Activity; first.Stage != "copy to tmp table" || first.Done == 0 {
		t.Errorf("%+v, want it to copy", first)
	}
}

// Those who changed a row are known, those who use a table only with the
// performance schema, which MySQL has on, and MariaDB off.
func TestProgressOfWaitOnMySQL(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ statement, stage string }{
		"table": {"ALTER TABLE a ADD COLUMN n integer;", "waiting for table metadata lock"},
		"row":   {"UPDATE a SET id = 3 WHERE id = 1;", "updating"},
	}
	for server, url := range map[string]func(testing.TB) string{"mariadb": testenv.MariaDB, "mysql": testenv.MySQL} {
		for name, tt := range tests {
			t.Run(server+" "+name, func(t *testing.T) {
				t.Parallel()
				url := url(t)
				db := open(t, url)
				exec1(t, db, "CREATE TABLE a (id integer PRIMARY KEY)")
				exec1(t, db, "INSERT INTO a VALUES (1)")
				session, finish := beside(t, url, mysqlNumber, "UPDATE a SET id = 2")
				w := &witness{t: t, on: func(migrate.Progress) { finish() }}
				_, err := w.up(db, map[string]string{"1_a.sql": up(tt.statement)})
				check(t, err)
				a := w.first().Activity
				if strings.ToLower(a.Stage) != tt.stage || a.Waited < time.Second {
					t.Errorf("%+v, want to wait in stage %q", a, tt.stage)
				}
				if name == "table" && query(t, db, "SELECT @@performance_schema") == "0" {
					diff(t, "blocked by", 0, len(a.BlockedBy))
					return
				}
				if len(a.BlockedBy) != 1 || a.BlockedBy[0].Session != session || !strings.Contains(a.BlockedBy[0].Application, "@") ||
					a.BlockedBy[0].State != "sleep" || a.BlockedBy[0].Age == 0 {
					t.Errorf("blocked by %+v, want session %d", a.BlockedBy, session)
				}
			})
		}
	}
}
