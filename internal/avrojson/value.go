package avrojson

import (
	"fmt"
	"strings"
)

// Kind is the kind of a JSON value.
type Kind int

// The kinds of JSON values.
const (
	Null Kind = iota
	Bool
	Number
	String
	Array
	Object
)

// String is the kind's name with its article, as error messages want it.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case Array:
		return "an array"
	case Object:
		return "an object"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// Pos is a place in a source text. Line and Column count from 1, the column in
// characters; Offset counts bytes from 0.
type Pos struct {
	Offset, Line, Column int
}

// String is line:column.
func (p Pos) String() string { return fmt.Sprintf("%d:%d", p.Line, p.Column) }

// Value is one JSON value. Only the fields of its kind are set.
type Value struct {
	Kind Kind
	Pos  Pos
	// Bool is the value of a Bool.
	Bool bool
	// Text is a String's text without quotes and escapes, or a Number's digits
	// as the source has them.
	Text string
	// Elements are an Array's values.
	Elements []*Value
	// Members are an Object's, in the order of the source; no key occurs twice.
	Members []Member
}

// Member is one member of an Object.
type Member struct {
	Key   string
	Pos   Pos
	Value *Value
}

// Get is the value of an object's member, or nil.
func (v *Value) Get(key string) *Value {
	if v == nil {
		return nil
	}
	for i := range v.Members {
		if v.Members[i].Key == key {
			return v.Members[i].Value
		}
	}
	return nil
}

// String is the value as JSON without white space.
func (v *Value) String() string {
	var b strings.Builder
	v.write(&b)
	return b.String()
}

func (v *Value) write(b *strings.Builder) {
	switch v.Kind {
	case Null:
		b.WriteString("null")
	case Bool:
		fmt.Fprint(b, v.Bool)
	case Number:
		b.WriteString(v.Text)
	case String:
		b.WriteString(Quote(v.Text))
	case Array:
		b.WriteByte('[')
		for i, e := range v.Elements {
			if i > 0 {
				b.WriteByte(',')
			}
			e.write(b)
		}
		b.WriteByte(']')
	case Object:
		b.WriteByte('{')
		for i, m := range v.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(Quote(m.Key))
			b.WriteByte(':')
			m.Value.write(b)
		}
		b.WriteByte('}')
	}
}

// Quote writes s as a JSON string. Only what JSON demands is escaped.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x20:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
