package cli_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
)

// A transaction is in the way of an index. The command that builds it says so on
// stderr, and so does the one that waits for that; stdout is the result alone.
func TestMigrateProgress(t *testing.T) {
	t.Parallel()
	s := shell{testenv.Postgres(t), t.TempDir()}
	s.write(t, "1_a.sql", "-- +goose Up", "CREATE TABLE a (id integer);")
	s.run(t, 0, "up")
	s.write(t, "2_b.sql", "-- +goose NO TRANSACTION", "-- +goose Up", "CREATE INDEX CONCURRENTLY b ON a (id);")
	db, err := database.Open(t.Context(), s.url)
	check(t, err)
	defer func() { check(t, database.Close(db)) }()
	tx := db.WithContext(t.Context()).Begin()
	var session int64
	check(t, tx.Raw("SELECT pg_backend_pid()").Scan(&session).Error)
	check(t, tx.Exec("INSERT INTO a VALUES (1)").Error)

	const stage = "waiting for writers before build, 0 of 1 sessions, waits "
	builds := s.start(t, "builder")
	builds.says(t, "\nshared/2_b.sql, ")
	builds.says(t, " s: "+stage)
	builds.says(t, fmt.Sprintf(" s for session %d (", session))
	waits := s.start(t, "waiter")
	waits.says(t, "waiting for builder on ")
	waits.says(t, "), shared/2_b.sql, "+stage)
	check(t, tx.Rollback().Error)
	for c, applied := range map[*command]int{builds: 1, waits: 0} {
		var out strings.Builder
		for c.lines.Scan() {
			out.WriteString(c.lines.Text() + "\n")
		}
		var result struct{ Applied []any }
		if err := json.Unmarshal([]byte(out.String()), &result); err != nil || len(result.Applied) != applied {
			t.Errorf("stdout: %v, want %d applied: %s", err, applied, out.String())
		}
		c.end(t, cli.ExitDone)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// start runs an up beside the test.
func (s shell) start(t *testing.T, application string) *command {
	t.Helper()
	return start(t, "migrate", "up", "--database-url", s.url, "--source", "shared="+s.dir, "--app", application, "--output", "json")
}

// says waits until the command has said something on stderr.
func (c *command) says(t *testing.T, text string) {
	t.Helper()
	for limit := time.Now().Add(30 * time.Second); !strings.Contains(c.err.String(), text); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("the command does not say %q: %s", text, c.err.String())
		}
	}
}
