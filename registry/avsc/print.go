package avsc

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// versionProp is a property that other tools add to a schema; it does not make
// another schema of it.
const versionProp = "confluent:version"

// Canonical is the text that the registry stores: no white space, members in
// one order, each named type written out at its first mention and by its name
// from then on, as short as it can be. Types of referenced schemas are not
// written out.
func (s *Schema) Canonical() string {
	p := printer{known: s.referenced()}
	return p.text(s.root)
}

// referenced are the names of the types that come from referenced schemas.
func (s *Schema) referenced() map[Name]bool {
	names := map[Name]bool{}
	for name, t := range s.all {
		if s.own[name] != t {
			names[t.Name] = true
		}
	}
	return names
}

// Resolved is the canonical text of the schema without references: it is
// complete in itself. Where references bring different types of one name, the
// one that is mentioned first stands for all.
func (s *Schema) Resolved() string {
	p := printer{known: map[Name]bool{}}
	return p.text(s.root)
}

// Comparable is equal for two schemas that mean the same: it is the resolved
// text without regard to the order of properties and of aliases, and without
// the property "confluent:version".
func (s *Schema) Comparable() string { return string(s.AppendComparable(nil)) }

// AppendComparable appends what Comparable answers.
func (s *Schema) AppendComparable(dst []byte) []byte {
	p := printer{known: map[Name]bool{}, sorted: true, unversioned: true}
	return p.append(dst, s.root, "")
}

// printer prints types. The order of members is that of the JVM's Avro library.
type printer struct {
	known map[Name]bool
	// sorted puts properties and aliases in the order of their names.
	sorted bool
	// full writes full names only, and what holds when a schema does not say it.
	full bool
	// unversioned leaves [versionProp] out.
	unversioned bool
}

// printed has room for texts that are being printed.
var printed = sync.Pool{New: func() any { return new([]byte) }}

// mostTextRoom is the largest room that is kept.
const mostTextRoom = 1 << 16

func (p *printer) text(root *Type) string {
	room := printed.Get().(*[]byte)
	b := p.append((*room)[:0], root, "")
	text := string(b)
	if cap(b) <= mostTextRoom {
		*room = b
	}
	printed.Put(room)
	return text
}

func (p *printer) append(dst []byte, t *Type, namespace string) []byte {
	switch {
	case t.Kind == Union:
		dst = append(dst, '[')
		for i, branch := range t.Branches {
			dst = p.append(appendComma(dst, i), branch, namespace)
		}
		return append(dst, ']')
	case t.Kind.IsNamed():
		if p.known[t.Name] {
			return appendString(dst, t.Name.within(namespace))
		}
		p.known[t.Name] = true
		return p.appendNamed(dst, t, namespace)
	case t.Kind.IsPrimitive() && len(p.typeProps(t)) == 0:
		return appendString(dst, string(t.Kind))
	}
	dst = append(append(dst, `{"type":`...), strconv.Quote(string(t.Kind))...)
	switch t.Kind {
	case Array:
		dst = p.append(append(dst, `,"items":`...), t.Elem, namespace)
	case Map:
		dst = p.append(append(dst, `,"values":`...), t.Elem, namespace)
	default: // a primitive with properties has no parts
	}
	return append(p.appendProps(dst, p.typeProps(t)), '}')
}

func (p *printer) appendNamed(dst []byte, t *Type, namespace string) []byte {
	within := t.Name.Namespace // where the names of its parts stand
	if p.full {
		within = ""
	}
	dst = appendDoc(p.appendHead(dst, t, namespace), t.Doc)
	switch t.Kind {
	case Enum:
		dst = appendStrings(append(dst, `,"symbols":`...), t.Symbols)
		if t.Default != nil {
			dst = appendString(append(dst, `,"default":`...), *t.Default)
		}
	case Fixed:
		dst = strconv.AppendInt(append(dst, `,"size":`...), int64(t.Size), 10)
	default:
		dst = append(dst, `,"fields":[`...)
		for i, f := range t.Fields {
			dst = p.appendField(appendComma(dst, i), f, within)
		}
		dst = append(dst, ']')
	}
	dst = p.appendProps(dst, p.typeProps(t))
	if len(t.Aliases) > 0 {
		names := make([]string, len(t.Aliases))
		for i, alias := range t.Aliases {
			names[i] = alias.within(within)
		}
		dst = p.appendAliases(dst, names)
	}
	return append(dst, '}')
}

// appendHead begins a named type: its kind and its name.
func (p *printer) appendHead(dst []byte, t *Type, namespace string) []byte {
	if p.full {
		dst = appendString(append(dst, `{"name":`...), t.Name.String())
		return append(append(dst, `,"type":`...), strconv.Quote(string(t.Kind))...)
	}
	dst = append(append(dst, `{"type":`...), strconv.Quote(string(t.Kind))...)
	dst = appendString(append(dst, `,"name":`...), t.Name.Short)
	if t.Name.Namespace != namespace {
		dst = appendString(append(dst, `,"namespace":`...), t.Name.Namespace)
	}
	return dst
}

func (p *printer) appendField(dst []byte, f *Field, namespace string) []byte {
	dst = appendString(append(dst, `{"name":`...), f.Name)
	dst = p.append(append(dst, `,"type":`...), f.Type, namespace)
	dst = appendDoc(dst, f.Doc)
	if f.Default != nil {
		dst = appendValue(append(dst, `,"default":`...), f.Default.v, p.sorted)
	}
	order := f.Order
	if order == "" && p.full {
		order = "ascending"
	}
	if order != "" {
		dst = appendString(append(dst, `,"order":`...), order)
	}
	if len(f.Aliases) > 0 {
		dst = p.appendAliases(dst, f.Aliases)
	}
	return append(p.appendProps(dst, p.props(f.Props)), '}')
}

func (p *printer) appendAliases(dst []byte, names []string) []byte {
	if p.sorted {
		names = slices.Sorted(slices.Values(names))
	}
	return appendStrings(append(dst, `,"aliases":`...), names)
}

func (p *printer) appendProps(dst []byte, list []Prop) []byte {
	for _, prop := range list {
		dst = append(appendString(append(dst, ','), prop.Key), ':')
		dst = appendValue(dst, prop.Value.v, p.sorted)
	}
	return dst
}

// typeProps are the properties of a type that are printed.
func (p *printer) typeProps(t *Type) []Prop {
	if p.full && isDecimal(t) {
		return p.props(withScale(t.Props))
	}
	return p.props(t.Props)
}

func (p *printer) props(list []Prop) []Prop {
	if p.unversioned {
		list = slices.DeleteFunc(slices.Clone(list), func(a Prop) bool { return a.Key == versionProp })
	}
	if p.sorted {
		list = slices.SortedFunc(slices.Values(list), func(a, b Prop) int { return strings.Compare(a.Key, b.Key) })
	}
	return list
}

func appendDoc(dst []byte, doc *string) []byte {
	if doc == nil {
		return dst
	}
	return appendString(append(dst, `,"doc":`...), *doc)
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		dst = appendString(appendComma(dst, i), s)
	}
	return append(dst, ']')
}
