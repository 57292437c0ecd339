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
	b      strings.Builder
	seen   map[*namedType]bool
	err    error
}

// schemaText is the complete schema of a named type.
func (p *parser) schemaText(n *namedType) (string, error) {
	w := &textWriter{parser: p, seen: map[*namedType]bool{}}
	w.definition(n, "")
	return w.b.String(), w.err
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
		w.b.WriteString(v.String())
	case avrojson.Array:
		w.list(v, func(e *avrojson.Value) { w.schema(e, namespace) })
	case avrojson.Object:
		if n := w.parser.defs[v]; n != nil {
			w.named(n, namespace)
			return
		}
		w.object(v, func(m avrojson.Member) bool {
			switch m.Key {
			case "type", "items", "values":
				w.schema(m.Value, namespace)
				return true
			}
			return false
		})
	case avrojson.Null, avrojson.Bool, avrojson.Number:
		w.b.WriteString(v.String())
	}
}

// named writes a definition at its first mention and the full name after that.
func (w *textWriter) named(n *namedType, namespace string) {
	if !w.seen[n] {
		w.definition(n, namespace)
		return
	}
	if n.namespace == "" && namespace != "" && w.err == nil {
		w.err = fmt.Errorf("type %s has no namespace, so it cannot be mentioned twice inside namespace %s: give it one", n.name, namespace)
	}
	w.b.WriteString(avrojson.Quote(n.fullName()))
}

// definition writes a named type. Where it would inherit another namespace
// than its own, its own is spelt out.
func (w *textWriter) definition(n *namedType, namespace string) {
	w.seen[n] = true
	explicit := n.json.Get("namespace") != nil || strings.Contains(n.json.Get("name").Text, ".")
	w.object(n.json, func(m avrojson.Member) bool {
		switch {
		case m.Key == "name" && !explicit && n.namespace != namespace:
			w.b.WriteString(m.Value.String() + `,"namespace":` + avrojson.Quote(n.namespace))
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
	w.b.WriteByte('{')
	for i, m := range v.Members {
		if i > 0 {
			w.b.WriteByte(',')
		}
		w.b.WriteString(avrojson.Quote(m.Key) + ":")
		if !special(m) {
			w.b.WriteString(m.Value.String())
		}
	}
	w.b.WriteByte('}')
}

func (w *textWriter) list(v *avrojson.Value, each func(*avrojson.Value)) {
	w.b.WriteByte('[')
	for i, e := range v.Elements {
		if i > 0 {
			w.b.WriteByte(',')
		}
		each(e)
	}
	w.b.WriteByte(']')
}
