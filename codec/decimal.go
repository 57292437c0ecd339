package codec

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"strconv"
	"strings"
)

// MaxPrecision is the largest precision of an Avro decimal that a [Decimal]
// holds: every number of 18 digits fits 64 bits.
const MaxPrecision = 18

// Decimal is an exact decimal number: an unscaled 64-bit integer and a scale,
// the count of digits after the point. 12.50 is 1250 with scale 2. The zero
// value is 0. The scale of a field is fixed by its schema: a decoded Decimal
// has that scale, and one to be encoded may have another as long as no digit
// is lost.
type Decimal struct {
	unscaled int64
	scale    uint8
}

// NewDecimal is unscaled / 10^scale: NewDecimal(1250, 2) is 12.50. An amount
// of money in minor units is NewDecimal(minor, 2) for a currency with cents.
// It panics when scale is not within 0 to MaxPrecision, which is a programmer's
// mistake.
func NewDecimal(unscaled int64, scale int) Decimal {
	if scale < 0 || scale > MaxPrecision {
		panic(fmt.Sprintf("codec: decimal scale %d is outside 0 to %d", scale, MaxPrecision))
	}
	return Decimal{unscaled: unscaled, scale: uint8(scale)}
}

// ParseDecimal reads digits with an optional sign and point, such as -12.50;
// the digits after the point are its scale. There are no exponents. A number
// that a Decimal cannot hold exactly is ErrRange.
func ParseDecimal(s string) (Decimal, error) {
	text, scale, ok := splitDecimal(s)
	if !ok {
		return Decimal{}, fmt.Errorf("decimal %.40q: want digits such as -12.50", s)
	}
	if scale > MaxPrecision {
		return Decimal{}, fmt.Errorf("decimal %.40q: %w: more than %d digits after the point", s, ErrRange, MaxPrecision)
	}
	unscaled, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return Decimal{}, fmt.Errorf("decimal %.40q: %w: too many digits", s, ErrRange)
	}
	return Decimal{unscaled: unscaled, scale: uint8(scale)}, nil
}

// splitDecimal takes the point out of digits with an optional sign and point:
// -1250 and 2 for -12.50.
func splitDecimal(s string) (unscaled string, scale int, ok bool) {
	digits := strings.TrimPrefix(s, "-")
	negative := digits != s
	if !negative {
		digits = strings.TrimPrefix(s, "+")
	}
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || (point && fraction == "") || !allDigits(whole) || !allDigits(fraction) {
		return "", 0, false
	}
	unscaled = whole + fraction
	if negative {
		unscaled = "-" + unscaled
	}
	return unscaled, len(fraction), true
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// Unscaled is the number without its point: 1250 for 12.50.
func (d Decimal) Unscaled() int64 { return d.unscaled }

// Scale is the count of digits after the point.
func (d Decimal) Scale() int { return int(d.scale) }

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	switch {
	case d.unscaled < 0:
		return -1
	case d.unscaled > 0:
		return 1
	}
	return 0
}

// IsZero reports whether the number is 0, at any scale.
func (d Decimal) IsZero() bool { return d.unscaled == 0 }

// Rescale is the same number with another scale, or ErrRange when digits
// would be lost or the number would no longer fit.
func (d Decimal) Rescale(scale int) (Decimal, error) {
	if scale < 0 || scale > MaxPrecision {
		return Decimal{}, rangeError("decimal scale %d is outside 0 to %d", scale, MaxPrecision)
	}
	u, ok := rescale(d.unscaled, int(d.scale), scale)
	if !ok {
		return Decimal{}, rangeError("decimal %s cannot be held exactly with scale %d", d, scale)
	}
	return Decimal{unscaled: u, scale: uint8(scale)}, nil
}

// Minor is the number in units of 10^-scale: Minor(2) of 12.5 is 1250. It is
// ErrRange when the number is not a whole count of them.
func (d Decimal) Minor(scale int) (int64, error) {
	r, err := d.Rescale(scale)
	return r.unscaled, err
}

func rescale(u int64, from, to int) (int64, bool) {
	if from == to || u == 0 {
		return u, true
	}
	if to < from {
		f := int64(pow10(from - to))
		return u / f, u%f == 0
	}
	f := int64(pow10(to - from))
	v := u * f
	return v, v/f == u
}

// Cmp compares numbers, not scales: it is -1, 0 or 1.
func (d Decimal) Cmp(other Decimal) int {
	if d.scale == other.scale {
		switch {
		case d.unscaled < other.unscaled:
			return -1
		case d.unscaled > other.unscaled:
			return 1
		}
		return 0
	}
	return d.Rat().Cmp(other.Rat())
}

