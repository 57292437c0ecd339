package hambacompat

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/hamba/avro/v2"
)

// textOf writes a schema out as JSON that is complete in itself, which hamba's
// own String and MarshalJSON are not: they leave types out that an earlier Parse
// has defined, and String drops logical types that hamba does not know.
func textOf(s avro.Schema) (string, error) {
	w := &textWriter{seen: map[string]avro.Schema{}}
	w.schema(s)
	for full := range w.seen {
		if name := full[strings.LastIndexByte(full, '.')+1:]; name != full && w.seen[name] != nil {
			// Inside the namespace the short name would mean the other one.
			w.fail(fmt.Errorf("%w: %s and %s", errTwice, full, name))
		}
	}
	return w.b.String(), w.err
}

type textWriter struct {
	b    strings.Builder
	seen map[string]avro.Schema // by full name
	err  error
}

func (w *textWriter) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *textWriter) put(parts ...string) {
	for _, p := range parts {
		w.b.WriteString(p)
	}
}

func (w *textWriter) schema(s avro.Schema) {
	switch s := actual(s).(type) {
	case avro.NamedSchema:
		w.named(s)
	case *avro.ArraySchema:
		w.put(`{"type":"array","items":`)
		w.schema(s.Items())
		w.put(`}`)
	case *avro.MapSchema:
		w.put(`{"type":"map","values":`)
		w.schema(s.Values())
		w.put(`}`)
	case *avro.UnionSchema:
		w.put(`[`)
		for i, b := range s.Types() {
			w.comma(i)
			w.schema(b)
		}
		w.put(`]`)
	default:
		w.put(`{"type":`, quote(string(s.Type())), w.annotation(s), `}`)
	}
}

func (w *textWriter) named(s avro.NamedSchema) {
	if first := w.seen[s.FullName()]; first != nil {
		if first != s && difference(first, s) != "" {
			w.fail(fmt.Errorf("%w: %s", errTwice, s.FullName()))
		}
		w.put(quote(s.FullName()))
		return
	}
	w.seen[s.FullName()] = s
	w.put(`{"type":`, quote(string(s.Type())), `,"name":`, quote(s.Name()), `,"namespace":`, quote(s.Namespace()), w.annotation(s))
	switch s := s.(type) {
	case *avro.RecordSchema:
		w.put(`,"fields":[`)
		for i, f := range s.Fields() {
			w.comma(i)
			w.put(`{"name":`, quote(f.Name()), `,"type":`)
			w.schema(f.Type())
			w.put(`}`)
		}
		w.put(`]`)
	case *avro.EnumSchema:
		w.put(`,"symbols":[`)
		for i, symbol := range s.Symbols() {
			w.comma(i)
			w.put(quote(symbol))
		}
		w.put(`]`)
	case *avro.FixedSchema:
		w.put(`,"size":`, strconv.Itoa(s.Size()))
	default:
		w.fail(fmt.Errorf("%T is none of hamba's schemas", s))
	}
	w.put(`}`)
}

func (w *textWriter) annotation(s avro.Schema) string {
	if a := annotation(s); a != "" {
		return "," + a
	}
	return ""
}

func (w *textWriter) comma(i int) {
	if i > 0 {
		w.put(",")
	}
}

func quote(s string) string {
	text, _ := json.Marshal(s) // cannot fail on a string
	return string(text)
}
