package migrate_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// A plan says what an up does then, and touches nothing.
func TestPlan(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := map[string]string{
			"2_create_a.sql": up("CREATE TABLE a (id integer);"),
			"3_fill_a.sql":   noTx + up("INSERT INTO a (id) VALUES (1);", "INSERT INTO a (id) VALUES (2);"),
		}
		plan, err := one(t, db, text).Plan(t.Context())
		check(t, err)
		tables, err := db.Migrator().GetTables()
		check(t, err)
		diff(t, "tables after plan", []string(nil), tables)
		if len(plan.Migrations) != 2 || plan.Blocked != nil || len(plan.Findings) != 0 {
			t.Fatalf("plan %+v, want two migrations", plan)
		}
		a, fill := plan.Migrations[0], plan.Migrations[1]
		diff(t, "statements", []string{"CREATE TABLE a (id integer);"}, a.Statements)
		diff(t, "lines", []int{3, 4}, fill.Lines)
		if want := db.Name() != "mysql"; a.Transaction != want || fill.Transaction || a.Reason != migrate.ReasonPending || a.From != 1 {
			t.Errorf("plan %+v", plan.Migrations)
		}

		mustUp(t, one(t, db, text))
		text["1_create_b.sql"] = up("CREATE TABLE b (id integer);")
		text["4_create_c.sql"] = noTx + up("CREATE TABLE c (id integer);", "BROKEN;")
		m := one(t, db, text)
		plan, err = m.Plan(t.Context())
		check(t, err)
		if plan.Migrations[0].Reason != migrate.ReasonOutOfOrder || len(plan.Findings) != 1 ||
			plan.Findings[0].Kind != migrate.FindingOutOfOrder || plan.Migrations[1].Reason != migrate.ReasonPending {
			t.Errorf("plan %+v, want the first out of order", plan)
		}
		if _, err := m.Up(t.Context()); err == nil {
			t.Fatal("up: no error")
		}
		plan, err = m.Plan(t.Context())
		check(t, err)
		if len(plan.Migrations) != 1 || plan.Migrations[0].Reason != migrate.ReasonResume || plan.Migrations[0].From != 2 || plan.Blocked != nil {
			t.Errorf("plan %+v, want one that resumes at 2", plan)
		}
		exec1(t, db, "UPDATE schemactl_history SET state = 'running', statements_started = 2 WHERE version = 4")
		plan, err = m.Plan(t.Context())
		check(t, err)
		if !errors.Is(plan.Blocked, migrate.ErrHalfDone) {
			t.Errorf("blocked %v, want ErrHalfDone", plan.Blocked)
		}
	})
}

// An index that a run has left in doubt is no obstacle where the catalogue tells.
func TestPlanIndex(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.Postgres(t))
	text := map[string]string{"1_a.sql": noTx + up("CREATE TABLE a (id integer);", "CREATE INDEX CONCURRENTLY a_id ON a (id);", "BROKEN;")}
	m := one(t, db, text)
	if _, err := m.Up(t.Context()); err == nil {
		t.Fatal("up of a broken file: no error")
	}
	sum := sha256.Sum256([]byte("28:CREATE TABLE a (id integer);\n"))
	exec1(t, db, "UPDATE schemactl_history SET state = 'running', statements_started = 2, statements_done = 1, prefix_checksum = '"+
		hex.EncodeToString(sum[:])+"'")
	plan, err := m.Plan(t.Context())
	check(t, err)
	if plan.Blocked != nil || plan.Migrations[0].From != 3 {
		t.Errorf("plan %+v, want one that resumes at 3", plan)
	}
}

