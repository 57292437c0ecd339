package migrate_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// ground is what the statements in doubt find.
var ground = up("CREATE TABLE log (n int);", "CREATE TABLE p (id int PRIMARY KEY);", "INSERT INTO p VALUES (1), (2);",
	"CREATE TABLE t (id int, a int, b int, KEY by_a (a), CONSTRAINT small CHECK (b < 100), CONSTRAINT uniq UNIQUE (b), "+
		"CONSTRAINT parent FOREIGN KEY (id) REFERENCES p (id));", "INSERT INTO t VALUES (1, 2, 3);", "CREATE TABLE empty (id int);", "CREATE TABLE keyed (id int PRIMARY KEY);",
	"CREATE VIEW v AS SELECT id FROM keyed;", "CREATE TRIGGER tr BEFORE INSERT ON empty FOR EACH ROW SET NEW.id = 1;",
	"CREATE PROCEDURE pr() SELECT 1;", "CREATE FUNCTION f() RETURNS int RETURN 1;", "CREATE TABLE parts (id int) PARTITION BY HASH (id) PARTITIONS 4;")

// change is a file whose second statement a run is to end at.
func change(statement string) map[string]string {
	return map[string]string{"1_ground.sql": ground, "2_change.sql": up("INSERT INTO log VALUES (1);",
		"-- +goose StatementBegin\n"+statement+"\n-- +goose StatementEnd", "INSERT INTO log VALUES (2);")}
}

// ends runs a change whose session the server ends before statement n. For the
// third the row is as it was until the moment after the second.
func ends(t *testing.T, db *gorm.DB, text map[string]string, n int) {
	t.Helper()
	mustUp(t, one(t, db, map[string]string{"1_ground.sql": ground}))
	row := "SELECT CONCAT_WS(' ', prefix_checksum, message) FROM schemactl_history WHERE version = 2"
	begun := ""
	_, err := one(t, db, text, migrate.WithProgress(func(p migrate.Progress) {
		if p.Phase == migrate.PhaseStatement && p.Statement == 2 {
			begun = query(t, db, row)
		}
		if p.Phase != migrate.PhaseStatement || p.Statement != n {
			return
		}
		const holder = "SELECT IS_USED_LOCK(CONCAT('schemactl.migrate.', DATABASE()))"
		exec1(t, db, "KILL "+query(t, db, holder))
		eventually(t, "the session's end", func() bool { return query(t, db, holder) == "" })
	})).Up(t.Context())
	if err == nil {
		t.Fatal("up of an ended session: no error")
	}
	if n == 3 {
		same(t, db, progress+" WHERE version = 2", "running 3 2 2")
		sum, note, _ := strings.Cut(begun, " ")
		check(t, db.WithContext(t.Context()).Exec("UPDATE schemactl_history SET statements_done = 1, prefix_checksum = ?, message = ? WHERE version = 2",
			sum, note).Error)
	}
	same(t, db, progress+" WHERE version = 2", "running 3 2 1")
}

// resumed are the statements that an up runs.
func resumed(t *testing.T, db *gorm.DB, text map[string]string) (ran []int, err error) {
	t.Helper()
	_, err = one(t, db, text, migrate.WithProgress(func(p migrate.Progress) {
		if p.Phase == migrate.PhaseStatement {
			ran = append(ran, p.Statement)
		}
	})).Up(t.Context())
	return ran, err
}

// catalogue is what information_schema has of a database.
func catalogue(t *testing.T, db *gorm.DB) string {
	t.Helper()
	var out []string
	for _, q := range []string{
		"table_name, table_type, table_comment, table_collation, create_options FROM information_schema.tables WHERE table_schema = DATABASE()",
		"table_name, column_name, ordinal_position, column_default, column_type FROM information_schema.columns WHERE table_schema = DATABASE()",
		"table_name, index_name, column_name, seq_in_index, non_unique FROM information_schema.statistics WHERE table_schema = DATABASE()",
		"table_name, constraint_name, constraint_type FROM information_schema.table_constraints WHERE table_schema = DATABASE()",
		"table_name, REPLACE(view_definition, DATABASE(), ''), is_updatable FROM information_schema.views WHERE table_schema = DATABASE()",
		"trigger_name, event_object_table, action_statement FROM information_schema.triggers WHERE trigger_schema = DATABASE()",
		"routine_name, routine_type, routine_definition FROM information_schema.routines WHERE routine_schema = DATABASE()",
	} {
		out = append(out, strings.ReplaceAll(query(t, db, "SELECT "+q+" ORDER BY 1, 2, 3"), "; ", "\n"))
	}
	return strings.Join(out, "\n")
}

