package hand

import (
	"encoding/binary"
	"math"
	"time"
)

// The read functions take the input and an offset within it and return the value
// and the offset after it.

// readLong reads an int or long.
func readLong(src []byte, p int) (int64, int, error) {
	if p < len(src) && src[p] < 0x80 {
		b := src[p]
		return int64(b>>1) ^ -int64(b&1), p + 1, nil
	}
	if len(src)-p < binary.MaxVarintLen64 {
		return readLongNearEnd(src, p)
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

// readLongTail reads a varint on from its sixth byte.
func readLongTail(b *[binary.MaxVarintLen64]byte, u uint64, p int) (int64, int, error) {
	n := 6
	switch {
	case b[5] < 0x80:
		u |= uint64(b[5]) << 35
	case b[6] < 0x80:
		u |= uint64(b[5]&0x7f)<<35 | uint64(b[6])<<42
		n = 7
	case b[7] < 0x80:
		u |= uint64(b[5]&0x7f)<<35 | uint64(b[6]&0x7f)<<42 | uint64(b[7])<<49
		n = 8
	case b[8] < 0x80:
		u |= uint64(b[5]&0x7f)<<35 | uint64(b[6]&0x7f)<<42 | uint64(b[7]&0x7f)<<49 | uint64(b[8])<<56
		n = 9
	case b[9] < 2:
		u |= uint64(b[5]&0x7f)<<35 | uint64(b[6]&0x7f)<<42 | uint64(b[7]&0x7f)<<49 | uint64(b[8]&0x7f)<<56 | uint64(b[9])<<63
		n = 10
	default:
		return 0, p, ErrMalformed
	}
	return int64(u>>1) ^ -int64(u&1), p + n, nil
}

// readLongNearEnd reads a varint that ends with the input or not at all.
func readLongNearEnd(src []byte, p int) (int64, int, error) {
	var u uint64
	for i, b := range src[p:] {
		u |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			return int64(u>>1) ^ -int64(u&1), p + i + 1, nil
		}
	}
	return 0, p, ErrTruncated
}

func readInt(src []byte, p int) (int32, int, error) {
	v, q, err := readLong(src, p)
	if err != nil {
		return 0, p, err
	}
	if v != int64(int32(v)) {
		return 0, p, ErrMalformed
	}
	return int32(v), q, nil
}

// readLength reads the length of a string or of bytes, which must be there.
func readLength(src []byte, p int) (n, q int, err error) {
	v, q, err := readLong(src, p)
	if err != nil {
		return 0, p, err
	}
	if v < 0 {
		return 0, p, ErrMalformed
	}
	if v > int64(len(src)-q) {
		return 0, p, ErrTruncated
	}
	return int(v), q, nil
}

func readString(src []byte, text string, p int) (string, int, error) {
	// A length of one byte that is not negative, and text that is there.
	if p < len(src) && src[p]&0x81 == 0 {
		if q := p + 1 + int(src[p]>>1); q <= len(text) {
			return text[p+1 : q], q, nil
		}
	}
	return readLongString(src, text, p)
}

func readLongString(src []byte, text string, p int) (string, int, error) {
	n, q, err := readLength(src, p)
	if err != nil {
		return "", p, err
	}
	if text == "" {
		return string(src[q : q+n]), q + n, nil
	}
	return text[q : q+n], q + n, nil
}

func readBool(src []byte, p int) (bool, int, error) {
	if p >= len(src) {
		return false, p, ErrTruncated
	}
	if src[p] > 1 {
		return false, p, ErrMalformed
	}
	return src[p] == 1, p + 1, nil
}

func readDouble(src []byte, p int) (float64, int, error) {
	if len(src)-p < 8 {
		return 0, p, ErrTruncated
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(src[p:])), p + 8, nil
}

// readSet reads the branch of a union of null and another type.
func readSet(src []byte, p int) (bool, int, error) {
	if p < len(src) && src[p]&^2 == 0 {
		return src[p] == 2, p + 1, nil
	}
	v, q, err := readLong(src, p) // two bytes may say 0 or 1 as well
	if err != nil {
		return false, p, err
	}
	if v != 0 && v != 1 {
		return false, p, ErrMalformed
	}
	return v == 1, q, nil
}

func readOptString(src []byte, text string, p int) (Opt[string], int, error) {
	set, q, err := readSet(src, p)
	if !set || err != nil {
		return Opt[string]{}, q, err
	}
	s, q, err := readString(src, text, q)
	return Opt[string]{Value: s, Set: true}, q, err
}

func readOptLong(src []byte, p int) (Opt[int64], int, error) {
	set, q, err := readSet(src, p)
	if !set || err != nil {
		return Opt[int64]{}, q, err
	}
	v, q, err := readLong(src, q)
	return Opt[int64]{Value: v, Set: true}, q, err
}

func readOptDouble(src []byte, p int) (Opt[float64], int, error) {
	set, q, err := readSet(src, p)
	if !set || err != nil {
		return Opt[float64]{}, q, err
	}
	v, q, err := readDouble(src, q)
	return Opt[float64]{Value: v, Set: true}, q, err
}

func readMicros(src []byte, p int) (time.Time, int, error) {
	v, q, err := readLong(src, p)
	return time.UnixMicro(v).UTC(), q, err
}

// readDecimal reads a decimal of up to 18 digits.
func readDecimal(src []byte, p int) (Decimal, int, error) {
	const most = 1_000_000_000_000_000_000
	n, q, err := readLength(src, p)
	if err != nil {
		return 0, p, err
	}
	if n == 0 {
		return 0, q, nil
	}
	if n > 8 {
		return 0, p, ErrMalformed
	}
	v := int64(int8(src[q]))
	for _, b := range src[q+1 : q+n] {
		v = v<<8 | int64(b)
	}
	if v <= -most || v >= most {
		return 0, p, ErrMalformed
	}
	return Decimal(v), q + n, nil
}

// readCount reads the head of a block of items that take least bytes each at
// least. A count of 0 ends the array or map.
func readCount(src []byte, p, least int) (int, int, error) {
	v, q, err := readLong(src, p)
	if err != nil {
		return 0, p, err
	}
	if v < 0 { // the block's size in bytes follows
		if v = -v; v < 0 {
			return 0, p, ErrMalformed
		}
		if _, q, err = readLength(src, q); err != nil {
			return 0, p, err
		}
	}
	if v > int64(len(src)-q)/int64(least) {
		return 0, p, ErrTruncated
	}
	return int(v), q, nil
}

// grow makes s longer by n items, which may hold what was there before.
func grow[T any](s []T, n int) []T {
	if need := len(s) + n; need <= cap(s) {
		return s[:need]
	}
	return append(make([]T, 0, len(s)+n), s...)[:len(s)+n]
}

// readStrings reads an array of strings into s.
func readStrings(s []string, src []byte, text string, p int) ([]string, int, error) {
	for {
		n, q, err := readCount(src, p, 1)
		if p = q; n == 0 || err != nil {
			return s, p, err
		}
		i := len(s)
		s = grow(s, n)
		for ; i < len(s); i++ {
			if s[i], p, err = readString(src, text, p); err != nil {
				return s, p, err
			}
		}
	}
}
