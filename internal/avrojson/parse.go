package avrojson

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth is how deep arrays and objects may nest.
const MaxDepth = 512

// SyntaxError says where a text is no JSON, and why.
type SyntaxError struct {
	Pos Pos
	// Reason is what is wrong.
	Reason string
}

func (e *SyntaxError) Error() string { return e.Pos.String() + ": " + e.Reason }

// Parse reads src, which must hold exactly one JSON value in UTF-8 (RFC 8259);
// a byte order mark before it is skipped. The error is a *SyntaxError. Members
// with the same key, nesting beyond MaxDepth and lone surrogates are errors:
// what one reader takes and another drops must not be in a schema.
func Parse(src []byte) (*Value, error) {
	p := &parser{src: src}
	if bytes.HasPrefix(src, []byte("\uFEFF")) {
		p.at = len("\uFEFF")
		p.lineStart = p.at
	}
	v, err := p.value(0)
	if err != nil {
		return nil, err
	}
	p.space()
	if p.at < len(src) {
		return nil, p.fail("text after the value")
	}
	return v, nil
}

type parser struct {
	src       []byte
	at        int // next byte
	line      int // lines before this one
	lineStart int // offset of this line
	// counted is an offset on this line, columns the characters before it: a
	// long line is counted once, not once for each of its values.
	counted, columns int
}

// pos is the place of the next byte.
func (p *parser) pos() Pos {
	if p.counted < p.lineStart || p.counted > p.at {
		p.counted, p.columns = p.lineStart, 0
	}
	p.columns += utf8.RuneCount(p.src[p.counted:p.at])
	p.counted = p.at
	return Pos{Offset: p.at, Line: p.line + 1, Column: p.columns + 1}
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Pos: p.pos(), Reason: fmt.Sprintf(format, args...)}
}

func (p *parser) space() {
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case '\n':
			p.line++
			p.lineStart = p.at + 1
		case ' ', '\t', '\r':
		default:
			return
		}
		p.at++
	}
}

// peek skips white space and gives the next byte, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.at == len(p.src) {
		return 0
	}
	return p.src[p.at]
}

