package codec

import "fmt"

// UUID is the Go form of the logical type uuid: 16 bytes in the order in which
// they are written (RFC 9562), so that comparing bytes compares texts. The zero
// value is the nil UUID. UUIDs are comparable with == and may be map keys. Any
// 16 bytes are accepted: the version and the variant are not checked.
type UUID [16]byte

const (
	uuidText  = 36 // characters of a UUID
	uuidBlank = "00000000-0000-0000-0000-000000000000"
	hexDigits = "0123456789abcdef"
)

// uuidAt is where in the text the two digits of each byte stand.
var uuidAt = [16]uint8{0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34}

// ParseUUID reads the canonical form of 36 characters, such as
// 0190f5e2-7c4b-7b1e-8a53-5d6c1f0e9b27, in lower or upper case. Anything else,
// also forms with braces or "urn:uuid:", is ErrRange.
func ParseUUID(s string) (UUID, error) {
	u, ok := parseUUID(s)
	if !ok {
		return UUID{}, fmt.Errorf("%w: %.40q is no UUID such as 0190f5e2-7c4b-7b1e-8a53-5d6c1f0e9b27", ErrRange, s)
	}
	return u, nil
}

func parseUUID[T string | []byte](s T) (u UUID, ok bool) {
	if len(s) != uuidText || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return UUID{}, false
	}
	for i, at := range uuidAt {
		high, low := hexValue(s[at]), hexValue(s[at+1])
		if high|low > 15 {
			return UUID{}, false
		}
		u[i] = high<<4 | low
	}
	return u, true
}

// hexValue is what a hexadecimal digit counts; 255 when c is none.
func hexValue(c byte) byte {
	switch {
	case c-'0' < 10:
		return c - '0'
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// fill writes the digits into a text that has its dashes.
func (u UUID) fill(text []byte) {
	text = text[:uuidText]
	for i, at := range uuidAt {
		text[at] = hexDigits[u[i]>>4]
		text[at+1] = hexDigits[u[i]&15]
	}
}

// String is the canonical form: 36 characters in lower case.
func (u UUID) String() string {
	text := []byte(uuidBlank)
	u.fill(text)
	return string(text)
}

// IsZero reports whether all bytes are 0.
func (u UUID) IsZero() bool { return u == UUID{} }

// MarshalText is String.
func (u UUID) MarshalText() ([]byte, error) {
	text := []byte(uuidBlank)
	u.fill(text)
	return text, nil
}

// UnmarshalText is ParseUUID.
func (u *UUID) UnmarshalText(text []byte) error {
	v, err := ParseUUID(string(text))
	if err != nil {
		return err
	}
	*u = v
	return nil
}

// AppendUUID appends a uuid held in an Avro string. Those held in a fixed of 16
// bytes are the bytes themselves.
func AppendUUID(dst []byte, u UUID) []byte {
	const length = "\x48" // 36 as an Avro long
	dst = append(dst, length+uuidBlank...)
	u.fill(dst[len(dst)-uuidText:])
	return dst
}

// ReadUUID reads a uuid held in an Avro string, which must have the form that
// ParseUUID takes: other text is ErrMalformed.
func ReadUUID(src []byte, p int) (UUID, int, error) {
	n, q, err := readLength(src, p, "uuid")
	if err != nil {
		return UUID{}, p, err
	}
	u, ok := parseUUID(src[q : q+n])
	if !ok {
		return UUID{}, p, readError(p, ErrMalformed, "uuid %.40q", src[q:q+min(n, uuidText+1)])
	}
	return u, q + n, nil
}
