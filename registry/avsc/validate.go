package avsc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Validate checks what Parse takes on trust: names, symbols, defaults, unions. A
// schema that is registered anew has to pass; one that is only read need not. The
// rules are those of the JVM's Avro library with its strict names and checked
// defaults, as the reference registry has them. So of a default only the kind of JSON
// counts: its symbols and its length are not looked at. A logical type that does not
// fit its type is no error: by the specification readers ignore it.
func (s *Schema) Validate() error {
	v := validator{complete: map[*Type]bool{}}
	if err := v.check(s.root); err != nil {
		return invalidf("%w", err)
	}
	return nil
}

// validator goes through a schema in the order of its text.
type validator struct {
	// complete has the named types that were met: false for those whose definition is
	// not at its end.
	complete map[*Type]bool
	// compared counts what defaults were compared with, up to mostCompared.
	compared int
}

// mostCompared bounds what is compared of a schema's defaults, a value or a field with a
// type each time: a value of a union is compared with one branch after the other, and
// within them again, so a text of some kilobytes could take for ever. It is more than
// any text of 1 MiB takes whose unions are small.
const mostCompared = 1 << 21

func (v *validator) check(t *Type) error {
	switch t.Kind {
	case Array, Map:
		return v.check(t.Elem)
	case Union:
		return v.union(t)
	case Record, Error, Enum, Fixed:
		if _, met := v.complete[t]; met {
			return nil
		}
		v.complete[t] = false
		if err := v.named(t); err != nil {
			return fmt.Errorf("%s %q: %w", t.Kind, t.Name, err)
		}
		v.complete[t] = true
	case Null, Boolean, Int, Long, Float, Double, Bytes, String:
	}
	return nil
}

func (v *validator) union(t *Type) error {
	known := make(map[string]bool, len(t.Branches))
	for i, b := range t.Branches {
		word := string(b.Kind)
		if b.Kind.IsNamed() {
			word = b.Name.String()
		}
		switch {
		case b.Kind == Union:
			return fmt.Errorf("branch %d: a union cannot be a branch of a union", i)
		case known[word]:
			return fmt.Errorf("branch %d: the union has %q already", i, word)
		}
		known[word] = true
		if err := v.check(b); err != nil {
			return fmt.Errorf("branch %d: %w", i, err)
		}
	}
	return nil
}

func (v *validator) named(t *Type) error {
	if t.Name.Namespace != "" {
		for part := range strings.SplitSeq(t.Name.Namespace, ".") {
			if err := checkName(part); err != nil {
				return fmt.Errorf("namespace %q: %w", t.Name.Namespace, err)
			}
		}
	}
	if err := checkName(t.Name.Short); err != nil {
		return err
	}
	for _, alias := range t.Aliases {
		if err := checkName(alias.Short); err != nil {
			return fmt.Errorf("alias %q: %w", alias, err)
		}
	}
	if t.Kind == Enum {
		return checkSymbols(t)
	}
	return v.fields(t)
}

func checkSymbols(t *Type) error {
	known := make(map[string]bool, len(t.Symbols))
	for _, symbol := range t.Symbols {
		if err := checkName(symbol); err != nil {
			return fmt.Errorf("symbol %q: %w", symbol, err)
		}
		if known[symbol] {
			return fmt.Errorf("symbol %q is there twice", symbol)
		}
		known[symbol] = true
	}
	if t.Default != nil && !known[*t.Default] {
		return fmt.Errorf("the default %q is none of the symbols", *t.Default)
	}
	return nil
}

func (v *validator) fields(t *Type) error {
	known := make(map[string]bool, len(t.Fields))
	for _, f := range t.Fields {
		if err := checkName(f.Name); err != nil {
			return fmt.Errorf("field %q: %w", f.Name, err)
		}
		if known[f.Name] {
			return fmt.Errorf("field %q is there twice", f.Name)
		}
		known[f.Name] = true
		if err := v.check(f.Type); err != nil {
			return fmt.Errorf("field %q: %w", f.Name, err)
		}
		if f.Default == nil || isNoNumber(f.Type.Kind, f.Default.v) {
			continue
		}
		if err := v.value(f.Type, f.Default.v); err != nil {
			return fmt.Errorf("field %q: default %.100s: %w", f.Name, f.Default, err)
		}
	}
	return nil
}

