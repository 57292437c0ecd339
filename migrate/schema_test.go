package migrate_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

func inSchema(url, schema string) string {
	if strings.Contains(url, "?") {
		return url + "&search_path=" + schema
	}
	return url + "?search_path=" + schema
}

// Two schemas of one database do not see each other's migrations, and runs in
// them wait for each other.
func TestSchemas(t *testing.T) {
	t.Parallel()
	url := testenv.Postgres(t)
	db := open(t, url)
	first, second := open(t, inSchema(url, "first")), open(t, inSchema(url, "second"))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := migrate.MakeSchema(t.Context(), first, "first"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	check(t, migrate.MakeSchema(t.Context(), db, "second"))
	a := one(t, first, numbered())
	var refused error
	b := one(t, second, numbered(), migrate.WithProgress(func(p migrate.Progress) {
		if p.Phase == migrate.PhaseStatement && p.Migration.Version == 1 {
			_, refused = one(t, first, numbered(), migrate.WithWaitTimeout(1)).Up(t.Context())
		}
	}))
	mustUp(t, b)
	if !isLocked(refused) {
		t.Errorf("up in one schema during an up in another: %v, want ErrLocked", refused)
	}
	if a.Check(t.Context()) == nil {
		t.Error("what is applied in one schema counts in the other")
	}
	mustUp(t, a)
	_, err := b.Down(t.Context(), migrate.DownOptions{Steps: 3})
	check(t, err)
	check(t, a.Check(t.Context()))
	same(t, db, "SELECT schemaname, count(*) FROM pg_tables WHERE schemaname IN ('public', 'first', 'second') AND tablename <> 'schemactl_lock' "+
		"GROUP BY 1 ORDER BY 1", "first 5; second 2")
	for _, name := range []string{"", "No", "x;y", "1a"} {
		if migrate.MakeSchema(t.Context(), db, name) == nil {
			t.Errorf("schema %q: no error", name)
		}
	}
	if migrate.MakeSchema(t.Context(), open(t, testenv.SQLite(t)), "a") == nil {
		t.Error("schema in SQLite: no error")
	}
}
