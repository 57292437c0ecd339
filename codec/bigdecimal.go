package codec

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Limits of big-decimals. They are wide enough for whatever PostgreSQL's numeric
// holds, and keep one of a few bytes from costing gigabytes once somebody writes
// it out or compares it.
const (
	// MaxBigScale is the largest scale of a [BigDecimal], and negative the
	// smallest.
	MaxBigScale = 1 << 14
	// MaxBigSize is the most bytes that the unscaled number of a big-decimal may
	// take: 157,826 digits.
	MaxBigSize = 1 << 16
)

// BigDecimal is an exact decimal number of any size: an unscaled integer and a
// scale, the count of digits after the point. 12.50 is 1250 with scale 2. A
// scale below 0 counts zeros in front of the point: 12 with scale -3 is 12000.
// The zero value is 0.
//
// It is the Go form of the logical type big-decimal, where every value has its
// own scale, and of decimals of more than [MaxPrecision] digits, where the
// schema fixes it: a decoded one has that scale, and one to be encoded may have
// another as long as no digit is lost.
//
// BigDecimals are immutable and safe for concurrent use. They are compared by
// Equal or Cmp: == compares pointers.
type BigDecimal struct {
	unscaled *big.Int // nil is 0; never changed
	scale    int32
}

// NewBigDecimal is unscaled / 10^scale; it keeps a copy of unscaled, and nil
// counts as 0. It panics when scale is not within -MaxBigScale to MaxBigScale,
// which is a programmer's mistake.
func NewBigDecimal(unscaled *big.Int, scale int) BigDecimal {
	if scale < -MaxBigScale || scale > MaxBigScale {
		panic(fmt.Sprintf("codec: big decimal scale %d is outside %d to %d", scale, -MaxBigScale, MaxBigScale))
	}
	d := BigDecimal{scale: int32(scale)}
	if unscaled != nil {
		d.unscaled = new(big.Int).Set(unscaled)
	}
	return d
}

// ParseBigDecimal reads digits with an optional sign, point and exponent, such
// as -12.50 or 125E-3. The scale is the count of digits after the point less the
// exponent, so that String gives the number back as it was read: 12E+3 is 12
// with scale -3. A number beyond the limits of scale and size is ErrRange.
func ParseBigDecimal(s string) (BigDecimal, error) {
	const most = MaxBigSize * 5 / 2 // no number within MaxBigSize needs more
	if len(s) > most {
		return BigDecimal{}, fmt.Errorf("decimal %.40q: %w: more than %d characters", s, ErrRange, most)
	}
	number, exponent, err := cutExponent(s)
	digits, scale, ok := splitDecimal(number)
	if !ok || (err != nil && !errors.Is(err, strconv.ErrRange)) {
		return BigDecimal{}, fmt.Errorf("decimal %.40q: want digits such as -12.50 or 125E-3", s)
	}
	// The smallest exponents are compared before they could overflow.
	if err != nil || exponent < -MaxBigScale || scale-exponent > MaxBigScale || scale-exponent < -MaxBigScale {
		return BigDecimal{}, fmt.Errorf("decimal %.40q: %w: the scale is outside %d to %d", s, ErrRange, -MaxBigScale, MaxBigScale)
	}
	unscaled, ok := new(big.Int).SetString(digits, 10)
	if !ok || sizeOf(unscaled) > MaxBigSize {
		return BigDecimal{}, fmt.Errorf("decimal %.40q: %w: too many digits", s, ErrRange)
	}
	return BigDecimal{unscaled: unscaled, scale: int32(scale - exponent)}, nil
}

// cutExponent splits a number from its exponent, which is 0 when there is none.
func cutExponent(s string) (number string, exponent int, err error) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, nil
	}
	exponent, err = strconv.Atoi(s[i+1:])
	return s[:i], exponent, err
}

// int is the unscaled number, which must not be changed.
func (d BigDecimal) int() *big.Int {
	if d.unscaled == nil {
		return new(big.Int)
	}
	return d.unscaled
}

// Unscaled is a copy of the number without its point: 1250 for 12.50.
func (d BigDecimal) Unscaled() *big.Int { return new(big.Int).Set(d.int()) }

// Scale is the count of digits after the point; below 0 it counts the zeros in
// front of it that the unscaled number does not have.
func (d BigDecimal) Scale() int { return int(d.scale) }

// Sign is -1, 0 or 1.
func (d BigDecimal) Sign() int {
	if d.unscaled == nil {
		return 0
	}
	return d.unscaled.Sign()
}

