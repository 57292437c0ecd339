package codegen

import "slices"

// checkFinite finds records that no value can end: those that hold themselves
// other than through a union with another way out, an array or a map.
func (p *parser) checkFinite() {
	f := &finiteness{ends: map[*namedType]bool{}}
	var open []*namedType
	for _, file := range p.files {
		for _, n := range file.types {
			if n.kind == kindRecord {
				open = append(open, n)
			}
		}
	}
	for {
		f.seen = map[*namedType]bool{}
		var left []*namedType
		for _, n := range open {
			if !f.record(n) {
				left = append(left, n)
			}
		}
		// A round may ask for a record that is still being looked at; the next
		// one knows better.
		if len(left) == len(open) {
			break
		}
		open = left
	}
	for _, n := range open {
		if p.full() {
			p.more++
			continue
		}
		if f.returns(n) {
			p.failIn(n.file, n.json, n.fullName(), "contains itself without end: make one of the fields nullable, an array or a map")
		}
	}
}

// finiteness finds which types have values.
type finiteness struct {
	ends map[*namedType]bool // records that are known to
	seen map[*namedType]bool // records that were asked in this round
}

func (f *finiteness) record(n *namedType) bool {
	if f.ends[n] || n.broken {
		return true
	}
	if f.seen[n] {
		return false
	}
	f.seen[n] = true
	for _, field := range n.fields {
		if !f.typ(field.typ) {
			return false
		}
	}
	f.ends[n] = true
	return true
}

func (f *finiteness) typ(t *schemaType) bool {
	switch t.kind {
	case kindRecord:
		return f.record(t.named)
	case kindUnion:
		return slices.ContainsFunc(t.branches, f.typ)
	case kindNull, kindBoolean, kindInt, kindLong, kindFloat, kindDouble, kindBytes, kindString,
		kindEnum, kindFixed, kindArray, kindMap:
	}
	return true
}

// returns tells whether a record without end is reached from itself through
// others like it; else it only holds one that is.
func (f *finiteness) returns(n *namedType) bool {
	seen := map[*namedType]bool{}
	open := []*namedType{n}
	var follow func(t *schemaType)
	follow = func(t *schemaType) {
		switch {
		case t.kind == kindRecord && !t.named.broken && !f.ends[t.named] && !seen[t.named]:
			seen[t.named] = true
			open = append(open, t.named)
		case t.kind == kindUnion && !f.typ(t):
			for _, b := range t.branches {
				follow(b)
			}
		}
	}
	for len(open) > 0 {
		next := open[len(open)-1]
		open = open[:len(open)-1]
		for _, field := range next.fields {
			follow(field.typ)
		}
	}
	return seen[n]
}
