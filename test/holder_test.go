package test_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/dblock"
)

// crossing is a database and a set of migrations with a gate in one file: a
// process that migrates waits there until the test opens it, or on SQLite, where
// the process itself is the server, works there for a while.
type crossing struct {
	url, dir string
	db       *gorm.DB
	mode     string
	open     func() // the gate, which is shut before that
}

// The modes say what is around the gate: a transaction, a file without one, or
// a file whose statement cannot be taken back once it is begun, or the commit
// itself, which is for PostgreSQL only.
const (
	inTransaction = "transaction"
	inSteps       = "steps"
	inDoubt       = "doubt"
	inCommit      = "commit"
	noGate        = "no gate"
)

// crossingFiles is how many files there are, and gateFile the one with the gate.
const (
	crossingFiles = 4
	gateFile      = "00002_cross_the_gate_with_a_longer_name.sql"
)

// newCrossing makes it, with the gate shut.
func newCrossing(t *testing.T, url, mode string) *crossing {
	t.Helper()
	c := &crossing{url: url, dir: t.TempDir(), db: open(t, url), mode: mode, open: func() {}}
	execute(t, c.db, "CREATE TABLE gate (passed integer NOT NULL)")
	execute(t, c.db, "INSERT INTO gate (passed) VALUES (0)")
	head, index := "", "CREATE INDEX"
	if mode == inSteps || mode == inDoubt {
		head = "-- +goose NO TRANSACTION\n"
	}
	last := "-- +goose Up\nCREATE INDEX tally_file ON tally (file);\n"
	if c.db.Name() == "postgres" {
		index += " CONCURRENTLY"
		last = "-- +goose NO TRANSACTION\n" + strings.Replace(last, "INDEX", "INDEX CONCURRENTLY", 1)
	}
	gate := "UPDATE gate SET passed = passed + 1"
	switch {
	case c.db.Name() == "sqlite" && mode != noGate: // a second or more of work, whose result is 1
		gate = "UPDATE gate SET passed = passed + (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000) " +
			"SELECT max(i) / 3000000 FROM n)"
	case mode == inDoubt && c.db.Name() == "postgres":
		gate = index + " gate_passed ON gate (passed)"
	case mode == inDoubt:
		gate = "ALTER TABLE gate ADD COLUMN wide integer"
	}
	for name, text := range map[string]string{
		"00001_create_tally.sql": "-- +goose Up\nCREATE TABLE tally (file integer NOT NULL);\nINSERT INTO tally (file) VALUES (1);\n",
		gateFile:                 head + "-- +goose Up\nINSERT INTO tally (file) VALUES (2);\n" + gate + ";\nINSERT INTO tally (file) VALUES (22);\n",
		"00003_index.sql":        last,
		"00004_last.sql":         "-- +goose Up\nINSERT INTO tally (file) VALUES (4);\n",
	} {
		write(t, filepath.Join(c.dir, name), text)
	}
	if c.db.Name() != "sqlite" && mode != noGate {
		c.shut(t)
	}
	return c
}

// shut locks the gate's row by a transaction of the test's own, for which a
// change of the table waits, too.
func (c *crossing) shut(t *testing.T) {
	t.Helper()
	lock := "UPDATE gate SET passed = passed"
	if c.mode == inCommit {
		lock = "SELECT pg_advisory_xact_lock(1)"
		execute(t, c.db, "CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock(1); RETURN NULL; END $$")
		execute(t, c.db, "CREATE CONSTRAINT TRIGGER pass AFTER UPDATE ON gate DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pass()")
	}
	tx := c.db.WithContext(t.Context()).Begin()
	if err := tx.Exec(lock).Error; err != nil {
		t.Fatal(err)
	}
	c.open = func() {
		t.Helper()
		if err := tx.Rollback().Error; err != nil {
			t.Fatal(err)
		}
	}
}

// up is a deploy by the application.
func (c *crossing) up(t *testing.T, app, url string, more ...string) program {
	t.Helper()
	return schemactl(t, append([]string{"migrate", "up", "--database-url", url, "--source", "race=" + c.dir, "--app", app}, more...)...)
}

// holder is who has the lock, as those who wait would see it.
func (c *crossing) holder(t *testing.T) (dblock.Holder, bool) {
	t.Helper()
	return dblock.Who(t.Context(), pool(t, c.db), c.db.Name(), "migrate")
}

