package drift

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// Marks in a dump. Each statement stands between begin and end, which are
// comments to other programs.
const (
	dumpHead  = "-- schemactl snapshot, dialect "
	dumpBegin = "-- +goose StatementBegin"
	dumpEnd   = "-- +goose StatementEnd"
)

// Dump writes the schema of a database as SQL of its dialect, with the rows
// that record which migrations are applied, last: a fresh database can start
// from it, by [Load] or by the database's own program. Two databases with the
// same schema and migrations give the same text; rows of other tables, and when
// and by whom migrations were applied, are not in it. [Snapshot] has the rows
// that migrations insert too.
//
// PostgreSQL's partitioned, inherited and foreign tables are refused, and its
// privileges and the comments on other things than tables and columns are not
// written: a dump for those is pg_dump's work.
func Dump(ctx context.Context, w io.Writer, db *gorm.DB) error { return dump(ctx, w, db, withoutRows) }

// content says whether a dump has the rows of tables.
type content bool

const (
	withoutRows content = false
	withRows    content = true
)

func dump(ctx context.Context, w io.Writer, db *gorm.DB, what content) (err error) {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx) // one session, for its settings
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	in := &inspector{ctx: ctx, db: conn, out: &Schema{Dialect: db.Name()}, books: true}
	if err := in.read(); err != nil {
		return err
	}
	var rows []string
	if what == withRows {
		if rows, err = in.dataRows(); err != nil {
			return err
		}
		in.out.count()
	}
	statements, err := in.out.statements(rows)
	if err != nil {
		return err
	}
	books, err := in.bookRows()
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString(dumpHead + in.out.Dialect + "\n")
	for _, text := range slices.Concat(statements, books) {
		if strings.Contains(text, dumpEnd) {
			return fmt.Errorf("dump: a definition or a row contains the line %q", dumpEnd)
		}
		b.WriteString("\n" + dumpBegin + "\n" + text + ";\n" + dumpEnd + "\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// count lets tables be made with their counters where they stand, but for those
// that record migrations, whose rows are new ones.
func (s *Schema) count() {
	for i := range s.Objects {
		if o := &s.Objects[i]; o.counting != "" && o.Name != historyTable && !strings.HasPrefix(o.Name, versionTable) {
			o.Create = o.counting
		}
	}
}

// statements make the schema, and rows as soon as there are tables: before
// triggers and foreign keys, which are not to work on them.
func (s *Schema) statements(rows []string) ([]string, error) {
	var out []string
	add := func(kinds ...Kind) {
		for i := range s.Objects {
			if o := &s.Objects[i]; slices.Contains(kinds, o.Kind) && o.Create != "" {
				out = append(out, o.Create)
			}
		}
	}
	switch s.Dialect {
	case "postgres":
		return s.postgresStatements(rows)
	case "mysql":
		out = append(out, "SET FOREIGN_KEY_CHECKS = 0")
		add(KindSequence)
		add(KindTable)
		slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(late(a), late(b)) })
		out = append(out, rows...)
		add(KindFunction)
		add(KindView)
		add(KindTrigger, KindEvent)
		out = append(out, "SET FOREIGN_KEY_CHECKS = 1")
	default:
		add(KindTable)
		out = append(out, rows...)
		add(KindIndex)
		add(KindView)
		add(KindTrigger)
	}
	return out, nil
}

// late puts tables that refer to others behind those that do not, which can be
// made several at a time.
func late(statement string) int {
	if strings.HasPrefix(statement, "CREATE TABLE ") && !standsAlone(statement) {
		return 1
	}
	return 0
}

