package avrojson

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Kind is the kind of a JSON value.
type Kind uint8

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
	// Bool is the value of a Bool.
	Bool bool
	Pos  Pos
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

// Equal tells whether two values say the same: members may stand in any order,
// while numbers are compared as the text that the source has, so 1 and 1.0
// differ. A nil value equals only another nil.
func (v *Value) Equal(w *Value) bool {
	if v == nil || w == nil {
		return v == w
	}
	if v.Kind != w.Kind || v.Bool != w.Bool || v.Text != w.Text ||
		len(v.Elements) != len(w.Elements) || len(v.Members) != len(w.Members) {
		return false
	}
	for i, e := range v.Elements {
		if !e.Equal(w.Elements[i]) {
			return false
		}
	}
	member := w.Index()
	for _, m := range v.Members {
		// No key occurs twice, so as many members are the same members.
		if other := member(m.Key); other == nil || !m.Value.Equal(other) {
			return false
		}
	}
	return true
}

// few is how many members are searched one by one.
const few = 16

// Index is a quick Get for objects that are asked for many of their members.
func (v *Value) Index() func(key string) *Value {
	if v == nil || len(v.Members) <= few {
		return v.Get
	}
	all := make(map[string]*Value, len(v.Members))
	for _, m := range v.Members {
		all[m.Key] = m.Value
	}
	return func(key string) *Value { return all[key] }
}

// String is the value as JSON without white space.
func (v *Value) String() string { return string(v.Append(nil)) }

// Append appends the value as JSON without white space.
func (v *Value) Append(dst []byte) []byte {
	switch v.Kind {
	case Null:
		return append(dst, "null"...)
	case Bool:
		return strconv.AppendBool(dst, v.Bool)
	case Number:
		return append(dst, v.Text...)
	case String:
		return AppendQuote(dst, v.Text)
	case Array:
		dst = append(dst, '[')
		for i, e := range v.Elements {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = e.Append(dst)
		}
		return append(dst, ']')
	case Object:
		dst = append(dst, '{')
		for i, m := range v.Members {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(AppendQuote(dst, m.Key), ':')
			dst = m.Value.Append(dst)
		}
		return append(dst, '}')
	}
	return dst
}

// Quote writes s as a JSON string. Only what JSON demands is escaped; bytes
// that are not UTF-8 become U+FFFD.
func Quote(s string) string { return string(AppendQuote(nil, s)) }

// AppendQuote appends what Quote gives.
func AppendQuote(dst []byte, s string) []byte {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	dst = append(dst, '"')
	done := 0
	for i := range len(s) {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' {
			continue
		}
		dst = append(dst, s[done:i]...)
		done = i + 1
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			dst = fmt.Appendf(dst, `\u%04x`, c)
		}
	}
	return append(append(dst, s[done:]...), '"')
}
