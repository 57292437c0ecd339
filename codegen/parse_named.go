package codegen

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// definition reads a record, an enum or a fixed.
func (p *parser) definition(v *avrojson.Value, k kind, namespace, at string) *schemaType {
	n := &namedType{kind: k, namespace: namespace, file: p.file, json: v}
	if !p.identify(n, v, at) {
		return nil
	}
	full := n.fullName()
	if old := p.types[full]; old != nil {
		p.fail(v, full, "defined twice; the other definition is at %s:%s", p.where(old.file), old.json.Pos)
		return nil
	}
	p.types[full] = n
	p.defs[v] = n
	p.file.types = append(p.file.types, n)
	n.doc = p.text(v, "doc", full)
	n.aliases = p.names(v, "aliases", full)
	for _, a := range n.aliases {
		if !validNames(a) {
			p.fail(v, full, "alias %q is no Avro name", a)
		}
	}
	t := &schemaType{kind: k, named: n, json: v}
	switch k {
	case kindRecord:
		p.fields(n, v)
		p.eventAttributes(n, v)
	case kindEnum:
		p.symbols(n, v)
	default:
		n.size = p.size(v, full)
		n.logical = p.logicalType(v, kindFixed, n.size, full)
		t.logical = n.logical
	}
	return t
}

// identify reads name and namespace.
func (p *parser) identify(n *namedType, v *avrojson.Value, at string) bool {
	name := v.Get("name")
	if name == nil {
		p.fail(v, at, `%s needs the member "name"`, n.kind)
		return false
	}
	n.name = p.text(v, "name", at)
	if ns := v.Get("namespace"); ns != nil {
		n.namespace = p.text(v, "namespace", at)
	}
	if i := strings.LastIndexByte(n.name, '.'); i >= 0 {
		n.namespace, n.name = n.name[:i], n.name[i+1:]
	}
	if !validName(n.name) {
		p.fail(name, at, "%q is no Avro name: letters, digits and underscores, not a digit first", n.name)
		return false
	}
	if n.namespace != "" && !validNames(n.namespace) {
		p.fail(v, at, "%q is no Avro namespace: Avro names joined by dots", n.namespace)
		return false
	}
	if kind(n.fullName()).primitive() {
		p.fail(name, at, "%q is the name of a primitive type", n.name)
		return false
	}
	return true
}

func (p *parser) fields(n *namedType, v *avrojson.Value) {
	full := n.fullName()
	list := v.Get("fields")
	if list == nil || list.Kind != avrojson.Array {
		p.fail(v, full, `a record needs the member "fields", a list`)
		return
	}
	for _, e := range list.Elements {
		f := p.field(n, e)
		if f == nil {
			continue
		}
		if slices.ContainsFunc(n.fields, func(o *schemaField) bool { return o.name == f.name }) {
			p.fail(e, full, "field %s occurs twice", f.name)
			continue
		}
		n.fields = append(n.fields, f)
	}
}

func (p *parser) field(n *namedType, v *avrojson.Value) *schemaField {
	full := n.fullName()
	if v.Kind != avrojson.Object {
		p.fail(v, full, "a field is an object, not %s", v.Kind)
		return nil
	}
	f := &schemaField{name: p.text(v, "name", full), deflt: v.Get("default"), json: v}
	if !validName(f.name) {
		p.fail(v, full, `a field needs the member "name", an Avro name; %q is none`, f.name)
		return nil
	}
	at := full + "." + f.name
	f.doc = p.text(v, "doc", at)
	for _, a := range p.names(v, "aliases", at) {
		if !validName(a) {
			p.fail(v, at, "alias %q is no Avro name", a)
		}
	}
	typ := v.Get("type")
	if typ == nil {
		p.fail(v, at, `a field needs the member "type"`)
		return nil
	}
	if l := v.Get("logicalType"); l != nil {
		p.fail(l, at, `"logicalType" belongs into the type: {"type": {"type": …, "logicalType": %s}}`, l)
	}
	if f.typ = p.schema(typ, n.namespace, at); f.typ == nil {
		return nil
	}
	return f
}

