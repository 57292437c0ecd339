package avsc

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds the nesting of JSON and of types, so that hostile text ends
// in an error and not in an exhausted stack.
const maxDepth = 400

// value is a JSON value that keeps the order of members.
type value struct {
	kind  byte // one of { [ " 0 t n
	truth bool
	text  string // of a string or a number
	// parts are the members of an object, or the items of an array, which have no
	// keys.
	parts []member
}

type member struct {
	key string
	value
}

// get answers the member of that name, nil when there is none. Where a name
// comes twice, the last one counts.
func (v value) get(key string) *value {
	for i := len(v.parts) - 1; i >= 0; i-- {
		if v.parts[i].key == key {
			return &v.parts[i].value
		}
	}
	return nil
}

// readJSON reads exactly one value. Its parts are in room; with none they are its own.
func readJSON(text string, room *room) (value, error) {
	r := reader{text: text, room: room}
	if room != nil {
		r.open = room.open[:0]
		defer func() { room.open = r.open[:0] }()
	}
	v, err := r.value(0)
	if err == nil {
		if r.blanks(); r.at < len(text) {
			err = errors.New("text after the schema")
		}
	}
	if err != nil {
		return value{}, fmt.Errorf("read JSON at byte %d: %w", r.at, err)
	}
	return v, nil
}

// reader goes through a text once. A registry reads one with each request, which is
// why it does not use a reader of tokens: that takes ten times as long.
type reader struct {
	text string
	at   int
	// open are the parts of objects and arrays that are under way, those of the
	// innermost last: a list is made when its length is known.
	open []member
	room *room
}

// close makes a list of the parts that are open from there on.
func (r *reader) close(from int) []member {
	parts := r.room.take(len(r.open) - from)
	copy(parts, r.open[from:])
	r.open = r.open[:from]
	return parts
}

func (r *reader) blanks() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// next is the byte after blanks; 0 at the end.
func (r *reader) next() byte {
	r.blanks()
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *reader) unexpected(where string) error {
	if r.at >= len(r.text) {
		return io.ErrUnexpectedEOF
	}
	c, _ := utf8.DecodeRuneInString(r.text[r.at:])
	return fmt.Errorf("%q %s", c, where)
}

