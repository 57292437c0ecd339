package migrate_test

import (
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
)

// A script means what an up does, whatever the client and the server are set to.
func TestScriptSession(t *testing.T) {
	t.Setenv("LC_ALL", "C")
	t.Setenv("PGCLIENTENCODING", "LATIN1")
	kinds := map[string]struct {
		url          func(testing.TB) string
		before       []string
		fill, result string
	}{
		"sqlite": {testenv.SQLite, []string{"CREATE TABLE p (id integer PRIMARY KEY)", "CREATE TABLE c (p integer REFERENCES p (id) ON DELETE CASCADE, s text)",
			"INSERT INTO p VALUES (1)", "INSERT INTO c VALUES (1, 'x')"}, "DELETE FROM p;", "SELECT count(*) FROM c"},
		"postgres": {testenv.Postgres, []string{"CREATE TABLE c (s text)"}, "INSERT INTO c VALUES ('né€');", "SELECT encode(s::bytea, 'hex') FROM c"},
		"mariadb": {testenv.MariaDB, []string{"CREATE TABLE c (s varchar(40), at datetime)"},
			"INSERT INTO c VALUES ('né€', NOW());", "SELECT HEX(s), TIMESTAMPDIFF(HOUR, UTC_TIMESTAMP(), at) FROM c"},
	}
	for name, k := range kinds { //nolint:paralleltest // the client's environment is the process's
		t.Run(name, func(t *testing.T) {
			text := map[string]string{"1_fill.sql": up(k.fill)}
			url := k.url(t)
			db, byUp := open(t, url), open(t, another(t, url))
			for _, s := range k.before {
				exec1(t, db, s)
				exec1(t, byUp, s)
			}
			mustUp(t, one(t, byUp, text))
			script := script(t, one(t, db, text))
			if name == "mariadb" { // as if the server were elsewhere
				script = "SET time_zone = '+05:00', autocommit = 0;\n" + script
			}
			check(t, client(t, url, script))
			same(t, db, k.result, query(t, byUp, k.result))
			check(t, one(t, db, text).Check(t.Context()))
		})
	}
}

// Errors of goose and plans do not repeat what the environment has put in.
func TestSecretsInOddFiles(t *testing.T) {
	t.Setenv("MIGRATE_TEST_SECRET", "s3cret-pw-of-the-app")
	db := open(t, testenv.SQLite(t))
	odd := one(t, db, map[string]string{"1_a.sql": "---- +goose ENVSUB ON\n---- +goose Up\nCREATE TABLE a (p text DEFAULT '${MIGRATE_TEST_SECRET}');\n"})
	plan, err := odd.Plan(t.Context())
	check(t, err)
	diff(t, "statements", []string{"CREATE TABLE a (p text DEFAULT '…');"}, plan.Migrations[0].Statements)
	early := one(t, db, map[string]string{"1_a.sql": "-- +goose ENVSUB ON\nCREATE TABLE a (p text DEFAULT '${MIGRATE_TEST_SECRET}');\n-- +goose Up\nSELECT 1;\n"})
	for what, err := range map[string]error{"plan": second(early.Plan(t.Context())), "validate": early.Validate(t.Context()), "up": second(early.Up(t.Context()))} {
		if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "1_a.sql") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// SQLite would run a statement up to its zero byte, and say nothing.
func TestZeroByte(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t))
	m := one(t, db, map[string]string{"1_a.sql": up("CREATE TABLE a (s text);"), "2_b.sql": up("INSERT INTO a VALUES ('x') \x00, ('y');")})
	if _, err := m.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "2_b.sql: a statement has a zero byte") {
		t.Errorf("up: %v, want the file refused", err)
	}
	if db.Migrator().HasTable("a") {
		t.Error("something has run")
	}
}
