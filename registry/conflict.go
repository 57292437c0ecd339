package registry

import (
	"fmt"

	"github.com/schemactl/schemactl/registry/compat"
)

// Conflict is a clash between a new schema and a version of the subject.
type Conflict struct {
	// Level is the one that both were compared at.
	Level Level
	// Version and OldSchema are what the new schema clashes with.
	Version   int
	OldSchema string
	// OldReadsNew says why the old schema cannot read the new one's data,
	// NewReadsOld why the new one cannot read the old one's.
	OldReadsNew, NewReadsOld []compat.Finding
	// OtherType says that both are not of one type; then nothing else is compared.
	OtherType string
}

// maxOldSchema is how much of the old schema a message shows.
const maxOldSchema = 10 << 10

// Messages spells the conflict as verbose answers of the contract do: one text
// per finding, then the old version, its schema and the level.
func (c *Conflict) Messages() []string {
	var list []string
	if c.OtherType != "" {
		list = append(list, fmt.Sprintf("{errorType:'TYPE_MISMATCH', description:'%s', additionalInfo:''}", c.OtherType))
	}
	for _, f := range c.OldReadsNew {
		list = append(list, message(f, "old", "new"))
	}
	for _, f := range c.NewReadsOld {
		list = append(list, message(f, "new", "old"))
	}
	return append(list,
		fmt.Sprintf("{oldSchemaVersion: %d}", c.Version),
		fmt.Sprintf("{oldSchema: '%s'}", cut(c.OldSchema, maxOldSchema)),
		fmt.Sprintf("{validateFields: 'false', compatibility: '%s'}", c.Level))
}

func message(f compat.Finding, reader, writer string) string {
	return fmt.Sprintf("{errorType:'%s', description:'%s', additionalInfo:'%s'}",
		f.Rule, describe(f, reader, writer), f.Detail)
}

// describe says in a sentence what a finding means, naming the sides.
func describe(f compat.Finding, reader, writer string) string {
	switch f.Rule {
	case compat.NameMismatch:
		return fmt.Sprintf("The %s schema has another name at path %s than the %s schema", reader, f.Path, writer)
	case compat.FixedSizeMismatch:
		return fmt.Sprintf("The %s schema has another size of a fixed type at path %s than the %s schema", reader, f.Path, writer)
	case compat.MissingEnumSymbols:
		return fmt.Sprintf("The %s schema lacks enum symbols %s at path %s that the %s schema has", reader, f.Detail, f.Path, writer)
	case compat.ReaderFieldMissingDefault:
		return fmt.Sprintf("The field %s at path %s of the %s schema has no default and is not in the %s schema", f.Detail, f.Path, reader, writer)
	case compat.MissingUnionBranch:
		return fmt.Sprintf("The union at path %s of the %s schema lacks a type that the %s schema has", f.Path, reader, writer)
	case compat.AmbiguousField:
		return fmt.Sprintf("The field at path %s of the %s schema stands for several fields of the %s schema", f.Path, reader, writer)
	case compat.TypeMismatch:
	}
	return fmt.Sprintf("The type at path %s of the %s schema cannot read that of the %s schema", f.Path, reader, writer)
}

// cut keeps the first n bytes, and no half of a character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n] + "..."
}
