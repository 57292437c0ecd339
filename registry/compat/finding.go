package compat

import "fmt"

// Rule names what a finding is about. The values are stable: users match on
// them, and they are the errorType of a registry's verbose answer.
type Rule string

// The rules.
const (
	// NameMismatch: two named types have neither the same short name nor an
	// alias in common.
	NameMismatch Rule = "NAME_MISMATCH"
	// FixedSizeMismatch: two fixed types differ in size.
	FixedSizeMismatch Rule = "FIXED_SIZE_MISMATCH"
	// MissingEnumSymbols: the writer has symbols that the reader lacks, and the
	// reader has no default to put in their place.
	MissingEnumSymbols Rule = "MISSING_ENUM_SYMBOLS"
	// ReaderFieldMissingDefault: the reader has a field that the writer lacks,
	// without a default.
	ReaderFieldMissingDefault Rule = "READER_FIELD_MISSING_DEFAULT_VALUE"
	// TypeMismatch: the writer's type is not the reader's and cannot be
	// promoted to it.
	TypeMismatch Rule = "TYPE_MISMATCH"
	// MissingUnionBranch: no branch of the reader's union takes the writer's type.
	MissingUnionBranch Rule = "MISSING_UNION_BRANCH"
	// AmbiguousField: the names and aliases of a reader's field fit more than
	// one field of the writer.
	AmbiguousField Rule = "AMBIGUOUS_FIELD"
	// TooComplex: the schemas take more work to compare than [Check] does.
	TooComplex Rule = "TOO_COMPLEX"
)

// Finding is one reason why a reader cannot read what a writer wrote.
type Finding struct {
	Rule Rule `json:"rule"`
	// Path is where in the reader's schema, like a JSON pointer:
	// "/fields/1/type". The root is "/". Where the writer has a union, a step
	// gives the number of its branch. For a type that was first met as a
	// candidate of the reader's union the path starts at that type.
	Path string `json:"path"`
	// Detail says which names, types, sizes or symbols.
	Detail string `json:"detail"`
}

// String is one line for people.
func (f Finding) String() string {
	return fmt.Sprintf("%s at %s: %s", f.Rule, f.Path, f.Detail)
}
