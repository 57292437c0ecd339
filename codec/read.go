package codec

import (
	"bytes"
	"encoding/binary"
	"math"
)

// The read functions take the input and an offset 0 <= p <= len(src), and
// return the value and the offset after it. On an error the offset is p.

// ReadLong reads an Avro long. More than ten bytes, or more than 64 bits, are
// ErrMalformed.
func ReadLong(src []byte, p int) (int64, int, error) {
	if p < len(src) && src[p] < 0x80 {
		b := src[p]
		return int64(b>>1) ^ -int64(b&1), p + 1, nil
	}
	if len(src)-p < binary.MaxVarintLen64 {
		return readShort(src, p)
	}
	// One bounds check for all ten bytes.
	b := (*[binary.MaxVarintLen64]byte)(src[p:])
	u := uint64(b[0]&0x7f) | uint64(b[1]&0x7f)<<7
	n := 2
	switch {
	case b[1] < 0x80:
	case b[2] < 0x80:
		u |= uint64(b[2]) << 14
		n = 3
	case b[3] < 0x80:
		u |= uint64(b[2]&0x7f)<<14 | uint64(b[3])<<21
		n = 4
	case b[4] < 0x80:
		u |= uint64(b[2]&0x7f)<<14 | uint64(b[3]&0x7f)<<21 | uint64(b[4])<<28
		n = 5
	default:
		return readLongTail(b, u|uint64(b[2]&0x7f)<<14|uint64(b[3]&0x7f)<<21|uint64(b[4]&0x7f)<<28, p)
	}
	return int64(u>>1) ^ -int64(u&1), p + n, nil
}

// readLongTail reads bytes 5 to 9 of a varint whose first five are in u.
func readLongTail(b *[binary.MaxVarintLen64]byte, u uint64, p int) (int64, int, error) {
	n := 0
	switch {
	case b[5] < 0x80:
		u |= uint64(b[5]) << 35
		n = 6
	case b[6] < 0x80:
		u |= uint64(b[5]&0x7f)<<35 | uint64(b[6])<<42
		n = 7
	case b[7] < 0x80:
		u |= uint64(b[5]&0x7f)<<35 | uint64(b[6]&0x7f)<<42 | uint64(b[7])<<49
		n = 8
	default:
		u |= uint64(b[5]&0x7f)<<35 | uint64(b[6]&0x7f)<<42 | uint64(b[7]&0x7f)<<49
		switch {
		case b[8] < 0x80:
			u |= uint64(b[8]) << 56
			n = 9
		case b[9] < 2:
			u |= uint64(b[8]&0x7f)<<56 | uint64(b[9])<<63
			n = 10
		default:
			return 0, p, readError(p, ErrMalformed, "varint of more than 64 bits")
		}
	}
	return int64(u>>1) ^ -int64(u&1), p + n, nil
}

// readShort reads a varint near the end of the input.
func readShort(src []byte, p int) (int64, int, error) {
	var u uint64
	for i := 0; p+i < len(src); i++ {
		b := src[p+i]
		u |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return int64(u>>1) ^ -int64(u&1), p + i + 1, nil
		}
	}
	return 0, p, readError(p, ErrTruncated, "varint")
}

// ReadInt reads an Avro int; a number above 32 bits is ErrMalformed, and so are more than
// five bytes, as in the implementations of others.
func ReadInt(src []byte, p int) (int32, int, error) {
	// The cases of ReadLong again: a call in between costs a third of the time.
	if p < len(src) && src[p] < 0x80 {
		b := src[p]
		return int32(b>>1) ^ -int32(b&1), p + 1, nil
	}
	if len(src)-p < binary.MaxVarintLen32 {
		return readInt(src, p)
	}
	b := (*[binary.MaxVarintLen32]byte)(src[p:])
	u := uint32(b[0]&0x7f) | uint32(b[1]&0x7f)<<7
	n := 2
	switch {
	case b[1] < 0x80:
	case b[2] < 0x80:
		u |= uint32(b[2]) << 14
		n = 3
	case b[3] < 0x80:
		u |= uint32(b[2]&0x7f)<<14 | uint32(b[3])<<21
		n = 4
	case b[4] < 0x10:
		u |= uint32(b[2]&0x7f)<<14 | uint32(b[3]&0x7f)<<21 | uint32(b[4])<<28
		n = 5
	default:
		return readInt(src, p)
	}
	return int32(u>>1) ^ -int32(u&1), p + n, nil
}

// readInt reads an int of up to five bytes, as others do, or says what is wrong with it.
func readInt(src []byte, p int) (int32, int, error) {
	v, q, err := ReadLong(src, p)
	if err == nil && v != int64(int32(v)) {
		err = readError(p, ErrMalformed, "int of more than 32 bits (%d)", v)
	}
	if err == nil && q-p > binary.MaxVarintLen32 {
		err = readError(p, ErrMalformed, "int of %d bytes", q-p)
	}
	if err != nil {
		return 0, p, err
	}
	return int32(v), q, nil
}

// ReadBool reads an Avro boolean; any byte but 0 and 1 is ErrMalformed.
func ReadBool(src []byte, p int) (bool, int, error) {
	if p < len(src) && src[p] < 2 {
		return src[p] == 1, p + 1, nil
	}
	return badBool(src, p)
}

func badBool(src []byte, p int) (bool, int, error) {
	if p >= len(src) {
		return false, p, readError(p, ErrTruncated, "boolean")
	}
	return false, p, readError(p, ErrMalformed, "boolean byte 0x%02x", src[p])
}

