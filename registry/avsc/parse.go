package avsc

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
)

// Parse reads a schema's JSON. Names that the text does not define are looked
// up in refs, whose own names and references count; when two of them define a
// name, the first one wins. A name has to be defined before it is used. Every
// error wraps [ErrInvalid].
func Parse(text string, refs ...*Schema) (*Schema, error) {
	room := rooms.Get().(*room)
	defer room.release()
	v, err := readJSON(text, room)
	if err != nil {
		return nil, invalidf("%w", err)
	}
	p := parser{own: map[string]*Type{}, all: map[string]*Type{}}
	for _, ref := range refs {
		for name, t := range ref.all {
			if _, has := p.all[name]; !has {
				p.all[name] = t
			}
		}
	}
	root, err := p.parse(v, "", 0)
	if err != nil {
		return nil, invalidf("%w", err)
	}
	maps.Copy(p.all, p.own)
	return &Schema{root: root, own: p.own, all: p.all}, nil
}

type parser struct {
	own, all map[string]*Type
	free     []Type // a schema has many, and all of them live as long as it does
}

// typesTogether is how many types are allocated at once.
const typesTogether = 8

func (p *parser) newType(k Kind) *Type {
	if len(p.free) == 0 {
		p.free = make([]Type, typesTogether)
	}
	t := &p.free[0]
	p.free = p.free[1:]
	t.Kind = k
	return t
}

func (p *parser) parse(v value, namespace string, depth int) (*Type, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("types nested deeper than %d levels", maxDepth)
	}
	switch v.kind {
	case '"':
		return p.named(v.text, namespace)
	case '[':
		return p.union(v.parts, namespace, depth)
	case '{':
		return p.object(v, namespace, depth)
	default:
		return nil, fmt.Errorf("a type is a name, a list or an object, not %s", appendValue(nil, v, false))
	}
}

// named reads a type that is given by its name alone.
func (p *parser) named(text, namespace string) (*Type, error) {
	if k := Kind(text); k.IsPrimitive() {
		return p.newType(k), nil
	}
	for _, name := range []Name{newName(text, namespace), newName(text, "")} {
		if t, ok := p.lookup(name.String()); ok {
			return t, nil
		}
	}
	return nil, fmt.Errorf("type %q is not defined here and in no reference", newName(text, namespace))
}

func (p *parser) lookup(name string) (*Type, bool) {
	if t, ok := p.own[name]; ok {
		return t, true
	}
	t, ok := p.all[name]
	return t, ok
}

func (p *parser) union(items []member, namespace string, depth int) (*Type, error) {
	t := p.newType(Union)
	t.Branches = slices.Grow(t.Branches, len(items))
	for i, item := range items {
		branch, err := p.parse(item.value, namespace, depth+1)
		if err != nil {
			return nil, fmt.Errorf("branch %d: %w", i, err)
		}
		t.Branches = append(t.Branches, branch)
	}
	return t, nil
}

func (p *parser) object(v value, namespace string, depth int) (*Type, error) {
	typ := v.get("type")
	if typ == nil || typ.kind != '"' {
		return nil, errors.New(`an object needs the name of a type as its "type"`)
	}
	t := p.newType(Kind(typ.text))
	switch t.Kind {
	case Record, Error:
		return t, p.record(t, v, namespace, depth)
	case Enum:
		return t, p.enum(t, v, namespace)
	case Fixed:
		return t, p.fixed(t, v, namespace)
	case Array:
		return t, p.elem(t, v, "items", namespace, depth)
	case Map:
		return t, p.elem(t, v, "values", namespace, depth)
	case Union:
		return nil, errors.New("a union is written as a list")
	case Null, Boolean, Int, Long, Float, Double, Bytes, String:
		t.Props = props(v, isReserved)
		return t, nil
	}
	return p.named(typ.text, namespace)
}

// define reads what all named types share and makes the name known, so that
// the type may mention itself.
func (p *parser) define(t *Type, v value, namespace string) error {
	short, err := text(v, "name")
	if err != nil {
		return fmt.Errorf("%s: %w", t.Kind, err)
	}
	if ns := v.get("namespace"); ns != nil && ns.kind == '"' {
		namespace = ns.text
	}
	t.Name = newName(short, namespace)
	switch _, twice := p.lookup(t.Name.String()); {
	case t.Name.Short == "":
		return fmt.Errorf("%s %q: the name ends with a dot", t.Kind, t.Name)
	case twice:
		return fmt.Errorf("%s %q is defined twice, here or by a reference", t.Kind, t.Name)
	case Kind(t.Name.String()).IsPrimitive():
		return fmt.Errorf("%s %q has the name of a primitive type", t.Kind, t.Name)
	}
	p.own[t.Name.String()] = t
	t.Doc = textOf(v.get("doc"))
	aliases, err := texts(v, "aliases")
	if err != nil {
		return fmt.Errorf("%s %q: %w", t.Kind, t.Name, err)
	}
	for _, alias := range aliases {
		t.Aliases = append(t.Aliases, newName(alias, t.Name.Namespace))
	}
	return nil
}