func (p *parser) value(depth int) (*Value, error) {
	c := p.peek()
	if depth > MaxDepth {
		return nil, p.fail("nested more than %d deep", MaxDepth)
	}
	v := &Value{Pos: p.pos()}
	var err error
	switch {
	case c == '{':
		v.Kind = Object
		err = p.object(v, depth)
	case c == '[':
		v.Kind = Array
		err = p.array(v, depth)
	case c == '"':
		v.Kind = String
		v.Text, err = p.text()
	case c == '-' || (c >= '0' && c <= '9'):
		v.Kind = Number
		v.Text, err = p.number()
	case p.word("null"):
	case p.word("true"):
		v.Kind, v.Bool = Bool, true
	case p.word("false"):
		v.Kind = Bool
	default:
		err = p.unexpected("a value")
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (p *parser) unexpected(want string) error {
	p.space()
	if p.at == len(p.src) {
		return p.fail("text ends where %s should be", want)
	}
	r, _ := utf8.DecodeRune(p.src[p.at:])
	return p.fail("found %q where %s should be", r, want)
}

func (p *parser) word(w string) bool {
	if !bytes.HasPrefix(p.src[p.at:], []byte(w)) {
		return false
	}
	p.at += len(w)
	return true
}

func (p *parser) object(v *Value, depth int) error {
	p.at++
	if p.peek() == '}' {
		p.at++
		return nil
	}
	var seen map[string]bool // once there are more than a few
	for {
		if p.peek() != '"' {
			return p.unexpected("a member name in quotes")
		}
		m := Member{Pos: p.pos()}
		var err error
		if m.Key, err = p.text(); err != nil {
			return err
		}
		if seen[m.Key] || (seen == nil && v.Get(m.Key) != nil) {
			return &SyntaxError{Pos: m.Pos, Reason: fmt.Sprintf("member %q occurs twice", m.Key)}
		}
		if seen != nil {
			seen[m.Key] = true
		}
		if p.peek() != ':' {
			return p.unexpected("a colon")
		}
		p.at++
		if m.Value, err = p.value(depth + 1); err != nil {
			return err
		}
		v.Members = append(v.Members, m)
		if seen == nil && len(v.Members) > few {
			seen = make(map[string]bool, len(v.Members)+1)
			for _, m := range v.Members {
				seen[m.Key] = true
			}
		}
		switch p.peek() {
		case ',':
			p.at++
		case '}':
			p.at++
			return nil
		default:
			return p.unexpected("a comma or }")
		}
	}
}

func (p *parser) array(v *Value, depth int) error {
	p.at++
	if p.peek() == ']' {
		p.at++
		return nil
	}
	for {
		e, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		v.Elements = append(v.Elements, e)
		switch p.peek() {
		case ',':
			p.at++
		case ']':
			p.at++
			return nil
		default:
			return p.unexpected("a comma or ]")
		}
	}
}

func (p *parser) digits() bool {
	start := p.at
	for p.at < len(p.src) && p.src[p.at] >= '0' && p.src[p.at] <= '9' {
		p.at++
	}
	return p.at > start
}

// next takes the next byte if it is one of set.
func (p *parser) next(set string) bool {
	if p.at < len(p.src) && strings.IndexByte(set, p.src[p.at]) >= 0 {
		p.at++
		return true
	}
	return false
}

func (p *parser) number() (string, error) {
	start := p.at
	p.next("-")
	zero := p.at < len(p.src) && p.src[p.at] == '0'
	whole := p.at
	if !p.digits() {
		return "", p.unexpected("a digit")
	}
	if zero && p.at > whole+1 {
		p.at = whole
		return "", p.fail("number with a leading zero")
	}
	if p.next(".") && !p.digits() {
		return "", p.unexpected("a digit")
	}
	if p.next("eE") {
		p.next("+-")
		if !p.digits() {
			return "", p.unexpected("a digit")
		}
	}
	return string(p.src[start:p.at]), nil
}

// text reads a string in quotes.
func (p *parser) text() (string, error) {
	p.at++
	var b strings.Builder
	for plain := true; ; plain = false {
		start := p.at
		for p.at < len(p.src) && p.src[p.at] != '"' && p.src[p.at] != '\\' && p.src[p.at] >= 0x20 {
			p.at++
		}
		if !utf8.Valid(p.src[start:p.at]) {
			p.at = start
			return "", p.fail("string is not UTF-8")
		}
		if p.at == len(p.src) {
			return "", p.fail("text ends inside a string")
		}
		if plain && p.src[p.at] == '"' {
			p.at++
			return string(p.src[start : p.at-1]), nil
		}
		b.Write(p.src[start:p.at])
		switch p.src[p.at] {
		case '"':
			p.at++
			return b.String(), nil
		case '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
		default:
			return "", p.fail("control character 0x%02x in a string", p.src[p.at])
		}
	}
}

const (
	escapes  = `"\/bfnrt`
	escaped  = "\"\\/\b\f\n\r\t"
	unicodeN = 6 // the length of \uXXXX
)

func (p *parser) escape(b *strings.Builder) error {
	if p.at+1 < len(p.src) {
		if i := strings.IndexByte(escapes, p.src[p.at+1]); i >= 0 {
			b.WriteByte(escaped[i])
			p.at += 2
			return nil
		}
	}
	r, ok := p.codeUnitAt(p.at)
	if !ok {
		return p.fail("unknown escape in a string")
	}
	if utf16.IsSurrogate(r) {
		low, _ := p.codeUnitAt(p.at + unicodeN)
		if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
			return p.fail("half of a surrogate pair in a string")
		}
		p.at += unicodeN
	}
	b.WriteRune(r)
	p.at += unicodeN
	return nil
}

func (p *parser) codeUnitAt(at int) (rune, bool) {
	if at+unicodeN > len(p.src) || p.src[at] != '\\' || p.src[at+1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range p.src[at+2 : at+unicodeN] {
		r <<= 4
		switch {
		case c >= '0' && c <= '9':
			r |= rune(c - '0')
		case c >= 'a' && c <= 'f':
			r |= rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			r |= rune(c-'A') + 10
		default:
			return 0, false
		}
	}
	return r, true
}
