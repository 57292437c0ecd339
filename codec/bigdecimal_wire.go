package codec

import (
	"math/big"
	"math/bits"
	"slices"
)

// AppendWideDecimal appends a decimal of any precision held in Avro bytes, in
// the fewest bytes. A number of more digits than precision, or of a finer scale
// than scale, is ErrRange.
func AppendWideDecimal(dst []byte, v BigDecimal, precision, scale int) ([]byte, error) {
	u, err := v.fit(precision, scale)
	if err != nil {
		return dst, err
	}
	return appendUnscaled(dst, u), nil
}

// AppendFixedWideDecimal appends a decimal of any precision held in an Avro
// fixed of size bytes; a number that they cannot hold is ErrRange too.
func AppendFixedWideDecimal(dst []byte, v BigDecimal, precision, scale, size int) ([]byte, error) {
	u, err := v.fit(precision, scale)
	if err != nil {
		return dst, err
	}
	return appendFixedUnscaled(dst, u, size)
}

// ReadWideDecimal reads a decimal of any precision held in Avro bytes; none at
// all are 0. A number of more digits than precision is ErrMalformed.
func ReadWideDecimal(src []byte, p, precision, scale int) (BigDecimal, int, error) {
	u, q, err := readUnscaled(src, p, precision)
	if err != nil {
		return BigDecimal{}, p, err
	}
	return BigDecimal{unscaled: u, scale: int32(scale)}, q, nil
}

// ReadFixedWideDecimal reads a decimal of any precision held in an Avro fixed of
// size bytes.
func ReadFixedWideDecimal(src []byte, p, precision, scale, size int) (BigDecimal, int, error) {
	u, q, err := readFixedUnscaled(src, p, precision, size)
	if err != nil {
		return BigDecimal{}, p, err
	}
	return BigDecimal{unscaled: u, scale: int32(scale)}, q, nil
}

// AppendBigDecimal appends a big-decimal: Avro bytes that hold the unscaled
// number, itself as Avro bytes, and the scale as an Avro int. A number beyond
// [MaxBigSize] or [MaxBigScale] is ErrRange.
func AppendBigDecimal(dst []byte, v BigDecimal) ([]byte, error) {
	u := v.int()
	n := sizeOf(u)
	if n > MaxBigSize {
		return dst, rangeError("big-decimal of %d bytes, %d are the most", n, MaxBigSize)
	}
	if v.scale > MaxBigScale || v.scale < -MaxBigScale {
		return dst, rangeError("big-decimal scale %d is outside %d to %d", v.scale, -MaxBigScale, MaxBigScale)
	}
	dst = AppendLong(dst, int64(longSize(int64(n))+n+longSize(int64(v.scale))))
	dst = appendUnscaled(dst, u)
	return AppendLong(dst, int64(v.scale)), nil
}

// ReadBigDecimal reads a big-decimal; an unscaled number of no bytes is 0. A
// number beyond [MaxBigSize] or [MaxBigScale] is ErrLimit.
func ReadBigDecimal(src []byte, p int) (BigDecimal, int, error) {
	n, q, err := readLength(src, p, "big-decimal")
	if err != nil {
		return BigDecimal{}, p, err
	}
	// The value is all there: what ends early inside of it is malformed.
	value := src[:q+n]
	size, at, err := readLength(value, q, "unscaled number")
	if err != nil {
		return BigDecimal{}, p, readError(p, ErrMalformed, "big-decimal of %d bytes: unscaled number", n)
	}
	scale, end, err := ReadInt(value, at+size)
	if err != nil || end != len(value) {
		return BigDecimal{}, p, readError(p, ErrMalformed, "big-decimal of %d bytes: scale", n)
	}
	if scale > MaxBigScale || scale < -MaxBigScale {
		return BigDecimal{}, p, readError(p, ErrLimit, "big-decimal scale %d is outside %d to %d", scale, -MaxBigScale, MaxBigScale)
	}
	b := trimSign(value[at : at+size])
	if len(b) > MaxBigSize {
		return BigDecimal{}, p, readError(p, ErrLimit, "big-decimal of %d bytes, %d are the most", len(b), MaxBigSize)
	}
	return BigDecimal{unscaled: intOf(b), scale: scale}, end, nil
}

