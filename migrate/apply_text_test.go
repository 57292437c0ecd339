package migrate_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// On PostgreSQL a file's last statement, its record and the COMMIT are one text:
// what is recorded is the same as ever, whatever the names hold.
func TestRecordInText(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	name := `1_o'neil \ $$ -- é.sql`
	_, err := one(t, db, map[string]string{name: up("CREATE TABLE a (id integer);", "-- +goose StatementBegin\nSELECT pg_sleep(0.2) -- no end\n-- +goose StatementEnd")},
		migrate.WithApplication(`bill'); DROP TABLE a; --\`)).Up(t.Context())
	check(t, err)
	same(t, db, "SELECT file, application, state, statements, statements_done FROM schemactl_history",
		name+` bill'); DROP TABLE a; --\ applied 2 2`)
	same(t, db, `SELECT duration_us BETWEEN 200000 AND 60000000, abs(extract(epoch FROM updated_at - started_at) * 1000000 - duration_us) < 1000,
abs(extract(epoch FROM started_at - now())) < 60, (SELECT count(*) FROM a) FROM schemactl_history`, "true true true 0")
}

// Which part of that text failed is told apart, and nothing of the file stays.
func TestTextBlamed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		want, not  string
		lost       bool
		statement  int // 0 is none
	}{
		{"the statement", up("SELECT 1;", "INSERT INTO a VALUES (1 / 0);"), "division by zero", "record", false, 2},
		{"the end of the statement", up("-- +goose StatementBegin\nSELECT 'abc\n-- +goose StatementEnd"), "unterminated", "EXECUTE", false, 1},
		{"the statement's words", up("CREATE TABEL b (id integer);"), "2_b.sql:2: statement 1 of 1", "commit", false, 1},
		{"a later statement's words", up("SELECT 1;", "SELECT (;"), "2_b.sql:3: statement 2 of 2", "commit", false, 2},
		{"the lock, beside its own words", up("SELECT pg_advisory_unlock_all(), 'schemactl has lost its lock before version ', '22P02';"),
			"record the migration", "statement 1", true, 0},
		{"the record, which may not write", up("SET TRANSACTION READ ONLY;"), "record the migration", "statement 1", false, 0},
		{"the statement, though it names the record's table", up("DO $$ BEGIN RAISE 'schemactl_history is not mine'; END $$;"),
			"statement 1 of 1", "record the", false, 1},
		{"the lock", up("SELECT pg_advisory_unlock_all();"), "record the migration", "statement 1", true, 0},
		{"the record", up("DO $$ BEGIN EXECUTE 'DROP TABLE schemactl_' || 'history'; END $$;"), "record the migration", "statement 1", false, 0},
		{"the commit", up("INSERT INTO a VALUES (7);"), "commit: ", "statement 1", false, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, testenv.Postgres(t))
			set := map[string]string{"1_a.sql": up("CREATE TABLE a (id integer PRIMARY KEY, r integer DEFAULT 8 REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED);")}
			mustUp(t, one(t, db, set))
			set["2_b.sql"] = tt.text
			_, err := one(t, db, set).Up(t.Context())
			partial, ok := errors.AsType[*migrate.PartialError](err)
			if !ok || partial.Failed.Version != 2 || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), tt.not) ||
				errors.Is(err, migrate.ErrLockLost) != tt.lost {
				t.Fatalf("up: %v", err)
			}
			n := 0
			if failed, ok := errors.AsType[*migrate.StatementError](err); ok {
				n = failed.Statement
			}
			if n != tt.statement {
				t.Errorf("blamed statement %d, want %d: %v", n, tt.statement, err)
			}
			same(t, db, "SELECT version FROM schemactl_history", "1")
			same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1")
			same(t, db, "SELECT count(*) FROM a", "0")
		})
	}
}

// A migration may take the prepared statement away, before and in a file.
func TestTextDeallocated(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	mustUp(t, one(t, db, map[string]string{
		"1_a.sql": up("CREATE TABLE a (id integer);"),
		"2_b.sql": up("DEALLOCATE ALL;"),
		"3_c.sql": "-- +goose NO TRANSACTION\n" + up("DEALLOCATE ALL;"),
		"4_d.sql": up("INSERT INTO a VALUES (4);"),
		"5_e.sql": up("INSERT INTO a VALUES (5);", "DEALLOCATE ALL;"),
		"7_g.sql": up("CREATE TABLE b (n text);", "DEALLOCATE ALL;", "INSERT INTO b VALUES ('schemactl');"),
		"6_f.sql": up("INSERT INTO a VALUES (6);"),
	}))
	same(t, db, "SELECT id FROM a ORDER BY id", "4; 5; 6")
	same(t, db, "SELECT version FROM schemactl_history WHERE state = 'applied' ORDER BY id", "1; 2; 3; 4; 5; 6; 7")
}
