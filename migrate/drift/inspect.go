package drift

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// Inspect reads the schema of a database: on PostgreSQL the one that
// unqualified names lead to. The tables of migrating itself
// (goose_db_version…, schemactl_…) are left out. It only reads; a change that
// somebody makes meanwhile may be seen in part.
func Inspect(ctx context.Context, db *gorm.DB) (*Schema, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	in := &inspector{ctx: ctx, db: pool, out: &Schema{Dialect: db.Name()}}
	if err := in.read(); err != nil {
		return nil, err
	}
	return in.out, nil
}

// read fills the inspector's schema.
func (in *inspector) read() (err error) {
	switch in.out.Dialect {
	case "postgres":
		err = in.postgres()
	case "mysql":
		err = in.mysql()
	case "sqlite":
		err = in.sqlite()
	default:
		err = fmt.Errorf("dialect %q is none of postgres, mysql, sqlite", in.out.Dialect)
	}
	if err != nil {
		return fmt.Errorf("inspect the schema: %w", err)
	}
	slices.Sort(in.out.Sources)
	return nil
}

// inspector reads one database. Its context is that of the one call it lives for.
type inspector struct {
	ctx    context.Context //nolint:containedctx // an inspector does not outlive the call that makes it
	db     querier
	out    *Schema
	schema string // PostgreSQL's schema or MySQL's database
	books  bool   // whether to read the tables that record migrations too
}

// querier is a pool or one session of it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// The tables that record migrations.
const (
	versionTable = "goose_db_version"
	historyTable = "schemactl_history"
)

// own reports whether a table belongs to migrating itself, and notes whose
// version table it is.
func (in *inspector) own(table string) bool {
	if source, ok := strings.CutPrefix(table, versionTable); ok {
		in.noteSource(strings.TrimPrefix(source, "_"))
		return !in.books
	}
	return strings.HasPrefix(table, "schemactl_") && (!in.books || table != historyTable)
}

func (in *inspector) noteSource(name string) {
	if name == "" {
		name = "shared"
	}
	if !slices.Contains(in.out.Sources, name) {
		in.out.Sources = append(in.out.Sources, name)
	}
}

// each runs a query whose columns are read as text, NULL as "", and hands each
// row to fn.
func (in *inspector) each(query string, args []any, fn func(row []string) error) (err error) {
	rows, err := in.db.QueryContext(in.ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values, targets := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = v.String
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return rows.Err()
}

// all is each for those who need the rows after the query has ended.
func (in *inspector) all(query string, args ...any) ([][]string, error) {
	var out [][]string
	err := in.each(query, args, func(row []string) error {
		out = append(out, row)
		return nil
	})
	return out, err
}

var blanks = regexp.MustCompile(`\s+`)

// squeeze makes runs of white space one blank.
func squeeze(s string) string { return strings.TrimSpace(blanks.ReplaceAllString(s, " ")) }

// plural is a count with its noun: "1 object", "2 objects".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// yes is how facts say yes and no.
func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// quote writes an identifier in a dialect's quotes.
func quote(dialect, name string) string {
	if dialect == "mysql" {
		return "`" + strings.ReplaceAll(name, "`", "``") + "`"
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

var (
	castSuffix = regexp.MustCompile(`^('(?:[^']|'')*'|[-0-9.]+)::[a-z][a-z ]*(\([0-9, ]+\))?(\[\])?$`)
	plainText  = regexp.MustCompile(`^'[^'\\]*'$`)
	number     = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
)

// defaultMeaning makes the spellings of one default equal: a cast to the
// column's own type, quotes around a number, brackets, capitals of a function
// without arguments, NULL for none.
func defaultMeaning(text string) string {
	text = strings.TrimSpace(text)
	for strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") && balanced(text[1:len(text)-1]) {
		text = strings.TrimSpace(text[1 : len(text)-1])
	}
	if m := castSuffix.FindStringSubmatch(text); m != nil {
		text = m[1]
	}
	if len(text) > 1 && text[0] == '"' && strings.IndexByte(text[1:], '"') == len(text)-2 {
		text = "'" + strings.Trim(text, `"`) + "'" // how GORM writes a text on SQLite
	}
	if plainText.MatchString(text) && number.MatchString(strings.Trim(text, "'")) {
		text = strings.Trim(text, "'")
	}
	lower := strings.ToLower(text)
	switch {
	case lower == "null":
		return ""
	case lower == "true":
		return "1"
	case lower == "false":
		return "0"
	case strings.HasPrefix(text, "'"):
		return text
	}
	return strings.TrimSuffix(strings.Replace(lower, "now()", "current_timestamp", 1), "()")
}

// balanced reports whether the brackets of a text close in the text itself.
func balanced(s string) bool {
	depth := 0
	for _, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			return false
		}
	}
	return depth == 0
}
