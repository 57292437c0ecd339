package test_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrations"
	"github.com/schemactl/schemactl/outbox"
)

// deployers is how many processes come at once.
const deployers = 16

// historyFiles reads what the history has as source/file.
const historyFiles = "SELECT concat(source, '/', file) FROM schemactl_history WHERE state = 'applied' AND direction = 'up' ORDER BY 1"

// rounds is how often a test with Soak in its name repeats its round.
func rounds(full int) int {
	if os.Getenv("SOAK") == "full" {
		return full
	}
	return 1
}

// Sixteen applications of a company are deployed for the first time in the same
// moment, each with the shared migrations and one more folder. All of them must
// succeed, and each migration must have run once: by what the processes say, by
// the tables that record it, and by the data.
func TestFirstDeploySoak(t *testing.T) {
	t.Parallel()
	for round := range rounds(25) {
		t.Run(fmt.Sprintf("round %d", round+1), func(t *testing.T) {
			t.Parallel()
			testenv.Databases(t, firstDeploy)
		})
	}
}

func firstDeploy(t *testing.T, url string) {
	takeTurn(t)
	source := tallySource(t)
	args := []string{"migrate", "up", "--output", "json", "--database-url", url, "--add-source", "tally=" + source, "--app"}
	var ran []string
	for i, r := range atOnce(t, deployers, func(i int) []string { return append(slices.Clip(args), fmt.Sprintf("app-%d", i)) }) {
		if r.code != 0 {
			t.Errorf("process %d: exit code %d: %s", i, r.code, r.stderr)
			continue
		}
		for _, a := range decode[appliedList](t, r.stdout).Applied {
			ran = append(ran, a.Source+"/"+a.File)
		}
	}
	want := allFiles(t, source)
	slices.Sort(ran)
	if diff := cmp.Diff(want, ran); diff != "" {
		t.Errorf("what the processes ran (-want +got):\n%s", diff)
	}
	db := open(t, url)
	if diff := cmp.Diff(want, lines(t, db, historyFiles)); diff != "" {
		t.Errorf("the history's rows (-want +got):\n%s", diff)
	}
	eachVersionOnce(t, db)
	tallyOnce(t, db)
	if db.Name() == "postgres" {
		same(t, db, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'idx_messages_status'::regclass", "true")
	}
	for _, table := range []string{"accounts", "messages", "payments", "outbox_events", "outbox_inbox", "tally"} {
		if !db.WithContext(t.Context()).Migrator().HasTable(table) {
			t.Errorf("table %s is missing", table)
		}
	}
	status := schemactl(t, "migrate", "status", "--check", "--database-url", url, "--add-source", "tally="+source).run(t)
	if status.code != 0 {
		t.Errorf("status --check: exit code %d: %s%s", status.code, status.stdout, status.stderr)
	}
}

// atOnce starts n processes of the command and lets them go together: each waits
// in a shell, ready, until the pipe that all of them have as their input closes.
func atOnce(t *testing.T, n int, args func(i int) []string) []result {
	t.Helper()
	results, _ := timed(t, n, args)
	return results
}

// timed is atOnce, and how long the last of them took.
func timed(t *testing.T, n int, args func(i int) []string) ([]result, time.Duration) {
	t.Helper()
	programs := make([]program, n)
	for i := range programs {
		programs[i] = schemactl(t, args(i)...)
	}
	return together(t, programs)
}

// together is timed for programs of any kind.
func together(t *testing.T, programs []program) ([]result, time.Duration) {
	t.Helper()
	n := len(programs)
	gate, opener, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	news, ready, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer news.Close() //nolint:errcheck // only read
	results := make([]result, n)
	var done sync.WaitGroup
	for i, p := range programs {
		p.path, p.args = "sh", append([]string{"-c", `echo >&3; exec 3>&-; read -r x; exec "$0" "$@"`, p.path}, p.args...)
		cmd := p.command(t)
		var stdout, stderr bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = gate, &stdout, &stderr, []*os.File{ready}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		done.Go(func() {
			if err := cmd.Wait(); err != nil {
				fmt.Fprintf(&stderr, "(%v)", err)
			}
			results[i] = result{stdout: stdout.String(), stderr: stderr.String(), code: cmd.ProcessState.ExitCode()}
		})
	}
	if err := errors.Join(gate.Close(), ready.Close()); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(news)
	for range n {
		if _, err := said.ReadString('\n'); err != nil {
			t.Fatalf("a process did not come to the start: %v", err)
		}
	}
	begin := time.Now()
	if err := opener.Close(); err != nil {
		t.Fatal(err)
	}
	done.Wait()
	return results, time.Since(begin)
}

// tallySource is a folder of migrations that move data: each would leave another
// result when it ran twice. One writes a message with a price while the shared
// migrations still keep it in cents, so that theirs has something to move.
func tallySource(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, statements := range map[string]string{
		"20260106000000_create_tally.sql": "-- +goose Up\nCREATE TABLE tally (id bigint NOT NULL, n bigint NOT NULL);\n" +
			"INSERT INTO tally (id, n) VALUES (1, 1);\n",
		"20260201000000_write_message.sql": "-- +goose Up\n" +
			"INSERT INTO accounts (display_name, created_at, updated_at) VALUES ('Ada', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP);\n" +
			"INSERT INTO messages (author_id, recipient_id, body, price_cents, created_at, updated_at) " +
			"SELECT id, id, 'hello', 450, created_at, updated_at FROM accounts;\n",
		"20260301000000_double_tally.sql": "-- +goose Up\nUPDATE tally SET n = n * 2;\n" +
			"INSERT INTO tally (id, n) SELECT count(*) + 1, 100 FROM tally;\n",
		"20260401000000_add_tally.sql": "-- +goose NO TRANSACTION\n-- +goose Up\n" +
			"INSERT INTO tally (id, n) SELECT count(*) + 1, 1000 FROM tally;\n",
	} {
		write(t, filepath.Join(dir, name), statements)
	}
	return dir
}

// tallyOnce checks that the data is what one run of each migration leaves.
func tallyOnce(t *testing.T, db *gorm.DB) {
	t.Helper()
	same(t, db, "SELECT id, n FROM tally ORDER BY id", "1 2", "2 100", "3 1000")
	same(t, db, "SELECT display_name FROM accounts", "Ada")
	same(t, db, "SELECT price_minor, currency, body FROM messages", "450 EUR hello")
}

// allFiles names every migration of the run as source/file, sorted.
func allFiles(t *testing.T, tally string) []string {
	t.Helper()
	outboxName, outboxFiles := outbox.Source()
	var names []string
	for _, s := range []struct {
		name, pattern string
		files         fs.FS
	}{{"shared", "sqlite/*.sql", migrations.FS}, {outboxName, "sqlite/*.sql", outboxFiles}, {"tally", "*.sql", os.DirFS(tally)}} {
		found, err := fs.Glob(s.files, s.pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("source %s has no files: %v", s.name, err)
		}
		for _, f := range found {
			names = append(names, s.name+"/"+filepath.Base(f))
		}
	}
	slices.Sort(names)
	return names
}

// eachVersionOnce checks goose's own tables.
func eachVersionOnce(t *testing.T, db *gorm.DB) {
	t.Helper()
	for _, table := range []string{"goose_db_version", "goose_db_version_outbox", "goose_db_version_tally"} {
		same(t, db, "SELECT version_id FROM "+table+" GROUP BY version_id HAVING count(*) <> 1")
		if len(lines(t, db, "SELECT version_id FROM "+table)) < 2 {
			t.Errorf("%s has no versions", table)
		}
	}
}