func (s *Schema) postgresStatements(rows []string) ([]string, error) {
	out := append([]string{"SET check_function_bodies = off"}, s.extensions...)
	functions := map[stage][]string{}
	for i := range s.Objects {
		switch o := &s.Objects[i]; o.Kind {
		case KindFunction:
			functions[o.stage] = append(functions[o.stage], o.Create)
		case KindType, KindSequence:
			out = append(out, o.Create)
		default: // the others in their own turn
		}
	}
	out = append(out, functions[beforeTables]...)
	var views, last []string
	for i := range s.Objects {
		o := &s.Objects[i]
		switch o.Kind {
		case KindTable:
			if !plain(o) {
				return nil, fmt.Errorf("dump: table %s is partitioned, inherited or foreign, which this dump does not write: use pg_dump", o.Name)
			}
			out = append(out, o.Create)
			last = append(last, rowSecurity(o)...)
			last = append(last, s.comments(o)...)
		case KindView:
			views = append(views, o.Create)
		case KindTrigger:
			last = append(last, o.Create)
			last = append(last, triggerState(o)...)
		case KindPolicy, KindRule:
			last = append(last, o.Create)
		default: // the others in their own turn
		}
	}
	out = append(out, rows...)
	for _, kind := range []Kind{KindPrimaryKey, KindIndex, KindExclusion, KindCheck, KindForeignKey} {
		for i := range s.Objects {
			o := &s.Objects[i]
			switch {
			case o.Kind != kind || inline(o):
			case s.find(identity{KindView, "", o.Table}) != nil:
				views = append(views, o.Create)
			default:
				out = append(out, o.Create)
			}
		}
	}
	return append(slices.Concat(out, functions[afterTables], views, functions[afterViews], last), "RESET check_function_bodies"), nil
}

// plain reports whether a dump can write a table of PostgreSQL.
func plain(o *Object) bool { return o.value("kind") == "plain" && o.value("inherits") == "" }

// comments are those of a table and its columns, and what else is said of a table
// behind its indexes.
func (s *Schema) comments(o *Object) []string {
	var out []string
	if how := o.value("replica identity"); how != "" {
		out = append(out, "ALTER TABLE "+pgQuote(o.Name)+" REPLICA IDENTITY "+how)
	}
	if text := o.value("comment"); text != "" {
		out = append(out, "COMMENT ON TABLE "+pgQuote(o.Name)+" IS "+pgText(text))
	}
	for _, c := range s.of(KindColumn, o.Name) {
		if text := c.value("comment"); text != "" {
			out = append(out, "COMMENT ON COLUMN "+pgQuote(o.Name)+"."+pgQuote(c.Name)+" IS "+pgText(text))
		}
	}
	return out
}

// pgText is a literal that means the same whatever standard_conforming_strings is.
func pgText(s string) string {
	if !strings.Contains(s, `\`) {
		return literal(s)
	}
	return "E" + strings.ReplaceAll(literal(s), `\`, `\\`)
}

// inline reports whether CREATE TABLE makes a constraint, which is faster than
// to add it.
func inline(o *Object) bool {
	return o.Kind == KindPrimaryKey || o.Kind == KindIndex && o.value("constraint") != "" ||
		o.Kind == KindCheck && o.value("validated") == "yes"
}

func (s *Schema) postgresTable(o *Object) string {
	var lines, storage []string
	for _, c := range s.of(KindColumn, o.Name) {
		lines = append(lines, "    "+pgColumnText(c))
		if how := c.value("storage"); how != "" {
			storage = append(storage, ";\nALTER TABLE "+pgQuote(o.Name)+" ALTER COLUMN "+pgQuote(c.Name)+" SET STORAGE "+how)
		}
	}
	for i := range s.Objects {
		if c := &s.Objects[i]; c.Table == o.Name && inline(c) {
			_, text, _ := strings.Cut(c.Create, " ADD ")
			lines = append(lines, "    "+text)
		}
	}
	create := "CREATE TABLE "
	if o.value("unlogged") == "yes" {
		create = "CREATE UNLOGGED TABLE "
	}
	text := create + pgQuote(o.Name) + " (\n" + strings.Join(lines, ",\n") + "\n)"
	if options := o.value("options"); options != "" {
		text += " WITH (" + options + ")"
	}
	return text + strings.Join(storage, "")
}

func rowSecurity(o *Object) []string {
	alter := "ALTER TABLE " + pgQuote(o.Name)
	switch o.value("row security") {
	case "forced":
		return []string{alter + " ENABLE ROW LEVEL SECURITY", alter + " FORCE ROW LEVEL SECURITY"}
	case "yes":
		return []string{alter + " ENABLE ROW LEVEL SECURITY"}
	}
	return nil
}

func triggerState(o *Object) []string {
	alter := "ALTER TABLE " + pgQuote(o.Table) + " "
	switch o.value("enabled") {
	case "no":
		return []string{alter + "DISABLE TRIGGER " + pgQuote(o.Name)}
	case "replica", "always":
		return []string{alter + "ENABLE " + strings.ToUpper(o.value("enabled")) + " TRIGGER " + pgQuote(o.Name)}
	}
	return nil
}
