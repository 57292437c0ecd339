package oracle_test

import (
	"slices"
	"strings"
)

// evolver derives a writer's schema from a reader's by random steps of which
// each leaves the pair readable, at least for some values.
type evolver struct {
	*schemas
	writer *node
	// did are the names of the steps taken.
	did map[string]bool
	// touched are the places that have been changed and are left alone since.
	touched map[*node]bool
	// strict are those that must not be promoted.
	strict map[*node]bool
}

// evolve gives the writer's schema and the names of the steps taken.
func (g *schemas) evolve(reader *node) (*node, map[string]bool) {
	copies := map[*node]*node{}
	e := &evolver{schemas: g, writer: reader.clone(copies), did: map[string]bool{}, touched: map[*node]bool{}, strict: map[*node]bool{}}
	e.markStrict(reader, copies)
	steps := []struct {
		name string
		run  func() bool
	}{
		{"drop a field", e.dropField},
		{"add a field", e.addField},
		{"reorder fields", e.reorderFields},
		{"rename a field", e.renameField},
		{"rename a type", e.renameType},
		{"promote", e.promote},
		{"promote", e.promote},
		{"promote text", e.promoteText},
		{"change symbols", e.changeSymbols},
		{"reorder branches", e.reorderBranches},
		{"drop a branch", e.dropBranch},
		{"add a branch", e.addBranch},
		{"leave a union", e.leaveUnion},
		{"enter a union", e.enterUnion},
		{"drop a logical type", e.dropLogical},
	}
	for range 1 + e.IntN(7) {
		s := steps[e.IntN(len(steps))]
		if s.run() {
			e.did[s.name] = true
		}
	}
	// A writer's defaults decide nothing, and may not fit the changed types.
	e.writer.walk(func(n *node) {
		for _, f := range n.fields {
			f.fallback = ""
		}
	})
	return e.writer, e.did
}

// some is one of the writer's types as asked, nil when there is none.
func (e *evolver) some(is func(*node) bool) *node {
	var all []*node
	e.writer.walk(func(n *node) {
		if is(n) && !e.touched[n] {
			all = append(all, n)
		}
	})
	if len(all) == 0 {
		return nil
	}
	return all[e.IntN(len(all))]
}

func (e *evolver) recordWith(is func(*field) bool) (*node, int) {
	n := e.some(func(n *node) bool { return slices.ContainsFunc(n.fields, is) })
	if n == nil {
		return nil, 0
	}
	i := e.IntN(len(n.fields))
	for !is(n.fields[i]) {
		i = (i + 1) % len(n.fields)
	}
	return n, i
}

func (e *evolver) dropField() bool {
	n, i := e.recordWith(func(f *field) bool { return f.fallback != "" && !f.unsure })
	if n != nil {
		n.fields = slices.Delete(n.fields, i, i+1)
	}
	return n != nil
}

func (e *evolver) addField() bool {
	n := e.some(func(n *node) bool { return n.kind == "record" })
	if n == nil {
		return false
	}
	// The new type may mention what the writer has, the record itself among it.
	e.pool, e.open = nil, []*node{n}
	e.writer.walk(func(n *node) {
		if n.named() {
			e.keep(n)
		}
	})
	e.count++
	f := &field{name: e.prefix + "new" + strings.Repeat("x", e.count%5), typ: e.typ(2, false)}
	if slices.ContainsFunc(n.fields, func(other *field) bool { return other.name == f.name }) {
		return false
	}
	if f.typ.has(func(m *node) bool { return m == n }) && !slices.Contains([]string{"array", "map"}, f.typ.kind) {
		return false // values would never end
	}
	n.fields = slices.Insert(n.fields, e.IntN(len(n.fields)+1), f)
	return true
}

func (e *evolver) reorderFields() bool {
	n := e.some(func(n *node) bool { return len(n.fields) > 1 })
	if n != nil {
		e.Shuffle(len(n.fields), func(i, j int) { n.fields[i], n.fields[j] = n.fields[j], n.fields[i] })
	}
	return n != nil
}

func (e *evolver) renameField() bool {
	n, i := e.recordWith(func(f *field) bool { return len(f.aliases) > 0 })
	if n != nil {
		n.fields[i].name, n.fields[i].aliases = n.fields[i].aliases[0], nil
	}
	return n != nil
}

func (e *evolver) renameType() bool {
	n := e.some(func(n *node) bool { return len(n.aliases) > 0 })
	if n == nil {
		return false
	}
	old := n.aliases[0]
	if namespace, _ := split(n.name); !strings.Contains(old, ".") && namespace != "" {
		old = namespace + "." + old
	}
	n.name, n.aliases = old, nil
	return true
}

// promote gives a number a type that the reader's is wider than.
func (e *evolver) promote() bool {
	from := map[string][]string{"long": {"int"}, "float": {"int", "long"}, "double": {"int", "long", "float"}}
	n := e.some(func(n *node) bool { return from[n.kind] != nil && !constrained(n) && !e.strict[n] })
	return n != nil && e.become(n, e.one(from[n.kind]...))
}

func (e *evolver) promoteText() bool {
	other := map[string]string{"string": "bytes", "bytes": "string"}
	n := e.some(func(n *node) bool { return other[n.kind] != "" && n.logical == "" && !e.strict[n] })
	return n != nil && e.become(n, other[n.kind])
}

// markStrict finds what must keep its type: another one could be read as one of
// which not every value is valid, which Java does not look at, because the reader
// has a union with a branch of that kind there.
func (e *evolver) markStrict(reader *node, copies map[*node]*node) {
	reader.walk(func(u *node) {
		if !slices.ContainsFunc(u.branches, constrained) {
			return
		}
		e.strict[copies[u]] = true // it becomes one of its branches when the union is left
		for _, b := range u.branches {
			e.strict[copies[b]] = true
		}
	})
}

// become changes a primitive type in its place; a union that would have two of
// a kind then is left as it was.
func (e *evolver) become(n *node, kind string) bool {
	before := *n
	*n = node{kind: kind}
	if e.writer.has(twice) {
		*n = before
		return false
	}
	e.touched[n] = true
	return true
}

// twice tells unions that Avro does not allow.
func twice(n *node) bool {
	seen := map[string]bool{}
	for _, b := range n.branches {
		if seen[b.key()] || b.kind == "union" {
			return true
		}
		seen[b.key()] = true
	}
	return false
}

func (e *evolver) changeSymbols() bool {
	n := e.some(func(n *node) bool { return n.kind == "enum" })
	if n == nil {
		return false
	}
	if e.chance(50) {
		n.symbols = append(n.symbols, "NEWER")
	}
	if len(n.symbols) > 1 && e.chance(50) {
		n.symbols = slices.Delete(n.symbols, 0, 1)
	}
	e.Shuffle(len(n.symbols), func(i, j int) { n.symbols[i], n.symbols[j] = n.symbols[j], n.symbols[i] })
	n.fallback = ""
	e.touched[n] = true
	return true
}

func (e *evolver) dropLogical() bool {
	n := e.some(func(n *node) bool {
		return n.logical == "timestamp-millis" || n.logical == "timestamp-micros" || n.logical == "date"
	})
	if n != nil {
		n.logical = ""
	}
	return n != nil
}