// A run ends just before or just after a statement of data definition that
// commits by itself. The next one goes on by itself: it runs what was not done,
// and does not run again what was.
func TestDefinitionInDoubt(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS n (id int)", "CREATE TABLE n LIKE t", "DROP TABLE empty", "DROP TABLE IF EXISTS empty, parts",
		"RENAME TABLE t TO x, empty TO y", "ALTER TABLE empty RENAME n",
		"ALTER TABLE t ADD n int FIRST, MODIFY a bigint AFTER b, ADD INDEX (a, b)", "ALTER TABLE t DROP COLUMN a",
		"ALTER TABLE t CHANGE a n bigint", "ALTER TABLE t RENAME INDEX by_a TO n", "ALTER TABLE t ADD CONSTRAINT n UNIQUE (a)",
		"ALTER TABLE keyed DROP PRIMARY KEY", "ALTER TABLE t ADD CONSTRAINT n CHECK (a > 0)", "ALTER TABLE t DROP CONSTRAINT uniq",
		"ALTER TABLE t DROP FOREIGN KEY parent", "ALTER TABLE t ADD CONSTRAINT n FOREIGN KEY (a) REFERENCES p (id)",
		"CREATE UNIQUE INDEX n ON t (a, b)", "DROP INDEX by_a ON t", "CREATE OR REPLACE VIEW n AS SELECT 1", "DROP VIEW v",
		"CREATE TRIGGER n BEFORE UPDATE ON t FOR EACH ROW SET NEW.a = 1", "DROP TRIGGER tr",
		"CREATE PROCEDURE n() BEGIN SELECT 1; SELECT 2; END", "CREATE FUNCTION n() RETURNS int RETURN 2", "DROP FUNCTION f",
	} {
		t.Run(statement, func(t *testing.T) { t.Parallel(); goesOn(t, statement, "2 3", "3") })
	}
}

// What comes to the same when it is done again, and what had nothing to do.
func TestDefinitionRepeats(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{
		"ALTER TABLE t MODIFY a bigint NOT NULL AFTER b", "ALTER TABLE t MODIFY a int", "ALTER TABLE t CHANGE a A bigint, ALTER b SET DEFAULT 5",
		"ALTER TABLE empty CONVERT TO CHARACTER SET latin1, COMMENT 'x'", "CREATE TABLE IF NOT EXISTS t (id int)",
		"DROP TABLE IF EXISTS n", "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int, MODIFY b bigint",
		"CREATE OR REPLACE VIEW v AS SELECT id + 1 FROM keyed", "CREATE OR REPLACE FUNCTION f() RETURNS int RETURN 2",
		"CREATE OR REPLACE INDEX by_a ON t (a, b)",
	} {
		t.Run(statement, func(t *testing.T) { t.Parallel(); goesOn(t, statement, "2 3", "2 3") })
	}
}

func goesOn(t *testing.T, statement, before, after string) {
	t.Helper()
	whole := open(t, testenv.MariaDB(t))
	mustUp(t, one(t, whole, change(statement)))
	if catalogue(t, whole) == "" {
		t.Fatal("the catalogue is empty")
	}
	for n, want := range map[int]string{2: before, 3: after} {
		db := open(t, testenv.MariaDB(t))
		ends(t, db, change(statement), n)
		ran, err := resumed(t, db, change(statement))
		check(t, err)
		if got := strings.Trim(fmt.Sprint(ran), "[]"); got != want {
			t.Errorf("ended before statement %d: the next run did %s, want %s", n, got, want)
		}
		if got, want := catalogue(t, db), catalogue(t, whole); got != want {
			t.Errorf("ended before statement %d:\n%s\nwant\n%s", n, got, want)
		}
		same(t, db, "SELECT n FROM log ORDER BY n", "1; 2")
		same(t, db, "SELECT version_id FROM goose_db_version ORDER BY id", "0; 1; 2")
		same(t, db, progress+" WHERE version = 2", "applied 3 3 3")
	}
}

