package codegen

import (
	"github.com/schemactl/schemactl/codec"
)

// packagePlan is everything that will be printed, with all decisions taken.
type packagePlan struct {
	name   string
	files  []*filePlan
	events []string // Go names of event types, by full name of their schemas
}

// filePlan is one Go file.
type filePlan struct {
	name   string // such as message_created.gen.go
	source string // the schema file's path
	types  []*typePlan
}

// typePlan is one Go type. Exactly one of record, enum, fixed and union is set.
type typePlan struct {
	goName   string
	fullName string // of a union: what it is the type of
	doc      string
	schema   *schemaPlan // nil for a union, which has no schema of its own
	record   *recordPlan
	enum     *enumPlan
	fixed    *fixedPlan
	union    *unionPlan
}

// schemaPlan is the schema that a type carries.
type schemaPlan struct {
	goVar        string
	text         string
	fingerprints codec.Fingerprints
}

type recordPlan struct {
	schema      *schemaPlan
	fields      []*fieldPlan
	equal       string       // name of the method Equal
	constructor string       // empty when there is nothing to set
	recursive   bool         // it can hold itself, so nesting is counted
	deep        bool         // it is or holds such a record, so the count passes through
	fallible    bool         // appending can fail
	inline      bool         // small enough to be appended and read without a call
	measured    int          // size and 1; 0 before it is known
	unions      []*unionPlan // that its fields mention
	event       *eventPlan
}

type fieldPlan struct {
	goName   string
	avroName string
	doc      string
	typ      *goType
	// deflt is the Go expression of the schema's default; hasDefault tells it from
	// none, zero that it is the zero value.
	deflt      string
	hasDefault bool
	zero       bool
	// initial is what the constructor sets where there is no default: a record
	// that has some.
	initial string
}

type eventPlan struct {
	topic    string
	key      *pathPlan
	sequence *pathPlan // nil when there is none
}

// pathPlan is a field, or a field of a field.
type pathPlan struct {
	selector string // such as Author.AccountID
	typ      *goType
}

type enumPlan struct {
	parse   string // name of the function that reads a symbol
	symbols []symbolPlan
}

type symbolPlan struct {
	goName, avroName string
}

type fixedPlan struct {
	size int
}

// unionPlan is a union that is no nullable type.
type unionPlan struct {
	goName    string
	branchTyp string // name of the type of its branches' numbers
	branches  []*branchPlan
	deep      bool // it can hold a record that can hold itself
	fallible  bool
}

type branchPlan struct {
	name     string // such as String, in the names of methods
	avroName string // in JSON
	constant string // name of the branch's number
	from     string // name of the function that makes a union of a value
	field    string // where the value is; empty for null
	typ      *goType
}

// op is what the printer does for a type.
type op int

const (
	opNull op = iota
	opBool
	opScalar // one call to append and one to read
	opEnum
	opFixed // an array of bytes
	opRecord
	opUnion
	opArray
	opMap
	opPairs
	opOpt
	opPointer
)

// goType is an Avro type as Go has it.
type goType struct {
	op     op
	expr   string // the Go type; names of packages are those that the printer imports
	scalar *scalar
	item   *goType
	// null is the null's branch, 0 or 1, of opOpt and opPointer.
	null    int
	symbols int // opEnum
	size    int // opFixed, and the scalars held in a fixed
	least   int // the fewest bytes that a value takes
	// recursive is set of arrays and maps whose items can hold the record that has
	// the array or map, so that the input decides how deep they nest.
	recursive bool
	schema    *schemaType
	record    *recordPlan // opRecord
	union     *unionPlan  // opUnion
}

// scalar is a type whose values are one call each. A %s in a call stands for
// the value.
type scalar struct {
	append  string
	all     string // appends an array of them, its blocks and end too; empty is a loop
	fails   bool   // append gives an error too
	read    string
	at      string // the value at p, without a call, when all of its bytes are there
	resolve string // %s is the writer's node; empty is read
	equal   string // of two; empty is ==
}

// comparable tells types that Go's == compares as Avro would.
func (t *goType) comparable() bool {
	switch t.op {
	case opNull, opBool, opEnum, opFixed:
		return true
	case opScalar:
		return t.scalar.equal == ""
	case opOpt:
		return t.item.comparable()
	case opRecord, opUnion, opArray, opMap, opPairs, opPointer:
	}
	return false
}

func (r *recordPlan) types() []*goType {
	out := make([]*goType, len(r.fields))
	for i, f := range r.fields {
		out[i] = f.typ
	}
	return out
}

// flat tells types without loops and calls of other types.
func (t *goType) flat() bool {
	switch t.op {
	case opNull, opBool, opScalar, opEnum, opFixed:
		return true
	case opOpt, opPointer:
		return t.item.flat()
	case opRecord, opUnion, opArray, opMap, opPairs:
	}
	return false
}

// fallible tells types that have Go values which do not fit the schema.
func (t *goType) fallible() bool {
	switch t.op {
	case opScalar:
		return t.scalar.fails
	case opEnum:
		return true
	case opArray, opMap, opPairs, opOpt, opPointer:
		return t.item.fallible()
	case opRecord:
		return t.record.fallible
	case opUnion:
		return t.union.fallible
	case opNull, opBool, opFixed:
	}
	return false
}
