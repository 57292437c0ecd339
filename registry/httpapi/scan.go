package httpapi

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// scanSchema reads the usual body of a schema: an object whose members are a schema
// and perhaps its type. It is not ok for all others, those that are wrong among them,
// which the usual reader of JSON then reads, in several times the time.
func scanSchema(body []byte) (schemaBody, bool) {
	var b schemaBody
	s := scanner{rest: body}
	if !s.skip('{') {
		return b, false
	}
	for range 2 { // it has no others
		name, ok := s.text()
		if !ok || !s.skip(':') {
			return b, false
		}
		value, ok := s.text()
		if !ok {
			return b, false
		}
		switch name {
		case "schema":
			b.Schema = value
		case "schemaType":
			b.SchemaType = value
		default:
			return b, false
		}
		if s.skip(',') {
			continue
		}
		return b, s.skip('}') && s.isAtEnd()
	}
	return b, false
}

type scanner struct{ rest []byte }

// next is the byte after blanks; 0 at the end.
func (s *scanner) next() byte {
	s.rest = bytes.TrimLeft(s.rest, " \t\r\n")
	if len(s.rest) == 0 {
		return 0
	}
	return s.rest[0]
}

func (s *scanner) isAtEnd() bool { return s.next() == 0 && len(s.rest) == 0 }

func (s *scanner) skip(c byte) bool {
	if s.next() != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// text reads a string that has no escapes but the short ones.
func (s *scanner) text() (string, bool) {
	if !s.skip('"') {
		return "", false
	}
	end, escapes := s.end()
	if end < 0 || !utf8.Valid(s.rest[:end]) {
		return "", false
	}
	quoted := s.rest[:end]
	s.rest = s.rest[end+1:]
	if escapes == 0 {
		return string(quoted), true
	}
	var out strings.Builder
	out.Grow(len(quoted) - escapes)
	for {
		i := bytes.IndexByte(quoted, '\\')
		if i < 0 {
			out.Write(quoted)
			return out.String(), true
		}
		plain, ok := unescaped(quoted[i+1])
		if !ok {
			return "", false
		}
		out.Write(quoted[:i])
		out.WriteByte(plain)
		quoted = quoted[i+2:]
	}
}

// end is where the string's last quote is, and how many escapes are before it; -1
// where it has none, or what may not be in a string.
func (s *scanner) end() (at, escapes int) {
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			return i, escapes
		case c == '\\':
			i, escapes = i+1, escapes+1
		case c < 0x20:
			return -1, 0
		}
	}
	return -1, 0
}

func unescaped(c byte) (byte, bool) {
	switch c {
	case '"', '\\', '/':
		return c, true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}
