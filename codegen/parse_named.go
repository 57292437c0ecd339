package codegen

import (
	"math"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// definition reads a record, an enum or a fixed. One whose name is taken is
// read too, for its problems and to be compared; the type is then the first.
func (p *parser) definition(v *avrojson.Value, k kind, namespace, at string) *schemaType {
	n := &namedType{kind: k, namespace: namespace, file: p.file, json: v, isError: v.Get("type").Text == "error"}
	if !p.identify(n, v, at) {
		p.breaks(v, namespace)
		return nil
	}
	full := n.fullName()
	first := p.types[full]
	if first == nil {
		first = n
		p.types[full] = n
		p.file.types = append(p.file.types, n)
	} else {
		p.copies = append(p.copies, copyOf{first: first, second: n})
	}
	p.defs[v] = first
	n.doc = p.text(v, "doc", full)
	p.typeAliases(n, v)
	switch k {
	case kindRecord:
		p.fields(n, v)
		p.eventAttributes(n, v)
	case kindEnum:
		p.symbols(n, v)
		p.foreignAttributes(v, full)
	default:
		p.size(n, v)
		p.foreignAttributes(v, full)
	}
	return &schemaType{kind: first.kind, named: first, json: v, logical: first.logical}
}

// identify reads name and namespace.
func (p *parser) identify(n *namedType, v *avrojson.Value, at string) bool {
	name := v.Get("name")
	if name == nil {
		p.fail(v, at, `%s needs the member "name"`, n.kind)
		return false
	}
	if name.Kind != avrojson.String {
		p.fail(name, at, `"name" is a string, not %s`, name.Kind)
		return false
	}
	n.name = name.Text
	space := v.Get("namespace")
	if space != nil {
		n.namespace = p.text(v, "namespace", at)
	}
	if i := strings.LastIndexByte(n.name, '.'); i > 0 {
		space, n.namespace, n.name = name, n.name[:i], n.name[i+1:]
	}
	switch {
	case strings.HasPrefix(n.name, "."):
		p.fail(name, at, `%s is no Avro name: for no namespace write "namespace": ""`, clip(name))
	case !validName(n.name):
		p.fail(name, at, "%s is no Avro name: letters, digits and underscores, not a digit first", clip(name))
	case n.namespace != "" && !validNames(n.namespace):
		if space == nil {
			space = v // inherited, so the owner is wrong too
		}
		p.fail(space, at, "%s is no Avro namespace: Avro names joined by dots", clip(&avrojson.Value{Kind: avrojson.String, Text: n.namespace}))
	case len(n.fullName()) > maxName:
		p.fail(name, at, "the full name is longer than %d bytes", maxName)
	case kind(n.fullName()).primitive():
		p.fail(name, at, "%q is the name of a primitive type", n.name)
	default:
		return true
	}
	return false
}

// typeAliases reads the other names of a type, which are relative to its own
// namespace.
func (p *parser) typeAliases(n *namedType, v *avrojson.Value) {
	full := n.fullName()
	seen := map[string]bool{full: true}
	for _, a := range p.names(v, "aliases", full) {
		if !validNames(a.Text) {
			p.fail(a, full, "alias %s is no Avro name", clip(a))
			continue
		}
		alias := a.Text
		if !strings.Contains(alias, ".") {
			alias = qualified(alias, n.namespace)
		}
		if !seen[alias] {
			n.aliases = append(n.aliases, alias)
		}
		seen[alias] = true
	}
}

func (p *parser) symbols(n *namedType, v *avrojson.Value) {
	full := n.fullName()
	symbols := p.names(v, "symbols", full)
	if list := v.Get("symbols"); list == nil || (list.Kind == avrojson.Array && len(list.Elements) == 0) {
		n.broken = true
		p.fail(v, full, `an enum needs the member "symbols" with at least one name`)
		return
	}
	n.broken = len(symbols) == 0
	seen := map[string]bool{}
	for _, s := range symbols {
		if !validName(s.Text) {
			p.fail(s, full, "symbol %s is no Avro name", clip(s))
		}
		if seen[s.Text] {
			p.fail(s, full, "symbol %s occurs twice", s.Text)
		}
		seen[s.Text] = true
		n.symbols = append(n.symbols, s.Text)
	}
	d := v.Get("default")
	if d == nil || n.broken {
		return
	}
	if d.Kind != avrojson.String || !seen[d.Text] {
		p.fail(d, full, "default %s is none of the symbols", clip(d))
		return
	}
	n.symbolDefault = d.Text
}

// maxFixed bounds a fixed, which becomes a Go array.
const maxFixed = 1 << 20

// size reads what a fixed has.
func (p *parser) size(n *namedType, v *avrojson.Value) {
	full := n.fullName()
	m := v.Get("size")
	var ok bool
	if n.size, ok = whole(m, 0, math.MaxInt32); !ok {
		n.broken = true
		if m == nil {
			m = v
		}
		p.fail(m, full, `a fixed needs the member "size", a whole number of bytes and no text`)
		return
	}
	if n.size > maxFixed {
		p.fail(m, full, "a fixed of %d bytes is larger than %d; use bytes", n.size, maxFixed)
	}
	n.logical = p.logicalType(v, kindFixed, n.size, full)
}
