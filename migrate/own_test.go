package migrate_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

const (
	noTx     = "-- +goose NO TRANSACTION\n"
	progress = "SELECT state, statements, statements_started, statements_done FROM schemactl_history"
)

// A statement whose COMMIT the database refuses has not taken effect, and the
// next run does it.
func TestCommitRefused(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		if db.Name() == "mysql" {
			return // it checks every constraint at once
		}
		exec1(t, db, "CREATE TABLE parent (id int PRIMARY KEY)")
		exec1(t, db, "CREATE TABLE child (pid int REFERENCES parent(id) DEFERRABLE INITIALLY DEFERRED)")
		m := one(t, db, map[string]string{"1_fill.sql": noTx + up(
			"INSERT INTO parent VALUES (1);", "INSERT INTO child VALUES (7);", "CREATE TABLE after_it (id int);")})
		if _, err := m.Up(t.Context()); err == nil {
			t.Fatal("up: no error")
		}
		same(t, db, progress, "failed 3 1 1")
		exec1(t, db, "INSERT INTO parent VALUES (7)")
		mustUp(t, m)
		same(t, db, "SELECT pid FROM child", "7")
	})
}

// What a file's own transaction, or a statement that commits on its way, has
// done is not done again after a lock timeout.
func TestCommitsOnItsWay(t *testing.T) {
	t.Parallel()
	block := func(body string) string {
		return "-- +goose StatementBegin\n" + body + "\n-- +goose StatementEnd"
	}
	cases := map[string]struct{ dialect, file, log, progress string }{
		"do": {"postgres", noTx + up(block("DO $$ BEGIN INSERT INTO log VALUES (1); COMMIT; UPDATE busy SET n = 3; END $$;")),
			"1", "running 1 1 0"},
		"call postgres":  {"postgres", noTx + up("CALL fill();"), "1", "running 1 1 0"},
		"call mysql":     {"mysql", up("CALL fill();"), "1", "running 1 1 0"},
		"commit in file": {"postgres", up("INSERT INTO log VALUES (1);", "COMMIT;", "UPDATE busy SET n = 3;"), "1", "failed 3 2 2"},
		"several at once": {"postgres", up(block("INSERT INTO log VALUES (1); COMMIT; UPDATE busy SET n = 3;")),
			"1", "running 1 1 0"},
		"own transaction": {"postgres", up("BEGIN;", "INSERT INTO log VALUES (1);", "UPDATE busy SET n = 3;", "COMMIT;"), "", ""},
		"own transaction on mysql": {"mysql", noTx + up("CREATE TABLE x (id int);", "START TRANSACTION;", "INSERT INTO log VALUES (1);",
			"UPDATE busy SET n = 3;", "COMMIT;"), "", "failed 5 1 1"},
	}
	testenv.Databases(t, func(t *testing.T, url string) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				db := open(t, another(t, url))
				if db.Name() != c.dialect {
					return
				}
				exec1(t, db, "CREATE TABLE log (n int)")
				exec1(t, db, "CREATE TABLE busy (n int)")
				exec1(t, db, "INSERT INTO busy VALUES (1)")
				as := ""
				body := "BEGIN INSERT INTO log VALUES (1); COMMIT; UPDATE busy SET n = 3; END"
				if db.Name() == "postgres" {
					as, body = "LANGUAGE plpgsql AS ", "$$ "+body+" $$"
				}
				exec1(t, db, "CREATE PROCEDURE fill() "+as+body)
				tx := db.WithContext(t.Context()).Begin()
				check(t, tx.Exec("UPDATE busy SET n = 2").Error)
				m := one(t, db, map[string]string{"1_fill.sql": c.file}, migrate.WithLockTimeout(300*time.Millisecond), migrate.WithLockRetries(2))
				_, err := m.Up(t.Context())
				check(t, tx.Rollback().Error)
				if err == nil {
					t.Fatal("up beside a lock: no error")
				}
				same(t, db, "SELECT n FROM log", c.log)
				same(t, db, progress, c.progress)
				_, err = m.Up(t.Context())
				if doubt := strings.HasPrefix(c.progress, "running"); doubt != errors.Is(err, migrate.ErrHalfDone) || !doubt && err != nil {
					t.Errorf("up again: %v", err)
				}
				same(t, db, "SELECT n FROM log", "1")
			})
		}
	})
}

