package record

import (
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/schemactl/schemactl/registry"
)

// Reading a topic of many schemas is mostly reading JSON, so the usual records are
// read by hand: an object whose members have the names that are known, in any
// order. Whatever else stands there, also what is no JSON, is left to encoding/json.

// members calls fn for each member of the object that b is, with the bytes of its
// value as they stand there. It answers false for what it does not read.
func members(b []byte, fn func(name string, value []byte) bool) bool {
	s := scanner{b: b}
	if !s.take('{') {
		return false
	}
	for first := true; !s.take('}'); first = false {
		if !first && !s.take(',') {
			return false
		}
		s.space()
		name, ok := s.text()
		if !ok || !s.take(':') {
			return false
		}
		s.space()
		start := s.at
		if !s.skip() || !fn(name, b[start:s.at]) {
			return false
		}
	}
	s.space()
	return s.at == len(b)
}

type scanner struct {
	b  []byte
	at int
}

func (s *scanner) space() {
	for s.at < len(s.b) && (s.b[s.at] == ' ' || s.b[s.at] == '\n' || s.b[s.at] == '\t' || s.b[s.at] == '\r') {
		s.at++
	}
}

func (s *scanner) take(c byte) bool {
	s.space()
	if s.at < len(s.b) && s.b[s.at] == c {
		s.at++
		return true
	}
	return false
}

// text reads a name, which has no escapes.
func (s *scanner) text() (string, bool) {
	start := s.at + 1
	if !s.skipText() {
		return "", false
	}
	name := s.b[start : s.at-1]
	for _, c := range name {
		if c == '\\' || c >= utf8.RuneSelf {
			return "", false
		}
	}
	return known(name), true
}

// known is the name without a copy of it, if it is a usual one.
func known(name []byte) string {
	for _, one := range [...]string{"keytype", "subject", "version", "magic", "id", "schemaType", "schema", "deleted", "references"} {
		if string(name) == one {
			return one
		}
	}
	return string(name)
}

// skipText passes over a text. Its escapes are looked at by whoever wants it.
func (s *scanner) skipText() bool {
	if s.at >= len(s.b) || s.b[s.at] != '"' {
		return false
	}
	for i := s.at + 1; i < len(s.b); i++ {
		switch s.b[i] {
		case '"':
			s.at = i + 1
			return true
		case '\\':
			i++
		}
	}
	return false
}

// skip passes over a value. Of objects and arrays it finds the end alone.
func (s *scanner) skip() bool {
	if s.at >= len(s.b) {
		return false
	}
	depth := 0
	for s.at < len(s.b) {
		switch c := s.b[s.at]; c {
		case '"':
			if !s.skipText() {
				return false
			}
		case '{', '[':
			depth++
			s.at++
			continue
		case '}', ']':
			if depth--; depth < 0 {
				return false
			}
			s.at++
		default:
			s.at++
			if depth > 0 || !ends(s.b, s.at) {
				continue
			}
		}
		if depth == 0 {
			return true
		}
	}
	return false
}

// ends tells whether a number or a word ends before i.
func ends(b []byte, i int) bool {
	if i >= len(b) {
		return true
	}
	switch b[i] {
	case ',', '}', ']', ' ', '\n', '\t', '\r':
		return true
	}
	return false
}

// scanKey reads a key.
func scanKey(b []byte, k *parsedKey) bool {
	return members(b, func(name string, value []byte) bool {
		switch name {
		case "keytype":
			return scanText(value, &k.Kind)
		case "subject":
			return string(value) == "null" || scanText(value, &k.Subject)
		case "version":
			return scanInt(value, &k.Version)
		case "magic":
			return scanInt(value, &k.Magic)
		}
		return false
	})
}

// scanSchema reads the value of a schema.
func scanSchema(b []byte, v *parsedValue) bool {
	return members(b, func(name string, value []byte) bool {
		switch name {
		case "subject":
			var ignored string // the key has it
			return scanText(value, &ignored)
		case "version":
			return scanInt(value, &v.Version)
		case "id":
			var id int
			ok := scanInt(value, &id) && id >= 0 && int(uint32(id)) == id
			v.ID = uint32(id)
			return ok
		case "schemaType":
			text := ""
			ok := scanText(value, &text)
			v.Type = usualType(text)
			return ok
		case "schema":
			return scanText(value, &v.Schema)
		case "deleted":
			v.Deleted = string(value) == "true"
			return v.Deleted || string(value) == "false"
		case "references":
			return json.Unmarshal(value, &v.References) == nil
		}
		return false
	})
}

// usualType is the constant for a type, of which there are many copies.
func usualType(text string) registry.Type {
	for _, one := range [...]registry.Type{registry.Avro, registry.JSON, registry.Protobuf} {
		if text == string(one) {
			return one
		}
	}
	return registry.Type(text)
}

func scanInt(b []byte, n *int) bool {
	if len(b) == 0 || len(b) > 10 || len(b) > 1 && b[0] == '0' {
		return false
	}
	value := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
		value = 10*value + int(c-'0')
	}
	*n = value
	return true
}

// scanText reads a text that is well formed.
func scanText(b []byte, text *string) bool {
	if len(b) < 2 || b[0] != '"' {
		return false
	}
	b = b[1 : len(b)-1]
	var room [2048]byte // most texts need no more
	out := room[:0]
	for i := 0; i < len(b); {
		c := b[i]
		if c < 0x20 {
			return false
		}
		if c != '\\' {
			out = append(out, c)
			i++
			continue
		}
		n := 0
		if out, n = unescape(out, b[i:]); n == 0 {
			return false
		}
		i += n
	}
	*text = string(out)
	return utf8.ValidString(*text)
}

// unescape appends what the escape at the start of b stands for, and answers its
// length; 0 for one that is not usual.
func unescape(out, b []byte) ([]byte, int) {
	if len(b) < 2 {
		return out, 0
	}
	switch b[1] {
	case '"', '\\', '/':
		return append(out, b[1]), 2
	case 'n':
		return append(out, '\n'), 2
	case 't':
		return append(out, '\t'), 2
	case 'u':
		if len(b) < 6 {
			return out, 0
		}
		code, err := strconv.ParseUint(string(b[2:6]), 16, 16)
		if err != nil || code >= 0xd800 && code < 0xe000 { // one half of a character
			return out, 0
		}
		return utf8.AppendRune(out, rune(code)), 6
	}
	return out, 0
}
