package avsc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds the nesting of JSON and of types, so that hostile text ends
// in an error and not in an exhausted stack.
const maxDepth = 400

// value is a JSON value that keeps the order of members.
type value struct {
	kind    byte // one of { [ " 0 t n
	members []member
	items   []value
	text    string // of a string or a number
	truth   bool
}

type member struct {
	key string
	value
}

// get answers the member of that name, nil when there is none. Where a name
// comes twice, the last one counts.
func (v value) get(key string) *value {
	for i := len(v.members) - 1; i >= 0; i-- {
		if v.members[i].key == key {
			return &v.members[i].value
		}
	}
	return nil
}

// readJSON reads exactly one value.
func readJSON(text string) (value, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	v, err := readValue(dec, 0)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return value{}, fmt.Errorf("read JSON at byte %d: %w", dec.InputOffset(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return value{}, fmt.Errorf("read JSON at byte %d: text after the schema", dec.InputOffset())
	}
	return v, nil
}

func readValue(dec *json.Decoder, depth int) (value, error) {
	if depth > maxDepth {
		return value{}, fmt.Errorf("nested deeper than %d levels", maxDepth)
	}
	tok, err := dec.Token()
	if err != nil {
		return value{}, err
	}
	switch t := tok.(type) {
	case json.Delim:
		if t == '{' {
			return readObject(dec, depth)
		}
		return readArray(dec, depth)
	case string:
		return value{kind: '"', text: t}, nil
	case json.Number:
		return value{kind: '0', text: t.String()}, nil
	case bool:
		return value{kind: 't', truth: t}, nil
	default:
		return value{kind: 'n'}, nil
	}
}

func readObject(dec *json.Decoder, depth int) (value, error) {
	v := value{kind: '{'}
	seen := map[string]int{}
	for dec.More() {
		tok, err := dec.Token()
		if err != nil {
			return value{}, err
		}
		key, ok := tok.(string)
		if !ok {
			return value{}, fmt.Errorf("member name is %v, not a string", tok)
		}
		item, err := readValue(dec, depth+1)
		if err != nil {
			return value{}, err
		}
		if i, twice := seen[key]; twice {
			v.members[i].value = item
			continue
		}
		seen[key] = len(v.members)
		v.members = append(v.members, member{key, item})
	}
	_, err := dec.Token()
	return v, err
}

func readArray(dec *json.Decoder, depth int) (value, error) {
	v := value{kind: '['}
	for dec.More() {
		item, err := readValue(dec, depth+1)
		if err != nil {
			return value{}, err
		}
		v.items = append(v.items, item)
	}
	_, err := dec.Token()
	return v, err
}

// appendValue prints a value without white space. With sorted set, members come
// in the order of their names.
func appendValue(dst []byte, v value, sorted bool) []byte {
	switch v.kind {
	case '{':
		members := v.members
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
		for i, item := range v.items {
			dst = appendValue(appendComma(dst, i), item, sorted)
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
