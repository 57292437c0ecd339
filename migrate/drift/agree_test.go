package drift_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/migrate/drift"
	"github.com/schemactl/schemactl/migrations"
)

// The three folders of migrations make the same tables, as far as the types of
// the databases allow: names, families of types, nullability, defaults, keys,
// indexes and foreign keys.
func TestDialectsMakeTheSameTables(t *testing.T) {
	t.Parallel()
	shared := []migrate.Source{migrate.NewSource("shared", migrations.FS)}
	read := func(url string) []string {
		db := open(t, url)
		up(t, db, shared)
		s, err := drift.Inspect(t.Context(), db)
		check(t, err)
		var out []string
		for i := range s.Objects {
			out = append(out, common(&s.Objects[i]))
		}
		slices.Sort(out)
		return out
	}
	postgres := read(testenv.Postgres(t))
	if len(postgres) < 30 {
		t.Errorf("only %d objects", len(postgres))
	}
	for name, url := range map[string]string{"mariadb": testenv.MariaDB(t), "sqlite": testenv.SQLite(t)} {
		if diff := cmp.Diff(postgres, read(url)); diff != "" {
			t.Errorf("postgres and %s (-postgres +%s):\n%s", name, name, diff)
		}
	}
}

// common is what the dialects can have in common of an object.
func common(o *drift.Object) string {
	line := o.String()
	for _, f := range o.Facts {
		switch {
		case o.Kind == drift.KindTable, f.Exact:
		case f.Name == "type":
			line += " " + family(f.Meaning)
		case f.Name == "nullable" || f.Name == "default":
			line += ", " + f.Name + " " + f.Meaning
		case f.Name == "definition":
			line += " " + definition(f.Meaning)
		}
	}
	return line
}

// family is a type without what only one database knows.
func family(kind string) string {
	switch {
	case strings.Contains(kind, "int"):
		return "number"
	case strings.Contains(kind, "char"), strings.Contains(kind, "text"):
		return "text"
	case strings.HasPrefix(kind, "timestamp"), strings.HasPrefix(kind, "datetime"):
		return "time"
	}
	return kind
}

var inBrackets = regexp.MustCompile(`\(([^)]*)\)`)

// definition keeps whether a key is unique, its columns, and what it refers to.
func definition(text string) string {
	lower := strings.NewReplacer("`", "", `"`, "", ", ", ",", " ,", ",", " , ", ",").Replace(strings.ToLower(text))
	out := ""
	if strings.Contains(lower, "unique") {
		out = "unique "
	}
	for _, m := range inBrackets.FindAllStringSubmatch(lower, -1) {
		out += "(" + strings.ReplaceAll(m[1], " ", "") + ")"
	}
	if _, after, ok := strings.Cut(lower, "references "); ok {
		table, _, _ := strings.Cut(after, "(")
		out += " to " + strings.TrimSpace(table)
	}
	return out
}
