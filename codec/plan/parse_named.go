package plan

import (
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// define reads a record, an enum or a fixed.
func (p *parser) define(v *avrojson.Value, kind codec.Kind, namespace string) (*schemaType, error) {
	t, err := p.add(v, kind)
	if err != nil {
		return nil, err
	}
	name := v.Get("name")
	if name == nil || name.Kind != avrojson.String || unqualified(name.Text) == "" {
		return nil, failAt(v, `%s needs the member "name"`, kind)
	}
	if ns := v.Get("namespace"); ns != nil && ns.Kind == avrojson.String {
		namespace = ns.Text
	}
	t.name = fullName(name.Text, namespace)
	if _, ok := primitive(t.name); ok {
		return nil, failAt(name, "%q is the name of a primitive type", t.name)
	}
	if p.named[t.name] != nil {
		return nil, failAt(name, "%q is defined twice", short(t.name))
	}
	p.named[t.name] = t
	namespace = strings.TrimSuffix(strings.TrimSuffix(t.name, unqualified(t.name)), ".")
	if t.aliases, err = texts(v, "aliases"); err != nil {
		return nil, err
	}
	for i, a := range t.aliases {
		t.aliases[i] = fullName(a, namespace)
	}
	switch kind {
	case codec.KindRecord:
		err = p.fields(t, v, namespace)
	case codec.KindEnum:
		err = symbols(t, v)
	default:
		size, ok := whole(v.Get("size"))
		if !ok {
			return nil, failAt(v, `fixed needs the member "size", a whole number of bytes below 2^31`)
		}
		t.least, t.constant = size, true
		t.logical = logicalOf(v, kind, size)
	}
	return t, err
}

// fullName is a name with its namespace, which counts for names without dots.
func fullName(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return strings.TrimPrefix(name, ".")
	}
	return namespace + "." + name
}

func (p *parser) fields(t *schemaType, v *avrojson.Value, namespace string) error {
	list := v.Get("fields")
	if list == nil || list.Kind != avrojson.Array {
		return failAt(v, `record %s needs the member "fields", a list`, short(t.name))
	}
	t.fields = make([]field, len(list.Elements))
	t.fieldIndex = make(map[string]int, len(list.Elements))
	for i, e := range list.Elements {
		name, typ := e.Get("name"), e.Get("type")
		if name == nil || name.Kind != avrojson.String || name.Text == "" {
			return failAt(e, `a field needs the member "name"`)
		}
		if typ == nil {
			return failAt(e, `field %q needs the member "type"`, short(name.Text))
		}
		if _, twice := t.fieldIndex[name.Text]; twice {
			return failAt(e, "field %q occurs twice", short(name.Text))
		}
		t.fieldIndex[name.Text] = i
		f := &t.fields[i]
		f.name, f.deflt = name.Text, e.Get("default")
		var err error
		if f.aliases, err = texts(e, "aliases"); err != nil {
			return err
		}
		if f.typ, err = p.schema(typ, namespace); err != nil {
			return err
		}
		lifted(f.typ, e)
	}
	return nil
}

func symbols(t *schemaType, v *avrojson.Value) error {
	var err error
	if t.symbols, err = texts(v, "symbols"); err != nil {
		return err
	}
	if v.Get("symbols") == nil {
		return failAt(v, `enum %s needs the member "symbols", a list of names`, short(t.name))
	}
	t.symbolIndex = make(map[string]int, len(t.symbols))
	for i, s := range t.symbols {
		if _, twice := t.symbolIndex[s]; twice {
			return failAt(v, "symbol %q occurs twice", short(s))
		}
		t.symbolIndex[s] = i
	}
	if d := v.Get("default"); d != nil && d.Kind == avrojson.String {
		if i, ok := t.symbolIndex[d.Text]; ok {
			t.fallback = i
		}
	}
	return nil
}

// texts reads a member that is a list of strings when it is there.
func texts(v *avrojson.Value, member string) ([]string, error) {
	m := v.Get(member)
	if m == nil {
		return nil, nil
	}
	if m.Kind != avrojson.Array {
		return nil, failAt(m, "%q is a list of names, not %s", member, m.Kind)
	}
	out := make([]string, len(m.Elements))
	for i, e := range m.Elements {
		if e.Kind != avrojson.String {
			return nil, failAt(e, "%q is a list of names, this is %s", member, e.Kind)
		}
		out[i] = e.Text
	}
	return out, nil
}
