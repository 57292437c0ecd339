package codegen

import "slices"

// recursion finds which records reach which, in two ways: through anything,
// which decides who needs a depth limit, and only through what Go stores in
// place, which decides where a pointer must break a cycle.
func (pl *planner) recursion(all []*namedType) {
	every := map[*namedType][]*namedType{}
	inPlace := map[*namedType][]*namedType{}
	plain := map[*namedType][]*namedType{}
	for _, n := range all {
		for _, f := range n.fields {
			mentioned(f.typ, func(to *namedType) { every[n] = append(every[n], to) })
			if to := always(f.typ); to != nil {
				plain[n] = append(plain[n], to)
				inPlace[n] = append(inPlace[n], to)
			}
			if item, _ := nullable(f.typ); item != nil && item.kind == kindRecord {
				inPlace[n] = append(inPlace[n], item.named)
			}
		}
	}
	pl.reaches, pl.nested = map[*namedType]map[*namedType]bool{}, map[*namedType]map[*namedType]bool{}
	for _, n := range all {
		pl.reaches[n] = reachable(n, every)
		pl.nested[n] = reachable(n, inPlace)
		if reachable(n, plain)[n] {
			pl.failIn(n.file, n.json, n.fullName(), "contains itself without end: make one of the fields nullable, an array or a map")
		}
	}
}

// always is the record that every value of a type holds.
func always(t *schemaType) *namedType {
	if t.kind == kindUnion && len(t.branches) == 1 {
		t = t.branches[0]
	}
	if t.kind != kindRecord {
		return nil
	}
	return t.named
}

// mentioned calls visit for every record that a type holds.
func mentioned(t *schemaType, visit func(*namedType)) {
	if t.named != nil && t.named.kind == kindRecord {
		visit(t.named)
	}
	if t.item != nil {
		mentioned(t.item, visit)
	}
	for _, b := range t.branches {
		mentioned(b, visit)
	}
}

// deep tells records that can hold themselves, and those that hold such a one.
func (pl *planner) deep(n *namedType) bool {
	if pl.reaches[n][n] {
		return true
	}
	for to := range pl.reaches[n] {
		if pl.reaches[to][to] {
			return true
		}
	}
	return false
}

// returns tells whether a type of one of owner's fields leads back to owner.
func (pl *planner) returns(owner *namedType, t *schemaType) bool {
	found := false
	mentioned(t, func(to *namedType) { found = found || to == owner || pl.reaches[to][owner] })
	return found
}

// reachable is what can be reached from n in one step or more.
func reachable(n *namedType, edges map[*namedType][]*namedType) map[*namedType]bool {
	seen := map[*namedType]bool{}
	open := append([]*namedType(nil), edges[n]...)
	for len(open) > 0 {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		if !seen[next] {
			seen[next] = true
			open = append(open, edges[next]...)
		}
	}
	return seen
}

// nullable splits a union of null and one type; null is the null's branch.
func nullable(t *schemaType) (item *schemaType, null int) {
	if t.kind != kindUnion || len(t.branches) != 2 {
		return nil, 0
	}
	first, second := t.branches[0], t.branches[1]
	switch {
	case first.kind == kindNull && second.kind != kindNull:
		return second, 0
	case second.kind == kindNull && first.kind != kindNull:
		return first, 1
	}
	return nil, 0
}

// fallible decides which records and unions have values that cannot be appended.
// Records that hold themselves can fail: they have a depth. So can unions that
// hold a record: it may be missing.
func (pl *planner) fallible(all []*namedType) {
	for changed := true; changed; {
		changed = false
		for _, n := range all {
			r := pl.types[n].record
			if r == nil {
				continue
			}
			for _, u := range r.unions {
				fails := slices.ContainsFunc(u.branches, func(b *branchPlan) bool { return b.typ.op == opRecord || b.typ.fallible() })
				changed = changed || fails != u.fallible
				u.fallible = fails
			}
			fails := r.recursive || slices.ContainsFunc(r.fields, func(f *fieldPlan) bool { return f.typ.fallible() })
			changed = changed || fails != r.fallible
			r.fallible = fails
		}
	}
}
