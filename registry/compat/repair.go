package compat

import (
	"slices"

	"github.com/schemactl/schemactl/registry/avsc"
)

// What bounds the work on fixes.
const (
	// maxRepairWork is how many bytes of changed schemas are written, read and
	// checked for one question. A comparison of two types, and a look at one for a
	// change, count as the bytes that take as long.
	maxRepairWork    = 4 << 20
	stepCost, lookAt = 8, 4
	// maxChanges is how many changes are made at once.
	maxChanges = 50
	// Of branches that do not fit because of others in them, so many reasons are
	// mended, and so many levels.
	maxMendedInner = 10
	maxInnerDepth  = 2
	// maxRounds is how often what a round of changes has left is changed again.
	maxRounds = 6
)

// change is a way to mend a problem. Apply is nil where it takes a choice; else it
// changes a copy of the new schema and reports whether it could.
type change struct {
	text  string
	apply func(*editor) bool
	// parts is of how many changes this one is made; 0 counts as one.
	parts int
}

// repairer looks for changed schemas that pass.
type repairer struct {
	Question
	// valid says that the new schema is valid in the strict sense, which changed
	// ones have to be then too.
	valid bool
	// size is how long the new schema's text is, budget what is left of the work.
	size, budget int
}

// repair is the new schema after a change, with the first changes of what is left
// in the way after it; empty if that does not pass.
func (r *repairer) repair(problems []problem, first change) string {
	if first.apply == nil {
		return ""
	}
	s := r.after(r.New, []change{first})
	for range maxRounds {
		if s == nil {
			return ""
		}
		left := r.problems(s)
		if len(left) == 0 {
			return s.Canonical()
		}
		var changes []change
		for _, p := range left[:min(len(left), maxChanges)] {
			if all := p.changes(); len(all) > 0 && all[0].apply != nil {
				changes = append(changes, all[0])
			}
		}
		if len(changes) == 0 || len(left) > 2*len(problems)+maxInner {
			return ""
		}
		next := r.after(s, changes)
		if next == nil {
			next = r.after(s, changes[:1]) // together they may be too much
		}
		s = next
	}
	return ""
}

// after is a schema after changes; nil if none of them is possible or the result
// is no schema.
func (r *repairer) after(s *avsc.Schema, changes []change) *avsc.Schema {
	parts := 0
	for _, c := range changes {
		parts += max(c.parts, 1)
	}
	if r.budget -= r.size + parts*r.size/lookAt; r.budget < 0 {
		return nil
	}
	e := newEditor(s)
	did := false
	for _, c := range changes {
		did = c.apply(e) || did
	}
	if !did || endless(e.root) {
		return nil
	}
	if r.valid {
		e.mendDefaults()
	}
	changed, err := s.WithRoot(e.root)
	if err != nil || r.valid && changed.Validate() != nil {
		return nil
	}
	return changed
}

// editor holds a copy of the new schema. What it is asked for are types of the
// schema itself, or of the old one.
type editor struct {
	root   *avsc.Type
	copies map[*avsc.Type]*avsc.Type
	// named are the types that the copy mentions, by their names.
	named map[avsc.Name]*avsc.Type
	// grafts are the copies of the old schema's types.
	grafts map[*avsc.Type]*avsc.Type
}

func newEditor(s *avsc.Schema) *editor {
	e := &editor{named: map[avsc.Name]*avsc.Type{}, grafts: map[*avsc.Type]*avsc.Type{}}
	e.root, e.copies = s.Copy()
	walk(e.root, func(t *avsc.Type) {
		if t.Kind.IsNamed() {
			e.named[t.Name] = t
		}
	})
	return e
}

// walk visits all types once.
func walk(root *avsc.Type, visit func(*avsc.Type)) {
	seen := map[*avsc.Type]bool{}
	var step func(*avsc.Type)
	step = func(t *avsc.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		visit(t)
		step(t.Elem)
		for _, b := range t.Branches {
			step(b)
		}
		for _, f := range t.Fields {
			step(f.Type)
		}
	}
	step(root)
}

// on runs a change on the copy of a type; there is none of a referenced schema's.
func (e *editor) on(t *avsc.Type, run func(*avsc.Type) bool) bool {
	c := e.copies[t]
	return c != nil && run(c)
}

