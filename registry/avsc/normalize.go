package avsc

import (
	"slices"
	"strconv"
	"strings"
)

// Normalized is the text that stands for all spellings of a schema: names are full
// everywhere, properties and aliases are sorted, each field says its order, and a
// decimal its precision and scale. Types of referenced schemas are not written out.
func (s *Schema) Normalized() string {
	p := normalPrinter{known: map[Name]bool{}}
	for name, t := range s.all {
		if s.own[name] != t {
			p.known[t.Name] = true
		}
	}
	return string(p.append(nil, s.root))
}

type normalPrinter struct{ known map[Name]bool }

func (p *normalPrinter) append(dst []byte, t *Type) []byte {
	switch {
	case t.Kind == Union:
		dst = append(dst, '[')
		for i, branch := range t.Branches {
			dst = p.append(appendComma(dst, i), branch)
		}
		return append(dst, ']')
	case t.Kind.IsNamed():
		if p.known[t.Name] {
			return appendString(dst, t.Name.String())
		}
		p.known[t.Name] = true
		return p.appendNamed(dst, t)
	case t.Kind.IsPrimitive() && len(t.Props) == 0:
		return appendString(dst, string(t.Kind))
	}
	dst = append(append(dst, `{"type":`...), strconv.Quote(string(t.Kind))...)
	switch t.Kind {
	case Array:
		dst = p.append(append(dst, `,"items":`...), t.Elem)
	case Map:
		dst = p.append(append(dst, `,"values":`...), t.Elem)
	default: // a primitive with properties has no parts
	}
	return append(appendSortedProps(dst, t), '}')
}

func (p *normalPrinter) appendNamed(dst []byte, t *Type) []byte {
	dst = appendString(append(dst, `{"name":`...), t.Name.String())
	dst = append(append(dst, `,"type":`...), strconv.Quote(string(t.Kind))...)
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
			dst = p.appendField(appendComma(dst, i), f)
		}
		dst = append(dst, ']')
	}
	dst = appendSortedProps(dst, t)
	if len(t.Aliases) > 0 {
		names := make([]string, len(t.Aliases))
		for i, alias := range t.Aliases {
			names[i] = alias.String()
		}
		slices.Sort(names)
		dst = appendStrings(append(dst, `,"aliases":`...), names)
	}
	return append(dst, '}')
}

func (p *normalPrinter) appendField(dst []byte, f *Field) []byte {
	dst = appendString(append(dst, `{"name":`...), f.Name)
	dst = p.append(append(dst, `,"type":`...), f.Type)
	dst = appendDoc(dst, f.Doc)
	if f.Default != nil {
		dst = appendValue(append(dst, `,"default":`...), f.Default.v, true)
	}
	order := f.Order
	if order == "" {
		order = "ascending"
	}
	dst = appendString(append(dst, `,"order":`...), order)
	if len(f.Aliases) > 0 {
		dst = appendStrings(append(dst, `,"aliases":`...), slices.Sorted(slices.Values(f.Aliases)))
	}
	return append(appendAllProps(dst, sortedProps(f.Props)), '}')
}

func appendSortedProps(dst []byte, t *Type) []byte {
	list := slices.Clone(t.Props)
	if isDecimal(t) {
		list = withNumber(list, "scale")
	}
	return appendAllProps(dst, sortedProps(list))
}

// isDecimal tells a decimal, whose scale is 0 when it is not given.
func isDecimal(t *Type) bool {
	return (t.Kind == Bytes || t.Kind == Fixed) && slices.ContainsFunc(t.Props, func(p Prop) bool {
		return p.Key == "logicalType" && p.Value.v.text == "decimal"
	})
}

func withNumber(list []Prop, key string) []Prop {
	if slices.ContainsFunc(list, func(p Prop) bool { return p.Key == key }) {
		return list
	}
	return append(list, Prop{Key: key, Value: JSON{value{kind: '0', text: "0"}}})
}

func sortedProps(list []Prop) []Prop {
	return slices.SortedFunc(slices.Values(list), func(a, b Prop) int { return strings.Compare(a.Key, b.Key) })
}

func appendAllProps(dst []byte, list []Prop) []byte {
	for _, prop := range list {
		dst = append(appendString(append(dst, ','), prop.Key), ':')
		dst = appendValue(dst, prop.Value.v, true)
	}
	return dst
}

// SortedJSON writes a JSON value with the members of objects in the order of their
// names. Text that is none comes back as it is.
func SortedJSON(text string) string {
	v, err := readJSON(text)
	if err != nil {
		return text
	}
	return string(appendValue(nil, v, true))
}
