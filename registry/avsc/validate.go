package avsc

import "github.com/twmb/avro"

// Validate checks what Parse takes on trust: names, symbols, defaults, unions.
// A schema that is registered anew has to pass; one that is only read need not.
// A logical type that does not fit its type is no error: by the specification
// readers ignore it.
func (s *Schema) Validate() error {
	p := printer{known: map[Name]bool{}, bare: true}
	if _, err := avro.Parse(string(p.append(nil, s.root, ""))); err != nil {
		return invalidf("%w", err)
	}
	return nil
}
