package codegen

import "github.com/schemactl/schemactl/internal/avrojson"

// kind is the kind of an Avro type. It is empty where a type is mentioned that
// could not be read; then the parser has noted a problem.
type kind string

const (
	kindNull    kind = "null"
	kindBoolean kind = "boolean"
	kindInt     kind = "int"
	kindLong    kind = "long"
	kindFloat   kind = "float"
	kindDouble  kind = "double"
	kindBytes   kind = "bytes"
	kindString  kind = "string"
	kindRecord  kind = "record"
	kindEnum    kind = "enum"
	kindFixed   kind = "fixed"
	kindArray   kind = "array"
	kindMap     kind = "map"
	kindUnion   kind = "union"
)

// primitive tells the types that need nothing but their name.
func (k kind) primitive() bool {
	switch k {
	case kindNull, kindBoolean, kindInt, kindLong, kindFloat, kindDouble, kindBytes, kindString:
		return true
	case kindRecord, kindEnum, kindFixed, kindArray, kindMap, kindUnion:
	}
	return false
}

// schemaFile is one .avsc file.
type schemaFile struct {
	path string // in the file system, with slashes
	json *avrojson.Value
	// types are in the order of the source, nested ones after their owner. What
	// an earlier file defines in the same words is not among them.
	types []*namedType
}

// namedType is the definition of a record, an enum or a fixed.
type namedType struct {
	kind      kind
	namespace string
	name      string // without the namespace
	doc       string
	aliases   []string       // full names, each once, without the type's own
	fields    []*schemaField // record
	symbols   []string       // enum
	// symbolDefault is what an enum's readers take for a symbol they do not
	// know; empty when there is none.
	symbolDefault string
	size          int         // fixed
	logical       logicalType // fixed
	event         map[string]*avrojson.Value
	file          *schemaFile
	json          *avrojson.Value
	// isError is set of a record that is written as "error".
	isError bool
	// broken is set when parts are missing because of problems, so that what
	// relies on them is not checked.
	broken bool
	// text is the complete schema once all files are read; see schemaText.
	text string
}

func (n *namedType) fullName() string { return qualified(n.name, n.namespace) }

// qualified is a simple name's full name in a namespace.
func qualified(name, namespace string) string {
	if namespace == "" {
		return name
	}
	return namespace + "." + name
}

// schemaField is a field of a record.
type schemaField struct {
	// misplaced is a logical type that stands beside the field's type, where Avro
	// takes no notice of it; it is empty when there is none.
	misplaced string
	name      string
	doc       string
	aliases   []string // each once, without the field's own name
	order     string   // ascending, descending or ignore
	typ       *schemaType
	deflt     *avrojson.Value // nil when there is none
	json      *avrojson.Value
	owner     *namedType
}

// path is the full name of the record and the field's name.
func (f *schemaField) path() string { return f.owner.fullName() + "." + f.name }

// schemaType is a type where it is used.
type schemaType struct {
	kind     kind
	logical  logicalType
	named    *namedType    // record, enum, fixed
	item     *schemaType   // array items, map values
	branches []*schemaType // union
	json     *avrojson.Value
	// chosen is a union's branch for each value that a default gives it.
	chosen map[*avrojson.Value]int
}

// unreadable tells a type of which not all is known, because of problems.
func (t *schemaType) unreadable() bool { return t.kind == "" || (t.named != nil && t.named.broken) }

// defaultBranch is the branch that a union's default takes: the first that the
// value fits. The value is a field's default, or a part of one, that the parser
// has found to be right; for others the answer is -1.
func (t *schemaType) defaultBranch(v *avrojson.Value) int {
	if i, ok := t.chosen[v]; ok {
		return i
	}
	return -1
}

// logicalType is what annotates a type. Its name is empty when there is none,
// and when Avro says that it is to be ignored: on another base than its own.
type logicalType struct {
	name             string
	precision, scale int // decimal
}
