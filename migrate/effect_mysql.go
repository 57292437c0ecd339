package migrate

import "strings"

// effect reads a statement of MySQL's or MariaDB's data definition; false when
// its effect cannot be told from the catalogue.
func (l lexis) effect(text string) (effect, bool) {
	if strings.Contains(text, "/*!") || strings.Contains(text, "/*M!") {
		return effect{}, false // what is in there is for some versions only
	}
	r := &reader{l.symbols(text)}
	var e effect
	ok := false
	switch {
	case r.take("CREATE"):
		ok = r.create(&e)
	case r.take("DROP"):
		ok = r.drop(&e)
	case r.take("RENAME") && r.any("TABLE", "TABLES"):
		ok = r.rename(&e)
	case r.take("ALTER"):
		r.take("ONLINE")
		ok = r.take("TABLE") && r.alter(&e)
	}
	return e, ok && e.sound()
}

// object reads the name of something that is there afterwards, or is not.
func (r *reader) object(e *effect, kind markKind, present bool) bool {
	schema, name, ok := r.qualified()
	e.marks = append(e.marks, mark{kind: kind, schema: schema, name: name, present: present})
	return ok
}

func (r *reader) create(e *effect) bool {
	replace := r.take("OR", "REPLACE")
	switch {
	case !replace && r.take("TABLE"):
		r.take("IF", "NOT", "EXISTS")
		return r.object(e, markTable, true) && !r.fills()
	case r.word(0, "UNIQUE", "FULLTEXT", "SPATIAL", "INDEX"):
		r.any("UNIQUE", "FULLTEXT", "SPATIAL")
		if !r.take("INDEX") {
			return false
		}
		r.take("IF", "NOT", "EXISTS")
		return r.index(e, true)
	}
	r.options()
	kind := markTable
	switch {
	case r.take("VIEW"):
	case r.take("TRIGGER"):
		kind = markTrigger
	case r.take("PROCEDURE"):
		kind = markProcedure
	case r.take("FUNCTION") && !r.has("SONAME"): // that one is in no catalogue
		kind = markFunction
	default:
		return false
	}
	r.take("IF", "NOT", "EXISTS")
	return r.object(e, kind, true)
}

// fills reports whether a CREATE TABLE takes rows from a query.
func (r *reader) fills() bool {
	inside := &reader{r.left}
	return r.has("SELECT", "AS", "WITH", "VALUES", "TABLE", "REPLACE", "IGNORE") ||
		inside.sign("(") && inside.any("SELECT", "WITH", "VALUES", "TABLE")
}

// options passes over what may stand between CREATE and the kind of object.
func (r *reader) options() {
	for {
		switch {
		case r.take("ALGORITHM"):
			r.sign("=")
			r.skip()
		case r.take("SQL", "SECURITY"):
			r.skip()
		case r.take("DEFINER"):
			r.sign("=")
			r.skip()
			if r.sign("@") {
				r.skip()
			}
			if r.sign("(") {
				r.sign(")")
			}
		case r.take("AGGREGATE"):
		default:
			return
		}
	}
}

// index reads NAME [USING …] ON TABLE.
func (r *reader) index(e *effect, present bool) bool {
	name, ok := r.name()
	if r.take("USING") {
		r.skip()
	}
	if !ok || !r.take("ON") {
		return false
	}
	schema, table, ok := r.qualified()
	e.marks = append(e.marks, mark{markIndex, schema, table, name, present})
	return ok
}

func (r *reader) drop(e *effect) bool {
	kind := markTable
	switch {
	case r.any("TABLE", "TABLES", "VIEW"):
	case r.take("INDEX"):
		r.take("IF", "EXISTS")
		return r.index(e, false)
	case r.take("TRIGGER"):
		kind = markTrigger
	case r.take("PROCEDURE"):
		kind = markProcedure
	case r.take("FUNCTION"):
		kind = markFunction
	default:
		return false
	}
	r.take("IF", "EXISTS")
	for {
		if !r.object(e, kind, false) {
			return false
		}
		if !r.sign(",") {
			r.wait()
			r.any("RESTRICT", "CASCADE")
			return len(r.left) == 0
		}
	}
}

// wait passes over MariaDB's timeout of one statement.
func (r *reader) wait() {
	if r.take("WAIT") {
		r.skip()
	}
	r.take("NOWAIT")
}

func (r *reader) rename(e *effect) bool {
	r.take("IF", "EXISTS")
	for {
		if !r.object(e, markTable, false) {
			return false
		}
		r.wait()
		if !r.take("TO") || !r.object(e, markTable, true) {
			return false
		}
		if !r.sign(",") {
			return len(r.left) == 0
		}
	}
}
