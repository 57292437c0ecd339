package oracle_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
)

// values writes random values straight in Avro's binary encoding, from the
// schema alone, with the edges of all ranges among them.
type values struct {
	*rand.Rand
	// Blocks cuts arrays and maps into blocks, some with their size in bytes.
	Blocks bool
	// Tame keeps times in the years that every language can show.
	Tame bool
}

func (v values) one(n *node) []byte { return v.append([]byte{}, n, 0) }

func (v values) append(dst []byte, n *node, depth int) []byte {
	switch n.kind {
	case "null":
		return dst
	case "boolean":
		return append(dst, byte(v.IntN(2)))
	case "int", "long":
		return appendLong(dst, v.number(n))
	case "float":
		return binary.LittleEndian.AppendUint32(dst, v.float())
	case "double":
		return binary.LittleEndian.AppendUint64(dst, v.double())
	case "string":
		return appendBytes(dst, []byte(v.text(n)))
	case "bytes":
		return appendBytes(dst, v.raw(n))
	case "fixed":
		return append(dst, v.raw(n)...)
	case "enum":
		return appendLong(dst, int64(v.IntN(len(n.symbols))))
	case "array", "map":
		return v.items(dst, n, depth)
	case "union":
		i := v.branch(n, depth)
		return v.append(appendLong(dst, int64(i)), n.branches[i], depth+1)
	}
	for _, f := range n.fields {
		dst = v.append(dst, f.typ, depth+1)
	}
	return dst
}

// deep is where recursive values begin to end.
const deep = 7

func (v values) branch(n *node, depth int) int {
	i := v.IntN(len(n.branches))
	if depth <= deep || n.branches[i].kind != "record" {
		return i
	}
	if flat := slices.IndexFunc(n.branches, func(b *node) bool { return b.kind != "record" }); flat >= 0 {
		return flat
	}
	return i
}

func (v values) items(dst []byte, n *node, depth int) []byte {
	count := v.IntN(4)
	if depth > 3 {
		count /= 2
	}
	if depth > deep || v.IntN(4) == 0 {
		count = 0
	}
	for i := 0; i < count; {
		block := count - i
		if v.Blocks {
			block = 1 + v.IntN(block)
		}
		var body []byte
		for range block {
			if n.kind == "map" {
				body = appendBytes(body, []byte(v.key(i)))
			}
			body = v.append(body, n.item, depth+1)
			i++
		}
		if v.Blocks && v.IntN(2) == 0 {
			dst = appendLong(appendLong(dst, -int64(block)), int64(len(body)))
		} else {
			dst = appendLong(dst, int64(block))
		}
		dst = append(dst, body...)
	}
	return append(dst, 0)
}

// key is no key twice in one map.
func (v values) key(i int) string {
	return []string{"", "k", "schlüssel", "b a"}[v.IntN(4)] + strconv.Itoa(i)
}

func (v values) text(n *node) string {
	if n.logical == "uuid" {
		return uuidText(v.Uint64(), v.Uint64())
	}
	alphabet := []rune("abc xyz \x00\n\"ß漢字🚚é\u2028\U0010FFFF")
	out := make([]rune, v.IntN(12))
	if v.IntN(60) == 0 {
		out = make([]rune, 300)
	}
	for i := range out {
		out[i] = alphabet[v.IntN(len(alphabet))]
	}
	return string(out)
}

func uuidText(a, b uint64) string {
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", uint32(a>>32), uint16(a>>16), uint16(a), uint16(b>>48), b&(1<<48-1))
}

// number is an int or a long that its logical type allows.
func (g *schemas) number(n *node) int64 { return values{Rand: g.Rand}.number(n) }

