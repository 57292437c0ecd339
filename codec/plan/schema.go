package plan

import (
	"slices"
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// schemaType is one type of a schema. A named type is one schemaType however
// often it is mentioned, so types form a graph that may have cycles. It is
// immutable once parsed. Which members count depends on kind.
type schemaType struct {
	kind    codec.Kind
	logical logicalType

	// Of records, enums and fixed. Names and aliases are full names.
	name    string
	aliases []string

	fields     []field        // of a record
	fieldIndex map[string]int // by name
	// recursive is set of a record that can hold itself.
	recursive bool

	symbols     []string       // of an enum
	symbolIndex map[string]int // by symbol
	fallback    int            // ordinal of an enum's default, -1 without

	item     *schemaType   // of an array or a map
	branches []*schemaType // of a union

	// least is the fewest bytes a value takes. Where constant is set every value
	// takes exactly that many; math.MaxInt stands for that many or more.
	least    int
	constant bool
}

// field is a field of a record.
type field struct {
	name    string
	aliases []string
	deflt   *avrojson.Value // nil without a default
	typ     *schemaType
}

// isNamed tells the kinds whose types have a name.
func (t *schemaType) isNamed() bool {
	return t.kind == codec.KindRecord || t.kind == codec.KindEnum || t.kind == codec.KindFixed
}

// label names a type for people.
func (t *schemaType) label() string {
	switch {
	case t.logical.name != "":
		return t.logical.String()
	case t.isNamed():
		return t.kind.String() + " " + short(t.name)
	default:
		return t.kind.String()
	}
}

// list names the branches of a union.
func (t *schemaType) list() string {
	const most = 8
	var names []string
	for i, b := range t.branches {
		if i == most {
			names = append(names, "…")
			break
		}
		names = append(names, b.label())
	}
	return "[" + strings.Join(names, ", ") + "]"
}

// unqualified is a full name without its namespace.
func unqualified(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// short bounds what messages show of text out of a schema.
func short(text string) string {
	const most = 120
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

func (t *schemaType) hasAlias(name string) bool { return slices.Contains(t.aliases, name) }
