package avsc

import "slices"

// Normalized is the text that stands for all spellings of a schema: names are full
// everywhere, properties and aliases are sorted, each field says its order, and a
// decimal its precision and scale. Types of referenced schemas are not written out.
func (s *Schema) Normalized() string {
	p := printer{known: s.referenced(), sorted: true, full: true}
	return p.text(s.root)
}

// isDecimal tells a decimal, whose scale is 0 when it is not given.
func isDecimal(t *Type) bool {
	return (t.Kind == Bytes || t.Kind == Fixed) && slices.ContainsFunc(t.Props, func(p Prop) bool {
		return p.Key == "logicalType" && p.Value.v.text == "decimal"
	})
}

// withScale adds the scale that a decimal has when it gives none.
func withScale(list []Prop) []Prop {
	if slices.ContainsFunc(list, func(p Prop) bool { return p.Key == "scale" }) {
		return list
	}
	return append(slices.Clone(list), Prop{Key: "scale", Value: JSON{value{kind: '0', text: "0"}}})
}

// SortedJSON writes a JSON value with the members of objects in the order of their
// names. Text that is none comes back as it is.
func SortedJSON(text string) string {
	v, err := readJSON(text, nil)
	if err != nil {
		return text
	}
	return string(appendValue(nil, v, true))
}