// checkName wants a name of the specification: letters, digits and underscores of
// ASCII, the first no digit.
func checkName(name string) error {
	for i := range len(name) {
		switch c := name[i]; {
		case c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		case c >= '0' && c <= '9' && i > 0:
		case c >= '0' && c <= '9':
			return errors.New("a name cannot begin with a digit")
		default:
			return errors.New("a name has letters, digits and underscores only")
		}
	}
	if name == "" {
		return errors.New("a name cannot be empty")
	}
	return nil
}

// errIncomplete is of a default of a type inside its own definition, which the library
// refuses, and which could need itself without an end.
var errIncomplete = errors.New("its record is not complete where the default stands")

// errTooMuch is of defaults that take too much to compare.
var errTooMuch = fmt.Errorf("to check the defaults takes more than %d comparisons of values with types: they need smaller values, or unions of fewer branches", mostCompared)

// compare counts comparisons.
func (v *validator) compare(n int) error {
	if v.compared += n; v.compared > mostCompared {
		return errTooMuch
	}
	return nil
}

// value tells why a default cannot be one of a type.
func (v *validator) value(t *Type, is value) error {
	if err := v.compare(1); err != nil {
		return err
	}
	fits := false
	switch t.Kind {
	case Null:
		fits = is.kind == 'n'
	case Boolean:
		fits = is.kind == 't'
	case Int, Long:
		bits := 64
		if t.Kind == Int {
			bits = 32
		}
		_, err := strconv.ParseInt(is.text, 10, bits)
		fits = is.kind == '0' && err == nil
	case Float, Double:
		fits = is.kind == '0'
	case String, Bytes, Enum, Fixed:
		fits = is.kind == '"'
	case Union:
		return v.unionValue(t, is)
	case Array, Map:
		if fits = is.kind == '[' == (t.Kind == Array) && (is.kind == '[' || is.kind == '{'); fits {
			return v.parts(t, is)
		}
	case Record, Error:
		if fits = is.kind == '{'; fits {
			return v.record(t, is)
		}
	}
	if !fits {
		return fmt.Errorf("it is no %s", t.Kind)
	}
	return nil
}

// isNoNumber tells a field's default that stands for one of the numbers which JSON
// cannot write. See [readDefault] for others that are written as text.
func isNoNumber(kind Kind, is value) bool {
	if is.kind != '"' || kind != Float && kind != Double {
		return false
	}
	text := strings.TrimLeft(is.text, "+-")
	return len(is.text)-len(text) <= 1 && (text == "NaN" || text == "Infinity")
}

func (v *validator) parts(t *Type, is value) error {
	for _, part := range is.parts {
		if err := v.value(t.Elem, part.value); err != nil {
			return fmt.Errorf("in the %s: %w", t.Kind, err)
		}
	}
	return nil
}

// unionValue takes a value of any branch: the specification wants it of the first, which
// the library does not insist on.
func (v *validator) unionValue(t *Type, is value) error {
	for _, b := range t.Branches {
		if err := v.value(b, is); err == nil || errors.Is(err, errIncomplete) || errors.Is(err, errTooMuch) {
			return err
		}
	}
	return errors.New("it is of no branch of the union")
}

// record needs a value for each field, or a default: that was checked with its record.
func (v *validator) record(t *Type, is value) error {
	if !v.complete[t] {
		return errIncomplete
	}
	// Finding a member goes over all of them.
	if err := v.compare(len(t.Fields) * (1 + len(is.parts)/manyMembers)); err != nil {
		return err
	}
	for _, f := range t.Fields {
		own := is.get(f.Name)
		if own == nil && f.Default != nil {
			continue
		}
		err := errors.New("it has no value and no default")
		if own != nil {
			err = v.value(f.Type, *own)
		}
		if errors.Is(err, errTooMuch) {
			return err // where that was does not matter
		}
		if err != nil {
			return fmt.Errorf("field %.100q of %.100q: %w", f.Name, t.Name, err)
		}
	}
	return nil
}