func (v values) number(n *node) int64 {
	switch n.logical {
	case "time-millis":
		return v.until(24 * 60 * 60 * 1000)
	case "time-micros":
		return v.until(24 * 60 * 60 * 1000 * 1000)
	}
	if v.Tame && n.logical != "" {
		return v.tame(n.logical)
	}
	edge := []int64{0, 1, -1, 63, 64, -64, -65, 8191, 8192, math.MaxInt32, math.MinInt32}
	if n.kind == "long" {
		edge = append(edge, math.MaxInt64, math.MinInt64, math.MaxInt64-1, 1<<55, -1<<55, 1<<53+1)
	}
	if v.IntN(3) == 0 {
		return edge[v.IntN(len(edge))]
	}
	if n.kind == "int" {
		return int64(int32(v.Uint32()) >> v.IntN(32))
	}
	return int64(v.Uint64()) >> v.IntN(64)
}

func (v values) until(end int64) int64 {
	if v.IntN(5) == 0 {
		return []int64{0, 1, end - 1, end / 2}[v.IntN(4)]
	}
	return v.Int64N(end)
}

// tame are times between 1900 and 2100; those in nanoseconds since 1970, because
// Java's own types are a second off before.
func (v values) tame(logical string) int64 {
	days := v.Int64N(200*365) - 70*365
	per := map[string]int64{"date": 1, "millis": 86_400_000, "micros": 86_400_000_000, "nanos": 86_400_000_000_000}
	for name, units := range per {
		if len(logical) >= len(name) && logical[len(logical)-len(name):] == name {
			if name == "nanos" {
				days = max(days, -days)
			}
			return days*units + v.Int64N(units)
		}
	}
	return days
}

// float are bits; not a number has those that all languages make.
func (v values) float() uint32 {
	if v.IntN(3) == 0 {
		return []uint32{0, 1 << 31, 0x7fc00000, 0x7f800000, 0xff800000, 1, 0x7f7fffff}[v.IntN(7)]
	}
	return math.Float32bits(float32(v.NormFloat64() * 1e6))
}

func (v values) double() uint64 {
	if v.IntN(3) == 0 {
		return []uint64{0, 1 << 63, 0x7ff8 << 48, 0x7ff0 << 48, 0xfff0 << 48, 1, math.Float64bits(math.MaxFloat64)}[v.IntN(7)]
	}
	return math.Float64bits(v.NormFloat64() * 1e9)
}

// raw is what a bytes or a fixed may hold.
func (v values) raw(n *node) []byte {
	switch n.logical {
	case "decimal":
		unscaled := v.digits(n.precision)
		if n.kind == "fixed" {
			return twosComplement(unscaled, n.size)
		}
		return twosComplement(unscaled, 0)
	case "big-decimal":
		return appendLong(appendBytes(nil, twosComplement(v.digits(1+v.IntN(30)), 0)), v.Int64N(40)-5)
	}
	size := n.size
	if n.kind == "bytes" {
		size = v.IntN(10)
	}
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(v.Uint32())
	}
	return b
}

// digits is a number of at most so many decimal digits.
func (v values) digits(most int) *big.Int {
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(most)), nil)
	switch v.IntN(6) {
	case 0:
		return limit.Sub(limit, big.NewInt(1))
	case 1:
		return limit.Sub(big.NewInt(1), limit)
	case 2:
		small := big.NewInt([]int64{0, 1, -1, 127, 128, -127, -128, -129, 255, 256}[v.IntN(10)])
		return small.Rem(small, limit)
	}
	n := new(big.Int)
	for range 5 {
		n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(v.Uint64()))
	}
	n.Rem(n, limit)
	if v.IntN(2) == 0 {
		n.Neg(n)
	}
	return n
}

// twosComplement is big endian, in size bytes or, when size is 0, the fewest.
func twosComplement(n *big.Int, size int) []byte {
	if size == 0 {
		m := n
		if n.Sign() < 0 {
			m = new(big.Int).Not(n)
		}
		size = m.BitLen()/8 + 1
	}
	if n.Sign() < 0 {
		n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	return n.FillBytes(make([]byte, size))
}

func appendLong(dst []byte, v int64) []byte { return binary.AppendVarint(dst, v) }

func appendBytes(dst, b []byte) []byte { return append(appendLong(dst, int64(len(b))), b...) }
