package drift

import (
	"slices"
	"strings"
)

func liteQuote(name string) string { return quote("sqlite", name) }

// sqlite reads sqlite_master: pragmas for what they tell, and the statement that
// made a table for what they do not.
func (in *inspector) sqlite() error {
	rows, err := in.all(`SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'
		ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, rowid`)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if in.own(r[2]) {
			continue
		}
		text := strings.TrimSpace(r[3])
		switch r[0] {
		case "table":
			err = in.liteTable(r[1], text)
		case "index":
			err = in.liteIndex(r[2], r[1], text)
		case "view":
			in.out.add(Object{Kind: KindView, Name: r[1], Create: text, Facts: []Fact{exact("definition", ddlMeaning(text))}})
		case "trigger":
			in.out.add(Object{Kind: KindTrigger, Table: r[2], Name: r[1], Create: text, Facts: []Fact{exact("definition", ddlMeaning(text))}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (in *inspector) liteTable(table, text string) error {
	shape, err := in.all(`SELECT type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name = ?`, table)
	if err != nil || len(shape) == 0 {
		return err
	}
	kind, strict := shape[0][0], shape[0][2] == "1"
	if kind == "shadow" {
		return nil // belongs to a virtual table
	}
	o := Object{Kind: KindTable, Name: table, Create: text, Facts: []Fact{
		exact("kind", kind), exact("strict", yes(strict)), exact("without rowid", yes(shape[0][1] == "1")),
	}}
	if kind == "virtual" {
		o.Facts = append(o.Facts, exact("definition", ddlMeaning(text)))
		in.out.add(o)
		return nil
	}
	in.out.add(o)
	body := parseCreate(text)
	if err := in.liteColumns(table, body, strict); err != nil {
		return err
	}
	for _, c := range body.checks {
		in.out.add(Object{Kind: KindCheck, Table: table, Name: "(" + c + ")", Facts: []Fact{fact("definition", c, c)}})
	}
	if err := in.liteUniques(table); err != nil {
		return err
	}
	return in.liteForeignKeys(table)
}

func (in *inspector) liteColumns(table string, body createTable, strict bool) error {
	rows, err := in.all(`SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?) ORDER BY cid`, table)
	if err != nil {
		return err
	}
	var key []string
	for _, r := range rows {
		written := body.columns[strings.ToLower(r[0])]
		kind := strings.ToLower(squeeze(r[1]))
		generated := ""
		if r[5] == "2" || r[5] == "3" {
			generated = written.generated
		}
		in.out.add(Object{Kind: KindColumn, Table: table, Name: r[0], Create: written.alter(table), Facts: []Fact{
			fact("type", kind, affinity(kind, strict)),
			fact("nullable", yes(r[2] == "0"), yes(r[2] == "0" && r[4] == "0")),
			fact("default", r[3], defaultMeaning(r[3])),
			fact("auto-increment", yes(written.autoincrement), yes(written.autoincrement)),
			exact("generated", generated), exact("collation", written.collation),
		}})
		if r[4] != "0" {
			key = append(key, r[4]+" "+r[0])
		}
	}
	if len(key) > 0 {
		slices.Sort(key)
		for i := range key {
			_, key[i], _ = strings.Cut(key[i], " ")
		}
		text := "PRIMARY KEY (" + strings.Join(key, ", ") + ")"
		in.out.add(Object{Kind: KindPrimaryKey, Table: table, Facts: []Fact{fact("definition", text, text)}})
	}
	return nil
}

// affinity is what a declared type means to SQLite, and to the driver, which
// reads times and booleans by their declared type. In STRICT tables the type
// itself counts.
func affinity(declared string, strict bool) string {
	if strict {
		return declared
	}
	base, _, _ := strings.Cut(declared, "(")
	switch base = strings.TrimSpace(base); base {
	case "date", "datetime", "timestamp", "boolean":
		return base
	}
	switch {
	case strings.Contains(declared, "int"):
		return "integer"
	case strings.Contains(declared, "char"), strings.Contains(declared, "clob"), strings.Contains(declared, "text"):
		return "text"
	case declared == "", strings.Contains(declared, "blob"):
		return "blob"
	case strings.Contains(declared, "real"), strings.Contains(declared, "float"), strings.Contains(declared, "double"):
		return "real"
	}
	return "numeric"
}

// liteIndex reads an index that CREATE INDEX made.
func (in *inspector) liteIndex(table, name, text string) error {
	meaning := ddlMeaning(text)
	if _, after, ok := strings.Cut(meaning, " on "); ok {
		unique := ""
		if strings.HasPrefix(meaning, "create unique ") {
			unique = "unique "
		}
		meaning = unique + "on " + after
	}
	in.out.add(Object{Kind: KindIndex, Table: table, Name: name, Create: text, Facts: []Fact{fact("definition", meaning, meaning)}})
	return nil
}

// liteUniques reads the UNIQUE constraints of a table: their indexes have names
// by position, so the columns are the name.
func (in *inspector) liteUniques(table string) error {
	rows, err := in.all(`SELECT (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(l.name) ORDER BY seqno))
		FROM pragma_index_list(?) l WHERE l.origin = 'u' ORDER BY 1`, table)
	for _, r := range rows {
		text := "UNIQUE (" + r[0] + ")"
		in.out.add(Object{Kind: KindIndex, Table: table, Name: "(" + r[0] + ")", Facts: []Fact{fact("definition", text, text)}})
	}
	return err
}

// onEvent is what a foreign key does, when that is more than refusing.
func onEvent(event, action string) string {
	if action == "NO ACTION" || action == "RESTRICT" {
		return ""
	}
	return event + action
}

func (in *inspector) liteForeignKeys(table string) error {
	rows, err := in.all(`SELECT id, "table", group_concat("from", ', '), group_concat("to", ', '), on_update, on_delete
		FROM (SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq) GROUP BY id ORDER BY 3`, table)
	seen := map[string]int{}
	for _, r := range rows {
		text := "FOREIGN KEY (" + r[2] + ") REFERENCES " + r[1] + " (" + r[3] + ")"
		text += onEvent(" ON UPDATE ", r[4]) + onEvent(" ON DELETE ", r[5])
		name := "(" + r[2] + ")"
		if seen[name]++; seen[name] > 1 {
			name += " " + r[1]
		}
		in.out.add(Object{Kind: KindForeignKey, Table: table, Name: name, Facts: []Fact{fact("definition", text, text)}})
	}
	return err
}