// A deadlock inside a file's own transaction undoes what it had done before:
// nothing of it is lost, and the next run does all of it.
func TestDeadlockInside(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.MariaDB(t))
	exec1(t, db, "CREATE TABLE y (id int)")
	exec1(t, db, "CREATE TABLE x (id int PRIMARY KEY, n int)")
	exec1(t, db, "INSERT INTO x SELECT seq, 0 FROM seq_1_to_2000")
	tx := db.WithContext(t.Context()).Begin()
	check(t, tx.Exec("UPDATE x SET n = n + 5 WHERE id > 100").Error)
	blocked := make(chan error, 1)
	m := one(t, db, map[string]string{"1_fill.sql": noTx + up("START TRANSACTION;", "INSERT INTO y VALUES (1);",
		"UPDATE x SET n = 1 WHERE id = 1;", "UPDATE x SET n = 1 WHERE id = 2000;", "COMMIT;")},
		migrate.WithProgress(func(p migrate.Progress) {
			if p.Phase == migrate.PhaseStatement && p.Statement == 4 {
				go func() { blocked <- tx.Exec("UPDATE x SET n = n + 5 WHERE id = 1").Error }()
				eventually(t, "the other's wait", func() bool {
					// Not innodb_trx: its view stands still while it is read often. One row is
					// updated at once unless it is locked.
					return query(t, db, "SELECT count(*) FROM information_schema.processlist WHERE time_ms > 100 AND state = 'Updating' "+
						"AND info LIKE 'UPDATE x SET n = n + 5 WHERE id = 1' AND db = database()") != "0"
				})
			}
		}))
	_, err := m.Up(t.Context())
	if err == nil || !strings.Contains(err.Error(), "1213") {
		t.Fatalf("up: %v, want a deadlock", err)
	}
	check(t, <-blocked)
	check(t, tx.Commit().Error)
	same(t, db, "SELECT count(*) FROM schemactl_history", "0")
	mustUp(t, one(t, db, map[string]string{"1_fill.sql": noTx + up("START TRANSACTION;", "INSERT INTO y VALUES (1);",
		"UPDATE x SET n = 1 WHERE id = 1;", "UPDATE x SET n = 1 WHERE id = 2000;", "COMMIT;")}))
	same(t, db, "SELECT id FROM y", "1")
	same(t, db, "SELECT n FROM x WHERE id IN (1, 2000)", "1; 1")
}

// A file may have table locks and transactions of its own, as dumps have.
func TestOwnLocks(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.MariaDB(t))
	text := map[string]string{"1_dump.sql": up("CREATE TABLE x (id int PRIMARY KEY);", "LOCK TABLES x WRITE;",
		"/*!40000 ALTER TABLE x DISABLE KEYS */;", "INSERT INTO x VALUES (1);", "UNLOCK TABLES;",
		"SET autocommit=0;", "INSERT INTO x VALUES (2);", "COMMIT;")}
	mustUp(t, one(t, db, text))
	same(t, db, "SELECT id FROM x ORDER BY id", "1; 2")
	same(t, db, progress, "applied 8 8 8")

	text["2_more.sql"] = up("LOCK TABLES x WRITE;", "INSERT INTO x VALUES (3);", "INSERT INTO x VALUES (3);", "UNLOCK TABLES;")
	_, err := one(t, db, text).Up(t.Context())
	if failed, ok := errors.AsType[*migrate.StatementError](err); !ok || failed.InDoubt != 4 || !strings.Contains(err.Error(), "statements 1 to 4") {
		t.Fatalf("up: %v, want all four in doubt", err)
	}
	same(t, db, progress+" WHERE version = 2", "running 4 4 0")
	_, err = one(t, db, text).Up(t.Context())
	half, ok := errors.AsType[*migrate.HalfDoneError](err)
	if !ok || half.InDoubt != 1 {
		t.Fatalf("up again: %v, want a HalfDoneError", err)
	}
}

