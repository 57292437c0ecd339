package codegen

import "github.com/schemactl/schemactl/internal/avrojson"

// kind is the kind of an Avro type.
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
	path  string // in the file system, with slashes
	json  *avrojson.Value
	types []*namedType // in the order of the source, nested ones after their owner
}

// namedType is the definition of a record, an enum or a fixed.
type namedType struct {
	kind      kind
	namespace string
	name      string // without the namespace
	doc       string
	aliases   []string
	fields    []*schemaField // record
	symbols   []string       // enum
	size      int            // fixed
	logical   logicalType    // fixed
	event     map[string]*avrojson.Value
	file      *schemaFile
	json      *avrojson.Value
}

func (n *namedType) fullName() string {
	if n.namespace == "" {
		return n.name
	}
	return n.namespace + "." + n.name
}

// schemaField is a field of a record.
type schemaField struct {
	name  string
	doc   string
	typ   *schemaType
	deflt *avrojson.Value // nil when there is none
	json  *avrojson.Value
}

// schemaType is a type where it is used.
type schemaType struct {
	kind     kind
	logical  logicalType
	named    *namedType    // record, enum, fixed
	item     *schemaType   // array items, map values
	branches []*schemaType // union
	json     *avrojson.Value
}

// logicalType is what annotates a type; its name is empty when there is none.
type logicalType struct {
	name             string
	precision, scale int
}