func (p *parser) record(t *Type, v value, namespace string, depth int) error {
	if err := p.define(t, v, namespace); err != nil {
		return err
	}
	t.Props = props(v, isReserved)
	fields := v.get("fields")
	if fields == nil || fields.kind != '[' {
		return fmt.Errorf(`record %q has no list "fields"`, t.Name)
	}
	list := make([]Field, len(fields.parts))
	t.Fields = make([]*Field, len(list))
	for i, item := range fields.parts {
		t.Fields[i] = &list[i]
		if err := p.field(t.Fields[i], item.value, t.Name.Namespace, depth+1); err != nil {
			return fmt.Errorf("record %q: field %d: %w", t.Name, i, err)
		}
	}
	return nil
}

func (p *parser) field(f *Field, v value, namespace string, depth int) error {
	name, err := text(v, "name")
	if err != nil {
		return err
	}
	typ := v.get("type")
	if typ == nil {
		return fmt.Errorf("%q has no type", name)
	}
	f.Name, f.Props = name, props(v, isFieldReserved)
	if f.Type, err = p.parse(*typ, namespace, depth+1); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if f.Aliases, err = texts(v, "aliases"); err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	f.Doc = textOf(v.get("doc"))
	if def := v.get("default"); def != nil {
		f.Default = &JSON{readDefault(*def, f.Type.Kind).kept()}
	}
	if order := v.get("order"); order != nil {
		if f.Order, err = readOrder(*order); err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
	}
	return nil
}

// readDefault takes a number that is written as text, which old tools do for
// fractions, for the number.
func readDefault(v value, kind Kind) value {
	if v.kind != '"' || kind != Float && kind != Double {
		return v
	}
	f, err := strconv.ParseFloat(v.text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return v
	}
	return value{kind: '0', text: strconv.FormatFloat(f, 'e', -1, 64)}
}

func readOrder(v value) (string, error) {
	switch v.text {
	case "ascending":
		return "", nil
	case "descending", "ignore":
		return v.text, nil
	}
	return "", fmt.Errorf("order is %s, not ascending, descending or ignore", appendValue(nil, v, false))
}

func (p *parser) enum(t *Type, v value, namespace string) error {
	if err := p.define(t, v, namespace); err != nil {
		return err
	}
	t.Props = props(v, isEnumReserved)
	if v.get("symbols") == nil {
		return fmt.Errorf(`enum %q has no list "symbols"`, t.Name)
	}
	var err error
	if t.Symbols, err = texts(v, "symbols"); err != nil {
		return fmt.Errorf("enum %q: %w", t.Name, err)
	}
	t.Default = textOf(v.get("default"))
	return nil
}

func (p *parser) fixed(t *Type, v value, namespace string) error {
	if err := p.define(t, v, namespace); err != nil {
		return err
	}
	t.Props = props(v, isReserved)
	size := v.get("size")
	if size == nil || size.kind != '0' {
		return fmt.Errorf(`fixed %q has no number "size"`, t.Name)
	}
	n, err := strconv.ParseInt(size.text, 10, 32)
	if err != nil || n < 0 {
		return fmt.Errorf("fixed %q: size %s is not a whole number of bytes below 2^31", t.Name, size.text)
	}
	t.Size = int(n)
	return nil
}

func (p *parser) elem(t *Type, v value, key, namespace string, depth int) error {
	elem := v.get(key)
	if elem == nil {
		return fmt.Errorf("%s has no %q", t.Kind, key)
	}
	t.Props = props(v, isReserved)
	var err error
	if t.Elem, err = p.parse(*elem, namespace, depth+1); err != nil {
		return fmt.Errorf("%s %s: %w", t.Kind, key, err)
	}
	return nil
}

// textOf is a member that counts when it is a string.
func textOf(m *value) *string {
	if m == nil || m.kind != '"' {
		return nil
	}
	text := m.text
	return &text
}

// text reads a member that has to be a string which is not empty.
func text(v value, key string) (string, error) {
	m := v.get(key)
	if m == nil || m.kind != '"' || m.text == "" {
		return "", fmt.Errorf("%q is missing", key)
	}
	return m.text, nil
}

// texts reads a member that is a list of strings when it is there.
func texts(v value, key string) ([]string, error) {
	m := v.get(key)
	if m == nil {
		return nil, nil
	}
	if m.kind != '[' {
		return nil, fmt.Errorf("%q is not a list", key)
	}
	var list []string
	for _, item := range m.parts {
		if item.kind != '"' {
			return nil, fmt.Errorf("%q is not a list of strings", key)
		}
		list = append(list, item.text)
	}
	return list, nil
}

func props(v value, reserved func(string) bool) []Prop {
	var list []Prop
	for _, m := range v.parts {
		if !reserved(m.key) {
			list = append(list, Prop{Key: m.key, Value: JSON{m.kept()}})
		}
	}
	return list
}

func isReserved(key string) bool {
	switch key {
	case "type", "name", "namespace", "doc", "aliases", "fields", "symbols", "size", "items", "values":
		return true
	}
	return false
}

func isEnumReserved(key string) bool { return key == "default" || isReserved(key) }

func isFieldReserved(key string) bool {
	switch key {
	case "name", "type", "doc", "default", "order", "aliases":
		return true
	}
	return false
}

// isBuiltIn tells whether a word stands for a type that needs no definition.
func isBuiltIn(word string) bool {
	switch k := Kind(word); k {
	case Record, Enum, Array, Map, Union, Fixed:
		return true
	default:
		return k.IsPrimitive()
	}
}