// Values of environment substitution are not for everyone's eyes.
func TestPlanSecrets(t *testing.T) {
	t.Setenv("MIGRATE_TEST_SECRET", "s3cret-pw-of-the-app")
	db := open(t, testenv.SQLite(t))
	plan, err := one(t, db, map[string]string{"1_a.sql": "-- +goose ENVSUB ON\n" + up("CREATE TABLE a (p text DEFAULT 'x');",
		"INSERT INTO a VALUES ('${MIGRATE_TEST_SECRET}');")}).Plan(t.Context())
	check(t, err)
	diff(t, "statements", []string{"CREATE TABLE a (p text DEFAULT 'x');", "INSERT INTO a VALUES ('…');"}, plan.Migrations[0].Statements)
}

// client runs a script by the database's own command.
func client(t *testing.T, address, script string) error {
	t.Helper()
	u, err := url.Parse(address)
	check(t, err)
	name, args, env := "sqlite3", []string{strings.TrimPrefix(address, "sqlite:")}, []string{}
	switch {
	case strings.HasPrefix(address, "postgres"):
		name, args = "psql", []string{"--no-psqlrc", "--quiet", "--file=-", address}
	case strings.HasPrefix(address, "mysql"):
		password, _ := u.User.Password()
		name, args = "mariadb", []string{"--no-defaults", "-h", u.Hostname(), "-P", u.Port(), "-u", u.User.Username(), strings.Trim(u.Path, "/")}
		env = append(env, "MYSQL_PWD="+password)
	}
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("REQUIRE_REAL") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(script)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return errors.New(err.Error() + ": " + string(out))
	}
	return nil
}

func script(t *testing.T, m *migrate.Migrator) string {
	t.Helper()
	var b strings.Builder
	check(t, m.Script(t.Context(), &b))
	return b.String()
}

// scripted has each kind of file, and texts that clients may misread.
func scripted(db *gorm.DB) map[string]string {
	body := map[string]string{
		"postgres": "CREATE FUNCTION f() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;",
		"mysql":    "CREATE PROCEDURE f() BEGIN SELECT 1; SELECT 2; END;",
		"sqlite":   "CREATE TRIGGER f AFTER INSERT ON a BEGIN UPDATE a SET id = id; SELECT 1; END;",
	}[db.Name()]
	concurrently := ""
	if db.Name() == "postgres" {
		concurrently = "CONCURRENTLY "
	}
	return map[string]string{
		"1_create_a.sql": up("CREATE TABLE a (id integer, name varchar(40));"),
		"2_fill_a.sql":   up("INSERT INTO a VALUES (1, 'it''s; 100%');", "INSERT INTO a VALUES (2, '-- no comment') -- why\n;"),
		"3_body.sql":     up("-- +goose StatementBegin\n" + body + "\n-- +goose StatementEnd"),
		"4_steps.sql": noTx + up("CREATE INDEX "+concurrently+"a_name ON a (name);", "INSERT INTO a VALUES (3, 'x');",
			"BEGIN;", "INSERT INTO a VALUES (4, 'y');", "COMMIT;"),
	}
}

// A script leaves what an up would have left, so that an up after it has
// nothing to do.
func TestScript(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		byUp := open(t, another(t, url))
		mustUp(t, one(t, byUp, scripted(byUp)))

		db := open(t, url)
		if db.Name() == "sqlite" {
			exec1(t, db, "PRAGMA user_version = 0") // makes the file
		}
		m := one(t, db, scripted(db))
		text := script(t, m)
		check(t, client(t, url, text))
		check(t, m.Check(t.Context()))
		diff(t, "up", []string(nil), names(mustUp(t, m).Applied))
		for _, q := range []string{
			"SELECT id, name FROM a ORDER BY id", "SELECT version_id FROM goose_db_version ORDER BY id",
			"SELECT source, version, direction, state, file, checksum, prefix_checksum, application, statements, " +
				"statements_started, statements_done FROM schemactl_history ORDER BY id",
		} {
			same(t, db, q, query(t, byUp, q))
		}
		same(t, db, "SELECT DISTINCT message FROM schemactl_history", "script")
		if err := client(t, url, text); err == nil {
			t.Error("the script ran twice")
		}
		same(t, db, "SELECT count(*) FROM a", "4")
		if rest := script(t, m); strings.Count(rest, "\n") != 1 {
			t.Errorf("with nothing to do the script is %q", rest)
		}
		_, err := m.Down(t.Context(), migrate.DownOptions{})
		if err != nil {
			t.Errorf("down: %v", err)
		}
	})
}