// ReadFloat reads an Avro float.
func ReadFloat(src []byte, p int) (float32, int, error) {
	if len(src)-p < 4 {
		return 0, p, truncated(p, "float")
	}
	return FloatAt(src, p), p + 4, nil
}

// FloatAt is the float in the four bytes at p, which must be there. It is small
// enough to become a part of its caller.
func FloatAt(src []byte, p int) float32 {
	return math.Float32frombits(binary.LittleEndian.Uint32(src[p:]))
}

// ReadDouble reads an Avro double.
func ReadDouble(src []byte, p int) (float64, int, error) {
	if len(src)-p < 8 {
		return 0, p, truncated(p, "double")
	}
	return DoubleAt(src, p), p + 8, nil
}

// DoubleAt is the double in the eight bytes at p, which must be there, as
// [FloatAt] is for floats.
func DoubleAt(src []byte, p int) float64 {
	return math.Float64frombits(binary.LittleEndian.Uint64(src[p:]))
}

func truncated(p int, what string) error { return readError(p, ErrTruncated, "%s", what) }

// readLength reads the length of a string or of bytes, which must be there.
func readLength(src []byte, p int, what string) (n, q int, err error) {
	var v int64
	if p < len(src) && src[p] < 0x80 {
		v, q = int64(src[p]>>1)^-int64(src[p]&1), p+1
	} else if v, q, err = ReadLong(src, p); err != nil {
		return 0, p, readError(p, reason(err), "length of %s", what)
	}
	if uint64(v) > uint64(len(src)-q) {
		return 0, p, lengthError(p, v, len(src)-q, what)
	}
	return int(v), q, nil
}

func lengthError(p int, v int64, left int, what string) error {
	if v < 0 {
		return readError(p, ErrMalformed, "negative length %d of %s", v, what)
	}
	return readError(p, ErrTruncated, "%s of %d bytes, %d are left", what, v, left)
}

// ReadString reads an Avro string: a piece of text, or a copy when text is
// empty (see [Mode]). The bytes are not checked to be UTF-8.
func ReadString(src []byte, text string, p int) (string, int, error) {
	// A length of one byte that is not negative, and there.
	if p < len(src) && src[p]&0x81 == 0 {
		if q := p + 1 + int(src[p]>>1); q <= len(text) {
			return text[p+1 : q], q, nil
		}
	}
	return readString(src, text, p)
}

func readString(src []byte, text string, p int) (string, int, error) {
	n, q, err := readLength(src, p, "string")
	if err != nil {
		return "", p, err
	}
	if text == "" {
		return string(src[q : q+n]), q + n, nil
	}
	return text[q : q+n], q + n, nil
}

// ReadBytes reads Avro bytes: a piece of src, or a copy when text is empty.
// No bytes are nil.
func ReadBytes(src []byte, text string, p int) ([]byte, int, error) {
	n, q, err := readLength(src, p, "bytes")
	if err != nil {
		return nil, p, err
	}
	if n == 0 {
		return nil, q, nil
	}
	if text == "" {
		return bytes.Clone(src[q : q+n]), q + n, nil
	}
	return src[q : q+n : q+n], q + n, nil
}

// ReadFixed fills dst from the input.
func ReadFixed(dst, src []byte, p int) (int, error) {
	if len(src)-p < len(dst) {
		return p, readError(p, ErrTruncated, "fixed of %d bytes, %d are left", len(dst), len(src)-p)
	}
	return p + copy(dst, src[p:]), nil
}

// ReadEnum reads the ordinal of an enum; one outside 0 to symbols-1 is
// ErrMalformed.
func ReadEnum[T ~int](src []byte, p, symbols int) (T, int, error) {
	if p < len(src) && src[p]&0x81 == 0 && int(src[p]>>1) < symbols {
		return T(src[p] >> 1), p + 1, nil
	}
	v, q, err := readIndex(src, p, symbols, "enum ordinal %d of %d symbols")
	return T(v), q, err
}

// ReadNullable reads the branch of a union of null and a type, and reports
// whether a value follows. The null is branch 0 or 1; a third branch is
// ErrMalformed.
func ReadNullable(src []byte, p, null int) (bool, int, error) {
	if p < len(src) && src[p]&^2 == 0 {
		return int(src[p]) != 2*null, p + 1, nil
	}
	return readNullable(src, p, null)
}

func readNullable(src []byte, p, null int) (bool, int, error) {
	v, q, err := readIndex(src, p, 2, "union branch %d of %d")
	return v != null, q, err
}

// ReadBranch reads the branch of a union of n; another one is ErrMalformed.
func ReadBranch(src []byte, p, n int) (int, int, error) {
	if p < len(src) && src[p]&0x81 == 0 && int(src[p]>>1) < n {
		return int(src[p] >> 1), p + 1, nil
	}
	return readIndex(src, p, n, "union branch %d of %d")
}

func readIndex(src []byte, p, n int, format string) (int, int, error) {
	v, q, err := ReadLong(src, p)
	if err != nil {
		return 0, p, err
	}
	if uint64(v) >= uint64(n) {
		return 0, p, readError(p, ErrMalformed, format, v, n)
	}
	if q-p > binary.MaxVarintLen32 { // it is an int
		return 0, p, readError(p, ErrMalformed, format+" in %d bytes", v, n, q-p)
	}
	return int(v), q, nil
}

// Done is the error of UnmarshalAvro: err, or ErrTrailing when the value ended
// at p before the input did.
func Done(schema *Schema, src []byte, p int, err error) error {
	if err == nil && p != len(src) {
		err = readError(p, ErrTrailing, "%d of %d", len(src)-p, len(src))
	}
	if err != nil {
		return AtRecord(err, schema)
	}
	return nil
}
