package drift

import (
	"cmp"
	"strings"
)

// notOfExtension leaves out what belongs to an extension; %s is the object's
// alias and its catalogue.
func notOfExtension(alias, catalogue string) string {
	return ` AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = '` + catalogue + `'::regclass
		AND e.objid = ` + alias + `.oid AND e.deptype = 'e') `
}

// postgres reads PostgreSQL's catalogue, whose own functions write definitions
// in one spelling.
func (in *inspector) postgres() error {
	rows, err := in.all(`SELECT current_schema()`)
	if err != nil {
		return err
	}
	in.schema = rows[0][0]
	for _, read := range []func() error{
		in.pgTypes, in.pgSequences, in.pgTables, in.pgColumns, in.pgIndexes, in.pgConstraints,
		in.pgFunctions, in.pgAggregates, in.pgViews, in.pgViewIndexes, in.pgTriggers, in.pgRules, in.pgPolicies,
	} {
		if err := read(); err != nil {
			return err
		}
	}
	for i := range in.out.Objects {
		if o := &in.out.Objects[i]; o.Kind == KindTable && plain(o) {
			o.Create = in.out.postgresTable(o)
		}
	}
	if !in.books {
		return nil
	}
	return in.pgExtensions()
}

func pgQuote(name string) string { return quote("postgres", name) }

// local takes the schema's name off qualified names, so that texts from schemas
// of different names compare.
func (in *inspector) local(text string) string {
	text = strings.ReplaceAll(text, pgQuote(in.schema)+".", "")
	var b strings.Builder
	for rest := text; ; {
		before, after, found := strings.Cut(rest, in.schema+".")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if last := b.String(); last != "" && isWord(last[len(last)-1]) {
			b.WriteString(in.schema + ".") // the end of another name
		}
		rest = after
	}
}

func isWord(c byte) bool {
	return c == '_' || c == '$' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '"' || c == '.'
}

func (in *inspector) pgTables() error {
	const query = `SELECT c.relname, CASE c.relkind WHEN 'p' THEN 'partitioned' WHEN 'f' THEN 'foreign' ELSE 'plain' END,
			c.relpersistence = 'u', array_to_string(c.reloptions, ', '),
			CASE WHEN c.relforcerowsecurity THEN 'forced' WHEN c.relrowsecurity THEN 'yes' ELSE 'no' END,
			pg_get_partkeydef(c.oid),
			(SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
			pg_get_expr(c.relpartbound, c.oid), obj_description(c.oid, 'pg_class'),
			CASE c.relreplident WHEN 'n' THEN 'NOTHING' WHEN 'f' THEN 'FULL' WHEN 'i' THEN
				(SELECT 'USING INDEX ' || quote_ident(i.relname) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = c.oid AND x.indisreplident) END
		FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'f')`
	return in.each(query+notOfExtension("c", "pg_class")+`ORDER BY c.oid`, nil, func(r []string) error {
		if in.own(r[0]) {
			return nil
		}
		in.out.add(Object{Kind: KindTable, Name: r[0], Facts: []Fact{
			exact("kind", r[1]), exact("unlogged", yes(r[2] == "true")), exact("options", r[3]), exact("row security", r[4]),
			exact("partition by", r[5]), exact("inherits", in.local(r[6])), exact("partition", in.local(r[7])),
			exact("comment", r[8]), exact("replica identity", r[9]),
		}})
		return nil
	})
}

func (in *inspector) pgColumns() error {
	const query = `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
			pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text,
			CASE WHEN a.attcollation <> t.typcollation THEN (SELECT quote_ident(collname) FROM pg_collation WHERE oid = a.attcollation) END,
			CASE WHEN a.attstorage <> t.typstorage THEN CASE a.attstorage WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED' WHEN 'm' THEN 'MAIN' ELSE 'PLAIN' END END,
			s.relname,
			CASE WHEN q.seqrelid IS NOT NULL THEN format('START WITH %s INCREMENT BY %s MINVALUE %s MAXVALUE %s CACHE %s%s',
				q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' END) END,
			a.attislocal, col_description(c.oid, a.attnum)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		JOIN pg_type t ON t.oid = a.atttypid
		LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
		LEFT JOIN pg_depend o ON o.refclassid = 'pg_class'::regclass AND o.refobjid = c.oid AND o.refobjsubid = a.attnum
			AND o.classid = 'pg_class'::regclass AND o.deptype IN ('a', 'i') AND EXISTS (SELECT FROM pg_sequence WHERE seqrelid = o.objid)
		LEFT JOIN pg_class s ON s.oid = o.objid LEFT JOIN pg_sequence q ON q.seqrelid = s.oid
		WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'f')`
	return in.each(query+notOfExtension("c", "pg_class")+`ORDER BY c.oid, a.attnum`, nil, func(r []string) error {
		if !in.own(r[0]) {
			in.out.add(in.pgColumn(r))
		}
		return nil
	})
}

func (in *inspector) pgColumn(r []string) Object {
	kind, value := in.local(r[2]), in.local(r[4])
	generated, counted, sequence := "", "", r[10]
	switch {
	case r[6] == "s":
		generated, value = value, ""
	case r[5] == "a":
		counted = "GENERATED ALWAYS AS IDENTITY"
	case r[5] == "d":
		counted = "GENERATED BY DEFAULT AS IDENTITY"
	case r[9] != "" && strings.HasPrefix(value, "nextval("):
		counted, value = "serial", ""
	default:
		sequence = ""
	}
	o := Object{Kind: KindColumn, Table: r[0], Name: r[1], Facts: []Fact{
		fact("type", kind, pgTypeMeaning(kind)),
		fact("nullable", yes(r[3] == "false"), yes(r[3] == "false")),
		fact("default", value, defaultMeaning(value)),
		fact("auto-increment", counted, yes(counted != "")),
		exact("sequence", sequence),
		exact("generated", generated),
		exact("collation", r[7]),
		exact("storage", r[8]),
		exact("inherited", yes(r[11] == "false")),
		exact("comment", r[12]),
	}}
	o.Create = "ALTER TABLE " + pgQuote(r[0]) + " ADD COLUMN " + pgColumnText(&o)
	return o
}

