package sqlstore_test

import (
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
	"github.com/schemactl/schemactl/registry/storetest"
)

func open(t *testing.T, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(db); err != nil {
			t.Error(err)
		}
	})
	return db
}

func newStore(t *testing.T, url string) *sqlstore.Store {
	t.Helper()
	s, err := sqlstore.New(t.Context(), open(t, url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLite(t *testing.T) {
	t.Parallel()
	testStore(t, testenv.SQLite)
}

func TestPostgres(t *testing.T) {
	t.Parallel()
	testStore(t, testenv.Postgres)
}

func TestMariaDB(t *testing.T) {
	t.Parallel()
	testStore(t, testenv.MariaDB)
}

// testStore runs the suites, each check of which gets a database of its own.
func testStore(t *testing.T, database func(testing.TB) string) {
	t.Helper()
	storetest.Run(t, func(t *testing.T) registry.Store { return newStore(t, database(t)) })
	storetest.RunShared(t, func(t *testing.T) (a, b registry.Store) {
		url := database(t)
		return newStore(t, url), newStore(t, url)
	})
}