// A transaction without an end would swallow the record.
func TestOwnTransactionWithoutEnd(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		_, err := one(t, db, map[string]string{"1_a.sql": noTx + up("CREATE TABLE a (id int);", "BEGIN;", "INSERT INTO a VALUES (1);")}).Up(t.Context())
		if !errors.Is(err, migrate.ErrSource) || !strings.Contains(err.Error(), "statement 2 begins a transaction") {
			t.Errorf("up: %v, want a SourceError", err)
		}
		mustUp(t, one(t, db, map[string]string{"1_a.sql": noTx + up("CREATE TABLE a (id int);", "BEGIN;", "INSERT INTO a VALUES (1);", "COMMIT;")}))
		same(t, db, "SELECT id FROM a", "1")
	})
}

// What the error prints to record a file that was finished by hand does so.
func TestFinishedByHand(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		file := noTx + up("CREATE TABLE a (id int);", "CREATE TABLE b (id int);", "INSERT INTO missing VALUES (1);") +
			"-- +goose Down\nDROP TABLE b;\nDROP TABLE missing;\n"
		other := strings.NewReplacer("a (id int)", "a (id bigint)", "TABLE b;", "TABLE  b;")
		mend := func(m *migrate.Migrator, err error) {
			t.Helper()
			half, ok := errors.AsType[*migrate.HalfDoneError](err)
			if !ok || !strings.HasSuffix(half.Mend, "record that: schemactl migrate repair shared 1 --applied") {
				t.Fatalf("error %v, want a HalfDoneError that names the repair", err)
			}
			check(t, m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 1, Applied: true}))
		}
		m, edited := one(t, db, map[string]string{"1_a.sql": file}), one(t, db, map[string]string{"1_a.sql": other.Replace(file)})
		if _, err := m.Up(t.Context()); err == nil {
			t.Fatal("up: no error")
		}
		mend(m, second(edited.Up(t.Context())))
		diff(t, "up", []string(nil), names(mustUp(t, m).Applied))
		same(t, db, progress+" ORDER BY id", "failed 3 2 2; applied 3 3 3")
		same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1")

		if _, err := m.Down(t.Context(), migrate.DownOptions{}); err == nil {
			t.Fatal("down: no error")
		}
		mend(m, second(edited.Down(t.Context(), migrate.DownOptions{})))
		same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0")
		pending, err := m.Pending(t.Context())
		check(t, err)
		if len(pending) != 1 {
			t.Errorf("pending %v, want the file", pending)
		}
	})
}

// Secrets that were put into a file reach neither errors nor the history.
func TestSecrets(t *testing.T) {
	t.Setenv("MIGRATE_TEST_SECRET", "s3cret-pw-of-the-app")
	for _, statement := range []string{
		"CREATE ROLE a LOGIN PASSWORD '${MIGRATE_TEST_SECRET}' NONSENSE;",
		"CREATE NONSENSE '${MIGRATE_TEST_SECRET}';",
		"INSERT INTO missing VALUES ('${MIGRATE_TEST_SECRET}', 'it''s');",
		"SELECT CAST('${MIGRATE_TEST_SECRET}' AS integer), missing FROM missing;",
		"'${MIGRATE_TEST_SECRET}';",
		"CREATE USER a PASSWORD '${MIGRATE_TEST_SECRET}'", // no semicolon
	} {
		testenv.Databases(t, func(t *testing.T, url string) {
			db := open(t, url)
			_, err := one(t, db, map[string]string{"1_a.sql": noTx + "-- +goose ENVSUB ON\n" + up("CREATE TABLE a (id int);", statement)}).Up(t.Context())
			if err == nil {
				t.Fatal("up: no error")
			}
			text := err.Error()
			if db.Migrator().HasTable("schemactl_history") {
				text += query(t, db, "SELECT message FROM schemactl_history")
			}
			if strings.Contains(text, "s3cre") {
				t.Errorf("the secret is in %q", text)
			}
		})
	}
}
