package codegen

import (
	"github.com/schemactl/schemactl/internal/avrojson"
)

// fields reads what a record has. A field that cannot be read leaves the record
// broken, so that nobody complains about its absence.
func (p *parser) fields(n *namedType, v *avrojson.Value) {
	full := n.fullName()
	list := v.Get("fields")
	if list == nil || list.Kind != avrojson.Array {
		n.broken = true
		p.fail(v, full, `a record needs the member "fields", a list`)
		return
	}
	seen := make(map[string]*schemaField, len(list.Elements))
	n.fields = make([]*schemaField, 0, len(list.Elements))
	for _, e := range list.Elements {
		f := p.field(n, e, full)
		if f == nil {
			n.broken = true
			continue
		}
		if seen[f.name] != nil {
			n.broken = true
			p.fail(e, full, "field %s occurs twice", f.name)
			continue
		}
		seen[f.name] = f
		n.fields = append(n.fields, f)
	}
	for _, f := range n.fields {
		p.fieldAliases(f, seen)
	}
}

// field reads a field of the record n, whose full name is full.
func (p *parser) field(n *namedType, v *avrojson.Value, full string) *schemaField {
	if v.Kind != avrojson.Object {
		p.fail(v, full, "a field is an object, not %s", v.Kind)
		return nil
	}
	f := &schemaField{deflt: v.Get("default"), json: v, owner: n, order: "ascending"}
	switch name := v.Get("name"); {
	case name == nil:
		p.fail(v, full, `a field needs the member "name"`)
	case name.Kind != avrojson.String:
		p.fail(name, full, `"name" is a string, not %s`, name.Kind)
	case !validName(name.Text):
		p.fail(name, full, "%s is no Avro name: letters, digits and underscores, not a digit first", clip(name))
	default:
		f.name = name.Text
	}
	at := full
	if f.name != "" {
		at = full + "." + f.name
	}
	f.doc = p.text(v, "doc", at)
	p.order(f, v, at)
	p.foreignAttributes(v, at)
	if l := v.Get("logicalType"); l != nil {
		f.misplaced = clip(l)
	}
	typ := v.Get("type")
	if typ == nil {
		p.fail(v, at, `a field needs the member "type"`)
		return nil
	}
	// The type is read even when the name is wrong: it may define others.
	if f.typ = p.schema(typ, n.namespace, at); f.typ == nil || f.name == "" {
		return nil
	}
	return f
}

func (p *parser) order(f *schemaField, v *avrojson.Value, at string) {
	o := v.Get("order")
	if o == nil {
		return
	}
	if o.Kind == avrojson.String {
		switch o.Text {
		case "ascending", "descending", "ignore":
			f.order = o.Text
			return
		}
	}
	p.fail(o, at, `"order" is %s: write "ascending", "descending" or "ignore"`, clip(o))
}

// fieldAliases reads the other names of a field. Seen holds the fields of the
// record by name and by alias.
func (p *parser) fieldAliases(f *schemaField, seen map[string]*schemaField) {
	if f.json.Get("aliases") == nil {
		return
	}
	at := f.path()
	for _, a := range p.names(f.json, "aliases", at) {
		other := seen[a.Text]
		switch {
		case !validName(a.Text):
			p.fail(a, at, "alias %s is no Avro name", clip(a))
		case other == nil:
			seen[a.Text] = f
			f.aliases = append(f.aliases, a.Text)
		case other == f:
		case other.name == a.Text:
			p.fail(a, at, "alias %s is the name of another field", a.Text)
		default:
			p.fail(a, at, "alias %s is also an alias of field %s", a.Text, other.name)
		}
	}
}