// IsZero reports whether the number is 0, at any scale.
func (d BigDecimal) IsZero() bool { return d.Sign() == 0 }

// log2of10 is how many bits a decimal digit takes.
const log2of10 = 3.321928094887362

// Cmp compares numbers, not scales: it is -1, 0 or 1.
func (d BigDecimal) Cmp(other BigDecimal) int {
	a, b := d.int(), other.int()
	if d.scale == other.scale || a.Sign() == 0 || b.Sign() == 0 || a.Sign() != b.Sign() {
		return a.Cmp(b)
	}
	// Numbers of different size are told apart by their bits alone, so that no
	// power of ten is made that is larger than the numbers are.
	more := int(d.scale) - int(other.scale)
	switch bits := float64(a.BitLen()-b.BitLen()) - float64(more)*log2of10; {
	case bits > 2:
		return a.Sign()
	case bits < -2:
		return -a.Sign()
	}
	if more > 0 {
		return a.Cmp(shift10(b, more))
	}
	return shift10(a, -more).Cmp(b)
}

// Equal reports whether both are the same number: 12.5 equals 12.50.
func (d BigDecimal) Equal(other BigDecimal) bool { return d.Cmp(other) == 0 }

// Rat is the number as a fraction. It holds the power of ten in full, which is
// 7 kB at the largest scale.
func (d BigDecimal) Rat() *big.Rat { return ratOf(d.int(), int(d.scale)) }

// Decimal is the same number as a [Decimal]: with the same scale, with scale 0
// where this one is below 0, or with a smaller scale where that does not fit and
// the last digits are zeros. A number that no Decimal holds exactly is ErrRange.
func (d BigDecimal) Decimal() (Decimal, error) {
	u, scale := d.int(), int(d.scale)
	if u.Sign() == 0 {
		return Decimal{scale: uint8(min(max(scale, 0), MaxPrecision))}, nil
	}
	if scale < 0 && scale >= -MaxPrecision {
		u, scale = shift10(u, -scale), 0
	}
	// A number of n bits too many has at least that many digits too many.
	cut := max(scale-MaxPrecision, int(float64(u.BitLen()-64)/log2of10), 0)
	for scale >= cut {
		if cut > 0 {
			var ok bool
			if u, ok = rescaleBig(u, scale, scale-cut); !ok {
				break
			}
			scale -= cut
		}
		if u.IsInt64() {
			return Decimal{unscaled: u.Int64(), scale: uint8(scale)}, nil
		}
		cut = 1
	}
	return Decimal{}, rangeError("decimal %.40s has more digits than a Decimal", d)
}

// longestZeros is how many zeros String writes between the point and the first
// other digit: a few bytes of input shall not become thousands of characters.
const longestZeros = 40

// String writes all digits of the scale: 12.50. A number with a scale below 0,
// or with more than 40 zeros behind the point, is written as the unscaled number
// and an exponent: 12E+3, 1E-100.
func (d BigDecimal) String() string {
	text := d.int().String()
	digits := strings.TrimPrefix(text, "-")
	scale := int(d.scale)
	switch {
	case scale < 0:
		return text + "E+" + strconv.Itoa(-scale)
	case scale-len(digits) > longestZeros:
		return text + "E-" + strconv.Itoa(scale)
	}
	return text[:len(text)-len(digits)] + withPoint(digits, scale)
}

// MarshalText is String; in JSON a BigDecimal is a string, so that no reader
// rounds it.
func (d BigDecimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseBigDecimal.
func (d *BigDecimal) UnmarshalText(text []byte) error {
	v, err := ParseBigDecimal(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// shift10 is u * 10^n, for n from 0 on.
func shift10(u *big.Int, n int) *big.Int {
	return new(big.Int).Mul(u, bigPow10(n))
}

// bigPow10 is 10^n, for n from 0 on.
func bigPow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// rescaleBig is the unscaled number at another scale, unless digits would be
// lost. The result may be u itself.
func rescaleBig(u *big.Int, from, to int) (*big.Int, bool) {
	switch {
	case from == to || u.Sign() == 0:
		return u, true
	case from < to:
		return shift10(u, to-from), true
	case from-to > u.BitLen(): // more zeros than it has digits
		return nil, false
	}
	q, r := new(big.Int).QuoRem(u, bigPow10(from-to), new(big.Int))
	return q, r.Sign() == 0
}