// fit is the unscaled number at a field's scale.
func (d BigDecimal) fit(precision, scale int) (*big.Int, error) {
	u, ok := rescaleBig(d.int(), int(d.scale), scale)
	if !ok {
		return nil, rangeError("decimal %.40s cannot be held exactly with scale %d", d, scale)
	}
	if moreDigits(u, precision) {
		return nil, rangeError("decimal %.40s has more than %d digits", d, precision)
	}
	return u, nil
}

// moreDigits reports whether a number has more than n digits. Most are told by
// their bits.
func moreDigits(u *big.Int, n int) bool {
	switch over := float64(u.BitLen()) - float64(n)*log2of10; {
	case over < -1:
		return false
	case over > 2:
		return true
	}
	return u.CmpAbs(bigPow10(n)) >= 0
}

// longSize is how many bytes an Avro long takes.
func longSize(v int64) int {
	return (bits.Len64(uint64(v)<<1^uint64(v>>63)|1) + 6) / 7
}

// sizeOf is how many bytes a number takes as two's complement.
func sizeOf(u *big.Int) int {
	n := u.BitLen()
	if u.Sign() < 0 && int(u.TrailingZeroBits()) == n-1 {
		n-- // -128 fits a byte, 128 does not
	}
	return n/8 + 1
}

// appendUnscaled appends a number as Avro bytes, in two's complement, the most
// significant byte first.
func appendUnscaled(dst []byte, u *big.Int) []byte {
	n := sizeOf(u)
	return appendInt(AppendLong(dst, int64(n)), u, n)
}

func appendFixedUnscaled(dst []byte, u *big.Int, size int) ([]byte, error) {
	if n := sizeOf(u); n > size {
		return dst, rangeError("decimal takes %d bytes, the fixed has %d", n, size)
	}
	return appendInt(dst, u, size), nil
}

// appendInt appends a number in n bytes, which are enough.
func appendInt(dst []byte, u *big.Int, n int) []byte {
	at := len(dst)
	dst = slices.Grow(dst, n)[:at+n]
	b := u.FillBytes(dst[at:])
	if u.Sign() < 0 {
		carry := true
		for i := n - 1; i >= 0; i-- {
			b[i] = ^b[i]
			if carry {
				b[i]++
				carry = b[i] == 0
			}
		}
	}
	return dst
}

func readUnscaled(src []byte, p, precision int) (*big.Int, int, error) {
	n, q, err := readLength(src, p, "decimal")
	if err != nil {
		return nil, p, err
	}
	u, err := unscaledOf(src[q:q+n], p, precision)
	return u, q + n, err
}

func readFixedUnscaled(src []byte, p, precision, size int) (*big.Int, int, error) {
	if len(src)-p < size {
		return nil, p, readError(p, ErrTruncated, "decimal of %d bytes, %d are left", size, len(src)-p)
	}
	u, err := unscaledOf(src[p:p+size], p, precision)
	return u, p + size, err
}

// unscaledOf reads a number of at most precision digits. Longer ones are
// refused before anything is made of them.
func unscaledOf(b []byte, p, precision int) (*big.Int, error) {
	b = trimSign(b)
	if len(b) <= precision/2+2 {
		if u := intOf(b); !moreDigits(u, precision) {
			return u, nil
		}
	}
	return nil, readError(p, ErrMalformed, "decimal of more than %d digits", precision)
}

// trimSign leaves out the bytes in front that only repeat the sign.
func trimSign(b []byte) []byte {
	for len(b) > 1 && (b[0] == 0 && b[1] < 0x80 || b[0] == 0xff && b[1] >= 0x80) {
		b = b[1:]
	}
	return b
}

// intOf reads two's complement, the most significant byte first; no bytes are 0.
func intOf(b []byte) *big.Int {
	if len(b) == 0 || b[0] < 0x80 {
		return new(big.Int).SetBytes(b)
	}
	var room [32]byte
	inverse := append(room[:0], b...)
	for i, c := range inverse {
		inverse[i] = ^c
	}
	u := new(big.Int).SetBytes(inverse)
	return u.Not(u)
}
