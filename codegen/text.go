package codegen

import (
	"fmt"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// textWriter writes a type's schema complete in itself: what the source says,
// in the source's order and without white space, with every other type written
// out where it is mentioned first.
type textWriter struct {
	parser *parser
	b      []byte
	seen   map[*namedType]bool
	// elsewhere tells types that are only mentioned; nil is none.
	elsewhere func(*namedType) bool
	err       error
}

// Bounds of what is written, in bytes: one type's schema and those of all types
// together. Types that all mention each other are written out in each of them.
const (
	maxText  = 4 << 20
	maxTexts = 64 << 20
)

// writeTexts writes every type's schema.
func (p *parser) writeTexts() {
	total := 0
	for _, f := range p.files {
		for _, n := range f.types {
			text, err := p.schemaText(n)
			if err != nil {
				p.failIn(f, n.json, n.fullName(), "%v", err)
				continue
			}
			if total += len(text); total > maxTexts {
				p.failIn(f, n.json, n.fullName(), "the schemas of all types up to this one, each complete in itself, take more than %d bytes: make the types depend less on each other, or generate several packages", maxTexts)
				return
			}
			n.text = text
		}
	}
}

// schemaText is the complete schema of a named type.
func (p *parser) schemaText(n *namedType) (string, error) {
	if n.text != "" {
		return n.text, nil
	}
	w := &textWriter{parser: p, seen: map[*namedType]bool{}}
	w.definition(n, "")
	return string(w.b), w.err
}

// schema writes a value that stands where a type is expected, inside a
// namespace.
func (w *textWriter) schema(v *avrojson.Value, namespace string) {
	switch v.Kind {
	case avrojson.String:
		if n := w.parser.refs[v]; n != nil {
			w.named(n, namespace)
			return
		}
		w.b = v.Append(w.b)
	case avrojson.Array:
		w.list(v, func(e *avrojson.Value) { w.schema(e, namespace) })
	case avrojson.Object:
		if n := w.parser.defs[v]; n != nil {
			w.named(n, namespace)
			return
		}
		// {"type": "name"} and {"type": {…}} are written as the type alone: most
		// readers know them only so.
		if typ := v.Get("type"); w.parser.refs[typ] != nil || typ.Kind != avrojson.String {
			w.schema(typ, namespace)
			return
		}
		w.object(v, func(m avrojson.Member) bool {
			switch m.Key {
			case "items", "values":
				w.schema(m.Value, namespace)
				return true
			}
			return false
		})
	case avrojson.Null, avrojson.Bool, avrojson.Number:
		w.b = v.Append(w.b)
	}
}

// named writes a definition at its first mention and the full name after that.
func (w *textWriter) named(n *namedType, namespace string) {
	if w.err == nil && len(w.b) > maxText {
		w.err = fmt.Errorf("the schema with all the types that it mentions takes more than %d bytes: make it mention fewer", maxText)
	}
	if w.err != nil {
		return
	}
	if !w.seen[n] && (w.elsewhere == nil || !w.elsewhere(n)) {
		w.definition(n, namespace)
		return
	}
	// A name without a namespace is looked up in the namespace around it first.
	if n.namespace == "" && namespace != "" && w.parser.types[qualified(n.name, namespace)] != nil {
		w.err = fmt.Errorf("type %s has no namespace, so it cannot be mentioned inside namespace %s, which has a %s too: give it a namespace", n.name, namespace, n.name)
	}
	w.b = avrojson.AppendQuote(w.b, n.fullName())
}

// definition writes a named type. Where it would inherit another namespace
// than its own, its own is spelt out.
func (w *textWriter) definition(n *namedType, namespace string) {
	w.seen[n] = true
	explicit := n.json.Get("namespace") != nil || strings.Contains(n.json.Get("name").Text, ".")
	w.object(n.json, func(m avrojson.Member) bool {
		switch {
		case m.Key == "name" && !explicit && n.namespace != namespace:
			w.b = append(m.Value.Append(w.b), `,"namespace":`...)
			w.b = avrojson.AppendQuote(w.b, n.namespace)
		case m.Key == "fields" && n.kind == kindRecord:
			w.list(m.Value, func(f *avrojson.Value) { w.field(f, n.namespace) })
		default:
			return false
		}
		return true
	})
}

func (w *textWriter) field(v *avrojson.Value, namespace string) {
	w.object(v, func(m avrojson.Member) bool {
		if m.Key != "type" {
			return false
		}
		w.schema(m.Value, namespace)
		return true
	})
}

// object writes an object's members; special writes the value of those that
// need more than a copy.
func (w *textWriter) object(v *avrojson.Value, special func(avrojson.Member) bool) {
	w.b = append(w.b, '{')
	for i, m := range v.Members {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(avrojson.AppendQuote(w.b, m.Key), ':')
		if !special(m) {
			w.b = m.Value.Append(w.b)
		}
	}
	w.b = append(w.b, '}')
}

func (w *textWriter) list(v *avrojson.Value, each func(*avrojson.Value)) {
	w.b = append(w.b, '[')
	for i, e := range v.Elements {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		each(e)
	}
	w.b = append(w.b, ']')
}
