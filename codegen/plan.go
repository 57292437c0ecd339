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

// typePlan is one Go type. Exactly one of record, enum and fixed is set.
type typePlan struct {
	goName   string
	fullName string
	doc      string
	record   *recordPlan
	enum     *enumPlan
	fixed    *fixedPlan
}

type recordPlan struct {
	schemaVar    string
	text         string
	fingerprints codec.Fingerprints
	fields       []*fieldPlan
	equal        string // name of the method Equal
	constructor  string // empty when there is nothing to set
	recursive    bool   // methods take a depth
	fallible     bool   // appending can fail
	event        *eventPlan
}

type fieldPlan struct {
	goName   string
	avroName string
	doc      string
	typ      *goType
	initial  string // Go expression of the default; empty for the zero value
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

// op is what the printer does for a type.
type op int

const (
	opNull op = iota
	opBool
	opInt
	opLong
	opFloat
	opDouble
	opBytes
	opString
	opDecimal      // bytes
	opFixedDecimal // fixed
	opMillis
	opMicros
	opDate
	opEnum
	opFixed
	opRecord
	opArray
	opMap
	opOpt
	opPointer // a nullable record that contains itself
)

// goType is an Avro type as Go has it.
type goType struct {
	op   op
	expr string // the Go type; names of packages are those that the printer imports
	item *goType
	// null is the null's branch, 0 or 1, of opOpt and opPointer.
	null             int
	symbols          int // opEnum
	size             int // opFixed, opFixedDecimal
	precision, scale int // opDecimal, opFixedDecimal
	least            int // the fewest bytes that a value takes
	// recursive is set of opArray and opMap whose items can hold the record that
	// has the array or map, so that the input decides how deep they nest.
	recursive bool
	named     *namedType
	// record is set of opRecord and opPointer.
	record *recordPlan
}

// comparable tells types that Go's == compares as Avro would.
func (t *goType) comparable() bool {
	switch t.op {
	case opNull, opBool, opInt, opLong, opString, opEnum, opFixed:
		return true
	case opOpt:
		return t.item.comparable()
	case opFloat, opDouble, opBytes, opDecimal, opFixedDecimal, opMillis, opMicros, opDate,
		opRecord, opArray, opMap, opPointer:
	}
	return false
}

// fallible tells types that have Go values which do not fit the schema.
func (t *goType) fallible() bool {
	switch t.op {
	case opDecimal, opFixedDecimal, opMillis, opMicros, opDate, opEnum:
		return true
	case opArray, opMap, opOpt:
		return t.item.fallible()
	case opRecord, opPointer:
		return t.record.fallible
	case opNull, opBool, opInt, opLong, opFloat, opDouble, opBytes, opString, opFixed:
	}
	return false
}
