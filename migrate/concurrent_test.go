package migrate_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// indexed is a table with an index that is built, and dropped, beside those who
// use the table. The name needs its quotes.
var indexed = map[string]string{
	"1_create_a.sql": up("CREATE TABLE a (id integer, n integer);", "INSERT INTO a VALUES (1, 1), (2, 1);") + "-- +goose Down\nDROP TABLE a;\n",
	"2_index_a.sql": "-- +goose NO TRANSACTION\n" + up(`CREATE INDEX /* named */ CONCURRENTLY "By N" ON a (n);`) +
		"-- +goose Down\n" + `DROP INDEX CONCURRENTLY "By N";` + "\n",
}

const indexState = `SELECT i.indisvalid FROM pg_index AS i WHERE i.indexrelid = to_regclass('"By N"')`

// A process died while the server built an index, or dropped one. What became of
// it stands in the catalogue, so that nobody has to be asked.
func TestIndexInDoubt(t *testing.T) {
	t.Parallel()
	nothing := sha256.Sum256(nil)
	inDoubt := "UPDATE schemactl_history SET state = 'running', statements_started = 1, statements_done = 0, prefix_checksum = '" +
		hex.EncodeToString(nothing[:]) + "' WHERE id = (SELECT max(id) FROM schemactl_history)"
	tests := map[string]struct {
		after string // in the catalogue
		down  bool
		kept  bool // the index is the one that was there
	}{
		"built":            {kept: true},
		"not begun":        {after: `DROP INDEX "By N"`},
		"invalid":          {after: `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"By N"'::regclass`},
		"not dropped":      {down: true},
		"dropped":          {down: true, after: `DROP INDEX "By N"`},
		"half dropped":     {down: true, after: `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"By N"'::regclass`},
		"not even a table": {down: true, after: `DROP TABLE a`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, testenv.Postgres(t))
			m := one(t, db, indexed)
			mustUp(t, m)
			const number = `SELECT to_regclass('"By N"')::oid`
			before := query(t, db, number)
			exec1(t, db, inDoubt)
			if tt.down {
				exec1(t, db, "UPDATE schemactl_history SET direction = 'down' WHERE version = 2")
			} else {
				exec1(t, db, "DELETE FROM goose_db_version WHERE version_id = 2")
			}
			if tt.after != "" {
				exec1(t, db, tt.after)
			}
			if tt.down {
				result, err := m.Down(t.Context(), migrate.DownOptions{})
				check(t, err)
				diff(t, "down", []string{"down shared/2_index_a.sql"}, names(result.Applied))
				same(t, db, indexState, "")
				same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1")
				return
			}
			diff(t, "up", []string{"up shared/2_index_a.sql"}, names(mustUp(t, m).Applied))
			same(t, db, indexState, "true")
			if kept := query(t, db, number) == before; kept != tt.kept {
				t.Errorf("the index is the old one: %t, want %t", kept, tt.kept)
			}
			same(t, db, "SELECT version, state, statements_done FROM schemactl_history ORDER BY id", "1 applied 2; 2 applied 1")
		})
	}
}

// A unique index that cannot be built leaves an invalid one behind. It is named,
// and out of the way of the next run.
func TestInvalidIndexIsBuiltAgain(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	text := maps.Clone(indexed)
	text["2_index_a.sql"] = strings.Replace(text["2_index_a.sql"], "CREATE INDEX", "CREATE UNIQUE INDEX", 1)
	_, err := one(t, db, text).Up(t.Context())
	if err == nil || !strings.Contains(err.Error(), `the invalid index "By N"`) {
		t.Fatalf("error %v, want one that names the invalid index", err)
	}
	same(t, db, indexState, "false")
	exec1(t, db, "DELETE FROM a WHERE id = 2")
	mustUp(t, one(t, db, text))
	same(t, db, indexState, "true")
}

// What another session builds at this moment is invalid too, and none of ours.
func TestIndexOfAnotherSession(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	m := one(t, db, indexed)
	exec1(t, db, "CREATE TABLE a0 (id integer)")
	mustUp(t, one(t, db, map[string]string{"1_create_a.sql": indexed["1_create_a.sql"]}))
	exec1(t, db, `CREATE INDEX "By N" ON a (n)`)
	exec1(t, db, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = '"By N"'::regclass`)
	tx := db.WithContext(t.Context()).Begin()
	check(t, tx.Error)
	check(t, tx.Exec("LOCK TABLE a IN SHARE UPDATE EXCLUSIVE MODE").Error)
	_, err := m.Up(t.Context())
	if err == nil || !strings.Contains(err.Error(), `index public."By N" is being built by another session`) {
		t.Errorf("error %v, want one about the other session", err)
	}
	check(t, tx.Rollback().Error)
	mustUp(t, m)
	same(t, db, indexState, "true")
}

// The usual file sets a timeout first. A process is killed while the server waits
// in the middle of the index; the next run builds it.
func TestKilledWhileIndexIsBuilt(t *testing.T) {
	t.Parallel()
	url := testenv.Postgres(t)
	db := open(t, url)
	exec1(t, db, "CREATE TABLE a (id integer)")
	tx := db.WithContext(t.Context()).Begin()
	check(t, tx.Exec("INSERT INTO a VALUES (1)").Error)
	file := noTx + up("SET lock_timeout = '2s';", "CREATE INDEX CONCURRENTLY ai ON a (id);", "INSERT INTO a VALUES (2);")
	p := start(t, url, "MIGRATE_TEST_FILE="+file)
	check(t, p.stdin.Close())
	eventually(t, "the wait in the index", func() bool {
		return query(t, db, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONC%' AND wait_event_type = 'Lock' "+
			"AND datname = current_database()") == "1"
	})
	check(t, p.cmd.Process.Kill())
	if _, err := p.applied(); err == nil {
		t.Fatal("the helper was not killed in time")
	}
	check(t, tx.Rollback().Error)
	mustUp(t, one(t, db, map[string]string{"1_a.sql": file}))
	same(t, db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ai'::regclass", "true")
	same(t, db, "SELECT id FROM a", "2")
}

// Where the file has led names to another schema, the session that looks for an
// index in doubt would look in the wrong one.
func TestIndexInDoubtElsewhere(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	for _, text := range []string{"CREATE SCHEMA other", "CREATE TABLE other.a (id integer)", "CREATE INDEX ai ON other.a (id)"} {
		exec1(t, db, text)
	}
	m := one(t, db, map[string]string{"1_a.sql": noTx + up("SET search_path = public, other;", "DROP INDEX CONCURRENTLY ai;", "BROKEN;")})
	if _, err := m.Up(t.Context()); err == nil {
		t.Fatal("up of a broken file: no error")
	}
	exec1(t, db, "CREATE INDEX ai ON other.a (id)")
	first := "SET search_path = public, other;"
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d:%s\n", len(first), first)))
	exec1(t, db, "UPDATE schemactl_history SET state = 'running', statements_started = 2, statements_done = 1, prefix_checksum = '"+
		hex.EncodeToString(sum[:])+"'")
	_, err := m.Up(t.Context())
	if half, ok := errors.AsType[*migrate.HalfDoneError](err); !ok || half.InDoubt != 2 {
		t.Errorf("up: %v, want a HalfDoneError about statement 2", err)
	}
}
