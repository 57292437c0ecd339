package avsc

import "strings"

// Kind is what a type is. The values are the words of the Avro specification.
type Kind string

// The kinds of the Avro specification. An error record is of kind Error.
const (
	Null    Kind = "null"
	Boolean Kind = "boolean"
	Int     Kind = "int"
	Long    Kind = "long"
	Float   Kind = "float"
	Double  Kind = "double"
	Bytes   Kind = "bytes"
	String  Kind = "string"
	Record  Kind = "record"
	Error   Kind = "error"
	Enum    Kind = "enum"
	Array   Kind = "array"
	Map     Kind = "map"
	Union   Kind = "union"
	Fixed   Kind = "fixed"
)

// IsPrimitive tells whether a type of this kind has no parts.
func (k Kind) IsPrimitive() bool {
	switch k {
	case Null, Boolean, Int, Long, Float, Double, Bytes, String:
		return true
	case Record, Error, Enum, Array, Map, Union, Fixed:
		return false
	}
	return false
}

// IsNamed tells whether types of this kind have a name.
func (k Kind) IsNamed() bool {
	return k.isRecord() || k == Enum || k == Fixed
}

func (k Kind) isRecord() bool { return k == Record || k == Error }

// Name is the full name of a type, in its two parts.
type Name struct {
	// Namespace is empty for a type without one.
	Namespace string
	// Short is the part after the last dot.
	Short string
}

// String is the full name: namespace, dot, short name.
func (n Name) String() string {
	if n.Namespace == "" {
		return n.Short
	}
	return n.Namespace + "." + n.Short
}

// within gives the name as it is written inside a namespace. A short name that
// is also the word for a built-in type would be read as that type.
func (n Name) within(namespace string) string {
	if n.Namespace == namespace && !isBuiltIn(n.Short) {
		return n.Short
	}
	return n.String()
}

// newName reads a name that may be full, or short within a namespace.
func newName(text, namespace string) Name {
	if i := strings.LastIndexByte(text, '.'); i >= 0 {
		return Name{Namespace: text[:i], Short: text[i+1:]}
	}
	return Name{Namespace: namespace, Short: text}
}

// Type is one node of a schema. Which members count depends on Kind. A named
// type is one node however often it is mentioned, so the nodes form a graph
// that may have cycles.
type Type struct {
	Kind Kind
	// Name, Aliases (full names) and Doc belong to named types. Doc is nil when
	// the text has none, which differs from an empty one.
	Name    Name
	Aliases []Name
	Doc     *string
	// Fields are those of a record, in order.
	Fields []*Field
	// Symbols and Default belong to an enum; Default is nil when it has none.
	Symbols []string
	Default *string
	// Size is that of a fixed, in bytes.
	Size int
	// Elem is the element of an array or the value of a map.
	Elem *Type
	// Branches are those of a union.
	Branches []*Type
	// Props are the members that the specification does not reserve, logical
	// types among them, in input order.
	Props []Prop
}

// Field is a field of a record.
type Field struct {
	Name    string
	Type    *Type
	Doc     *string
	Aliases []string
	// Default is nil when the field has none.
	Default *JSON
	// Order is empty for the usual ascending order.
	Order string
	Props []Prop
}

// Prop is a member beside those that the specification reserves.
type Prop struct {
	Key   string
	Value JSON
}

// JSON is a value of any shape: a default or a property.
type JSON struct{ v value }

// String is the value without white space, members in input order.
func (j JSON) String() string { return string(appendValue(nil, j.v, false)) }

// Schema is a parsed schema. It is immutable and safe for concurrent use.
type Schema struct {
	root *Type
	// own holds the named types that the text itself defines, all those and the
	// ones of the referenced schemas.
	own, all map[string]*Type
}

// Root is the schema's type. It must not be changed.
func (s *Schema) Root() *Type { return s.root }