// pgTypeMeaning knows that a varchar without a length is a text, and that six
// digits are what times have by themselves.
func pgTypeMeaning(t string) string {
	if strings.HasPrefix(t, "time") {
		return strings.Replace(t, "(6)", "", 1)
	}
	if t == "character varying" {
		return "text"
	}
	return t
}

// pgColumnText is the column as CREATE TABLE and ADD COLUMN want it.
func pgColumnText(o *Object) string {
	text, kind, counted := pgQuote(o.Name)+" ", o.value("type"), o.value("auto-increment")
	if counted == "serial" {
		kind = cmp.Or(map[string]string{"bigint": "bigserial", "integer": "serial", "smallint": "smallserial"}[kind], kind)
	}
	text += kind
	if c := o.value("collation"); c != "" {
		text += " COLLATE " + c
	}
	if g := o.value("generated"); g != "" {
		text += " GENERATED ALWAYS AS (" + g + ") STORED"
	}
	if counted != "" && counted != "serial" {
		text += " " + counted + " (" + o.value("sequence") + ")"
	}
	if d := o.value("default"); d != "" {
		text += " DEFAULT " + d
	}
	if o.value("nullable") == "no" {
		text += " NOT NULL"
	}
	return text
}

func (in *inspector) pgIndexes() error { return in.pgIndexesOf(`'r', 'p'`) }

func (in *inspector) pgViewIndexes() error { return in.pgIndexesOf(`'m'`) }

func (in *inspector) pgIndexesOf(kinds string) error {
	query := `SELECT t.relname, i.relname, pg_get_indexdef(i.oid), x.indisvalid AND x.indisready, con.contype::text,
			con.conname, pg_get_constraintdef(con.oid, true)
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		LEFT JOIN pg_constraint con ON con.conindid = i.oid AND con.contype IN ('p', 'u', 'x')
		WHERE t.relnamespace = current_schema()::regnamespace AND t.relkind IN (` + kinds + `)` +
		notOfExtension("t", "pg_class") + `ORDER BY t.oid, x.indisprimary DESC, i.relname`
	return in.each(query, nil, func(r []string) error {
		if in.own(r[0]) {
			return nil
		}
		table, name, create := r[0], r[1], in.local(r[2])
		constraint := "ALTER TABLE " + pgQuote(table) + " ADD CONSTRAINT " + pgQuote(r[5]) + " " + in.local(r[6])
		switch r[4] {
		case "p":
			in.out.add(Object{Kind: KindPrimaryKey, Table: table, Create: constraint, Facts: []Fact{
				fact("definition", in.local(r[6]), in.local(r[6])), exact("name", name), exact("valid", yes(r[3] == "true")),
			}})
		case "x":
			in.out.add(Object{Kind: KindExclusion, Table: table, Name: name, Create: constraint, Facts: []Fact{exact("definition", in.local(r[6]))}})
		default:
			o := Object{Kind: KindIndex, Table: table, Name: name, Create: create, Facts: []Fact{
				fact("definition", create, create), exact("constraint", in.local(r[6])), exact("valid", yes(r[3] == "true")),
			}}
			if r[4] == "u" {
				o.Create = constraint
			}
			in.out.add(o)
		}
		return nil
	})
}

func (in *inspector) pgConstraints() error {
	const query = `SELECT t.relname, con.conname, con.contype::text, pg_get_constraintdef(con.oid), con.convalidated
		FROM pg_constraint con JOIN pg_class t ON t.oid = con.conrelid
		WHERE con.connamespace = current_schema()::regnamespace AND con.contype IN ('f', 'c') AND con.conislocal
			AND con.conparentid = 0`
	seen := map[identity]bool{}
	return in.each(query+notOfExtension("t", "pg_class")+`ORDER BY con.contype, t.oid, con.conname`, nil, func(r []string) error {
		if in.own(r[0]) {
			return nil
		}
		text := in.local(strings.TrimSuffix(r[3], " NOT VALID"))
		o := Object{Kind: KindCheck, Table: r[0], Name: r[1], Facts: []Fact{
			fact("definition", text, text), exact("name", r[1]), exact("validated", yes(r[4] == "true")),
		}}
		if r[2] == "f" {
			o.Kind, o.Name = KindForeignKey, columnsOf(text)
			if seen[o.id()] {
				o.Name += " " + r[1]
			}
			seen[o.id()] = true
		}
		o.Create = "ALTER TABLE " + pgQuote(r[0]) + " ADD CONSTRAINT " + pgQuote(r[1]) + " " + text
		if r[4] != "true" {
			o.Create += " NOT VALID"
		}
		in.out.add(o)
		return nil
	})
}

// columnsOf is the first bracket of "FOREIGN KEY (a, b) REFERENCES …", without
// quotes.
func columnsOf(definition string) string {
	_, rest, _ := strings.Cut(definition, "(")
	inner, _, _ := strings.Cut(rest, ")")
	return "(" + strings.NewReplacer(`"`, "", "`", "").Replace(inner) + ")"
}
