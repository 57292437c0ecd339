package migrate_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// killRounds is how often a process is killed on each kind of database.
func killRounds() int {
	if os.Getenv("SOAK") == "full" {
		return 100
	}
	return 20
}

const killFiles = 14

// mortal is what the killed processes apply. Each file leaves its number in
// tally; on PostgreSQL some build and drop an index beside that.
func mortal(url string) migrate.Source {
	text := map[string]string{"1_create_tally.sql": up("CREATE TABLE tally (file integer);", "INSERT INTO tally VALUES (1);",
		"CREATE TABLE crowd (id integer, n integer);", "INSERT INTO crowd (id, n) WITH RECURSIVE r(i) AS "+
			"(SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < 900) SELECT i, i FROM r;")}
	postgres := strings.HasPrefix(url, "postgres")
	for i := 2; i <= killFiles; i++ {
		statements := []string{fmt.Sprintf("INSERT INTO tally VALUES (%d);", i)}
		head := ""
		switch {
		case postgres && i%3 == 0:
			head, statements = "-- +goose NO TRANSACTION\n", []string{
				fmt.Sprintf("CREATE INDEX CONCURRENTLY crowd_%d ON crowd (n);", i), statements[0]}
		case postgres && i%3 == 1:
			head, statements = "-- +goose NO TRANSACTION\n", []string{statements[0],
				fmt.Sprintf("DROP INDEX CONCURRENTLY IF EXISTS crowd_%d;", i-1)}
		default:
			statements = append(statements, fmt.Sprintf("CREATE TABLE t%d (id integer);", i))
		}
		text[fmt.Sprintf("%d_step.sql", i)] = head + up(statements...)
	}
	return migrate.NewSource("shared", files(text))
}

// A process is killed at any moment of its run, again and again, and another
// goes on. Nothing is done twice. Whole transactions, and indexes built or
// dropped CONCURRENTLY, need nobody's help; on MariaDB, whose data definition
// cannot be undone, a run may stop and say what to look at.
func TestKilled(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(testing.TB) string{"sqlite": testenv.SQLite, "postgres": testenv.Postgres, "mariadb": testenv.MariaDB}
	for kind, database := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			killed, doubts := 0, 0
			whole := lasts(t, database(t))
			for range killRounds() {
				url := database(t)
				k, d := killRound(t, url, rand.N(whole))
				killed, doubts = killed+k, doubts+d
			}
			t.Logf("%d of %d were killed in time, %d stopped for a person; a whole run takes %v", killed, killRounds(), doubts, whole)
			if doubts > 0 && kind != "mariadb" {
				t.Errorf("%d runs stopped for a person, want none", doubts)
			}
		})
	}
}

// lasts measures a run that is left alone.
func lasts(t *testing.T, url string) time.Duration {
	t.Helper()
	p := start(t, url, "MIGRATE_TEST_MORTAL=1")
	begin := time.Now()
	check(t, p.stdin.Close())
	n, err := p.applied()
	check(t, err)
	if n != killFiles {
		t.Fatalf("%d files applied, want %d", n, killFiles)
	}
	return time.Since(begin)
}

func killRound(t *testing.T, url string, after time.Duration) (killed, doubts int) {
	t.Helper()
	p := start(t, url, "MIGRATE_TEST_MORTAL=1")
	check(t, p.stdin.Close())
	time.Sleep(after)
	_ = p.cmd.Process.Kill() // it may have ended by itself
	if _, err := p.applied(); err != nil {
		killed = 1
	}
	db := open(t, url)
	m := migrator(t, db, []migrate.Source{mortal(url)})
	for try := 0; ; try++ {
		_, err := m.Up(t.Context())
		half, ok := errors.AsType[*migrate.HalfDoneError](err)
		if !ok {
			check(t, err)
			break
		}
		if try > 0 {
			t.Fatalf("it stopped a second time: %v", err)
		}
		doubts++
		done := half.Done
		if db.Migrator().HasTable(fmt.Sprintf("t%d", half.Migration.Version)) {
			done = half.InDoubt
		}
		if half.Migration.Version == 1 {
			return killed, doubts // which of its tables are there is another story
		}
		check(t, m.Repair(t.Context(), repairOf(half, done)))
	}
	once(t, db)
	return killed, doubts
}

func repairOf(half *migrate.HalfDoneError, done int) migrate.RepairRequest {
	if done == 0 {
		return migrate.RepairRequest{Source: "shared", Version: half.Migration.Version, Undone: true}
	}
	return migrate.RepairRequest{Source: "shared", Version: half.Migration.Version, Done: &done}
}

// once fails when a file has been left out or has run twice.
func once(t *testing.T, db *gorm.DB) {
	t.Helper()
	var want, rows []string
	for i := range killFiles {
		want, rows = append(want, fmt.Sprint(i+1)), append(rows, fmt.Sprint(i+1))
	}
	same(t, db, "SELECT file FROM tally ORDER BY file", strings.Join(want, "; "))
	same(t, db, "SELECT version_id FROM goose_db_version WHERE version_id > 0 ORDER BY id", strings.Join(rows, "; "))
	if db.Name() == "postgres" {
		same(t, db, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0")
		same(t, db, "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'crowd%'", "0")
	}
}
