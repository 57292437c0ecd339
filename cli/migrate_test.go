package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/internal/testenv"
)

// shell calls the command line on one database with one folder of migrations.
type shell struct{ url, dir string }

func (s shell) run(t *testing.T, want int, args ...string) (out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := &cli.Env{In: strings.NewReader(""), Out: &stdout, Err: &stderr, LookupEnv: func(string) (string, bool) { return "", false }}
	args = append([]string{"migrate"}, append(args, "--database-url", s.url, "--source", "shared="+s.dir, "--app", "tester")...)
	if got := cli.Run(t.Context(), env, args); got != want {
		t.Fatalf("%v: exit code %d, want %d\n%s%s", args, got, want, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

// says checks what a command prints, on either stream.
func (s shell) says(t *testing.T, want int, words []string, args ...string) {
	t.Helper()
	out, errs := s.run(t, want, args...)
	for _, w := range words {
		if !strings.Contains(out+errs, w) {
			t.Errorf("%v does not say %q:\n%s%s", args, w, out, errs)
		}
	}
}

func (s shell) write(t *testing.T, name string, lines ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The verbs, one after the other, on each kind of database.
func TestMigrateVerbs(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		s := shell{url, t.TempDir()}
		s.write(t, "1_a.sql", "-- +goose Up", "CREATE TABLE a (id integer);", "-- +goose Down", "DROP TABLE a;")
		s.write(t, "2_b.sql", "-- +goose Up", "CREATE TABLE b (id integer);", "-- +goose Down", "DROP TABLE b;")
		s.says(t, 0, []string{`"version": 1`, `"direction": "up"`}, "to", "1", "--output", "json", "--timeout", "1m", "--lock-timeout", "2s", "--statement-timeout", "1m")
		s.says(t, 0, []string{"1 of 1: shared/2_b.sql", "CREATE TABLE b"}, "plan")
		s.says(t, 3, []string{"shared/2_b.sql is pending"}, "verify")
		s.says(t, 3, []string{"1 migrations are pending"}, "status", "--check")
		s.says(t, 0, []string{"CREATE TABLE b", "INSERT INTO goose_db_version", "schemactl_history"}, "sql")
		s.run(t, 0, "up", "--strict")
		s.says(t, 0, []string{"ready"}, "verify")
		s.says(t, 0, []string{"b", "down", "up"}, "redo")
		s.says(t, 0, []string{"down"}, "down", "--only", "shared", "--steps", "2")
		s.says(t, 0, []string{`"complete": true`}, "baseline", "2", "--force", "--output", "json")
		s.says(t, 0, []string{"applied (baseline)"}, "status")

		s.write(t, "1_a.sql", "-- +goose Up", "CREATE TABLE a (id bigint);", "-- +goose Down", "DROP TABLE a;")
		s.write(t, "3_c.sql", "-- +goose NO TRANSACTION", "-- +goose Up", "CREATE TABLE c (id integer);", "NONSENSE;")
		s.says(t, 3, []string{"1_a.sql was edited after it was applied by tester"}, "up", "--strict")
		s.says(t, 1, []string{"warning: shared/1_a.sql was edited", "shared/3_c.sql:4: statement 2 of 2", "syntax"}, "up")
		s.says(t, 0, []string{"partial (up, 1 of 2 done)"}, "status")
		s.says(t, 0, []string{"partial (up, 0 of 2 done)"}, "repair", "shared", "3", "--done", "0")
		s.says(t, 0, []string{"applied (repair --applied by tester on "}, "repair", "shared", "3", "--applied")

		out, _ := s.run(t, 3, "verify", "--output", "json")
		var v struct {
			OK       bool
			Ready    bool
			Findings []struct{ Kind string }
		}
		if err := json.Unmarshal([]byte(out), &v); err != nil || v.OK || !v.Ready || len(v.Findings) != 1 || v.Findings[0].Kind != "edited" {
			t.Errorf("verify: %v %s", err, out)
		}
	})
}

// --schema keeps everything in one schema, which is made.
func TestMigrateSchema(t *testing.T) {
	t.Parallel()
	s := shell{testenv.Postgres(t), t.TempDir()}
	s.write(t, "1_a.sql", "-- +goose Up", "CREATE TABLE a (id integer);", "-- +goose Down", "DROP TABLE a;")
	s.says(t, 3, []string{"pending"}, "status", "--check", "--schema", "one")
	s.says(t, 0, []string{`CREATE SCHEMA IF NOT EXISTS "one"`, `SET search_path = "one"`}, "sql", "--schema", "one")
	s.run(t, 0, "up", "--schema", "one")
	s.run(t, 0, "verify", "--schema", "one")
	s.run(t, 3, "verify", "--schema", "two")
	s.run(t, 3, "verify")
	s.run(t, 0, "up", "--schema", "two")
	s.run(t, 0, "down", "--schema", "one")
	s.run(t, 0, "verify", "--schema", "two")
}
