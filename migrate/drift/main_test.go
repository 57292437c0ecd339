package drift_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrate/drift"
	"github.com/schemactl/schemactl/migrations"
	"github.com/schemactl/schemactl/models"
	"github.com/schemactl/schemactl/outbox"
)

// childVariable makes the test binary a process that compares the database of
// that URL, says so when its scratch is there, and works on until it is killed.
const childVariable = "DRIFT_TEST_CHILD"

func TestMain(m *testing.M) {
	if url := os.Getenv(childVariable); url != "" {
		fmt.Fprintln(os.Stderr, child(context.Background(), url))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func child(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	wait := goose.NewGoMigration(1, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "CREATE TABLE half (id int)"); err != nil {
			return err
		}
		fmt.Println("inside")
		<-ctx.Done()
		return ctx.Err()
	}}, nil)
	_, err := drift.Compare(ctx, drift.Request{URL: url, Sources: []migrate.Source{migrate.NewSource("shared", nil, migrate.WithGoMigrations(wait))}})
	return err
}

// sources are those of the reference domain.
func sources() []migrate.Source {
	return []migrate.Source{migrate.NewSource("shared", migrations.FS), migrate.NewSource(outbox.Source())}
}

// migrationsOf is how many migrations the sources have for a database.
func migrationsOf(t *testing.T, db *gorm.DB, set []migrate.Source) int {
	t.Helper()
	m, err := migrate.New(db, set)
	check(t, err)
	all, err := m.Status(t.Context())
	check(t, err)
	return len(all)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url)
	check(t, err)
	t.Cleanup(func() {
		if err := database.Close(db); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return db
}

// run executes statements on the database's pool.
func run(t *testing.T, db *gorm.DB, statements ...string) {
	t.Helper()
	pool, err := db.DB()
	check(t, err)
	for _, s := range statements {
		if _, err := pool.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func up(t *testing.T, db *gorm.DB, sources []migrate.Source) {
	t.Helper()
	m, err := migrate.New(db, sources, migrate.WithApplication("test"))
	check(t, err)
	_, err = m.Up(t.Context())
	check(t, err)
}

// migrated is a database with the reference domain's tables.
func migrated(t *testing.T, url string) *gorm.DB {
	t.Helper()
	db := open(t, url)
	up(t, db, sources())
	return db
}

func compare(t *testing.T, url string, change ...func(*drift.Request)) *drift.Report {
	t.Helper()
	req := drift.Request{URL: url, Sources: sources(), Models: models.All(), Application: "test"}
	for _, f := range change {
		f(&req)
	}
	r, err := drift.Compare(t.Context(), req)
	check(t, err)
	return r
}

// short is "case object" of each difference.
func short(r *drift.Report) string {
	lines := make([]string, len(r.Differences))
	for i, d := range r.Differences {
		lines[i] = string(d.Case) + " " + d.Object
	}
	return strings.Join(lines, "; ")
}

func files(text map[string]string) fs.FS {
	out := fstest.MapFS{}
	for name, s := range text {
		out[name] = &fstest.MapFile{Data: []byte(s)}
	}
	return out
}

// kindOf is the dialect of a URL.
func kindOf(url string) string {
	kind, _, _ := strings.Cut(url, ":")
	return kind
}

// another is a second empty database of the same kind.
func another(t *testing.T, url string) string {
	t.Helper()
	switch kindOf(url) {
	case "sqlite":
		return testenv.SQLite(t)
	case "postgres":
		return testenv.Postgres(t)
	default:
		return testenv.MariaDB(t)
	}
}
