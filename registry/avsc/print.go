package avsc

import (
	"slices"
	"strconv"
	"strings"
)

// versionProp is a property that other tools add to a schema; it does not make
// another schema of it.
const versionProp = "confluent:version"

// Canonical is the text that the registry stores: no white space, members in
// one order, each named type written out at its first mention and by its name
// from then on, as short as it can be. Types of referenced schemas are not
// written out.
func (s *Schema) Canonical() string {
	p := printer{known: map[Name]bool{}}
	for name, t := range s.all {
		if s.own[name] != t {
			p.known[t.Name] = true
		}
	}
	return string(p.append(nil, s.root, ""))
}

// Resolved is the canonical text of the schema without references: it is
// complete in itself. Where references bring different types of one name, the
// one that is mentioned first stands for all.
func (s *Schema) Resolved() string {
	p := printer{known: map[Name]bool{}}
	return string(p.append(nil, s.root, ""))
}

// Comparable is equal for two schemas that mean the same: it is the resolved
// text without regard to the order of properties and of aliases, and without
// the property "confluent:version".
func (s *Schema) Comparable() string {
	p := printer{known: map[Name]bool{}, sorted: true}
	return string(p.append(nil, s.root, ""))
}

// printer prints types. The order of members is that of the JVM's Avro library.
type printer struct {
	known map[Name]bool
	// sorted leaves out what does not count in a comparison, bare the logical types.
	sorted, bare bool
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
	case t.Kind.IsPrimitive() && len(p.props(t.Props)) == 0:
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
	return append(p.appendProps(dst, t.Props), '}')
}

func (p *printer) appendNamed(dst []byte, t *Type, namespace string) []byte {
	dst = append(append(dst, `{"type":`...), strconv.Quote(string(t.Kind))...)
	dst = appendString(append(dst, `,"name":`...), t.Name.Short)
	if t.Name.Namespace != namespace {
		dst = appendString(append(dst, `,"namespace":`...), t.Name.Namespace)
	}
	dst = appendDoc(dst, t.Doc)
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
			dst = p.appendField(appendComma(dst, i), f, t.Name.Namespace)
		}
		dst = append(dst, ']')
	}
	dst = p.appendProps(dst, t.Props)
	if len(t.Aliases) > 0 {
		names := make([]string, len(t.Aliases))
		for i, alias := range t.Aliases {
			names[i] = alias.within(t.Name.Namespace)
		}
		dst = p.appendAliases(dst, names)
	}
	return append(dst, '}')
}

func (p *printer) appendField(dst []byte, f *Field, namespace string) []byte {
	dst = appendString(append(dst, `{"name":`...), f.Name)
	dst = p.append(append(dst, `,"type":`...), f.Type, namespace)
	dst = appendDoc(dst, f.Doc)
	if f.Default != nil {
		dst = appendValue(append(dst, `,"default":`...), f.Default.v, p.sorted)
	}
	if f.Order != "" {
		dst = appendString(append(dst, `,"order":`...), f.Order)
	}
	if len(f.Aliases) > 0 {
		dst = p.appendAliases(dst, f.Aliases)
	}
	return append(p.appendProps(dst, f.Props), '}')
}

func (p *printer) appendAliases(dst []byte, names []string) []byte {
	if p.sorted {
		names = slices.Sorted(slices.Values(names))
	}
	return appendStrings(append(dst, `,"aliases":`...), names)
}

func (p *printer) appendProps(dst []byte, list []Prop) []byte {
	for _, prop := range p.props(list) {
		dst = append(appendString(append(dst, ','), prop.Key), ':')
		dst = appendValue(dst, prop.Value.v, p.sorted)
	}
	return dst
}

func (p *printer) props(list []Prop) []Prop {
	if p.bare {
		return slices.DeleteFunc(slices.Clone(list), func(a Prop) bool { return a.Key == "logicalType" })
	}
	if !p.sorted {
		return list
	}
	list = slices.DeleteFunc(slices.Clone(list), func(a Prop) bool { return a.Key == versionProp })
	slices.SortFunc(list, func(a, b Prop) int { return strings.Compare(a.Key, b.Key) })
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
