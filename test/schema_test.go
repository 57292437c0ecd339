package test_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	atlas "ariga.io/atlas/sql/migrate"
	"ariga.io/atlas/sql/mysql"
	"ariga.io/atlas/sql/postgres"
	"ariga.io/atlas/sql/schema"
	"ariga.io/atlas/sql/sqlite"
	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrations"
	"github.com/schemactl/schemactl/models"
)

// bookkeeping are the tables that migrating itself makes.
var bookkeeping = []string{"goose_db_version*", "schemactl_*"}

// The tables that the migrations make are the tables that the models ask for.
func TestMigratedTablesEqualModels(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			migrated, modelled := migratedDatabase(t, kind.url(t)), modelledDatabase(t, kind.url(t))
			if names := tableNames(t, kind, migrated); len(names) < len(models.All()) {
				t.Fatalf("the migrated database has the tables %v, want one for each of %d models", names, len(models.All()))
			}
			for _, line := range differences(t, kind, migrated, modelled) {
				t.Errorf("the models want what the migrations do not make: %s", line)
			}
			for _, line := range differences(t, kind, modelled, migrated) {
				t.Errorf("the migrations make what the models do not have: %s", line)
			}
		})
	}
}

// The comparison must see what it is for.
func TestComparisonSeesDifferences(t *testing.T) {
	t.Parallel()
	changes := []struct{ name, sql string }{
		{"column added", "ALTER TABLE accounts ADD COLUMN extra varchar(10)"},
		{"column dropped", "ALTER TABLE payments DROP COLUMN reference"},
		{"index added", "CREATE INDEX idx_extra ON accounts (status)"},
		{"table added", "CREATE TABLE extra (id bigint PRIMARY KEY)"},
		{"type changed", ""}, // see changeType
	}
	for _, kind := range kinds() {
		for _, change := range changes {
			t.Run(kind.name+"/"+change.name, func(t *testing.T) {
				t.Parallel()
				before, after := modelledDatabase(t, kind.url(t)), modelledDatabase(t, kind.url(t))
				statements := []string{change.sql}
				if change.sql == "" {
					statements = kind.changeType
				}
				for _, statement := range statements {
					if _, err := after.ExecContext(t.Context(), statement); err != nil {
						t.Fatal(err)
					}
				}
				if len(differences(t, kind, before, after)) == 0 || len(differences(t, kind, after, before)) == 0 {
					t.Error("no difference was seen")
				}
			})
		}
	}
}

// kind is a database with what the comparison needs to know of it.
type kind struct {
	name       string
	url        func(testing.TB) string
	open       func(schema.ExecQuerier) (atlas.Driver, error)
	columns    string   // a query for what Atlas does not compare; empty when it compares all
	changeType []string // makes another type of a column
}

func kinds() []kind {
	// Atlas ignores the declared type of an SQLite column and AUTOINCREMENT.
	const declared = `SELECT m.name || '.' || c.name, lower(c.type) || CASE WHEN c.pk AND m.sql LIKE '%autoincrement%' THEN ' autoincrement' ELSE '' END
		FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'goose_db_version%' AND m.name NOT LIKE 'schemactl_%' AND m.name NOT LIKE 'sqlite_%'`
	return []kind{
		{
			name: "sqlite", url: testenv.SQLite, open: sqlite.Open, columns: declared,
			changeType: []string{"ALTER TABLE accounts DROP COLUMN currency", "ALTER TABLE accounts ADD COLUMN currency varchar(4) NOT NULL DEFAULT 'EUR'"},
		},
		{name: "postgres", url: testenv.Postgres, open: postgres.Open, changeType: []string{"ALTER TABLE accounts ALTER COLUMN currency TYPE varchar(4)"}},
		{name: "mariadb", url: testenv.MariaDB, open: mysql.Open, changeType: []string{"ALTER TABLE accounts MODIFY COLUMN currency varchar(4) NOT NULL DEFAULT 'EUR'"}},
	}
}

func migratedDatabase(t *testing.T, url string) *sql.DB {
	t.Helper()
	db := open(t, url)
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource("shared", migrations.FS)}, migrate.WithApplication("test"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	return pool(t, db)
}

func modelledDatabase(t *testing.T, url string) *sql.DB {
	t.Helper()
	db := open(t, url)
	if err := db.WithContext(t.Context()).AutoMigrate(models.All()...); err != nil {
		t.Fatal(err)
	}
	return pool(t, db)
}

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

func pool(t *testing.T, db *gorm.DB) *sql.DB {
	t.Helper()
	p, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// differences says what would turn the first database into the second.
func differences(t *testing.T, k kind, from, to *sql.DB) []string {
	t.Helper()
	driver, before := inspect(t, k, from)
	_, after := inspect(t, k, to)
	after.Name = before.Name
	changes, err := driver.SchemaDiff(before, after, schema.DiffNormalized())
	if err != nil {
		t.Fatal(err)
	}
	lines := describe(t.Context(), driver, changes)
	if diff := cmp.Diff(declaredColumns(t, k, from), declaredColumns(t, k, to)); diff != "" {
		lines = append(lines, "declared columns (-from +to):\n"+diff)
	}
	return lines
}

func inspect(t *testing.T, k kind, db *sql.DB) (atlas.Driver, *schema.Schema) {
	t.Helper()
	driver, err := k.open(db)
	if err != nil {
		t.Fatal(err)
	}
	s, err := driver.InspectSchema(t.Context(), "", &schema.InspectOptions{Exclude: bookkeeping})
	if err != nil {
		t.Fatal(err)
	}
	return driver, s
}

func tableNames(t *testing.T, k kind, db *sql.DB) []string {
	t.Helper()
	_, s := inspect(t, k, db)
	names := make([]string, 0, len(s.Tables))
	for _, table := range s.Tables {
		names = append(names, table.Name)
	}
	return names
}

// describe writes changes as the SQL that would make them, where Atlas can plan it.
func describe(ctx context.Context, driver atlas.Driver, changes []schema.Change) []string {
	if len(changes) == 0 {
		return nil
	}
	plan, err := driver.PlanChanges(ctx, "difference", changes)
	if err != nil {
		return []string{fmt.Sprintf("%d changes, which cannot be written as SQL: %v", len(changes), err)}
	}
	lines := make([]string, 0, len(plan.Changes))
	for _, c := range plan.Changes {
		lines = append(lines, strings.Join(strings.Fields(c.Cmd), " "))
	}
	return lines
}

// declaredColumns maps table.column to what the database was told of it.
func declaredColumns(t *testing.T, k kind, db *sql.DB) map[string]string {
	t.Helper()
	if k.columns == "" {
		return nil
	}
	rows, err := db.QueryContext(t.Context(), k.columns)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}()
	found := map[string]string{}
	for rows.Next() {
		var name, declared string
		if err := rows.Scan(&name, &declared); err != nil {
			t.Fatal(err)
		}
		found[name] = declared
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Fatal("no columns")
	}
	return found
}
