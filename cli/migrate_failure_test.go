package cli_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// resultOf reads the object that a verb prints.
func resultOf(t *testing.T, text string) (out struct {
	Applied  []any
	Complete bool
	Findings []struct{ Kind string }
},
) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v: %q", err, text)
	}
	return out
}

// The object is printed also when somebody else has the lock for too long, and
// has what was found.
func TestMigrateTimeoutInJSON(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		s := shell{url, t.TempDir()}
		s.write(t, "1_a.sql", "-- +goose Up", "CREATE TABLE a (id integer);")
		s.run(t, 0, "up")
		s.write(t, "1_a.sql", "-- +goose Up", "CREATE TABLE a (id bigint);")
		s.write(t, "2_b.sql", "-- +goose Up", "CREATE TABLE b (id integer);")
		db, err := database.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		pool, err := db.DB()
		if err != nil {
			t.Fatal(err)
		}
		lock, err := dblock.Try(t.Context(), pool, db.Name(), "migrate", dblock.Holder{Application: "first"})
		if err != nil {
			t.Fatal(err)
		}
		out, errs := s.run(t, 1, "up", "--timeout", "100ms", "--output", "json")
		if r := resultOf(t, out); r.Complete || r.Applied == nil || len(r.Findings) != 1 || r.Findings[0].Kind != "edited" {
			t.Errorf("up: %s", out)
		}
		if !strings.Contains(errs, "first") {
			t.Errorf("the holder is not named: %s", errs)
		}
		out, _ = s.run(t, 1, "down", "--timeout", "100ms", "--output", "json")
		if r := resultOf(t, out); r.Complete {
			t.Errorf("down: %s", out)
		}
		if err := lock.Release(t.Context()); err != nil {
			t.Error(err)
		}
		out, _ = s.run(t, 3, "up", "--strict", "--output", "json")
		if r := resultOf(t, out); r.Complete || len(r.Findings) != 1 {
			t.Errorf("strict up: %s", out)
		}
		if err := database.Close(db); err != nil {
			t.Error(err)
		}
	})
}

// A migration of the binary's own that panics fails like any other: with what was
// applied before, exit code 1, and where it happened.
func TestMigratePanic(t *testing.T) {
	t.Parallel()
	quiet := goose.NewGoMigration(1, &goose.GoFunc{RunTx: func(context.Context, *sql.Tx) error { return nil }}, nil)
	loud := goose.NewGoMigration(2, &goose.GoFunc{RunTx: func(context.Context, *sql.Tx) error { panic("boom") }}, nil)
	var stdout, stderr bytes.Buffer
	env := &cli.Env{
		Project: cli.Project{Sources: []migrate.Source{migrate.NewSource("shared", nil, migrate.WithGoMigrations(quiet, loud))}},
		In:      strings.NewReader(""), Out: &stdout, Err: &stderr, LookupEnv: func(string) (string, bool) { return "", false },
	}
	code := cli.Run(t.Context(), env, []string{"migrate", "up", "--database-url", testenv.SQLite(t), "--app", "tester", "--output", "json"})
	if r := resultOf(t, stdout.String()); code != 1 || r.Complete || len(r.Applied) != 1 {
		t.Errorf("exit code %d: %s", code, &stdout)
	}
	for _, want := range []string{"the Go migration panicked: boom", "migrate_failure_test.go"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("stderr does not say %q: %s", want, &stderr)
		}
	}
}
