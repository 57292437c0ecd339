package outbox_test

import (
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
)

func TestMigrationsUpDownUp(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Down(t.Context(), migrate.DownOptions{Steps: 100}); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"outbox_events", "outbox_inbox"} {
			if db.Migrator().HasTable(table) {
				t.Errorf("%s is still there after down", table)
			}
		}
		if _, err := m.Up(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, table := range []string{"outbox_events", "outbox_inbox"} {
			if n := count(t, db, table); n != 0 {
				t.Errorf("%s has %d rows, want 0", table, n)
			}
		}
	})
}
