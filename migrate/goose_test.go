package migrate_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
)

// provider is goose itself on the same files and table.
func provider(t *testing.T, db *gorm.DB, fsys fs.FS, table string) *goose.Provider {
	t.Helper()
	pool, err := db.DB()
	check(t, err)
	dialect := map[string]goose.Dialect{
		"sqlite": goose.DialectSQLite3, "postgres": goose.DialectPostgres, "mysql": goose.DialectMySQL,
	}[db.Name()]
	p, err := goose.NewProvider(dialect, pool, fsys, goose.WithTableName(table), goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()))
	check(t, err)
	return p
}

func shopFolder(db *gorm.DB) fs.FS { return os.DirFS("testdata/shop/" + db.Name()) }

// Our run and goose's own leave the same tables with the same rows.
func TestSameAsGoose(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		ours, theirs := open(t, url), open(t, another(t, url))
		mustUp(t, migrator(t, ours, shop()[:1]))
		_, err := provider(t, theirs, shopFolder(theirs), goose.DefaultTablename).Up(t.Context())
		check(t, err)
		diff(t, "after up", describe(t, theirs), describe(t, ours))

		_, err = migrator(t, ours, shop()[:1]).Down(t.Context(), migrate.DownOptions{Steps: 3})
		check(t, err)
		_, err = provider(t, theirs, shopFolder(theirs), goose.DefaultTablename).DownTo(t.Context(), 20260102000000)
		check(t, err)
		diff(t, "after down", describe(t, theirs), describe(t, ours))
	})
}

// describe lists tables, columns, indexes and the rows that migrations make.
func describe(t *testing.T, db *gorm.DB) []string {
	t.Helper()
	tables, err := db.Migrator().GetTables()
	check(t, err)
	var out []string
	for _, table := range tables {
		if table == "schemactl_history" || table == "schemactl_lock" || table == "sqlite_sequence" {
			continue
		}
		columns, err := db.Migrator().ColumnTypes(table)
		check(t, err)
		line := table
		for _, c := range columns {
			nullable, _ := c.Nullable()
			line += " " + c.Name() + " " + c.DatabaseTypeName()
			if !nullable {
				line += " not null"
			}
		}
		indexes, err := db.Migrator().GetIndexes(table)
		check(t, err)
		for _, i := range indexes {
			line += " index " + i.Name()
		}
		out = append(out, line)
	}
	return append(out, query(t, db, "SELECT id, version_id, is_applied FROM goose_db_version ORDER BY id"),
		query(t, db, "SELECT id, name, price FROM items ORDER BY id"))
}

// goose works on what we leave, and sees nothing to do.
func TestGooseAfterUs(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		m := migrator(t, db, shop())
		mustUp(t, m)
		for table, fsys := range map[string]fs.FS{
			"goose_db_version": shopFolder(db), "goose_db_version_notes": os.DirFS("testdata/notes"),
		} {
			pending, err := provider(t, db, fsys, table).HasPending(t.Context())
			check(t, err)
			if pending {
				t.Errorf("goose has something pending in %s", table)
			}
		}
		_, err := provider(t, db, shopFolder(db), "goose_db_version").Down(t.Context())
		check(t, err)
		pending, err := m.Pending(t.Context())
		check(t, err)
		if len(pending) != 1 || pending[0].Name != "create_counter" {
			t.Errorf("pending after goose's down: %v, want create_counter", pending)
		}
		diff(t, "up after goose's down", []string{"up shared/20260105000000_create_counter.sql"}, names(mustUp(t, m).Applied))
		same(t, db, "SELECT direction, application FROM schemactl_history WHERE version = 20260105000000 ORDER BY id",
			"up test; down goose; up test")
	})
}

// A database that goose has migrated is taken over.
func TestAdoption(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		_, err := provider(t, db, shopFolder(db), "goose_db_version").Up(t.Context())
		check(t, err)
		m := migrator(t, db, shop()[:1])

		before, err := m.Status(t.Context())
		check(t, err)
		for _, s := range before {
			if s.State != migrate.StateApplied || s.Application != "goose" || s.AppliedAt.IsZero() {
				t.Errorf("status before: %+v, want applied by goose", s)
			}
		}
		if tables, err := db.Migrator().GetTables(); err != nil || strings.Contains(strings.Join(tables, " "), "schemactl") {
			t.Errorf("status wrote to the database: %v %v", tables, err)
		}
		diff(t, "up", []string(nil), names(mustUp(t, m).Applied))
		same(t, db, "SELECT DISTINCT application, direction, state FROM schemactl_history", "goose up applied")
		same(t, db, "SELECT version FROM schemactl_history ORDER BY id",
			"20260101000000; 20260102000000; 20260103000000; 20260104000000; 20260105000000")
		mustUp(t, m)
		same(t, db, "SELECT count(*) FROM schemactl_history", "5")
		result, err := m.Down(t.Context(), migrate.DownOptions{})
		check(t, err)
		diff(t, "down", []string{"down shared/20260105000000_create_counter.sql"}, names(result.Applied))
	})
}
