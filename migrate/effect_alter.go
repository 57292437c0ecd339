package migrate

import "strings"

// alter reads an ALTER TABLE. It is done as a whole, so one action that shows
// tells of all.
func (r *reader) alter(e *effect) bool {
	r.take("IF", "EXISTS")
	schema, table, ok := r.qualified()
	if !ok {
		return false
	}
	r.wait()
	a := alteration{effect: e, schema: schema, table: table}
	if r.has("PARTITION", "PARTITIONING") {
		return false // MariaDB does not do that as a whole
	}
	for _, action := range r.list() {
		a.read(action)
	}
	if a.renamed != nil { // what else it does is in a table of another name
		e.marks, e.rest = a.renamed, true
		return true
	}
	if e.twice() {
		return false
	}
	// Columns that move past each other need not come to rest at once.
	e.rest = e.rest || a.moved > 1
	e.marks = e.marks[:min(len(e.marks), marksMost)]
	return true
}

type alteration struct {
	*effect
	schema, table string
	moved         int    // actions that say where a column stands
	renamed       []mark // the table itself
}

func (a *alteration) mark(kind markKind, name string, ok, present bool) {
	if !ok {
		a.rest = true
		return
	}
	a.marks = append(a.marks, mark{kind, a.schema, a.table, name, present})
}

// read takes one action.
func (a *alteration) read(r *reader) {
	if r.has("FIRST", "AFTER") {
		a.moved++
	}
	switch {
	case len(r.left) == 0:
	case r.take("ADD"):
		a.add(r)
	case r.take("DROP"):
		a.drop(r)
	case r.take("RENAME"):
		a.rename(r)
	case r.take("CHANGE"):
		r.take("COLUMN")
		r.take("IF", "EXISTS")
		a.pair(r, markColumn)
	case r.any("MODIFY", "ALTER", "ALGORITHM", "LOCK"):
	case r.any("COMMENT", "ENGINE", "ROW_FORMAT", "CONVERT", "DEFAULT", "CHARACTER", "CHARSET", "COLLATE"):
		a.rest = a.rest || r.has("AUTO_INCREMENT")
	default:
		a.rest = true
	}
}

// add reads ADD with a name; what the server would name itself is rest.
func (a *alteration) add(r *reader) {
	named := r.take("CONSTRAINT")
	symbol, ok := "", false
	if named {
		r.take("IF", "NOT", "EXISTS")
		if !r.word(0, "PRIMARY", "UNIQUE", "FOREIGN", "CHECK") {
			symbol, ok = r.name()
		}
	}
	switch {
	case r.take("PRIMARY", "KEY"):
		a.mark(markIndex, "PRIMARY", true, true)
	case r.take("UNIQUE"):
		r.any("INDEX", "KEY")
		a.index(r, symbol, ok)
	case r.take("FOREIGN", "KEY"):
		a.mark(markForeignKey, symbol, ok, true)
	case r.take("CHECK"):
		a.mark(markCheck, symbol, ok, true)
	case named, r.word(0, "PERIOD", "SYSTEM"):
		a.rest = true
	case r.any("INDEX", "KEY"):
		a.index(r, "", false)
	case r.any("FULLTEXT", "SPATIAL"):
		r.any("INDEX", "KEY")
		a.index(r, "", false)
	default:
		r.take("COLUMN")
		r.take("IF", "NOT", "EXISTS")
		if r.sign("(") && r.word(0, "INDEX", "KEY", "FULLTEXT", "SPATIAL", "CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK") {
			a.rest = true
			return
		}
		name, ok := r.name() // the first one of a list tells of all
		a.mark(markColumn, name, ok, true)
	}
}

// index reads the name of an index before USING or its columns. A UNIQUE
// constraint's is that of the constraint when it has none itself.
func (a *alteration) index(r *reader, symbol string, ok bool) {
	r.take("IF", "NOT", "EXISTS")
	if !r.word(0, "USING") && !r.next("(") {
		own, read := r.name()
		// With two names it depends on the server which one counts.
		symbol, ok = own, read && !ok && (r.word(0, "USING") || r.next("("))
	}
	a.mark(markIndex, symbol, ok, true)
}

func (a *alteration) drop(r *reader) {
	kind := markColumn
	switch {
	case r.take("PRIMARY", "KEY"):
		a.mark(markIndex, "PRIMARY", true, false)
		return
	case r.any("INDEX", "KEY"):
		kind = markIndex
	case r.take("FOREIGN", "KEY"):
		kind = markForeignKey
	case r.take("CONSTRAINT"):
		kind = markConstraint
	case r.take("CHECK"):
		kind = markCheck
	case r.word(0, "PERIOD", "SYSTEM"):
		a.rest = true
		return
	default:
		r.take("COLUMN")
	}
	r.take("IF", "EXISTS")
	name, ok := r.name()
	a.mark(kind, name, ok, false)
}

func (a *alteration) rename(r *reader) {
	switch {
	case r.take("COLUMN"):
		r.take("IF", "EXISTS")
		a.pair(r, markColumn)
	case r.any("INDEX", "KEY"):
		r.take("IF", "EXISTS")
		a.pair(r, markIndex)
	default:
		if !r.any("TO", "AS") {
			r.sign("=")
		}
		schema, name, ok := r.qualified()
		if !ok {
			a.rest = true
			return
		}
		a.renamed = []mark{{kind: markTable, schema: a.schema, name: a.table}, {kind: markTable, schema: schema, name: name, present: true}}
	}
}

// pair reads OLD [TO] NEW. A column that keeps its name is only modified.
func (a *alteration) pair(r *reader, kind markKind) {
	from, ok := r.name()
	r.take("TO")
	to, too := r.name()
	if ok && too && strings.EqualFold(from, to) {
		return
	}
	a.mark(kind, from, ok && too, false)
	a.mark(kind, to, ok && too, true)
}
