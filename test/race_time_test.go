package test_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
)

// raceFiles is how many migrations the processes race for.
const raceFiles = 50

// Sixteen processes and fifty migrations, on PostgreSQL with indexes that are
// built CONCURRENTLY among them, which wait for whoever waits inside the server.
// Nobody fails, nothing runs twice, and the last process is to be done soon after
// a run without any others would be: later by no more than twice what it takes to
// start sixteen processes that do nothing. That time is told and not judged: on
// a machine that others use, too, they decide about it.
func TestRaceTimeSoak(t *testing.T) {
	t.Parallel()
	for kind, database := range map[string]func(testing.TB) string{
		"sqlite": testenv.SQLite, "postgres": testenv.Postgres, "mariadb": testenv.MariaDB,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			takeTurn(t)
			var over []time.Duration
			for range rounds(10) {
				source := raceSource(t, kind)
				alone := raceOnce(t, database(t), source, 1)
				_, nothing := timed(t, deployers, func(int) []string { return []string{"version"} })
				together := raceOnce(t, database(t), source, deployers)
				t.Logf("one alone %v, %d processes that do nothing %v, the last of %d %v",
					alone, deployers, nothing, deployers, together)
				over = append(over, together-alone-2*nothing)
			}
			slices.Sort(over)
			t.Logf("the last one is done %v after what was aimed at, in the middle of %d rounds", over[len(over)/2], len(over))
		})
	}
}

// raceOnce lets n processes migrate an empty database, and checks what is there.
func raceOnce(t *testing.T, url, source string, n int) time.Duration {
	t.Helper()
	args := []string{"migrate", "up", "--output", "json", "--database-url", url, "--source", "race=" + source}
	results, took := timed(t, n, func(int) []string { return args })
	ran := 0
	for i, r := range results {
		if r.code != 0 {
			t.Fatalf("process %d: exit code %d: %s", i, r.code, r.stderr)
		}
		ran += len(decode[appliedList](t, r.stdout).Applied)
	}
	if ran != raceFiles {
		t.Errorf("%d migrations reported as applied, want %d", ran, raceFiles)
	}
	db := open(t, url)
	same(t, db, "SELECT count(*), count(DISTINCT file) FROM tally", fmt.Sprintf("%[1]d %[1]d", raceFiles))
	same(t, db, "SELECT count(*), count(DISTINCT version_id) FROM goose_db_version_race WHERE version_id > 0", fmt.Sprintf("%[1]d %[1]d", raceFiles))
	same(t, db, "SELECT count(*), count(DISTINCT version) FROM schemactl_history", fmt.Sprintf("%[1]d %[1]d", raceFiles))
	if db.Name() == "postgres" {
		same(t, db, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0")
	}
	return took
}

// raceSource has a table, and fifty files that each leave a row in it.
func raceSource(t *testing.T, kind string) string {
	t.Helper()
	dir := t.TempDir()
	for i := 1; i <= raceFiles; i++ {
		head, statements := "", []string{fmt.Sprintf("INSERT INTO tally (file) VALUES (%d);", i)}
		switch {
		case i == 1:
			statements = append([]string{"CREATE TABLE tally (file integer);"}, statements...)
		case i%10 == 0 && kind == "postgres":
			head = "-- +goose NO TRANSACTION\n"
			statements = append(statements, fmt.Sprintf("CREATE INDEX CONCURRENTLY tally_%d ON tally (file);", i))
		case i%3 == 0:
			statements = append(statements, fmt.Sprintf("CREATE TABLE t%d (id integer PRIMARY KEY);", i))
		}
		text := head + "-- +goose Up\n" + strings.Join(statements, "\n") + "\n"
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("2026%010d_step.sql", i)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
