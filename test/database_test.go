package test_test

import (
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"
)

// heavy are the turns of tests that start many processes: more than two such
// tests at once would measure the machine.
var heavy = make(chan struct{}, 2)

// takeTurn waits until fewer than two heavy tests run; the turn ends with the test.
func takeTurn(t *testing.T) {
	t.Helper()
	select {
	case heavy <- struct{}{}:
	case <-t.Context().Done():
		t.Fatal(t.Context().Err())
	}
	t.Cleanup(func() { <-heavy })
}

// lines are the rows of a query as text, with blanks between the columns.
func lines(t *testing.T, db *gorm.DB, query string) []string {
	t.Helper()
	rows, err := pool(t, db).QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells what matters
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = v.String
		}
		out = append(out, strings.Join(texts, " "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// same checks the rows of a query.
func same(t *testing.T, db *gorm.DB, query string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, lines(t, db, query)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", query, diff)
	}
}

// execute runs a statement.
func execute(t *testing.T, db *gorm.DB, statement string) {
	t.Helper()
	if err := db.WithContext(t.Context()).Exec(statement).Error; err != nil {
		t.Fatal(err)
	}
}

// tables are the names of all tables, sorted.
func tables(t *testing.T, db *gorm.DB) []string {
	t.Helper()
	names, err := db.WithContext(t.Context()).Migrator().GetTables()
	if err != nil {
		t.Fatal(err)
	}
	names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "sqlite_") })
	slices.Sort(names)
	return names
}
