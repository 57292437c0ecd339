package avropairs

import "slices"

// change does one random change to the root and gives its name.
func (m *Maker) change() string {
	changes := []struct {
		name string
		run  func()
	}{
		{"drop a field", m.dropField},
		{"add a field", m.addField},
		{"rename a field", m.renameField},
		{"reorder fields", func() { m.onRecord(func(t *typ) { m.shuffle(t) }) }},
		{"add an alias", m.aliasField},
		{"rename a type", m.renameType},
		{"move a type", m.moveType},
		{"promote", m.promote},
		{"promote", m.promote},
		{"change symbols", m.changeSymbols},
		{"change symbols", m.changeSymbols},
		{"change a size", func() { m.on(isKind("fixed"), func(t *typ) { t.size++; t.logical = nil }) }},
		{"add a branch", m.addBranch},
		{"drop a branch", m.dropBranch},
		{"reorder branches", func() {
			m.on(isKind("union"), func(t *typ) {
				m.Shuffle(len(t.branches), func(i, j int) { t.branches[i], t.branches[j] = t.branches[j], t.branches[i] })
			})
		}},
		{"make optional", m.enterUnion},
		{"leave a union", m.leaveUnion},
		{"nest", m.nest},
		{"change a logical type", m.changeLogical},
		{"change a default", func() { m.onField(func(f *field) { f.hasFallback = !f.hasFallback }) }},
		{"change a type", func() { m.onField(func(f *field) { f.typ = m.leaf() }) }},
	}
	c := one(m, changes)
	c.run()
	return c.name
}

func isKind(kind string) func(*typ) bool { return func(t *typ) bool { return t.kind == kind } }

// on runs a change on one of the types that are as asked, if there is one.
func (m *Maker) on(is func(*typ) bool, run func(*typ)) {
	var all []*typ
	m.root.walk(func(t *typ) {
		if is(t) {
			all = append(all, t)
		}
	})
	if len(all) > 0 {
		run(one(m, all))
	}
}

func (m *Maker) onRecord(run func(*typ)) {
	m.on(func(t *typ) bool { return len(t.fields) > 0 }, run)
}

func (m *Maker) onField(run func(*field)) {
	m.onRecord(func(t *typ) { run(one(m, t.fields)) })
}

func (m *Maker) shuffle(t *typ) {
	m.Shuffle(len(t.fields), func(i, j int) { t.fields[i], t.fields[j] = t.fields[j], t.fields[i] })
}

func (m *Maker) dropField() {
	m.onRecord(func(t *typ) {
		i := m.IntN(len(t.fields))
		t.fields = slices.Delete(t.fields, i, i+1)
	})
}

func (m *Maker) addField() {
	m.on(isKind("record"), func(t *typ) {
		m.pool = nil // what is in it may not be a part of this schema
		m.root.walk(func(other *typ) {
			if other.named() {
				m.pool = append(m.pool, other)
			}
		})
		t.fields = slices.Insert(t.fields, m.IntN(len(t.fields)+1), m.field(2))
	})
}

func (m *Maker) renameField() {
	m.onField(func(f *field) {
		old := f.name
		f.name = m.name("f")
		if m.chance(60) {
			f.aliases = append(f.aliases, old)
		}
	})
}

// aliasField may give a field the name of another one, which makes it ambiguous.
func (m *Maker) aliasField() {
	m.onRecord(func(t *typ) {
		f, other := one(m, t.fields), one(m, t.fields)
		if f != other && m.chance(50) {
			f.aliases = append(f.aliases, other.name)
			return
		}
		f.aliases = append(f.aliases, m.name("old"))
	})
}

func (m *Maker) renameType() {
	m.on((*typ).named, func(t *typ) {
		old := t.fullName()
		if m.chance(50) {
			old = t.name
		}
		t.name = m.name("N")
		if m.chance(60) {
			t.aliases = append(t.aliases, old)
		}
	})
}

func (m *Maker) moveType() {
	m.on((*typ).named, func(t *typ) {
		if !m.bare {
			t.namespace = m.namespace()
		}
	})
}

// promote changes a primitive type, as readers take it or as they do not.
func (m *Maker) promote() {
	others := map[string][]string{
		"int": {"long", "float", "double", "string"}, "long": {"int", "float", "double"}, "float": {"double", "long"},
		"double": {"float", "int"}, "string": {"bytes", "int"}, "bytes": {"string"}, "boolean": {"int"},
	}
	m.on(func(t *typ) bool { return others[t.kind] != nil }, func(t *typ) {
		t.kind, t.logical = one(m, others[t.kind]), nil
	})
}

func (m *Maker) changeSymbols() {
	m.on(isKind("enum"), func(t *typ) {
		switch m.IntN(4) {
		case 0:
			t.symbols = append(t.symbols, m.name("S"))
		case 1:
			if len(t.symbols) > 1 {
				i := m.IntN(len(t.symbols))
				if t.fallback == t.symbols[i] {
					t.fallback = ""
				}
				t.symbols = slices.Delete(t.symbols, i, i+1)
			}
		case 2:
			t.fallback = one(m, append(slices.Clone(t.symbols), ""))
		case 3:
			m.Shuffle(len(t.symbols), func(i, j int) { t.symbols[i], t.symbols[j] = t.symbols[j], t.symbols[i] })
		}
	})
}

func (m *Maker) addBranch() {
	m.on(isKind("union"), func(t *typ) { t.add(m.leaf()) })
}

func (m *Maker) dropBranch() {
	m.on(func(t *typ) bool { return len(t.branches) > 1 }, func(t *typ) {
		i := m.IntN(len(t.branches))
		t.branches = slices.Delete(slices.Clone(t.branches), i, i+1)
	})
}

func (m *Maker) enterUnion() {
	m.onField(func(f *field) {
		if f.typ.kind == "union" {
			return
		}
		u := &typ{kind: "union"}
		u.add(&typ{kind: "null"})
		u.add(f.typ)
		if m.chance(40) {
			slices.Reverse(u.branches)
		}
		f.typ = u
	})
}

func (m *Maker) leaveUnion() {
	m.onField(func(f *field) {
		if f.typ.kind == "union" {
			f.typ = one(m, f.typ.branches)
		}
	})
}

func (m *Maker) nest() {
	m.onField(func(f *field) {
		f.typ = &typ{kind: one(m, []string{"array", "map"}), elem: f.typ}
	})
}

func (m *Maker) changeLogical() {
	m.on(func(t *typ) bool { return t.logical != nil }, func(t *typ) {
		if t.logical["scale"] != nil && m.chance(50) {
			t.logical = map[string]any{"logicalType": "decimal", "precision": 2, "scale": 1}
			return
		}
		t.logical = nil
	})
}