// What the catalogue cannot tell stops, whether it was done or not, and so does
// what does not fit together.
func TestDefinitionStops(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ statement, since, edited string }{
		"index without a name":   {statement: "ALTER TABLE t ADD INDEX (a, b)"},
		"there with more to do":  {statement: "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int, ADD INDEX (a, b)"},
		"dropped and added":      {statement: "ALTER TABLE t DROP COLUMN a, ADD COLUMN a int"},
		"swapped":                {statement: "RENAME TABLE t TO x, empty TO t, x TO empty"},
		"replaced table":         {statement: "CREATE OR REPLACE TABLE empty (id int)"},
		"filled table":           {statement: "CREATE TABLE n SELECT * FROM t"},
		"emptied":                {statement: "TRUNCATE TABLE empty"},
		"procedure":              {statement: "CALL pr()"},
		"for some versions":      {statement: "CREATE TABLE n (id int /*!50000 , a int */)"},
		"edited":                 {statement: "CREATE TABLE n (id int)", edited: "CREATE TABLE n (id int, a int)"},
		"no note":                {statement: "CREATE TABLE n (id int)", since: "UPDATE schemactl_history SET message = '' WHERE version = 2"},
		"note of another":        {statement: "CREATE TABLE n (id int)", since: "UPDATE schemactl_history SET message = REPLACE(message, 'statement 2', 'statement 3')"},
		"dropped and made since": {statement: "DROP TABLE IF EXISTS empty", since: "CREATE OR REPLACE TABLE empty (id int)"},
		"renamed and made since": {statement: "RENAME TABLE empty TO n", since: "CREATE TABLE IF NOT EXISTS n (id int); CREATE TABLE IF NOT EXISTS empty (id int)"},
		"one of two dropped":     {statement: "DROP TABLE IF EXISTS empty, parts", since: "CREATE OR REPLACE TABLE parts (id int); DROP TABLE IF EXISTS empty"},
		"half of two columns":    {statement: "ALTER TABLE t ADD x int, ADD y int", since: "ALTER TABLE t DROP COLUMN IF EXISTS x, ADD COLUMN IF NOT EXISTS y int"},
	} {
		for _, n := range []int{2, 3} {
			t.Run(fmt.Sprint(name, " ", n), func(t *testing.T) {
				t.Parallel()
				db := open(t, testenv.MariaDB(t))
				text := change(c.statement)
				ends(t, db, text, n)
				if strings.Contains(c.since, " TABLE ") {
					// A table's time is in seconds, of a clock that may be a little late.
					later := "SELECT UNIX_TIMESTAMP() > 1 + " + query(t, db, "SELECT UNIX_TIMESTAMP()")
					eventually(t, "another second", func() bool { return query(t, db, later) == "1" })
				}
				for s := range strings.SplitSeq(c.since, "; ") {
					if s != "" {
						exec1(t, db, s)
					}
				}
				if c.edited != "" {
					text = change(c.edited)
				}
				ran, err := resumed(t, db, text)
				half, ok := errors.AsType[*migrate.HalfDoneError](err)
				if !ok || half.Done != 1 || half.InDoubt != 2 || !strings.Contains(err.Error(), "schemactl migrate repair shared 2 --done 2") {
					t.Fatalf("error %v, want one about statement 2", err)
				}
				if len(ran) > 0 {
					t.Errorf("it ran %v", ran)
				}
			})
		}
	}
}

// A statement that the server would have refused is run, and refused.
func TestDefinitionRefused(t *testing.T) {
	t.Parallel()
	for _, statement := range []string{
		"CREATE TABLE t (id int)", "DROP TABLE n", "RENAME TABLE t TO empty", "ALTER TABLE t ADD COLUMN a int", "CREATE INDEX by_a ON t (a)",
		"ALTER TABLE n ADD COLUMN a int", "CREATE VIEW v AS SELECT 1", "DROP FUNCTION n",
	} {
		t.Run(statement, func(t *testing.T) {
			t.Parallel()
			db := open(t, testenv.MariaDB(t))
			ends(t, db, change(statement), 2)
			was := catalogue(t, db)
			ran, err := resumed(t, db, change(statement))
			if _, ok := errors.AsType[*migrate.StatementError](err); !ok || !slices.Equal(ran, []int{2}) {
				t.Errorf("it ran %v: %v, want the server's refusal", ran, err)
			}
			if got := catalogue(t, db); got != was {
				t.Errorf("got\n%s\nwant\n%s", got, was)
			}
			same(t, db, progress+" WHERE version = 2", "failed 3 1 1")
		})
	}
}
