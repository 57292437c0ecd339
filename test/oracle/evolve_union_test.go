package oracle_test

import "slices"

// holdsUnsure are records for which Java may make another default than is meant.
// It makes those of all fields when it reads a record of another name as one.
func holdsUnsure(n *node) bool {
	return slices.ContainsFunc(n.fields, func(f *field) bool { return f.unsure })
}

func (e *evolver) manyBranches() *node {
	return e.some(func(n *node) bool { return len(n.branches) > 1 })
}

func (e *evolver) reorderBranches() bool {
	n := e.manyBranches()
	if n != nil {
		e.Shuffle(len(n.branches), func(i, j int) { n.branches[i], n.branches[j] = n.branches[j], n.branches[i] })
	}
	return n != nil
}

func (e *evolver) dropBranch() bool {
	n := e.manyBranches()
	if n == nil {
		return false
	}
	i := e.IntN(len(n.branches))
	return e.ending(n, func() { n.branches = slices.Delete(slices.Clone(n.branches), i, i+1) })
}

func (e *evolver) addBranch() bool {
	n := e.some(func(n *node) bool { return n.kind == "union" })
	if n == nil || !n.add(&node{kind: e.one("null", "boolean", "float", "double")}) {
		return false
	}
	e.touched[n] = true
	return true
}

// leaveUnion has the writer write one of the branches.
func (e *evolver) leaveUnion() bool {
	n := e.some(func(n *node) bool { return len(n.branches) > 0 })
	if n == nil {
		return false
	}
	branch := n.branches[e.IntN(len(n.branches))]
	if branch.named() {
		return e.ending(n, func() { e.replace(n, branch) })
	}
	*n = *branch
	return true
}

// ending makes a change unless values of the writer would never end then.
func (e *evolver) ending(n *node, change func()) bool {
	before := *n
	copies := map[*node]*node{}
	saved := e.writer.clone(copies)
	change()
	if e.writer.endless() {
		*n = before
		e.writer = saved
		for from, to := range copies {
			e.touched[to], e.strict[to] = e.touched[from], e.strict[from]
		}
		return false
	}
	return true
}

// endless reports whether a record holds itself in every value.
func (n *node) endless() bool {
	open := map[*node]bool{}
	var must func(*node) bool
	must = func(n *node) bool {
		switch n.kind {
		case "union":
			return !slices.ContainsFunc(n.branches, func(b *node) bool { return !must(b) })
		case "record":
			if open[n] {
				return true
			}
			open[n] = true
			defer delete(open, n)
			return slices.ContainsFunc(n.fields, func(f *field) bool { return must(f.typ) })
		}
		return false
	}
	return n.has(must)
}

// replace puts one type in the place of another wherever that is used.
func (e *evolver) replace(old, by *node) {
	e.writer.walk(func(n *node) {
		for _, f := range n.fields {
			if f.typ == old {
				f.typ = by
			}
		}
		for i, b := range n.branches {
			if b == old {
				n.branches[i] = by
			}
		}
		if n.item == old {
			n.item = by
		}
	})
}

// enterUnion has the writer write a union of null, or another type, and what
// the reader has.
func (e *evolver) enterUnion() bool {
	n, i := e.recordWith(func(f *field) bool { return f.typ.kind != "union" && f.typ.kind != "null" })
	if n == nil {
		return false
	}
	f := n.fields[i]
	u := &node{kind: "union", branches: []*node{{kind: e.one("null", "boolean")}}}
	if !u.add(f.typ) {
		return false
	}
	f.typ = u
	if e.chance(50) {
		slices.Reverse(u.branches)
	}
	e.touched[u] = true
	return true
}

// beside is the namespace of records that no reader has.
const beside = "oracle.beside"

// within has the writer write a union of which one branch is a writer's schema
// for the reader.
func (g *schemas) within(reader *node) (*node, map[string]bool) {
	writer, did := g.evolve(reader)
	g.pool, g.open = nil, []*node{writer}
	root := &node{kind: "union", branches: []*node{{kind: g.one("null", "null", "null", "boolean", "string")}, writer}}
	if g.chance(30) && !reader.has(holdsUnsure) {
		root.add(g.record(beside, 3))
	}
	g.Shuffle(len(root.branches), func(i, j int) { root.branches[i], root.branches[j] = root.branches[j], root.branches[i] })
	did["put the root into a union"] = true
	return root, did
}
