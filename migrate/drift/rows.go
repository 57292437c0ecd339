package drift

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm"
)

// rowsWanted is how many rows an empty table is given.
const rowsWanted = 3

// fill puts rows into the tables that have none, parents first, and counts the
// rows of all. It says for which tables none could be made.
func fill(ctx context.Context, db *gorm.DB, s *Schema) (rows int, empty []string, err error) {
	pool, err := db.DB()
	if err != nil {
		return 0, nil, err
	}
	empty = []string{}
	for _, table := range parentsFirst(s) {
		var n int
		count := "SELECT count(*) FROM " + quote(s.Dialect, table)
		if err := pool.QueryRowContext(ctx, count).Scan(&n); err != nil {
			return 0, nil, fmt.Errorf("count the rows of %s: %w", table, err)
		}
		if n == 0 {
			var cause error
			if n, cause = fillTable(ctx, pool, s, table); cause != nil && n == 0 {
				empty = append(empty, table+": "+cause.Error())
			}
		}
		if ctx.Err() != nil {
			return 0, nil, ctx.Err()
		}
		rows += n
	}
	return rows, empty, nil
}

// fillTable tries a value in every column, and then only in those that need one.
func fillTable(ctx context.Context, pool *sql.DB, s *Schema, table string) (n int, cause error) {
	for i := range rowsWanted {
		var err error
		for _, needed := range []bool{false, true} {
			if _, err = pool.ExecContext(ctx, s.insert(table, i, needed)); err == nil {
				n++
				break
			}
		}
		if cause == nil {
			cause = err
		}
	}
	return n, cause
}

// insert is a statement for row i of a table. All values are literals that this
// package makes, which each database turns into the column's type.
func (s *Schema) insert(table string, i int, needed bool) string {
	parents := s.parents(table)
	var columns, values []string
	for _, c := range s.of(KindColumn, table) {
		counted := c.value("auto-increment")
		if c.value("generated") != "" || strings.Contains(c.value("attributes"), "GENERATED") || counted != "" && counted != "no" {
			continue
		}
		parent, refers := parents[c.Name]
		optional := c.value("nullable") == "yes" || c.value("default") != ""
		if optional && (needed || refers && parent.table == table) {
			continue
		}
		value := s.literal(c.value("type"), i)
		if refers {
			value = fmt.Sprintf("(SELECT %s FROM %s ORDER BY 1 LIMIT 1 OFFSET %d)",
				quote(s.Dialect, parent.column), quote(s.Dialect, parent.table), i)
		}
		columns, values = append(columns, quote(s.Dialect, c.Name)), append(values, value)
	}
	into := "INSERT INTO " + quote(s.Dialect, table)
	if len(columns) == 0 && s.Dialect == "mysql" {
		return into + " () VALUES ()"
	}
	if len(columns) == 0 {
		return into + " DEFAULT VALUES"
	}
	return into + " (" + strings.Join(columns, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// parent is the column that a foreign key's column refers to.
type parent struct{ table, column string }

var reference = regexp.MustCompile(`FOREIGN KEY \(([^)]*)\) REFERENCES ([^ (]+) ?\(([^)]*)\)`)

func (s *Schema) parents(table string) map[string]parent {
	out := map[string]parent{}
	plain := strings.NewReplacer(`"`, "", "`", "", " ", "")
	for _, fk := range s.of(KindForeignKey, table) {
		m := reference.FindStringSubmatch(fk.value("definition"))
		if m == nil {
			continue
		}
		from, to := strings.Split(plain.Replace(m[1]), ","), strings.Split(plain.Replace(m[3]), ",")
		for i := range min(len(from), len(to)) {
			out[from[i]] = parent{plain.Replace(m[2]), to[i]}
		}
	}
	return out
}

// parentsFirst orders the tables so that foreign keys lead back; a circle is
// broken somewhere.
func parentsFirst(s *Schema) []string {
	var out []string
	seen := map[string]bool{}
	var visit func(table string)
	visit = func(table string) {
		if seen[table] || !s.hasTable(table) {
			return
		}
		seen[table] = true
		var before []string
		for _, p := range s.parents(table) {
			before = append(before, p.table)
		}
		slices.Sort(before)
		for _, p := range before {
			visit(p)
		}
		out = append(out, table)
	}
	for _, t := range s.of(KindTable, "") {
		if t.value("kind") != "partitioned" && t.value("kind") != "virtual" {
			visit(t.Name)
		}
	}
	return out
}

var firstWord = regexp.MustCompile(`^[a-z ]*[a-z]`)

// literal is the i-th value of a type; different for different i where the type
// has as many.
func (s *Schema) literal(kind string, i int) string {
	kind = strings.ToLower(kind)
	if enum := s.find(identity{KindType, "", kind}); enum != nil {
		kind = strings.ToLower(enum.value("definition"))
	}
	if at := strings.Index(kind, "enum"); at >= 0 {
		if labels := regexp.MustCompile(`'(?:[^']|'')*'`).FindAllString(kind[at:], -1); len(labels) > 0 {
			return labels[i%len(labels)]
		}
	}
	word, n := firstWord.FindString(kind), strconv.Itoa(i+1)
	switch {
	case strings.HasSuffix(kind, "[]"):
		return "'{}'"
	case strings.Contains(word, "bool"), kind == "tinyint(1)":
		if s.Dialect == "postgres" {
			return []string{"'true'", "'false'"}[i%2]
		}
		return strconv.Itoa(i % 2)
	case strings.Contains(word, "json"):
		return "'{}'"
	case word == "uuid":
		return "'00000000-0000-4000-8000-00000000000" + n + "'"
	case strings.HasPrefix(word, "timestamp"), word == "datetime":
		return "'2026-01-0" + n + " 00:00:00'"
	case word == "date":
		return "'2026-01-0" + n + "'"
	case strings.HasPrefix(word, "time"):
		return "'0" + n + ":00:00'"
	case word == "interval":
		return "'" + n + " hours'"
	case word == "inet", word == "cidr":
		return "'127.0.0." + n + "'"
	case word == "xid":
		return "'" + n + "'"
	case strings.Contains(word, "char"), strings.Contains(word, "text"), strings.Contains(word, "blob"),
		strings.Contains(word, "byte"), strings.Contains(word, "binary"):
		return "'" + n + "'" // one character fits every length
	case s.Dialect == "mysql" && (word == "point" || word == "geometry"):
		return "ST_GeomFromText('POINT(" + n + " " + n + ")')"
	case word == "bit", strings.HasPrefix(word, "bit "):
		return "b'" + strings.Repeat("1", lengthOf(kind)) + "'"
	}
	return "'" + n + "'"
}

// lengthOf is the number in a type's brackets, or 1.
func lengthOf(kind string) int {
	_, rest, _ := strings.Cut(kind, "(")
	digits, _, _ := strings.Cut(rest, ")")
	if n, err := strconv.Atoi(digits); err == nil && n > 0 && n < 1000 {
		return n
	}
	return 1
}
