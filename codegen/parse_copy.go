package codegen

import (
	"slices"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// copyOf is a second definition of a name. Trees whose files are each complete
// in themselves are full of them.
type copyOf struct {
	first, second *namedType
}

// difference is the first place where two definitions disagree. One of the
// values may be nil.
type difference struct {
	path, what    string
	first, second *avrojson.Value
}

// checkCopies compares all definitions of a name with the first one. Those that
// say the same are one type.
func (p *parser) checkCopies() {
	for _, c := range p.copies {
		if c.first.broken || c.second.broken {
			continue
		}
		d := c.difference()
		if d == nil {
			continue
		}
		place, other := d.second, d.first
		if place == nil {
			place = c.second.json
		}
		if other == nil {
			other = c.first.json
		}
		p.failIn(c.second.file, place, d.path, "defined twice, and not the same: %s is %s here and %s at %s:%s",
			d.what, clipOrNone(d.second), clipOrNone(d.first), p.where(c.first.file), other.Pos)
	}
}

func clipOrNone(v *avrojson.Value) string {
	if v == nil {
		return "missing"
	}
	return clip(v)
}

// structural are the members that are compared by what they mean.
var (
	structuralNamed = []string{"name", "namespace", "aliases", "fields"}
	structuralField = []string{"name", "type", "order"}
	structuralType  = []string{"type", "items", "values"}
)

func (c copyOf) difference() *difference {
	full := c.first.fullName()
	if d := memberDifference(c.first.json, c.second.json, full, structuralNamed); d != nil {
		return d
	}
	if !slices.Equal(c.first.aliases, c.second.aliases) {
		return &difference{full, `"aliases"`, c.first.json.Get("aliases"), c.second.json.Get("aliases")}
	}
	for i, a := range c.first.fields {
		if i == len(c.second.fields) {
			return &difference{path: a.path(), what: "the field", first: a.json}
		}
		b := c.second.fields[i]
		if a.name != b.name {
			return &difference{full, "the next field", a.json.Get("name"), b.json.Get("name")}
		}
		if d := fieldDifference(a, b); d != nil {
			return d
		}
	}
	if more := c.second.fields[len(c.first.fields):]; len(more) > 0 {
		return &difference{path: more[0].path(), what: "the field", second: more[0].json}
	}
	return nil
}

func fieldDifference(a, b *schemaField) *difference {
	if a.order != b.order {
		return &difference{a.path(), `"order"`, a.json.Get("order"), b.json.Get("order")}
	}
	if d := memberDifference(a.json, b.json, a.path(), structuralField); d != nil {
		return d
	}
	return typeDifference(a.typ, b.typ, a.path())
}

// typeDifference compares types where they are used. A named type is the same
// by its name, whether it is defined here or elsewhere: its definitions are
// compared for themselves.
func typeDifference(a, b *schemaType, at string) *difference {
	if a.kind == "" || b.kind == "" || (a.named != nil && a.named == b.named) {
		return nil
	}
	if a.kind != b.kind || a.named != b.named || len(a.branches) != len(b.branches) {
		return &difference{at, "the type", a.json, b.json}
	}
	if d := memberDifference(a.json, b.json, at, structuralType); d != nil {
		return d
	}
	if a.item != nil {
		return typeDifference(a.item, b.item, at+elementMark(a.kind))
	}
	for i := range a.branches {
		if d := typeDifference(a.branches[i], b.branches[i], at); d != nil {
			return d
		}
	}
	return nil
}

// memberDifference compares the members of two objects, in any order. What is
// no object has no members.
func memberDifference(a, b *avrojson.Value, at string, except []string) *difference {
	theirs, ours := b.Index(), a.Index()
	for _, m := range a.Members {
		if other := theirs(m.Key); !slices.Contains(except, m.Key) && !m.Value.Equal(other) {
			return &difference{at, avrojson.Quote(m.Key), m.Value, other}
		}
	}
	for _, m := range b.Members {
		if !slices.Contains(except, m.Key) && ours(m.Key) == nil {
			return &difference{at, avrojson.Quote(m.Key), nil, m.Value}
		}
	}
	return nil
}
