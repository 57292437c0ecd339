package codec

import "math/big"

// A *big.Rat may stand for a decimal or a big-decimal; nil counts as 0. Decoded
// ones are never nil and belong to the caller.

// MaxRatScale is how many digits after the point, or zeros in front of it, a
// big-decimal may have that becomes a *big.Rat: enough for every float64. It is
// smaller than [MaxBigScale] because a fraction holds the power of ten in full,
// and a big-decimal of four bytes would take 7 kB.
const MaxRatScale = 1074

// EqualRat reports whether both are the same number; nil is 0.
func EqualRat(a, b *big.Rat) bool {
	switch {
	case a == nil && b == nil:
		return true
	case a == nil:
		return b.Sign() == 0
	case b == nil:
		return a.Sign() == 0
	}
	return a.Cmp(b) == 0
}

// AppendRat appends a decimal held in Avro bytes, in the fewest bytes. A number
// of more digits than precision, or that is no whole count of 10^-scale, is
// ErrRange.
func AppendRat(dst []byte, v *big.Rat, precision, scale int) ([]byte, error) {
	u, err := fitRat(v, precision, scale)
	if err != nil {
		return dst, err
	}
	return appendUnscaled(dst, u), nil
}

// AppendFixedRat appends a decimal held in an Avro fixed of size bytes; a number
// that they cannot hold is ErrRange too.
func AppendFixedRat(dst []byte, v *big.Rat, precision, scale, size int) ([]byte, error) {
	u, err := fitRat(v, precision, scale)
	if err != nil {
		return dst, err
	}
	return appendFixedUnscaled(dst, u, size)
}

// fitRat is v in units of 10^-scale.
func fitRat(v *big.Rat, precision, scale int) (*big.Int, error) {
	if v == nil {
		return new(big.Int), nil
	}
	u := shift10(v.Num(), scale)
	if !v.IsInt() {
		rest := new(big.Int)
		if u.QuoRem(u, v.Denom(), rest); rest.Sign() != 0 {
			return nil, rangeError("%.40s cannot be held exactly with scale %d", v, scale)
		}
	}
	if moreDigits(u, precision) {
		return nil, rangeError("%.40s has more than %d digits", v, precision)
	}
	return u, nil
}

// ReadRat reads a decimal held in Avro bytes; none at all are 0. A number of
// more digits than precision is ErrMalformed.
func ReadRat(src []byte, p, precision, scale int) (*big.Rat, int, error) {
	u, q, err := readUnscaled(src, p, precision)
	if err != nil {
		return nil, p, err
	}
	return ratOf(u, scale), q, nil
}

// ReadFixedRat reads a decimal held in an Avro fixed of size bytes.
func ReadFixedRat(src []byte, p, precision, scale, size int) (*big.Rat, int, error) {
	u, q, err := readFixedUnscaled(src, p, precision, size)
	if err != nil {
		return nil, p, err
	}
	return ratOf(u, scale), q, nil
}

// AppendBigRat appends a big-decimal, with the smallest scale from 0 on that
// holds the number. One that has no end in decimal digits, such as 1/3, or that
// needs a scale beyond [MaxRatScale], is ErrRange.
func AppendBigRat(dst []byte, v *big.Rat) ([]byte, error) {
	if v == nil {
		return AppendBigDecimal(dst, BigDecimal{})
	}
	if v.IsInt() {
		return AppendBigDecimal(dst, BigDecimal{unscaled: v.Num()})
	}
	scale, exact := 0, false
	if float64(v.Denom().BitLen()) <= MaxRatScale*log2of10+1 { // else it divides no 10^MaxRatScale
		scale, exact = v.FloatPrec()
	}
	if !exact || scale > MaxRatScale {
		return dst, rangeError("%.40s as big-decimal: it has no end, or more than %d digits after the point", v, MaxRatScale)
	}
	u := shift10(v.Num(), scale)
	return AppendBigDecimal(dst, BigDecimal{unscaled: u.Quo(u, v.Denom()), scale: int32(scale)})
}

// ReadBigRat reads a big-decimal. A scale beyond [MaxRatScale] on either side of
// 0 is ErrLimit.
func ReadBigRat(src []byte, p int) (*big.Rat, int, error) {
	v, q, err := ReadBigDecimal(src, p)
	if err == nil && (v.scale > MaxRatScale || v.scale < -MaxRatScale) {
		err = readError(p, ErrLimit, "big-decimal scale %d as a fraction, %d is the most", v.scale, MaxRatScale)
	}
	if err != nil {
		return nil, p, err
	}
	return v.Rat(), q, nil
}

// ratOf is u / 10^scale.
func ratOf(u *big.Int, scale int) *big.Rat {
	if scale <= 0 {
		return new(big.Rat).SetInt(shift10(u, -scale))
	}
	return new(big.Rat).SetFrac(u, bigPow10(scale))
}
