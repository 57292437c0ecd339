package drift_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrate/drift"
)

// Every migration of this module goes up, down and up with rows in its tables.
func TestReferenceMigrationsAreReversible(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		trials, err := drift.Try(t.Context(), drift.TryRequest{URL: url, Sources: sources()})
		check(t, err)
		if want := migrationsOf(t, open(t, url), sources()); len(trials) != want {
			t.Errorf("%d trials, want %d", len(trials), want)
		}
		for i, one := range trials {
			if !one.Reversible || len(one.Empty) > 0 {
				t.Errorf("%+v", one)
			}
			if want := min(3*(i+1), 9); one.Rows < want {
				t.Errorf("%s had %d rows, want %d", one.Migration, one.Rows, want)
			}
		}
		if s, err := drift.Inspect(t.Context(), open(t, url)); err != nil || len(s.Objects) > 0 {
			t.Errorf("the database itself was touched: %v %v", s, err)
		}
	})
}

// What cannot be taken back is found, and the others are tried all the same.
func TestIrreversibleIsFound(t *testing.T) {
	t.Parallel()
	const head = "-- +goose Up\n"
	set := files(map[string]string{
		"1_a.sql":         head + "CREATE TABLE a (id bigint NOT NULL PRIMARY KEY, name varchar(20));\n-- +goose Down\nDROP TABLE a;\n",
		"2_no_down.sql":   head + "CREATE INDEX idx_name ON a (name);\n",
		"3_data.sql":      head + "UPDATE a SET name = 'x';\n-- +goose Down\nSELECT 1;\n",
		"4_other.sql":     head + "ALTER TABLE a ADD COLUMN c int;\n-- +goose Down\nSELECT 1;\n",
		"5_broken.sql":    head + "ALTER TABLE a ADD COLUMN d int;\n-- +goose Down\nALTER TABLE a DROP COLUMN nonsense;\n",
		"6_unfit.sql":     head + "CREATE TABLE picky (id bigint NOT NULL PRIMARY KEY CHECK (id > 1000));\n-- +goose Down\nDROP TABLE picky;\n",
		"7_with_rows.sql": head + "CREATE UNIQUE INDEX idx_one ON a (c);\n-- +goose Down\nDROP INDEX idx_one;\n",
		"8_last.sql":      head + "CREATE TABLE z (id int);\n-- +goose Down\nDROP TABLE z;\n",
		"9_never.sql":     head + "nonsense;\n",
		"99_after.sql":    head + "SELECT 1;\n",
	})
	testenv.Databases(t, func(t *testing.T, url string) {
		trials, err := drift.Try(t.Context(), drift.TryRequest{URL: url, Sources: []migrate.Source{migrate.NewSource("shared", set)}})
		check(t, err)
		want := map[string]string{
			"shared/1_a.sql": "", "shared/3_data.sql": "", "shared/8_last.sql": "",
			"shared/2_no_down.sql": "after down: index a.idx_name is left over",
			"shared/4_other.sql":   "after down: column a.c is left over",
			"shared/5_broken.sql":  "down: ",
			"shared/6_unfit.sql":   "",
			"shared/9_never.sql":   "up: ",
			"shared/99_after.sql":  "skipped",
		}
		for _, one := range trials {
			text := one.Problem + strings.Join(one.Left, "; ")
			if one.Skipped {
				text = "skipped"
			}
			w, ok := want[one.Migration]
			if ok && (!strings.Contains(text, w) || one.Reversible != (w == "")) {
				t.Errorf("%s: %+v, want %q", one.Migration, one, w)
			}
			if one.Migration == "shared/6_unfit.sql" && !slices.ContainsFunc(one.Empty, func(s string) bool { return strings.HasPrefix(s, "picky: ") }) {
				t.Errorf("picky has no rows, which was not said: %+v", one)
			}
		}
		if len(trials) != 10 {
			t.Errorf("%d trials, want 10", len(trials))
		}
	})
}