// Equal reports whether both are the same number: 12.5 equals 12.50.
func (d Decimal) Equal(other Decimal) bool { return d.Cmp(other) == 0 }

// Rat is the number as a fraction.
func (d Decimal) Rat() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(d.unscaled), new(big.Int).SetUint64(pow10(int(d.scale))))
}

// String writes all digits of the scale: 12.50.
func (d Decimal) String() string {
	digits := withPoint(strconv.FormatUint(magnitude(d.unscaled), 10), int(d.scale))
	if d.unscaled < 0 {
		return "-" + digits
	}
	return digits
}

// withPoint puts a point in front of the last scale digits.
func withPoint(digits string, scale int) string {
	if scale == 0 {
		return digits
	}
	if pad := scale + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	return digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
}

// MarshalText is String; in JSON a Decimal is a string, so that no reader
// rounds it.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText is ParseDecimal.
func (d *Decimal) UnmarshalText(text []byte) error {
	v, err := ParseDecimal(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// powers are 10^0 to 10^18.
var powers = func() (p [MaxPrecision + 1]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

// pow10 is 10^n for n within 0 to 18.
func pow10(n int) uint64 { return powers[n] }

func magnitude(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// fit is d's unscaled value at a field's scale.
func (d Decimal) fit(precision, scale int) (int64, error) {
	u := d.unscaled
	if int(d.scale) != scale {
		var ok bool
		if u, ok = rescale(u, int(d.scale), scale); !ok {
			return 0, rangeError("decimal %s cannot be held exactly with scale %d", d, scale)
		}
	}
	if magnitude(u) >= pow10(precision) {
		return 0, rangeError("decimal %s has more than %d digits", d, precision)
	}
	return u, nil
}

// AppendDecimal appends a decimal held in Avro bytes, in the fewest bytes. A
// number of more digits than precision, or of a finer scale, is ErrRange.
func AppendDecimal(dst []byte, d Decimal, precision, scale int) ([]byte, error) {
	u, err := d.fit(precision, scale)
	if err != nil {
		return dst, err
	}
	n := (64-bits.LeadingZeros64(uint64(u^u>>63)))/8 + 1
	dst = append(dst, byte(n<<1))
	// All eight bytes at once; those that are not needed are left behind the end.
	return binary.BigEndian.AppendUint64(dst, uint64(u)<<(64-8*n))[:len(dst)+n], nil
}

// AppendFixedDecimal appends a decimal held in an Avro fixed of size bytes.
func AppendFixedDecimal(dst []byte, d Decimal, precision, scale, size int) ([]byte, error) {
	u, err := d.fit(precision, scale)
	if err != nil {
		return dst, err
	}
	for i := size - 1; i >= 0; i-- {
		dst = append(dst, byte(u>>min(8*i, 63)))
	}
	return dst, nil
}

// ReadDecimal reads a decimal held in Avro bytes; none at all are 0, as some
// writers have it. A number of more digits than precision is ErrMalformed.
func ReadDecimal(src []byte, p, precision, scale int) (Decimal, int, error) {
	n, q, err := readLength(src, p, "decimal")
	if err != nil {
		return Decimal{}, p, err
	}
	d, err := decimalOf(src[q:q+n], p, precision, scale)
	if err != nil {
		return Decimal{}, p, err
	}
	return d, q + n, nil
}

// ReadFixedDecimal reads a decimal held in an Avro fixed of size bytes.
func ReadFixedDecimal(src []byte, p, precision, scale, size int) (Decimal, int, error) {
	if len(src)-p < size {
		return Decimal{}, p, readError(p, ErrTruncated, "decimal of %d bytes, %d are left", size, len(src)-p)
	}
	d, err := decimalOf(src[p:p+size], p, precision, scale)
	if err != nil {
		return Decimal{}, p, err
	}
	return d, p + size, nil
}

// decimalOf reads a two's complement number, most significant byte first.
func decimalOf(b []byte, p, precision, scale int) (Decimal, error) {
	var u int64
	if len(b) > 0 {
		u = int64(int8(b[0]))
	}
	for i, c := range b {
		if i == 0 {
			continue
		}
		if u > math.MaxInt64>>8 || u < math.MinInt64>>8 {
			return Decimal{}, readError(p, ErrMalformed, "decimal of more than %d digits", precision)
		}
		u = u<<8 | int64(c)
	}
	if magnitude(u) >= pow10(precision) {
		return Decimal{}, readError(p, ErrMalformed, "decimal of more than %d digits", precision)
	}
	return Decimal{unscaled: u, scale: uint8(scale)}, nil
}
