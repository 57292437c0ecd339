package codegen

import (
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// schema reads a type in a namespace. It returns nil after noting a problem.
func (p *parser) schema(v *avrojson.Value, namespace, at string) *schemaType {
	switch v.Kind {
	case avrojson.String:
		return p.mention(v, namespace, at)
	case avrojson.Array:
		return p.union(v, namespace, at)
	case avrojson.Object:
		return p.object(v, namespace, at)
	case avrojson.Null, avrojson.Bool, avrojson.Number:
	}
	p.fail(v, at, "a type is a name, an object or a list, not %s", v.Kind)
	return nil
}

// mention reads a type's name.
func (p *parser) mention(v *avrojson.Value, namespace, at string) *schemaType {
	k := kind(v.Text)
	if k.primitive() {
		return &schemaType{kind: k, json: v}
	}
	switch v.Text {
	case "array", "map", "record", "error", "enum", "fixed", "union":
		p.fail(v, at, `%q alone is no type: write {"type": {"type": %q, …}}`, v.Text, v.Text)
		return nil
	}
	r := pendingRef{file: p.file, path: at, json: v, full: strings.TrimPrefix(v.Text, "."), into: &schemaType{json: v}}
	if !validNames(r.full) {
		p.fail(v, at, "%s is no name of a type: Avro names joined by dots", clip(v))
		return nil
	}
	if !strings.Contains(v.Text, ".") && namespace != "" {
		r.full, r.simple = qualified(v.Text, namespace), v.Text
	}
	p.pending = append(p.pending, r)
	return r.into
}

func (p *parser) union(v *avrojson.Value, namespace, at string) *schemaType {
	if len(v.Elements) == 0 {
		p.fail(v, at, "a union needs at least one type")
		return nil
	}
	t := &schemaType{kind: kindUnion, json: v}
	for _, e := range v.Elements {
		b := p.schema(e, namespace, at)
		if b == nil {
			continue
		}
		if b.kind == kindUnion {
			p.fail(e, at, "a union may not hold a union directly: list its types here")
			continue
		}
		t.branches = append(t.branches, b)
	}
	if len(t.branches) < len(v.Elements) {
		return nil
	}
	p.unions = append(p.unions, pendingUnion{file: p.file, path: at, union: t})
	return t
}

func (p *parser) object(v *avrojson.Value, namespace, at string) *schemaType {
	typ := v.Get("type")
	if typ == nil {
		p.breaks(v, namespace)
		p.fail(v, at, `a type needs the member "type"`)
		return nil
	}
	if typ.Kind != avrojson.String {
		// {"type": {"type": …}}: the outer object says nothing of its own.
		return p.schema(typ, namespace, at)
	}
	switch typ.Text {
	case "record", "error":
		return p.definition(v, kindRecord, namespace, at)
	case "enum":
		return p.definition(v, kindEnum, namespace, at)
	case "fixed":
		return p.definition(v, kindFixed, namespace, at)
	case "array":
		return p.container(v, kindArray, "items", namespace, at)
	case "map":
		return p.container(v, kindMap, "values", namespace, at)
	}
	if kind(typ.Text).primitive() {
		return &schemaType{
			kind: kind(typ.Text), json: v,
			logical: p.logicalType(v, kind(typ.Text), 0, at),
		}
	}
	if meant := meantType(v); meant != "" {
		p.breaks(v, namespace)
		p.fail(typ, at, "%s is no type: this looks like \"type\": %q", clip(typ), meant)
		return nil
	}
	return p.mention(typ, namespace, at)
}

// meantType tells by its members what a misspelt type was meant to be.
func meantType(v *avrojson.Value) kind {
	for _, m := range v.Members {
		switch m.Key {
		case "fields":
			return kindRecord
		case "symbols":
			return kindEnum
		case "size":
			return kindFixed
		case "items":
			return kindArray
		case "values":
			return kindMap
		}
	}
	return ""
}

// breaks notes the name of a definition that is not read.
func (p *parser) breaks(v *avrojson.Value, namespace string) {
	name := v.Get("name")
	if name == nil || name.Kind != avrojson.String || name.Text == "" {
		return
	}
	if ns := v.Get("namespace"); ns != nil && ns.Kind == avrojson.String {
		namespace = ns.Text
	}
	if strings.Contains(name.Text, ".") {
		namespace = ""
	}
	p.broken[qualified(name.Text, namespace)] = true
}

func (p *parser) container(v *avrojson.Value, k kind, member, namespace, at string) *schemaType {
	inner := v.Get(member)
	if inner == nil {
		p.fail(v, at, "%s needs the member %q", k, member)
		return nil
	}
	t := &schemaType{kind: k, json: v, item: p.schema(inner, namespace, at+elementMark(k))}
	if t.item == nil {
		return nil
	}
	return t
}

// elementMark is how a path shows the elements of an array or a map.
func elementMark(k kind) string {
	if k == kindMap {
		return "{}"
	}
	return "[]"
}

// text reads a member that must be a string when it is there.
func (p *parser) text(v *avrojson.Value, member, at string) string {
	m := v.Get(member)
	if m == nil || (m.Kind == avrojson.Null && member != "name") {
		return ""
	}
	if m.Kind != avrojson.String {
		p.fail(m, at, "%q is a string, not %s", member, m.Kind)
		return ""
	}
	return m.Text
}

// names reads a member that is a list of names.
func (p *parser) names(v *avrojson.Value, member, at string) []*avrojson.Value {
	m := v.Get(member)
	if m == nil {
		return nil
	}
	if m.Kind != avrojson.Array {
		p.fail(m, at, "%q is a list of names, not %s", member, m.Kind)
		return nil
	}
	out := make([]*avrojson.Value, 0, len(m.Elements))
	for _, e := range m.Elements {
		if e.Kind != avrojson.String {
			p.fail(e, at, "%q is a list of names, this is %s", member, e.Kind)
			continue
		}
		out = append(out, e)
	}
	return out
}

// maxName bounds a name, in bytes: it is repeated wherever the type is
// mentioned.
const maxName = 1024

// validName tells an Avro name: a letter or underscore, then letters, digits
// and underscores.
func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// validNames tells names joined by dots.
func validNames(s string) bool {
	if len(s) > maxName {
		return false
	}
	for part := range strings.SplitSeq(s, ".") {
		if !validName(part) {
			return false
		}
	}
	return true
}
