package migrate_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// A file that the database refuses leaves nothing, and the error says where.
func TestRefusedStatement(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := map[string]string{
			"1_create_a.sql": up("CREATE TABLE a (id integer);"),
			"2_fill_a.sql":   "-- +goose Up\nINSERT INTO a (id) VALUES (1);\n\n-- the mistake\nINSERT INTO a (id) VALUSE (2);\n",
			"3_create_b.sql": up("CREATE TABLE b (id integer);"),
		}
		result, err := one(t, db, text).Up(t.Context())
		partial, ok := errors.AsType[*migrate.PartialError](err)
		if !ok {
			t.Fatalf("error %v, want a PartialError", err)
		}
		diff(t, "applied", []string{"up shared/1_create_a.sql"}, names(partial.Applied))
		diff(t, "result", partial.Applied, result.Applied)
		diff(t, "failed", "shared/2_fill_a.sql", partial.Failed.String())
		statement, ok := errors.AsType[*migrate.StatementError](err)
		if !ok {
			t.Fatalf("cause %v, want a StatementError", err)
		}
		if statement.Line != 5 || statement.Statement != 2 || statement.Excerpt != "INSERT INTO a (id) VALUSE (2);" || statement.Done != 0 {
			t.Errorf("statement %+v, want the second, in line 5", statement)
		}
		for _, want := range []string{"shared/2_fill_a.sql:5", "statement 2 of 2", "VALUSE", "syntax", "1 applied before"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not say %q", err, want)
			}
		}
		same(t, db, "SELECT id FROM a", "")
		same(t, db, "SELECT version FROM schemactl_history", "1")
		text["2_fill_a.sql"] = strings.Replace(text["2_fill_a.sql"], "VALUSE", "VALUES", 1)
		diff(t, "mended", []string{"up shared/2_fill_a.sql", "up shared/3_create_b.sql"}, names(mustUp(t, one(t, db, text)).Applied))
		same(t, db, "SELECT id FROM a ORDER BY id", "1; 2")
	})
}

// Files that goose cannot read are all listed, and nothing runs.
func TestFilesThatDoNotParse(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		m := one(t, db, map[string]string{
			"1_create_a.sql": up("CREATE TABLE a (id integer);"),
			"2_no_mark.sql":  "CREATE TABLE b (id integer);\n",
			"3_no_end.sql":   "-- +goose Up\nCREATE TABLE c (id integer)\n",
		})
		for what, err := range map[string]error{"up": second(m.Up(t.Context())), "validate": m.Validate(t.Context())} {
			problems, ok := errors.AsType[*migrate.SourceError](err)
			if !ok || len(problems.Problems) != 2 || !strings.Contains(err.Error(), "2_no_mark.sql") || !strings.Contains(err.Error(), "3_no_end.sql") {
				t.Errorf("%s: %v, want both files named", what, err)
			}
		}
		if db.Migrator().HasTable("a") {
			t.Error("the first file has run")
		}
	})
}

func second[T any](_ T, err error) error { return err }

// A file without a transaction stops in its middle. What is done is recorded,
// and the next run goes on behind it.
func TestResume(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		file := "-- +goose NO TRANSACTION\n" + up(
			"CREATE TABLE a (id integer);", "INSERT INTO a (id) VALUES (1);", "INSERT INTO missing (id) VALUES (2);",
			"INSERT INTO a (id) VALUES (3);")
		text := map[string]string{"1_create_a.sql": file}
		_, err := one(t, db, text).Up(t.Context())
		statement, ok := errors.AsType[*migrate.StatementError](err)
		if !ok || statement.Done != 2 || !strings.Contains(err.Error(), "statements 1 to 2 are done") {
			t.Fatalf("error %v, want a StatementError with two done", err)
		}
		same(t, db, "SELECT version_id FROM goose_db_version", "0")
		same(t, db, "SELECT state, statements, statements_started, statements_done FROM schemactl_history", "failed 4 2 2")
		status, err := one(t, db, text).Status(t.Context())
		check(t, err)
		diff(t, "status", []string{"1 create_a partial"}, lines(status))

		// What is done must still be what the file says.
		text["1_create_a.sql"] = strings.Replace(file, "VALUES (1)", "VALUES (11)", 1)
		_, err = one(t, db, text).Up(t.Context())
		if half, ok := errors.AsType[*migrate.HalfDoneError](err); !ok || half.Done != 2 || half.InDoubt != 0 {
			t.Errorf("up of another beginning: %v, want a HalfDoneError", err)
		}
		text["1_create_a.sql"] = strings.Replace(file, "missing", "a", 1)
		mustUp(t, one(t, db, text))
		same(t, db, "SELECT id FROM a ORDER BY id", "1; 2; 3")
		same(t, db, "SELECT state, statements, statements_started, statements_done FROM schemactl_history", "applied 4 4 4")
		same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1")
	})
}

// A file that defines tables is not rolled back on MySQL.
func TestHalfDoneDefinition(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := map[string]string{"1_create_all.sql": up(
			"CREATE TABLE a (id integer);", "CREATE TABLE b (id integer, id integer);", "CREATE TABLE c (id integer);")}
		_, err := one(t, db, text).Up(t.Context())
		if !errors.As(err, new(*migrate.PartialError)) {
			t.Fatalf("error %v, want a PartialError", err)
		}
		left := db.Migrator().HasTable("a")
		if want := db.Name() == "mysql"; left != want {
			t.Errorf("table a is left: %v, want %v", left, want)
		}
		text["1_create_all.sql"] = strings.Replace(text["1_create_all.sql"], "id integer, id integer", "id integer", 1)
		mustUp(t, one(t, db, text))
		for _, table := range []string{"a", "b", "c"} {
			if !db.Migrator().HasTable(table) {
				t.Errorf("table %s is missing", table)
			}
		}
	})
}