// A script notes what was there before a statement, as a run does: an up after it
// finds that the refused one was not done.
func TestScriptRefused(t *testing.T) {
	t.Parallel()
	url := testenv.MariaDB(t)
	db := open(t, url)
	m := one(t, db, map[string]string{"1_change.sql": up("ALTER TABLE `it's` ADD COLUMN n int;", "DROP TABLE `it's`;")})
	if err := client(t, url, script(t, m)); err == nil || !strings.Contains(err.Error(), "it's") {
		t.Fatalf("script: %v, want the server's refusal", err)
	}
	same(t, db, progress, "running 2 1 0")
	exec1(t, db, "CREATE TABLE `it's` (id int)")
	diff(t, "up", []string{"up shared/1_change.sql"}, names(mustUp(t, m).Applied))
	same(t, db, "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = 'it''s'", "0")
}

// A script that ends early leaves what a run would have left, and a script is
// for the state that it was made for.
func TestScriptEndsEarly(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		text := map[string]string{"1_create_a.sql": up("CREATE TABLE a (id integer);")}
		mustUp(t, one(t, db, text))
		text["2_fill_a.sql"] = up("INSERT INTO a VALUES (1);")
		text["3_steps.sql"] = noTx + up("INSERT INTO a VALUES (2);", "INSERT INTO missing VALUES (3);", "INSERT INTO a VALUES (4);")
		m := one(t, db, text)
		if err := client(t, url, script(t, m)); err == nil || !strings.Contains(err.Error(), "missing") {
			t.Fatalf("script: %v, want the server's refusal", err)
		}
		same(t, db, "SELECT id FROM a ORDER BY id", "1; 2")
		same(t, db, progress+" WHERE version = 3", "running 3 2 1")
		_, err := m.Up(t.Context())
		if half, ok := errors.AsType[*migrate.HalfDoneError](err); !ok || half.InDoubt != 2 {
			t.Fatalf("up: %v, want a HalfDoneError", err)
		}
		done := 1
		check(t, m.Repair(t.Context(), migrate.RepairRequest{Source: "shared", Version: 3, Done: &done}))
		text["3_steps.sql"] = strings.Replace(text["3_steps.sql"], "missing", "a", 1)
		check(t, client(t, url, script(t, one(t, db, text)))) // goes on after the first
		same(t, db, "SELECT id FROM a ORDER BY id", "1; 2; 3; 4")
		diff(t, "up", []string(nil), names(mustUp(t, one(t, db, text)).Applied))

		text["4_more.sql"] = up("INSERT INTO a VALUES (5);")
		if db.Name() != "sqlite" { // where a transaction keeps them apart
			var beside error
			text["5_busy.sql"] = up("INSERT INTO a VALUES (6);")
			m := one(t, db, text, migrate.WithProgress(func(p migrate.Progress) {
				if p.Phase == migrate.PhaseStatement && beside == nil {
					beside = client(t, url, script(t, one(t, db, text)))
				}
			}))
			_, err := m.To(t.Context(), "shared", 5)
			check(t, err)
			if beside == nil || !strings.Contains(beside.Error(), "migrations are being run") {
				t.Errorf("script beside a run: %v", beside)
			}
			same(t, db, "SELECT count(*) FROM a WHERE id = 5", "1")
			text["6_last.sql"] = up("INSERT INTO a VALUES (7);")
		}
		late := script(t, one(t, db, text))
		mustUp(t, one(t, db, text))
		if err := client(t, url, late); err == nil {
			t.Error("an old script ran")
		}
		same(t, db, "SELECT count(*) FROM a WHERE id = 5 OR id = 7", map[bool]string{true: "1", false: "2"}[db.Name() == "sqlite"])
	})
}
