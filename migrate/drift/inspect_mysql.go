package drift

import (
	"regexp"
	"strings"
)

func myQuote(name string) string { return quote("mysql", name) }

// mysql reads MySQL and MariaDB by what they say that made a table: SHOW CREATE
// TABLE has one line for each column, key and constraint, in one spelling.
func (in *inspector) mysql() error {
	rows, err := in.all(`SELECT DATABASE()`)
	if err != nil {
		return err
	}
	in.schema = rows[0][0]
	for _, read := range []func() error{in.myTables, in.myRoutines, in.myViews, in.myTriggers, in.myEvents} {
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

// local takes the database's name off qualified names.
func (in *inspector) myLocal(text string) string {
	return strings.ReplaceAll(text, myQuote(in.schema)+".", "")
}

var autoIncrement = regexp.MustCompile(` AUTO_INCREMENT=\d+`)

func (in *inspector) myTables() error {
	names, err := in.all(`SELECT table_name, table_type FROM information_schema.tables
		WHERE table_schema = DATABASE() AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED', 'SEQUENCE') ORDER BY table_name`)
	if err != nil {
		return err
	}
	for _, n := range names {
		if in.own(n[0]) {
			continue
		}
		kind := "TABLE "
		if n[1] == "SEQUENCE" {
			kind = "SEQUENCE "
		}
		made, err := in.all("SHOW CREATE " + kind + myQuote(n[0]))
		if err != nil {
			return err
		}
		text := made[0][1]
		if n[1] == "SEQUENCE" {
			in.out.add(Object{Kind: KindSequence, Name: n[0], Facts: []Fact{exact("definition", squeeze(text))}, Create: text})
			continue
		}
		in.myTable(n[0], in.myLocal(text))
	}
	return nil
}

// myTable takes a CREATE TABLE statement apart. Its parts stand on lines of
// their own: line breaks in comments and defaults are written as \n.
func (in *inspector) myTable(table, text string) {
	lines := strings.Split(text, "\n")
	options, partition := "", ""
	var parts []Object
	for _, line := range lines[1:] {
		if options != "" {
			partition += line + " "
			continue
		}
		if rest, ok := strings.CutPrefix(line, ")"); ok {
			options = autoIncrement.ReplaceAllString(strings.TrimSpace(rest), "")
			continue
		}
		if o, ok := myPart(table, strings.TrimSuffix(strings.TrimSpace(line), ",")); ok {
			parts = append(parts, o)
		}
	}
	in.out.add(Object{
		Kind: KindTable, Name: table, Create: autoIncrement.ReplaceAllString(text, ""), counting: text,
		Facts: []Fact{exact("options", options), exact("partition by", squeeze(partition))},
	})
	in.out.Objects = append(in.out.Objects, parts...)
}

// myPart reads a line of CREATE TABLE.
func myPart(table, line string) (Object, bool) {
	o := Object{Table: table, Create: "ALTER TABLE " + myQuote(table) + " ADD " + line}
	switch {
	case strings.HasPrefix(line, "`"):
		return myColumn(table, line), true
	case strings.HasPrefix(line, "PRIMARY KEY"):
		o.Kind = KindPrimaryKey
		line = strings.TrimSuffix(line, " USING BTREE")
		o.Facts = []Fact{fact("definition", line, line)}
	case strings.HasPrefix(line, "CONSTRAINT `"):
		name, rest, _ := strings.Cut(strings.TrimPrefix(line, "CONSTRAINT `"), "` ")
		rest = strings.ReplaceAll(strings.ReplaceAll(rest, " ON DELETE RESTRICT", ""), " ON UPDATE RESTRICT", "")
		rest = strings.ReplaceAll(strings.ReplaceAll(rest, " ON DELETE NO ACTION", ""), " ON UPDATE NO ACTION", "")
		o.Kind, o.Name = KindCheck, name
		if strings.HasPrefix(rest, "FOREIGN KEY") {
			o.Kind, o.Name = KindForeignKey, columnsOf(rest)
		}
		o.Facts = []Fact{fact("definition", rest, rest), exact("name", name)}
	case strings.Contains(line, "KEY `"):
		before, after, _ := strings.Cut(line, "KEY `")
		name, rest, _ := strings.Cut(after, "` ")
		rest = strings.TrimSuffix(rest, " USING BTREE")
		o.Kind, o.Name = KindIndex, name
		o.Facts = []Fact{fact("definition", before+"KEY "+rest, before+"KEY "+rest)}
	default:
		return o, false
	}
	return o, true
}

var (
	width     = regexp.MustCompile(`^((?:small|medium|big)?int|tinyint)\(\d+\)`)
	myCharset = regexp.MustCompile(` (CHARACTER SET \w+)`)
	myCollate = regexp.MustCompile(` (COLLATE \w+)`)
)

// myColumn reads "`name` type attributes".
func myColumn(table, line string) Object {
	name, rest, _ := strings.Cut(strings.TrimPrefix(line, "`"), "` ")
	kind, rest := myType(rest)
	rest = " " + rest
	comment := ""
	if at := strings.LastIndex(rest, " COMMENT '"); at >= 0 {
		rest, comment = rest[:at], rest[at:]
	}
	charset, collation := firstMatch(myCharset, rest), firstMatch(myCollate, rest)
	rest = myCharset.ReplaceAllString(myCollate.ReplaceAllString(rest, ""), "")
	notNull := strings.Contains(rest, " NOT NULL")
	counted := strings.Contains(rest, " AUTO_INCREMENT")
	value, extra := "", strings.NewReplacer(" NOT NULL", "", " AUTO_INCREMENT", "").Replace(rest)
	if before, after, ok := strings.Cut(extra, " DEFAULT "); ok {
		value, after = cutExpression(after)
		extra = before + after
	}
	if value == "NULL" {
		value = ""
	}
	extra = squeeze(extra)
	if extra == "NULL" {
		extra = ""
	}
	return Object{Kind: KindColumn, Table: table, Name: name, Create: "ALTER TABLE " + myQuote(table) + " ADD COLUMN " + line, Facts: []Fact{
		fact("type", myWidth(kind), myMeaning(kind)),
		fact("nullable", yes(!notNull), yes(!notNull)),
		fact("default", value, defaultMeaning(value)),
		fact("auto-increment", yes(counted), yes(counted)),
		exact("attributes", extra),
		exact("character set", charset), exact("collation", collation), exact("comment", squeeze(comment)),
	}}
}

func firstMatch(re *regexp.Regexp, s string) string {
	if m := re.FindStringSubmatch(s); m != nil {
		return m[1]
	}
	return ""
}

// myType cuts the type off: a word, its brackets, unsigned and zerofill.
func myType(s string) (kind, rest string) {
	kind, rest = cutExpression(s)
	for _, word := range []string{"unsigned", "zerofill"} {
		if after, ok := strings.CutPrefix(rest, " "+word); ok {
			kind, rest = kind+" "+word, after
		}
	}
	return kind, rest
}

// myWidth drops the display width of whole numbers, which newer servers do not
// keep; tinyint(1) is how a boolean is written.
func myWidth(kind string) string {
	if strings.HasPrefix(kind, "tinyint(1)") || strings.Contains(kind, "zerofill") {
		return kind
	}
	return width.ReplaceAllString(kind, "$1")
}

// myMeaning also knows that MariaDB's JSON is a longtext.
func myMeaning(kind string) string {
	if kind == "json" {
		return "longtext"
	}
	return myWidth(kind)
}

// cutExpression cuts at the first blank outside quotes and brackets.
func cutExpression(s string) (first, rest string) {
	depth, quoted := 0, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quoted != 0 && c == '\\':
			i++
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '\'' || c == '`' || c == '"':
			quoted = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ' ' && depth == 0:
			return s[:i], s[i:]
		}
	}
	return s, ""
}