func (p *parser) symbols(n *namedType, v *avrojson.Value) {
	full := n.fullName()
	n.symbols = p.names(v, "symbols", full)
	if len(n.symbols) == 0 {
		p.fail(v, full, `an enum needs the member "symbols" with at least one name`)
		return
	}
	seen := map[string]bool{}
	for _, s := range n.symbols {
		if !validName(s) {
			p.fail(v.Get("symbols"), full, "symbol %q is no Avro name", s)
		}
		if seen[s] {
			p.fail(v.Get("symbols"), full, "symbol %s occurs twice", s)
		}
		seen[s] = true
	}
	if d := v.Get("default"); d != nil && (d.Kind != avrojson.String || !seen[d.Text]) {
		p.fail(d, full, "default %s is none of the symbols", d)
	}
}

// maxFixed bounds a fixed, which becomes a Go array.
const maxFixed = 1 << 20

func (p *parser) size(v *avrojson.Value, at string) int {
	m := v.Get("size")
	if n, ok := whole(m, 0, math.MaxInt32); ok {
		if n > maxFixed {
			p.fail(m, at, "a fixed of %d bytes is larger than %d; use bytes", n, maxFixed)
		}
		return n
	}
	p.fail(v, at, `a fixed needs the member "size", a whole number of bytes`)
	return 0
}

// whole reads a whole number within low to high.
func whole(v *avrojson.Value, low, high int) (int, bool) {
	if v == nil || v.Kind != avrojson.Number {
		return 0, false
	}
	n, err := strconv.Atoi(v.Text)
	return n, err == nil && n >= low && n <= high
}

// logicalType reads the annotations of a type. A decimal whose parameters make
// no sense is a problem here, though Avro lets readers ignore it: whoever wrote
// it wanted a decimal.
func (p *parser) logicalType(v *avrojson.Value, k kind, size int, at string) logicalType {
	m := v.Get("logicalType")
	if m == nil || m.Kind != avrojson.String {
		return logicalType{}
	}
	l := logicalType{name: m.Text}
	if l.name != "decimal" || (k != kindBytes && k != kindFixed) {
		return l
	}
	var ok bool
	if l.precision, ok = whole(v.Get("precision"), 1, math.MaxInt32); !ok {
		p.fail(m, at, `decimal needs the member "precision", a whole number above 0`)
		return logicalType{}
	}
	if s := v.Get("scale"); s != nil {
		if l.scale, ok = whole(s, 0, l.precision); !ok {
			p.fail(s, at, "decimal scale %s is outside 0 to the precision %d", s, l.precision)
			return logicalType{}
		}
	}
	// A fixed of n bytes holds floor(log10(2^(8n-1))) digits.
	if most := int(float64(8*size-1) * math.Log10(2)); k == kindFixed && l.precision > most {
		p.fail(m, at, "a fixed of %d bytes holds decimals of at most %d digits, not %d", size, most, l.precision)
		return logicalType{}
	}
	return l
}

// eventAttributes are the custom attributes that make a record an event.
const (
	attributeTopic    = "schemactl.topic"
	attributeKey      = "schemactl.key"
	attributeSequence = "schemactl.sequence"
)

func (p *parser) eventAttributes(n *namedType, v *avrojson.Value) {
	for _, name := range []string{attributeTopic, attributeKey, attributeSequence} {
		m := v.Get(name)
		if m == nil {
			continue
		}
		if m.Kind != avrojson.String || m.Text == "" {
			p.fail(m, n.fullName(), "%q is a string that is not empty", name)
			continue
		}
		if n.event == nil {
			n.event = map[string]*avrojson.Value{}
		}
		n.event[name] = m
	}
}
