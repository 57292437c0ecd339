package test_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
)

// slowSource has a file that writes a row, is busy for some seconds, and writes
// another. In mode "steps" it cannot run in a transaction.
func slowSource(t *testing.T, url, mode string) string {
	t.Helper()
	busy := map[string]string{
		"postgres": "INSERT INTO slow (id) SELECT 2 FROM pg_sleep(2)",
		"mysql":    "INSERT INTO slow (id) SELECT 2 + SLEEP(2)",
		"sqlite": "INSERT INTO slow (id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000000) " +
			"SELECT 2 FROM n WHERE i = 8000000",
	}
	dialect, _, _ := strings.Cut(url, ":")
	head := "-- +goose Up\n"
	if mode == "steps" {
		head = "-- +goose NO TRANSACTION\n" + head
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "1_create_slow.sql"), "-- +goose Up\nCREATE TABLE slow (id bigint NOT NULL);\n")
	write(t, filepath.Join(dir, "2_fill_slow.sql"), head+"INSERT INTO slow (id) VALUES (1);\n"+busy[dialect]+";\nINSERT INTO slow (id) VALUES (3);\n")
	return dir
}

// A deploy is killed in the middle of a slow migration: kill -9, no clean-up. The
// next deploy completes what is missing, and every row is there once.
func TestKilledDeploySoak(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"transaction", "steps"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			testenv.Databases(t, func(t *testing.T, url string) {
				takeTurn(t)
				killedDeploy(t, url, mode)
			})
		})
	}
}

func killedDeploy(t *testing.T, url, mode string) {
	t.Helper()
	args := []string{"migrate", "up", "--database-url", url, "--source", "shared=" + slowSource(t, url, mode), "--app"}
	p := schemactl(t, append(args, "first")...)
	r := p.start(t)
	r.after(t, "2_fill_slow.sql (2 of 2)")
	db := open(t, url)
	if mode == "steps" {
		eventually(t, "the first statement's effect", 20*time.Second, func() bool { return len(lines(t, db, "SELECT id FROM slow")) == 1 })
	}
	if err := r.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-r.exited
	if r.cmd.ProcessState.Exited() {
		t.Fatalf("it ended before it was killed:\n%s", r.said())
	}
	p.args = append(args, "second")
	second := p.ok(t)
	if !strings.Contains(second.stdout, "fill_slow") {
		t.Errorf("the second deploy did not run what was missing: %s", second.stdout)
	}
	same(t, db, "SELECT id FROM slow ORDER BY id", "1", "2", "3")
	same(t, db, "SELECT version_id FROM goose_db_version ORDER BY version_id", "0", "1", "2")
	same(t, db, "SELECT version, state FROM schemactl_history ORDER BY version, id", "1 applied", "2 applied")
	if r := p.ok(t); !strings.Contains(r.stdout, "nothing to do") {
		t.Errorf("a third deploy says %q, want nothing to do", r.stdout)
	}
}
