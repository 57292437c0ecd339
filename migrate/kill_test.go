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
// tally. On PostgreSQL some build and drop an index beside that, outside of a
// transaction; on MariaDB each third defines a table in many steps.
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
		case strings.HasPrefix(url, "mysql") && i%3 == 0:
			statements = defining(i)
		case postgres && i%2 == 0:
			head = "-- +goose NO TRANSACTION\n"
			fallthrough
		default:
			statements = append(statements, fmt.Sprintf("CREATE TABLE t%d (id integer);", i))
		}
		text[fmt.Sprintf("%d_step.sql", i)] = head + up(statements...)
	}
	return migrate.NewSource("shared", files(text))
}

// defining are statements of each kind whose effect the catalogue shows, on
// tables that hold rows. They leave a table, a view and a routine of the file's.
func defining(i int) []string {
	text := []string{
		"CREATE TABLE a%[1]d (id integer, gone integer);",
		"CREATE TABLE b%[1]d LIKE a%[1]d;",
		"INSERT INTO a%[1]d SELECT id, n FROM crowd;",
		"ALTER TABLE a%[1]d ADD COLUMN n integer NOT NULL DEFAULT 7, ADD INDEX by_n (n), ALGORITHM=COPY;",
		"ALTER TABLE a%[1]d DROP COLUMN gone;",
		"INSERT INTO tally VALUES (%[1]d);",
		"CREATE INDEX by_id ON a%[1]d (id);",
		"RENAME TABLE a%[1]d TO t%[1]d;",
		"ALTER TABLE t%[1]d MODIFY COLUMN n bigint NOT NULL DEFAULT 7, ALGORITHM=COPY;",
		"CREATE VIEW v%[1]d AS SELECT id FROM t%[1]d;",
		"CREATE OR REPLACE VIEW v%[1]d AS SELECT n FROM t%[1]d;",
		"CREATE FUNCTION f%[1]d() RETURNS integer DETERMINISTIC RETURN %[1]d;",
		"ALTER TABLE t%[1]d ADD CONSTRAINT positive CHECK (id > 0);",
		"DROP INDEX by_n ON t%[1]d;",
		"DROP TABLE b%[1]d;",
	}
	for n := range text {
		text[n] = fmt.Sprintf(text[n], i)
	}
	return text
}

// A process is killed at any moment of its run, again and again, and another
// goes on. Nothing is done twice, and nobody's help is needed, also not where
// data definition cannot be undone and only the catalogue tells.
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
			if doubts > 0 {
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
	_, err := m.Up(t.Context())
	if errors.Is(err, migrate.ErrHalfDone) {
		t.Logf("stopped: %v", err)
		return killed, 1
	}
	check(t, err)
	once(t, db)
	return killed, 0
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
	switch db.Name() {
	case "mysql":
		defined(t, db)
	case "postgres":
		same(t, db, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", "0")
		same(t, db, "SELECT count(*) FROM pg_indexes WHERE indexname LIKE 'crowd%'", "0")
	}
}

// defined fails when one of the statements of defining has been left out.
func defined(t *testing.T, db *gorm.DB) {
	t.Helper()
	const here = " WHERE table_schema = DATABASE() AND table_name REGEXP '^[abtv](3|6|9|12)$'"
	n := fmt.Sprint(killFiles / 3)
	for text, want := range map[string]string{
		"SELECT LEFT(table_name, 1), count(*) FROM information_schema.tables" + here + " GROUP BY 1 ORDER BY 1": "t " + n + "; v " + n,
		"SELECT column_name, data_type, count(*) FROM information_schema.columns" + here + " GROUP BY 1, 2 ORDER BY 1, 2"://
		"id int " + n + "; n bigint " + fmt.Sprint(2*(killFiles/3)),
		"SELECT index_name, count(*) FROM information_schema.statistics" + here + " GROUP BY 1":             "by_id " + n,
		"SELECT constraint_name, count(*) FROM information_schema.table_constraints" + here + " GROUP BY 1": "positive " + n,
		"SELECT count(*) FROM information_schema.routines WHERE routine_schema = DATABASE()":                n,
	} {
		same(t, db, text, want)
	}
	for i := 3; i <= killFiles; i += 3 {
		same(t, db, fmt.Sprintf("SELECT count(*), sum(n) FROM t%d", i), "900 6300")
	}
}
