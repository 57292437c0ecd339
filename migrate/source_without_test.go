package migrate_test

import (
	"testing"

	"github.com/pressly/goose/v3"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// Without hides files and Go migrations of some versions, and nothing else.
func TestSourceWithout(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t))
	set := migrate.NewSource("shared", files(map[string]string{
		"sqlite/1_a.sql": up("SELECT 1;"), "sqlite/2_b.sql": up("SELECT 1;"), "sqlite/3_c.sql": up("SELECT 1;"),
	}), migrate.WithGoMigrations(goose.NewGoMigration(4, nil, nil), goose.NewGoMigration(5, nil, nil)))
	for _, c := range []struct {
		source migrate.Source
		want   int
	}{{set, 5}, {set.Without(2, 4), 3}, {set.Without(2).Without(3), 3}, {set.Without(), 5}, {set.Without(1, 2, 3, 4, 5), 0}} {
		pending, err := migrator(t, db, []migrate.Source{c.source}).Pending(t.Context())
		check(t, err)
		if len(pending) != c.want {
			t.Errorf("%d pending, want %d: %v", len(pending), c.want, pending)
		}
	}
	mustUp(t, migrator(t, db, []migrate.Source{set.Without(2, 4)}))
	if r := mustUp(t, migrator(t, db, []migrate.Source{set})); len(r.Applied) != 2 || r.Applied[0].Version != 2 {
		t.Errorf("the rest was %+v", r.Applied)
	}
}
