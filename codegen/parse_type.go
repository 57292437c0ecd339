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
	full := v.Text
	if !strings.Contains(full, ".") && namespace != "" {
		full = namespace + "." + full
	}
	t := &schemaType{json: v}
	p.pending = append(p.pending, pendingRef{file: p.file, path: at, json: v, full: strings.TrimPrefix(full, "."), into: t})
	return t
}

func (p *parser) union(v *avrojson.Value, namespace, at string) *schemaType {
	t := &schemaType{kind: kindUnion, json: v}
	for _, e := range v.Elements {
		if e.Kind == avrojson.Array {
			p.fail(e, at, "a union may not hold a union directly")
			continue
		}
		if b := p.schema(e, namespace, at); b != nil {
			t.branches = append(t.branches, b)
		}
	}
	if len(t.branches) < len(v.Elements) {
		return nil
	}
	if len(t.branches) == 0 {
		p.fail(v, at, "a union needs at least one type")
		return nil
	}
	return t
}

func (p *parser) object(v *avrojson.Value, namespace, at string) *schemaType {
	typ := v.Get("type")
	if typ == nil {
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
	t := p.mention(typ, namespace, at)
	if t != nil && t.kind.primitive() {
		t.logical = p.logicalType(v, t.kind, 0, at)
	}
	return t
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
	if m == nil {
		return ""
	}
	if m.Kind != avrojson.String {
		p.fail(m, at, "%q is a string, not %s", member, m.Kind)
		return ""
	}
	return m.Text
}

// names reads a member that is a list of names.
func (p *parser) names(v *avrojson.Value, member, at string) []string {
	m := v.Get(member)
	if m == nil {
		return nil
	}
	if m.Kind != avrojson.Array {
		p.fail(m, at, "%q is a list of names, not %s", member, m.Kind)
		return nil
	}
	var out []string
	for _, e := range m.Elements {
		if e.Kind != avrojson.String {
			p.fail(e, at, "%q is a list of names, this is %s", member, e.Kind)
			continue
		}
		out = append(out, e.Text)
	}
	return out
}

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
	return s != ""
}

// validNames tells names joined by dots.
func validNames(s string) bool {
	for part := range strings.SplitSeq(s, ".") {
		if !validName(part) {
			return false
		}
	}
	return true
}