func (r *reader) value(depth int) (value, error) {
	if depth > maxDepth {
		return value{}, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	switch c := r.next(); {
	case c == '{':
		return r.object(depth)
	case c == '[':
		return r.array(depth)
	case c == '"':
		text, err := r.string()
		return value{kind: '"', text: text}, err
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	for _, word := range words {
		if strings.HasPrefix(r.text[r.at:], word.text) {
			r.at += len(word.text)
			return word.is, nil
		}
	}
	return value{}, r.unexpected("where a value must be")
}

var words = [...]struct {
	text string
	is   value
}{{"true", value{kind: 't', truth: true}}, {"false", value{kind: 't'}}, {"null", value{kind: 'n'}}}

func (r *reader) object(depth int) (value, error) {
	v := value{kind: '{'}
	r.at++
	if r.next() == '}' {
		r.at++
		return v, nil
	}
	var known names
	from := len(r.open)
	for {
		if r.next() != '"' {
			return value{}, r.unexpected("where the name of a member must be")
		}
		key, err := r.string()
		if err != nil {
			return value{}, err
		}
		if r.next() != ':' {
			return value{}, r.unexpected("after the name of a member")
		}
		r.at++
		item, err := r.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		r.open = known.set(r.open, from, key, item)
		switch r.next() {
		case ',':
			r.at++
		case '}':
			r.at++
			v.parts = r.close(from)
			return v, nil
		default:
			return value{}, r.unexpected("after a member")
		}
	}
}

// manyMembers is from how many on members are looked up by a map.
const manyMembers = 32

// names finds members by their names.
type names map[string]int

// set adds a member to those from there on, or replaces one of that name where it
// stands.
func (n *names) set(open []member, from int, key string, item value) []member {
	at, ok := (*n)[key]
	if *n == nil {
		at = slices.IndexFunc(open[from:], func(m member) bool { return m.key == key })
		ok = at >= 0
	}
	if ok {
		open[from+at].value = item
		return open
	}
	open = append(open, member{key, item})
	switch many := open[from:]; {
	case *n != nil:
		(*n)[key] = len(many) - 1
	case len(many) == manyMembers:
		*n = names{}
		for i := range many {
			(*n)[many[i].key] = i
		}
	}
	return open
}

func (r *reader) array(depth int) (value, error) {
	v := value{kind: '['}
	r.at++
	if r.next() == ']' {
		r.at++
		return v, nil
	}
	from := len(r.open)
	for {
		item, err := r.value(depth + 1)
		if err != nil {
			return value{}, err
		}
		r.open = append(r.open, member{value: item})
		switch r.next() {
		case ',':
			r.at++
		case ']':
			r.at++
			v.parts = r.close(from)
			return v, nil
		default:
			return value{}, r.unexpected("after an item")
		}
	}
}

// string reads a string whose first quote is at hand.
func (r *reader) string() (string, error) {
	start := r.at + 1
	for i := start; i < len(r.text); i++ {
		switch c := r.text[i]; {
		case c == '"':
			r.at = i + 1
			return r.text[start:i], nil
		case c == '\\' || c < 0x20 || c >= utf8.RuneSelf:
			return r.hardString(start, i)
		}
	}
	r.at = len(r.text)
	return "", io.ErrUnexpectedEOF
}

// hardString is string from where there is more than plain characters. Bytes that
// are no UTF-8, and halves of characters, become the replacement character.
func (r *reader) hardString(start, i int) (string, error) {
	out := []byte(r.text[start:i])
	for i < len(r.text) {
		c := r.text[i]
		switch {
		case c == '"':
			r.at = i + 1
			return string(out), nil
		case c < 0x20:
			r.at = i
			return "", errors.New("a control character in a string: it has to be escaped")
		case c == '\\':
			char, size := escaped(r.text[i:])
			if size == 0 {
				r.at = i
				return "", errors.New("an escape in a string that is none")
			}
			out, i = utf8.AppendRune(out, char), i+size
		default:
			char, size := utf8.DecodeRuneInString(r.text[i:])
			out, i = utf8.AppendRune(out, char), i+size
		}
	}
	r.at = len(r.text)
	return "", io.ErrUnexpectedEOF
}

// escaped reads an escape, which begins with a backslash, and its length; 0 when
// it is none.
func escaped(text string) (rune, int) {
	if len(text) < 2 {
		return 0, 0
	}
	if text[1] != 'u' {
		const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
		if i := strings.IndexByte(from, text[1]); i >= 0 {
			return rune(to[i]), 2
		}
		return 0, 0
	}
	first, ok := hexRune(text)
	if !ok {
		return 0, 0
	}
	if utf16.IsSurrogate(first) {
		if second, ok := hexRune(text[6:]); ok {
			if char := utf16.DecodeRune(first, second); char != utf8.RuneError {
				return char, 12
			}
		}
		return utf8.RuneError, 6
	}
	return first, 6
}

func hexRune(text string) (rune, bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(text[2:6], 16, 16)
	return rune(n), err == nil && !strings.ContainsAny(text[2:6], "+_-")
}

// number reads a number as it is written.
func (r *reader) number() (value, error) {
	start := r.at
	digits := func() bool {
		from := r.at
		for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
			r.at++
		}
		return r.at > from
	}
	is := func(chars string) bool {
		if r.at < len(r.text) && strings.IndexByte(chars, r.text[r.at]) >= 0 {
			r.at++
			return true
		}
		return false
	}
	is("-")
	zero := r.at < len(r.text) && r.text[r.at] == '0'
	if zero {
		r.at++
	} else if !digits() {
		return value{}, r.unexpected("in a number")
	}
	if is(".") && !digits() {
		return value{}, r.unexpected("after the point of a number")
	}
	if is("eE") {
		is("+-")
		if !digits() {
			return value{}, r.unexpected("in the exponent of a number")
		}
	}
	return value{kind: '0', text: r.text[start:r.at]}, nil
}

// appendValue prints a value without white space. With sorted set, members come
// in the order of their names.
func appendValue(dst []byte, v value, sorted bool) []byte {
	switch v.kind {
	case '{':
		members := v.parts
		if sorted {
			members = slices.SortedFunc(slices.Values(members), func(a, b member) int { return strings.Compare(a.key, b.key) })
		}
		dst = append(dst, '{')
		for i, m := range members {
			dst = appendComma(dst, i)
			dst = append(appendString(dst, m.key), ':')
			dst = appendValue(dst, m.value, sorted)
		}
		return append(dst, '}')
	case '[':
		dst = append(dst, '[')
		for i, item := range v.parts {
			dst = appendValue(appendComma(dst, i), item.value, sorted)
		}
		return append(dst, ']')
	case '"':
		return appendString(dst, v.text)
	case '0':
		return appendNumber(dst, v.text)
	case 't':
		return strconv.AppendBool(dst, v.truth)
	default:
		return append(dst, "null"...)
	}
}

func appendComma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

// appendString quotes as the JVM's usual JSON writer does: only quotes,
// backslashes and control characters are escaped, hexadecimal digits are
// capitals. Bytes that are no UTF-8 become the replacement character.
func appendString(dst []byte, s string) []byte {
	const hex = "0123456789ABCDEF"
	const short = "btnvfr" // 0x08 to 0x0d; v has no short form
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r >= 0x08 && r <= 0x0d && r != 0x0b:
			dst = append(dst, '\\', short[r-0x08])
		case r < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// appendNumber keeps whole numbers as they are and spells all others as the
// JVM does: the shortest digits that give the same double, always with a
// fraction, and with an exponent below 10^-3 and from 10^7 on.
func appendNumber(dst []byte, text string) []byte {
	if !strings.ContainsAny(text, ".eE") {
		if text == "-0" {
			return append(dst, '0')
		}
		return append(dst, text...)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return append(dst, text...) // beyond a double's range: as written
	}
	abs := max(f, -f)
	if abs == 0 || (abs >= 1e-3 && abs < 1e7) {
		at := len(dst)
		dst = strconv.AppendFloat(dst, f, 'f', -1, 64)
		if !bytes.ContainsRune(dst[at:], '.') {
			dst = append(dst, ".0"...)
		}
		return dst
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', -1, 64), "e")
	dst = append(dst, mantissa...)
	if !strings.Contains(mantissa, ".") {
		dst = append(dst, ".0"...)
	}
	n, _ := strconv.Atoi(exponent)
	return strconv.AppendInt(append(dst, 'E'), int64(n), 10)
}
