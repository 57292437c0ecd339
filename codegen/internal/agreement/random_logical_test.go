package agreement_test

import (
	"math/big"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// logicalBases are the types that logical types can annotate.
var logicalBases = map[string][]string{
	"decimal": {"bytes", "fixed"}, "big-decimal": {"bytes"}, "uuid": {"string", "fixed"},
	"date": {"int"}, "time-millis": {"int"}, "time-micros": {"long"},
	"timestamp-millis": {"long"}, "timestamp-micros": {"long"},
	"local-timestamp-millis": {"long"}, "local-timestamp-micros": {"long"},
}

// logical makes what not every value of the base type is.
func (v *values) logical(name string, s *avrojson.Value) any {
	const day = 24 * 60 * 60 * 1000
	switch name {
	case "decimal":
		return v.decimal(number(s.Get("precision")), number(s.Get("size")))
	case "big-decimal":
		return v.bigDecimal()
	case "uuid":
		if s.Get("size") == nil {
			return v.uuid()
		}
	case "time-millis":
		return int32(v.IntN(day))
	case "time-micros":
		return v.Int64N(day * 1000)
	case "date":
		if v.tame {
			return int32(v.IntN(2_000_000) - 700_000)
		}
	case "timestamp-millis", "local-timestamp-millis":
		if v.tame {
			return v.Int64N(2_000_000*day) - 700_000*day
		}
	case "timestamp-micros", "local-timestamp-micros":
		if v.tame {
			return v.Int64N(2_000_000*day*1000) - 700_000*day*1000
		}
	}
	return nil
}

// decimal is a number of at most so many digits, in the fewest bytes or in size
// bytes.
func (v *values) decimal(precision, size int) []byte {
	digits := make([]byte, 1+v.IntN(precision))
	for i := range digits {
		digits[i] = '0' + byte(v.IntN(10))
	}
	n, _ := new(big.Int).SetString(string(digits), 10)
	if v.IntN(2) == 0 {
		n.Neg(n)
	}
	return twosComplement(n, size)
}

// twosComplement is a number, most significant byte first, in size bytes; in the
// fewest when size is 0.
func twosComplement(n *big.Int, size int) []byte {
	fewest := 1
	for limit := big.NewInt(128); n.Cmp(limit) >= 0 || n.Cmp(new(big.Int).Neg(limit)) < 0; fewest++ {
		limit.Lsh(limit, 8)
	}
	if size == 0 {
		size = fewest
	}
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	return n.FillBytes(make([]byte, size))
}

// bigDecimal is an unscaled number as bytes, and a scale.
func (v *values) bigDecimal() []byte {
	unscaled := v.decimal(40, 0)
	out := append([]byte{byte(2 * len(unscaled))}, unscaled...)
	return append(out, byte(v.IntN(64)))
}

func (v *values) uuid() string {
	const digits = "0123456789abcdef"
	out := []byte("00000000-0000-0000-0000-000000000000")
	for i, c := range out {
		if c == '0' {
			out[i] = digits[v.IntN(16)]
		}
	}
	return string(out)
}