// A run that ended inside a statement is not continued, because the statement
// may have taken effect; the error says how to mend it, and that works.
func TestInDoubt(t *testing.T) {
	t.Parallel()
	for _, tookEffect := range []bool{true, false} {
		testenv.Databases(t, func(t *testing.T, url string) {
			db := open(t, url)
			text := map[string]string{"1_create_all.sql": "-- +goose NO TRANSACTION\n" + up(
				"CREATE TABLE a (id integer);", "CREATE TABLE b (id integer);", "BROKEN;")}
			if _, err := one(t, db, text).Up(t.Context()); err == nil {
				t.Fatal("up of a broken file: no error")
			}
			// This is what a killed process leaves behind during statement 2.
			sum := sha256.Sum256([]byte("28:CREATE TABLE a (id integer);\n"))
			exec1(t, db, "UPDATE schemactl_history SET state = 'running', statements_started = 2, statements_done = 1, prefix_checksum = '"+
				hex.EncodeToString(sum[:])+"'")
			if !tookEffect {
				exec1(t, db, "DROP TABLE b")
			}
			text["1_create_all.sql"] = strings.Replace(text["1_create_all.sql"], "BROKEN;", "CREATE TABLE c (id integer);", 1)
			_, err := one(t, db, text).Up(t.Context())
			half, ok := errors.AsType[*migrate.HalfDoneError](err)
			if !ok || !errors.Is(err, migrate.ErrHalfDone) || half.Done != 1 || half.InDoubt != 2 {
				t.Fatalf("error %v, want a HalfDoneError about statement 2", err)
			}
			n, command := 1, "if not: schemactl migrate repair shared 1 --done 1;"
			if tookEffect {
				n, command = 2, "if so: schemactl migrate repair shared 1 --done 2;"
			}
			if !strings.Contains(err.Error(), command) {
				t.Fatalf("%q does not say %q", err, command)
			}
			m := one(t, db, text, migrate.WithApplication("mender"))
			check(t, m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 1, Done: &n}))
			if got := query(t, db, "SELECT message FROM schemactl_history WHERE id = 1"); !strings.HasPrefix(got, "repair --done ") || !strings.Contains(got, " by mender on ") {
				t.Errorf("history says %q", got)
			}
			mustUp(t, one(t, db, text))
			if !db.Migrator().HasTable("b") || !db.Migrator().HasTable("c") {
				t.Error("tables are missing")
			}
		})
	}
}

// An ended context stops between two statements and frees the lock.
func TestCancel(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		text := map[string]string{
			"1_create_a.sql": up("CREATE TABLE a (id integer);"),
			"2_fill_a.sql":   up("INSERT INTO a (id) VALUES (1);", "INSERT INTO a (id) VALUES (2);"),
		}
		m := one(t, db, text, migrate.WithProgress(func(p migrate.Progress) {
			if p.Migration.Version == 2 && p.Statement == 2 {
				cancel()
			}
		}))
		_, err := m.Up(ctx)
		partial, ok := errors.AsType[*migrate.PartialError](err)
		if !ok || !errors.Is(err, context.Canceled) || len(partial.Applied) != 1 {
			t.Fatalf("error %v, want a PartialError with one applied and the context's error", err)
		}
		same(t, db, "SELECT id FROM a", "")
		begin := time.Now()
		diff(t, "afterwards", []string{"up shared/2_fill_a.sql"}, names(mustUp(t, one(t, db, text)).Applied))
		if d := time.Since(begin); d > 5*time.Second {
			t.Errorf("the next up took %v: the lock was not freed", d)
		}
	})
}

// A table that someone else keeps locked makes the file try again.
func TestLockTimeout(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := map[string]string{"1_create_a.sql": up("CREATE TABLE a (id integer);")}
		mustUp(t, one(t, db, text))
		tx := db.WithContext(t.Context()).Begin()
		check(t, tx.Exec("INSERT INTO a (id) VALUES (1)").Error)
		tried := 0
		text["2_add_name.sql"] = up("ALTER TABLE a ADD COLUMN name varchar(10);")
		m := one(t, db, text, migrate.WithLockTimeout(time.Second), migrate.WithProgress(func(p migrate.Progress) {
			if p.Phase == migrate.PhaseStatement {
				if tried++; tried == 2 {
					check(t, tx.Rollback().Error)
				}
			}
		}))
		if db.Name() == "sqlite" {
			// The whole database is locked there, the lock's file is not.
			_, err := one(t, db, text, migrate.WithLockTimeout(50*time.Millisecond), migrate.WithLockRetries(1)).Up(t.Context())
			if err == nil || !strings.Contains(err.Error(), "database is locked") {
				t.Errorf("up beside a writer: %v, want SQLite's own words", err)
			}
			check(t, tx.Rollback().Error)
			mustUp(t, m)
			return
		}
		mustUp(t, m)
		if tried < 2 {
			t.Errorf("tried %d times, want the second to succeed", tried)
		}
	})
}
