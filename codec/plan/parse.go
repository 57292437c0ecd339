package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

const (
	// maxSchema bounds a schema's text, in bytes.
	maxSchema = 4 << 20
	// maxTypes bounds the types of a schema, mentions of primitive ones included.
	maxTypes = 200_000
)

// parseSchema reads a schema that is complete in itself. It is as lenient as
// Avro's reference about what decides nothing here: names that are none, and
// defaults that do not fit. A name may be used before it is defined.
func parseSchema(text string) (*schemaType, error) {
	if len(text) > maxSchema {
		return nil, fmt.Errorf("larger than %d bytes", maxSchema)
	}
	v, err := avrojson.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	p := &parser{named: map[string]*schemaType{}, ahead: map[*schemaType]*schemaType{}}
	root, err := p.schema(v, "")
	if err != nil {
		return nil, err
	}
	top := &schemaType{item: root}
	for _, m := range p.open {
		t := p.find(m.name, m.namespace)
		if t == nil {
			return nil, fmt.Errorf("%s: type %q is not defined", m.at, short(m.name))
		}
		p.ahead[m.into] = t
	}
	p.link(top)
	for _, t := range p.types {
		if err := distinct(t); err != nil {
			return nil, err
		}
	}
	measure(top.item, len(p.types))
	return top.item, nil
}

// parser reads one schema.
type parser struct {
	named map[string]*schemaType // by full name
	types []*schemaType
	open  []mention
	ahead map[*schemaType]*schemaType // what stood for a type before its definition
}

// mention is the use of a name before its definition.
type mention struct {
	name, namespace string
	at              avrojson.Pos
	into            *schemaType // stands for the type until it is known
}

func failAt(v *avrojson.Value, format string, args ...any) error {
	return fmt.Errorf("%s: %s", v.Pos, fmt.Sprintf(format, args...))
}

func (p *parser) add(v *avrojson.Value, kind codec.Kind) (*schemaType, error) {
	if len(p.types) == maxTypes {
		return nil, failAt(v, "more than %d types", maxTypes)
	}
	t := &schemaType{kind: kind, fallback: -1}
	p.types = append(p.types, t)
	return t, nil
}

func (p *parser) schema(v *avrojson.Value, namespace string) (*schemaType, error) {
	switch v.Kind {
	case avrojson.String:
		return p.mention(v, namespace)
	case avrojson.Array:
		return p.union(v, namespace)
	case avrojson.Object:
		return p.object(v, namespace)
	case avrojson.Null, avrojson.Bool, avrojson.Number:
	}
	return nil, failAt(v, "a type is a name, an object or a list, not %s", v.Kind)
}

// primitive gives the kind of a type that needs no definition.
func primitive(word string) (codec.Kind, bool) {
	for k := codec.KindNull; k <= codec.KindString; k++ {
		if k.String() == word {
			return k, true
		}
	}
	return 0, false
}

// mention reads a type's name.
func (p *parser) mention(v *avrojson.Value, namespace string) (*schemaType, error) {
	if k, ok := primitive(v.Text); ok {
		return p.add(v, k)
	}
	if t := p.find(v.Text, namespace); t != nil {
		return t, nil
	}
	t, err := p.add(v, codec.KindNull)
	p.open = append(p.open, mention{name: v.Text, namespace: namespace, at: v.Pos, into: t})
	return t, err
}

// find looks a name up in its namespace, then without one.
func (p *parser) find(name, namespace string) *schemaType {
	if t := p.named[fullName(name, namespace)]; t != nil {
		return t
	}
	return p.named[strings.TrimPrefix(name, ".")]
}

func (p *parser) union(v *avrojson.Value, namespace string) (*schemaType, error) {
	t, err := p.add(v, codec.KindUnion)
	if err != nil {
		return nil, err
	}
	for _, e := range v.Elements {
		if e.Kind == avrojson.Array {
			return nil, failAt(e, "a union holds no union directly")
		}
		b, err := p.schema(e, namespace)
		if err != nil {
			return nil, err
		}
		t.branches = append(t.branches, b)
	}
	return t, nil
}

func (p *parser) object(v *avrojson.Value, namespace string) (*schemaType, error) {
	typ := v.Get("type")
	switch {
	case typ == nil:
		return nil, failAt(v, `a type needs the member "type"`)
	case typ.Kind != avrojson.String:
		t, err := p.schema(typ, namespace)
		return lifted(t, v), err
	}
	switch typ.Text {
	case "record", "error":
		return p.define(v, codec.KindRecord, namespace)
	case "enum":
		return p.define(v, codec.KindEnum, namespace)
	case "fixed":
		return p.define(v, codec.KindFixed, namespace)
	case "array":
		return p.container(v, codec.KindArray, "items", namespace)
	case "map":
		return p.container(v, codec.KindMap, "values", namespace)
	}
	t, err := p.mention(typ, namespace)
	return lifted(t, v), err
}

// lifted annotates a primitive type by the object around it: some writers put
// the logical type beside a field's type instead of into it.
func lifted(t *schemaType, v *avrojson.Value) *schemaType {
	if t != nil && t.kind <= codec.KindString && t.logical.name == "" {
		t.logical = logicalOf(v, t.kind, 0)
	}
	return t
}

func (p *parser) container(v *avrojson.Value, kind codec.Kind, member, namespace string) (*schemaType, error) {
	inner := v.Get(member)
	if inner == nil {
		return nil, failAt(v, "%s needs the member %q", kind, member)
	}
	t, err := p.add(v, kind)
	if err != nil {
		return nil, err
	}
	t.item, err = p.schema(inner, namespace)
	return t, err
}

// link puts the types whose names were used ahead of them in their places.
func (p *parser) link(top *schemaType) {
	if len(p.ahead) == 0 {
		return
	}
	for _, t := range append(slices.Clip(p.types), top) {
		if to := p.ahead[t.item]; to != nil {
			t.item = to
		}
		for i, b := range t.branches {
			if to := p.ahead[b]; to != nil {
				t.branches[i] = to
			}
		}
		for i := range t.fields {
			if to := p.ahead[t.fields[i].typ]; to != nil {
				t.fields[i].typ = to
			}
		}
	}
}

// distinct refuses unions whose branches cannot be told apart.
func distinct(t *schemaType) error {
	if len(t.branches) < 2 {
		return nil
	}
	seen := make(map[string]bool, len(t.branches))
	for _, b := range t.branches {
		key := b.kind.String()
		if b.isNamed() {
			key = "type " + b.name // a record may be called map
		}
		if b.kind == codec.KindUnion {
			return errors.New("a union holds no union directly")
		}
		if seen[key] {
			return fmt.Errorf("a union holds %s twice", short(key))
		}
		seen[key] = true
	}
	return nil
}