// onField runs a change on a field's copy.
func (e *editor) onField(record *avsc.Type, name string, run func(*avsc.Field) bool) bool {
	return e.on(record, func(t *avsc.Type) bool {
		i := slices.IndexFunc(t.Fields, func(f *avsc.Field) bool { return f.Name == name })
		return i >= 0 && run(t.Fields[i])
	})
}

// graft is a type of the old schema for use in the new one. Of named types that
// the new one has too, its own are used, except for the graft itself.
func (e *editor) graft(t *avsc.Type) *avsc.Type {
	return avsc.CopyType(e.known(t), e.grafts, func(*avsc.Type) bool { return false })
}

// known replaces the named types that the new schema has.
func (e *editor) known(t *avsc.Type) *avsc.Type {
	walk(t, func(part *avsc.Type) {
		if part.Kind.IsNamed() && e.named[part.Name] != nil && part != t {
			e.grafts[part] = e.named[part.Name]
		}
	})
	if t.Kind.IsNamed() && e.named[t.Name] != nil {
		e.grafts[t] = e.named[t.Name]
	}
	return t
}

// replace puts another type in a type's place, wherever that is mentioned. A
// union in a union is spread out.
func (e *editor) replace(t, by *avsc.Type) bool {
	c := e.copies[t]
	if c == nil {
		return false
	}
	if e.root == c {
		e.root = by
	}
	walk(e.root, func(holder *avsc.Type) {
		if holder == by {
			return // it may hold what it replaces
		}
		if holder.Elem == c {
			holder.Elem = by
		}
		for _, f := range holder.Fields {
			if f.Type == c {
				f.Type = by
			}
		}
		if i := slices.Index(holder.Branches, c); i >= 0 {
			holder.Branches = slices.Delete(holder.Branches, i, i+1)
			for _, b := range branches(by) {
				addBranch(holder, b)
			}
		}
	})
	return true
}

// leaveOut takes a type out of the unions that have it as a branch.
func (e *editor) leaveOut(t *avsc.Type) bool {
	c, did := e.copies[t], false
	if c == nil {
		return false
	}
	walk(e.root, func(holder *avsc.Type) {
		if i := slices.Index(holder.Branches, c); i >= 0 && len(holder.Branches) > 1 {
			holder.Branches, did = slices.Delete(holder.Branches, i, i+1), true
		}
	})
	return did
}

// mendDefaults gives fields whose default is none of their changed type the
// plainest one of it.
func (e *editor) mendDefaults() {
	for _, record := range e.copies {
		for _, f := range record.Fields {
			if f.Default == nil || f.Type.Takes(*f.Default) {
				continue
			}
			f.Default = nil
			if text, ok := zero(f.Type, nil); ok {
				if value, err := avsc.ParseJSON(text); err == nil {
					f.Default = &value
				}
			}
		}
	}
}

// endless reports whether changes made types without names hold themselves.
func endless(root *avsc.Type) bool {
	const open, closed = 1, 2
	state := map[*avsc.Type]int{}
	var step func(*avsc.Type) bool
	step = func(t *avsc.Type) bool {
		if t == nil || state[t] == closed || t.Kind.IsNamed() {
			return false
		}
		if state[t] == open {
			return true
		}
		state[t] = open
		if step(t.Elem) || slices.ContainsFunc(t.Branches, step) {
			return true
		}
		state[t] = closed
		return false
	}
	found := false
	walk(root, func(t *avsc.Type) { found = found || step(t) })
	return found
}

// branches are those of a union; another type is its only one.
func branches(t *avsc.Type) []*avsc.Type {
	if t.Kind == avsc.Union {
		return t.Branches
	}
	return []*avsc.Type{t}
}

// addBranch appends a branch; one that takes its place in a union goes.
func addBranch(union, branch *avsc.Type) {
	same := func(b *avsc.Type) bool {
		return b.Kind == branch.Kind && (!b.Kind.IsNamed() || b.Name == branch.Name)
	}
	if i := slices.IndexFunc(union.Branches, same); i >= 0 {
		union.Branches[i] = branch
		return
	}
	union.Branches = append(union.Branches, branch)
}
