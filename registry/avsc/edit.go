package avsc

import (
	"fmt"
	"slices"
	"strconv"
)

// Copy is the schema's type once more, to be changed, and what stands in it for
// each type of the schema. Types of referenced schemas are not copied: they stand
// for themselves and must not be changed.
func (s *Schema) Copy() (root *Type, copies map[*Type]*Type) {
	copies = map[*Type]*Type{}
	isForeign := func(t *Type) bool { return t.Kind.IsNamed() && s.own[t.Name.String()] != t }
	return CopyType(s.root, copies, isForeign), copies
}

// CopyType copies all that hangs on a type. Types that copies has already, or that
// are to be kept, are not copied.
func CopyType(t *Type, copies map[*Type]*Type, keep func(*Type) bool) *Type {
	switch {
	case t == nil:
		return nil
	case copies[t] != nil:
		return copies[t]
	case keep(t):
		return t
	}
	c := *t
	copies[t] = &c
	c.Elem = CopyType(t.Elem, copies, keep)
	c.Branches = nil
	for _, branch := range t.Branches {
		c.Branches = append(c.Branches, CopyType(branch, copies, keep))
	}
	c.Fields = nil
	for _, f := range t.Fields {
		field := *f
		field.Type = CopyType(f.Type, copies, keep)
		c.Fields = append(c.Fields, &field)
	}
	// The lists that are left are shared: nobody may write into them, and what
	// is appended has to go into a list of its own.
	c.Aliases = slices.Clip(c.Aliases)
	c.Symbols = slices.Clip(c.Symbols)
	return &c
}

// WithRoot is the schema with a changed copy of its type. Like [Parse] it fails,
// with an error that wraps [ErrInvalid], if that is no schema.
func (s *Schema) WithRoot(root *Type) (*Schema, error) {
	p := printer{known: map[Name]bool{}}
	refs := Schema{all: map[string]*Type{}}
	for name, t := range s.all {
		if s.own[name] != t {
			p.known[t.Name], refs.all[name] = true, t
		}
	}
	return Parse(string(p.append(nil, root, "")), &refs)
}

// ParseJSON reads a value for a default.
func ParseJSON(text string) (JSON, error) {
	v, err := readJSON(text, nil)
	if err != nil {
		return JSON{}, fmt.Errorf("default: %w", err)
	}
	return JSON{v}, nil
}

// Takes tells whether a value may be the default of a field of the type. Of a
// union it has to be one of the first branch.
func (t *Type) Takes(j JSON) bool { return t.takes(j.v) }

func (t *Type) takes(v value) bool {
	switch t.Kind {
	case Null:
		return v.kind == 'n'
	case Boolean:
		return v.kind == 't'
	case Int, Long:
		_, err := strconv.ParseInt(v.text, 10, map[Kind]int{Int: 32, Long: 64}[t.Kind])
		return v.kind == '0' && err == nil
	case Float, Double:
		return v.kind == '0'
	case String, Bytes:
		return v.kind == '"'
	case Fixed:
		return v.kind == '"' && len([]rune(v.text)) == t.Size
	case Enum:
		return v.kind == '"' && slices.Contains(t.Symbols, v.text)
	case Union:
		return len(t.Branches) > 0 && t.Branches[0].takes(v)
	case Array, Map:
		kind := map[Kind]byte{Array: '[', Map: '{'}[t.Kind]
		return v.kind == kind && !slices.ContainsFunc(v.parts, func(m member) bool { return !t.Elem.takes(m.value) })
	case Record, Error:
	}
	return v.kind == '{' && !slices.ContainsFunc(t.Fields, func(f *Field) bool {
		own := v.get(f.Name)
		return own == nil && f.Default == nil || own != nil && !f.Type.takes(*own)
	})
}
