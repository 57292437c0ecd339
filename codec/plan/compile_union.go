package plan

import (
	"slices"

	"github.com/schemactl/schemactl/codec"
)

// nowhere is the position of a writer's type that is in no union.
const nowhere = -1

// writerUnion compiles each branch for itself.
func (c *compiler) writerUnion(w, r *schemaType) outcome {
	if !c.enter() {
		return refuse("")
	}
	defer c.leave()
	n := c.node(w)
	n.Branches = make([]*codec.Node, len(w.branches))
	equalLength := r.kind == codec.KindUnion && len(r.branches) == len(w.branches)
	same := equalLength
	readable := len(w.branches) == 0 // then no value ever comes
	var why reasons
	for i, b := range w.branches {
		var got outcome
		switch {
		case r.kind != codec.KindUnion:
			got = c.place(b, r)
		case equalLength:
			got = c.readerUnion(b, r, i)
		default:
			got = c.readerUnion(b, r, nowhere)
		}
		if got.why != nil {
			n.Branches[i] = c.unreadable(b, got.why)
			why, same = why.add(got.why), false
			continue
		}
		n.Branches[i], readable = got.node, true
		same = same && got.same && got.node.Branch == i
	}
	if !readable {
		return outcome{why: why}
	}
	return outcome{node: n, same: same}
}

// unreadable is the node of a branch that the reader cannot take.
func (c *compiler) unreadable(w *schemaType, why reasons) *codec.Node {
	n := c.node(w)
	const most = 3 // a union may have many branches
	n.Unreadable = "branch " + w.label() + ": " + short(why[:min(len(why), most)].String())
	return n
}

// readerUnion chooses the reader's branch for a writer's type that is no union
// and has the given position in one; the package comment has the rules.
func (c *compiler) readerUnion(w, r *schemaType, position int) outcome {
	var first *outcome
	for _, candidates := range []func(w, r *schemaType, position int) []int{byKind, byName, byShape} {
		for _, j := range candidates(w, r, position) {
			got := c.plain(w, r.branches[j])
			if got.why == nil {
				got.node = c.atBranch(w, r.branches[j], got.node, j)
				got.same = got.same && position == j
				return got
			}
			if first == nil {
				first = &got
			}
		}
	}
	if first == nil {
		return refuse("the writer has %s, the reader the union %s", w.label(), r.list())
	}
	return *first
}

// byKind finds the branch for a type without a name.
func byKind(w, r *schemaType, _ int) []int {
	if w.isNamed() {
		return nil
	}
	for j, b := range r.branches {
		if b.kind == w.kind {
			return []int{j}
		}
	}
	for j, b := range r.branches {
		if promotes(w.kind, b.kind) {
			return []int{j}
		}
	}
	return nil
}

// byName finds the branches whose names allow a named type, the best first.
func byName(w, r *schemaType, position int) []int {
	if !w.isNamed() {
		return nil
	}
	var exact, alias, namesakes []int
	name := unqualified(w.name)
	for j, b := range r.branches {
		switch {
		case b.kind != w.kind:
		case b.name == w.name:
			exact = append(exact, j)
		case b.hasAlias(w.name):
			alias = append(alias, j)
		case unqualified(b.name) == name:
			namesakes = append(namesakes, j)
		}
	}
	slices.Reverse(namesakes)
	if i := slices.Index(namesakes, position); i > 0 {
		namesakes = slices.Insert(slices.Delete(namesakes, i, i+1), 0, position)
	}
	return slices.Concat(exact, alias, namesakes)
}

// byShape finds the branches that are records, for a record whose full name none
// of them has: where one has it and does not fit, another would be a wrong guess.
func byShape(w, r *schemaType, _ int) []int {
	if w.kind != codec.KindRecord {
		return nil
	}
	var out []int
	for j, b := range r.branches {
		switch {
		case b.kind != codec.KindRecord:
		case b.name == w.name || b.hasAlias(w.name):
			return nil
		case !sameName(w, b):
			out = append(out, j)
		}
	}
	return out
}

// place is a pair of records at a branch of the reader's.
type place struct {
	pair
	branch int
}

// atBranch gives the node the number of the reader's branch. A pair of records
// may stand at several branches, so each has a node of its own, which finish
// fills once the records are complete.
func (c *compiler) atBranch(w, r *schemaType, n *codec.Node, j int) *codec.Node {
	if w.kind != codec.KindRecord {
		n.Branch = j
		return n
	}
	if j == 0 {
		return n
	}
	key := place{pair{w, r}, j}
	if c.copies[key] == nil {
		c.copies[key] = c.node(w)
		c.copies[key].Branch = j
	}
	return c.copies[key]
}

// finish tells what is the same on both sides, and completes the nodes that
// stand for records at branches.
func (c *compiler) finish() {
	all := c.containers
	for _, m := range c.pairs {
		if m.why == nil {
			all = append(all, m)
		}
	}
	var differ []*match
	for _, m := range all {
		if !m.same {
			differ = append(differ, m)
		}
	}
	for len(differ) > 0 {
		m := differ[len(differ)-1]
		differ = differ[:len(differ)-1]
		for _, user := range m.usedBy {
			if user.same {
				user.same = false
				differ = append(differ, user)
			}
		}
	}
	for _, m := range all {
		m.node.Same = m.same
	}
	for at, n := range c.copies {
		if m := c.pairs[at.pair]; m != nil && m.why == nil {
			*n = *m.node
			n.Branch = at.branch
		}
	}
}