// arrived waits until somebody is at the gate, and it is written down.
func (c *crossing) arrived(t *testing.T) dblock.Holder {
	t.Helper()
	var h dblock.Holder
	eventually(t, "somebody at the gate", time.Minute, func() bool {
		who, held := c.holder(t)
		h = who
		return held && strings.HasSuffix(h.Doing, gateFile) && c.waiting(t)
	})
	return h
}

// waiting reports whether a statement waits for the test's transaction.
func (c *crossing) waiting(t *testing.T) bool {
	t.Helper()
	query := "SELECT count(*) FROM information_schema.processlist WHERE db = DATABASE() AND (info LIKE 'UPDATE gate%' OR info LIKE 'ALTER TABLE gate%')"
	switch c.db.Name() {
	case "sqlite":
		return true // its process is its server
	case "postgres":
		query = "SELECT count(*) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database()"
	}
	return !slices.Equal(lines(t, c.db, query), []string{"0"})
}

// endSession ends the session that holds the lock, or on SQLite takes the lock's
// file away, as somebody might who believes it to be left over.
func (c *crossing) endSession(t *testing.T) {
	t.Helper()
	if c.db.Name() == "sqlite" {
		if err := os.Remove(strings.TrimPrefix(c.url, "sqlite:") + ".migrate.lock"); err != nil {
			t.Fatal(err)
		}
		return
	}
	session := lines(t, c.db, "SELECT session FROM schemactl_lock WHERE name = 'migrate'")
	if len(session) != 1 {
		t.Fatalf("sessions of the lock: %q, want one", session)
	}
	if c.db.Name() == "postgres" {
		same(t, c.db, "SELECT pg_terminate_backend("+session[0]+")", "true")
		return
	}
	execute(t, c.db, "KILL "+session[0])
}

// recorded is what the tables say of the run, with what only a write changes.
func (c *crossing) recorded(t *testing.T) []string {
	t.Helper()
	out := lines(t, c.db, "SELECT * FROM schemactl_history ORDER BY id")
	out = append(out, lines(t, c.db, "SELECT * FROM goose_db_version_race ORDER BY id")...)
	return append(out, lines(t, c.db, "SELECT file FROM tally ORDER BY file")...)
}

// once checks that each file has had its effect, one time.
func (c *crossing) once(t *testing.T) {
	t.Helper()
	same(t, c.db, "SELECT file FROM tally ORDER BY file", "1", "2", "4", "22")
	if c.mode != inDoubt {
		same(t, c.db, "SELECT passed FROM gate", "1")
	}
	same(t, c.db, "SELECT version_id FROM goose_db_version_race ORDER BY id", "0", "1", "2", "3", "4")
	same(t, c.db, "SELECT version FROM schemactl_history WHERE state = 'applied' AND direction = 'up' ORDER BY version", "1", "2", "3", "4")
	if c.db.Name() == "postgres" {
		same(t, c.db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'tally_file'::regclass", "true")
		same(t, c.db, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0")
	}
	if _, held := c.holder(t); held {
		t.Error("somebody still has the lock")
	}
}

var appliedRow = regexp.MustCompile(`(?m)^ *([0-9]+) +\w+ +race +up `)

// ran are the versions that a process says it has applied.
func (r *running) ran() []string {
	var out []string
	for _, m := range appliedRow.FindAllStringSubmatch(r.said(), -1) {
		out = append(out, m[1])
	}
	return out
}

// startStuck starts the program with a pipe for what it says that has room for
// the first line about a file of a crossing, and not for the second, which a
// process says between the two files. It goes on when listen is called.
func (p program) startStuck(t *testing.T) (r *running, listen func()) {
	t.Helper()
	out, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	page := []byte(strings.Repeat("\n", os.Getpagesize()))
	for err == nil { // until it is full
		if err = in.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err == nil {
			_, err = in.Write(page)
		}
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	if _, err := out.Read(page); err != nil {
		t.Fatal(err)
	}
	if err := in.SetWriteDeadline(time.Time{}); err != nil {
		t.Fatal(err)
	}
	first := fmt.Sprintf("up race/00001_create_tally.sql (1 of %d)\n", crossingFiles)
	if _, err := in.WriteString(strings.Repeat("\n", len(page)-len(first))); err != nil {
		t.Fatal(err)
	}
	return p.startOn(t, out, in)
}
