package codegen

import (
	"errors"
	"fmt"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// ErrOptions says that options have values that nobody knows, names that Go
// does not take, or keys that match nothing in the schemas.
var ErrOptions = errors.New("wrong options")

// Options choose how Avro types become Go types. The zero value is the default.
type Options struct {
	// Optional is the Go form of the union of null and T: "opt" (the default) is
	// codec.Opt[T], "pointer" is *T.
	Optional string
	// Decimal is the Go form of decimals: "decimal" (the default) is
	// codec.Decimal up to 18 digits and codec.BigDecimal beyond, "rat" is
	// *big.Rat, as hamba/avro has it.
	Decimal string
	// UUID is the Go form of uuid: "uuid" (the default) is codec.UUID, "string"
	// leaves what is held in a string a string, whatever its text is.
	UUID string
	// Maps is the Go form of maps: "map" (the default) is map[string]T, "pairs"
	// is codec.Pairs[T], which keeps order and is faster.
	Maps string
	// Pairs are single fields, as full.name.of.Record.field, whose maps become
	// codec.Pairs though Maps is "map".
	Pairs []string
	// Names are Go names by Avro name: of a type its full name, of a field
	// full.name.of.Record.field, of a symbol full.name.of.Enum.SYMBOL. Go names
	// begin with a capital letter; that of a symbol is the whole constant's.
	Names map[string]string
}

// The values of options; the first of each is the default.
var (
	optionalForms = []string{"opt", "pointer"}
	decimalForms  = []string{"decimal", "rat"}
	uuidForms     = []string{"uuid", "string"}
	mapForms      = []string{"map", "pairs"}
)

// validate looks at what can be told without the schemas.
func (o *Options) validate() error {
	var problems []error
	for _, choice := range []struct {
		name, value string
		known       []string
	}{
		{"optional", o.Optional, optionalForms},
		{"decimal", o.Decimal, decimalForms},
		{"uuid", o.UUID, uuidForms},
		{"maps", o.Maps, mapForms},
	} {
		if choice.value != "" && !slices.Contains(choice.known, choice.value) {
			problems = append(problems, fmt.Errorf("%s is %q: want %s", choice.name, choice.value, strings.Join(choice.known, " or ")))
		}
	}
	for _, avro := range slices.Sorted(maps.Keys(o.Names)) {
		if name := o.Names[avro]; !token.IsExported(name) || !token.IsIdentifier(name) {
			problems = append(problems, fmt.Errorf("names: %q for %s is no Go name: want letters, digits and underscores, a capital letter first", name, avro))
		}
	}
	return wrong(problems)
}

// match looks for the types, fields and symbols that the options name.
func (o *Options) match(p *parser) error {
	known := map[string]named{}
	for full, n := range p.types {
		known[full] = named{scope: "package"}
		for _, f := range n.fields {
			known[full+"."+f.name] = named{scope: full, record: n, field: f}
		}
		for _, s := range n.symbols {
			known[full+"."+s] = named{scope: "package"}
		}
	}
	var problems []error
	for _, path := range o.Pairs {
		switch at, ok := known[path]; {
		case !ok:
			problems = append(problems, fmt.Errorf("pairs: there is no field %s%s", path, near(known, path)))
		case at.field == nil:
			problems = append(problems, fmt.Errorf("pairs: %s is no field of a record", path))
		case !holdsMap(at.field.typ):
			problems = append(problems, fmt.Errorf("pairs: field %s is no map", path))
		}
	}
	taken := map[[2]string]string{}
	for _, avro := range slices.Sorted(maps.Keys(o.Names)) {
		at, ok := known[avro]
		name := o.Names[avro]
		first, twice := taken[[2]string{at.scope, name}]
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("names: there is no type, field or symbol %s%s", avro, near(known, avro)))
		case twice:
			problems = append(problems, fmt.Errorf("names: %s is given to both %s and %s", name, first, avro))
		case at.field != nil && methodNames(at.record)[name]:
			problems = append(problems, fmt.Errorf("names: %s for %s is the name of a method", name, avro))
		case at.field == nil && name == indexFunction:
			problems = append(problems, fmt.Errorf("names: %s for %s is the name of a function", name, avro))
		}
		taken[[2]string{at.scope, name}] = avro
	}
	return wrong(problems)
}

// named is what an Avro name stands for.
type named struct {
	scope  string // where its Go name must be the only one: the package or a record
	record *namedType
	field  *schemaField // nil for types and symbols
}

// holdsMap tells types in which there is a map before the next record.
func holdsMap(t *schemaType) bool {
	switch t.kind {
	case kindMap:
		return true
	case kindArray:
		return holdsMap(t.item)
	case kindUnion:
		return slices.ContainsFunc(t.branches, holdsMap)
	case kindNull, kindBoolean, kindInt, kindLong, kindFloat, kindDouble, kindBytes, kindString, kindRecord, kindEnum, kindFixed:
	}
	return false
}

// near names what was probably meant: what has the same last part.
func near(known map[string]named, path string) string {
	last := path[strings.LastIndexByte(path, '.')+1:]
	var found []string
	for name := range known {
		if strings.EqualFold(name[strings.LastIndexByte(name, '.')+1:], last) {
			found = append(found, name)
		}
	}
	const most = 3
	if len(found) == 0 || len(found) > most {
		return ""
	}
	slices.Sort(found)
	return "; there is " + strings.Join(found, ", ")
}

// wrong is all problems in one error.
func wrong(problems []error) error {
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrOptions, errors.Join(problems...))
}
