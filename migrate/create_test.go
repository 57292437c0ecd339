package migrate_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

func TestCreate(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 11, 22, 13, 0, 59, 0, time.FixedZone("CET", 3600))
	cases := map[string]struct {
		have     []string // files and, with a final slash, folders
		name     string
		dialects []string
		want     []string
	}{
		"flat":              {nil, "create_users", nil, []string{"20261122120059_create_users.sql"}},
		"a folder each":     {[]string{"mysql/", "postgres/"}, "create_users", nil, []string{"mysql/20261122120059_create_users.sql", "postgres/20261122120059_create_users.sql"}},
		"folders asked for": {nil, "create_users", []string{"sqlite", "postgres"}, []string{"postgres/20261122120059_create_users.sql", "sqlite/20261122120059_create_users.sql"}},
		"version taken":     {[]string{"20261122120059_a.sql", "20261122120100_b.sql"}, "create_users", nil, []string{"20261122120101_create_users.sql"}},
		"taken in one":      {[]string{"mysql/20261122120059_a.sql", "sqlite/"}, "create_users", nil, []string{"mysql/20261122120100_create_users.sql", "sqlite/20261122120100_create_users.sql"}},
		"words":             {nil, "Add e-mail to users", nil, []string{"20261122120059_add_e_mail_to_users.sql"}},
		"camel case":        {nil, "AddEmailToUsers", nil, []string{"20261122120059_add_email_to_users.sql"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, h := range c.have {
				path := dir + "/" + h
				check(t, os.MkdirAll(filepath.Dir(path+"x"), 0o755))
				if !strings.HasSuffix(h, "/") {
					check(t, os.WriteFile(path, []byte("-- +goose Up\n"), 0o644))
				}
			}
			got, err := migrate.Create(migrate.CreateRequest{Dir: dir, Name: c.name, Dialects: c.dialects, Now: noon})
			check(t, err)
			for i := range got {
				got[i], err = filepath.Rel(dir, got[i])
				check(t, err)
			}
			diff(t, "paths", c.want, got)
		})
	}
	for _, bad := range []string{"", "1_users", "drop users; --", "größe_add", "../create_users", strings.Repeat("a", 101)} {
		if paths, err := migrate.Create(migrate.CreateRequest{Dir: t.TempDir(), Name: bad}); err == nil {
			t.Errorf("name %q gave %v, want an error", bad, paths)
		}
	}
	if _, err := migrate.Create(migrate.CreateRequest{Dir: t.TempDir(), Name: "create_users", Dialects: []string{"oracle"}}); err == nil {
		t.Error("dialect oracle: no error")
	}
}

// What Create writes is a migration that runs, up and down.
func TestCreatedRuns(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := migrate.Create(migrate.CreateRequest{Dir: dir, Name: "create_nothing", Dialects: []string{"sqlite"}})
	check(t, err)
	m := migrator(t, open(t, testenv.SQLite(t)), []migrate.Source{migrate.NewSource("shared", os.DirFS(dir))})
	if n := len(mustUp(t, m).Applied); n != 1 {
		t.Errorf("%d applied, want 1", n)
	}
	result, err := m.Down(t.Context(), migrate.DownOptions{})
	check(t, err)
	if len(result.Applied) != 1 {
		t.Errorf("%d undone, want 1", len(result.Applied))
	}
}
