package registry

import (
	"fmt"
	"unicode/utf16"

	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/compat"
)

// Conflict is a clash between a new schema and a version of the subject.
type Conflict struct {
	// Level is the one that both were compared at.
	Level Level
	// ValidateFields is what the subject's config says of it.
	ValidateFields bool
	// Version and OldSchema are what the new schema clashes with.
	Version   int
	OldSchema string
	// OldReadsNew says why the old schema cannot read the new one's data,
	// NewReadsOld why the new one cannot read the old one's.
	OldReadsNew, NewReadsOld []compat.Finding
	// OtherType says that both are not of one type; then nothing else is compared.
	OtherType string

	old, new *avsc.Schema // nil when they are not of one type
}

// Explain says of each finding what breaks and for whom, and which changes of the
// new schema would let it pass the version that it clashes with. Under a transitive
// level there may be older versions behind that one, which have not been looked at.
func (c *Conflict) Explain() []compat.Explanation {
	if c.OtherType != "" {
		return []compat.Explanation{{
			Finding: compat.Finding{Rule: compat.TypeMismatch, Path: "/", Detail: c.OtherType},
			Reader:  compat.New,
			Breaks:  "readers of one type of schema cannot read data of another: " + c.OtherType,
			Fixes:   []compat.Fix{{Text: "register the schema under a subject of its own"}},
		}}
	}
	if c.old == nil || c.new == nil {
		return nil
	}
	return compat.Explain(compat.Question{
		Old: c.old, New: c.new,
		OldReadsNew: c.Level.oldReadsNew(), NewReadsOld: c.Level.newReadsOld(),
	})
}

// maxOldSchema is how much of the old schema a message shows.
const maxOldSchema = 10 << 10

// Messages spells the conflict as verbose answers of the contract do: one text
// per finding, then the old version, its schema and the level. At the levels
// that ask both ways, what the old schema cannot read comes first; the version
// and its schema follow only where the new one cannot read the old one's data.
func (c *Conflict) Messages() []string {
	if c.OtherType != "" {
		return []string{fmt.Sprintf("{errorType:'TYPE_MISMATCH', description:'%s', additionalInfo:''}", c.OtherType)}
	}
	var list []string
	for _, f := range c.OldReadsNew {
		list = append(list, message(f, "old", "new"))
	}
	for _, f := range c.NewReadsOld {
		list = append(list, message(f, "new", "old"))
	}
	if len(c.NewReadsOld) > 0 || !c.Level.newReadsOld() {
		list = append(list, fmt.Sprintf("{oldSchemaVersion: %d}", c.Version), oldSchema(c.OldSchema))
	}
	return append(list, fmt.Sprintf("{validateFields: '%t', compatibility: '%s'}", c.ValidateFields, c.Level))
}

func message(f compat.Finding, reader, writer string) string {
	return fmt.Sprintf("{errorType:'%s', description:'%s', additionalInfo:'%s'}",
		f.Rule, describe(f, reader, writer), f.Detail)
}

// describe says in a sentence what a finding means, naming the sides. Users
// match on these sentences, so they are those that they know.
func describe(f compat.Finding, reader, writer string) string {
	switch f.Rule {
	case compat.NameMismatch:
		return fmt.Sprintf("The name of the schema has changed (path '%s')", f.Path)
	case compat.FixedSizeMismatch:
		return fmt.Sprintf("The size of FIXED type field at path '%s' in the %s schema does not match with the %s schema", f.Path, reader, writer)
	case compat.MissingEnumSymbols:
		return fmt.Sprintf("The %s schema is missing enum symbols '%s' at path '%s' in the %s schema", reader, f.Detail, f.Path, writer)
	case compat.ReaderFieldMissingDefault:
		return fmt.Sprintf("The field '%s' at path '%s' in the %s schema has no default value and is missing in the %s schema", f.Detail, f.Path, reader, writer)
	case compat.MissingUnionBranch:
		return fmt.Sprintf("The %s schema is missing a type inside a union field at path '%s' in the %s schema", reader, f.Path, writer)
	case compat.AmbiguousField:
		return fmt.Sprintf("The field at path '%s' in the %s schema stands for several fields of the %s schema", f.Path, reader, writer)
	case compat.TooComplex:
		return fmt.Sprintf("The %s schema is too complex to be compared with the %s schema", reader, writer)
	case compat.TypeMismatch:
	}
	return fmt.Sprintf("The type (path '%s') of a field in the %s schema does not match with the %s schema", f.Path, reader, writer)
}

// oldSchema shows the old schema, or its beginning. Lengths are those of the
// contract's texts: in units of UTF-16.
func oldSchema(text string) string {
	n := 0
	for i, char := range text {
		if n += utf16.RuneLen(char); n > maxOldSchema {
			return fmt.Sprintf("{oldSchema: <truncated to %d characters> '%s'}", maxOldSchema, text[:i])
		}
	}
	return fmt.Sprintf("{oldSchema: '%s'}", text)
}
