package test_test

import (
	varint "encoding/binary"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"time"

	hamba "github.com/hamba/avro/v2"
)

// generic makes random values of any schema, in the forms in which hamba writes
// them without knowing a Go type. What hamba is known to write wrong is left out:
//
//   - decimals of -128, -32768 and so on, which take a byte more than they need,
//   - decimals of more digits after the point than their scale, which it cuts off,
//   - days before 1970 with a time of day, which it takes for the day after,
//   - days in another zone than UTC, whose day in UTC it writes,
//   - local timestamps in another zone than the process's, and those within hours
//     of a change of its clocks, which it reads an hour off,
//   - numbers beyond an Avro int, of which it writes the low bits.
type generic struct{ *rand.Rand }

// deep is where recursive values end.
const deep = 6

func (g generic) of(s hamba.Schema, depth int) any {
	switch s := s.(type) {
	case *hamba.RefSchema:
		return g.of(s.Schema(), depth)
	case *hamba.RecordSchema:
		v := map[string]any{}
		for _, f := range s.Fields() {
			v[f.Name()] = g.of(f.Type(), depth+1)
		}
		return v
	case *hamba.UnionSchema:
		b := g.branch(s.Types(), depth)
		if b.Type() == hamba.Null {
			return nil
		}
		return map[string]any{branchName(b): g.of(b, depth+1)}
	case *hamba.ArraySchema:
		v := make([]any, g.count(4, depth))
		for i := range v {
			v[i] = g.of(s.Items(), depth+1)
		}
		return v
	case *hamba.MapSchema: // of one entry at most: nothing orders a map's entries
		v := map[string]any{}
		for range g.count(2, depth) {
			v[g.text()] = g.of(s.Values(), depth+1)
		}
		return v
	case *hamba.EnumSchema:
		return s.Symbols()[g.IntN(len(s.Symbols()))]
	case *hamba.FixedSchema:
		return g.fixed(s)
	case *hamba.PrimitiveSchema:
		return g.primitive(s)
	}
	return nil
}

// count is less than most, and 0 where values must end.
func (g generic) count(most, depth int) int {
	if depth > deep {
		return 0
	}
	return g.IntN(most)
}

// branch is a random one; where values must end, one that holds nothing, if there is.
func (g generic) branch(all hamba.Schemas, depth int) hamba.Schema {
	if depth > deep {
		for _, b := range all {
			if b.Type() != hamba.Ref && b.Type() != hamba.Record {
				return b
			}
		}
	}
	return all[g.IntN(len(all))]
}

// branchName is how hamba calls a branch.
func branchName(s hamba.Schema) string {
	if ref, ok := s.(*hamba.RefSchema); ok {
		s = ref.Schema()
	}
	if n, ok := s.(hamba.NamedSchema); ok {
		return n.FullName()
	}
	if l := known(s); l != "" {
		return string(s.Type()) + "." + string(l)
	}
	return string(s.Type())
}

// known is the logical type if hamba knows it.
func known(s hamba.Schema) hamba.LogicalType {
	if l, ok := s.(hamba.LogicalTypeSchema); ok && l.Logical() != nil {
		return l.Logical().Type()
	}
	return ""
}

func (g generic) fixed(s *hamba.FixedSchema) any {
	switch known(s) {
	case hamba.Decimal:
		d, _ := s.Logical().(*hamba.DecimalLogicalSchema)
		return g.decimal(d)
	case hamba.Duration:
		return hamba.LogicalDuration{Months: g.Uint32(), Days: g.Uint32(), Milliseconds: g.Uint32()}
	}
	v := reflect.New(reflect.ArrayOf(s.Size(), reflect.TypeFor[byte]())).Elem()
	for i := range v.Len() {
		v.Index(i).SetUint(g.Uint64N(256))
	}
	return v.Interface()
}

func (g generic) decimal(d *hamba.DecimalLogicalSchema) *big.Rat {
	size := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(1+g.IntN(d.Precision()))), nil)
	u := new(big.Int).SetUint64(g.Uint64())
	for range 2 { // 192 bits
		u.Add(u.Lsh(u, 64), new(big.Int).SetUint64(g.Uint64()))
	}
	u.Mod(u, size)
	if power := u.BitLen() > 0 && int(u.TrailingZeroBits()) == u.BitLen()-1; g.IntN(2) == 0 && !power {
		u.Neg(u)
	}
	return new(big.Rat).SetFrac(u, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(d.Scale())), nil))
}

func (g generic) primitive(s *hamba.PrimitiveSchema) any {
	switch known(s) {
	case hamba.Date:
		return time.Unix(g.Int64N(100_000)*86_400, 0).UTC()
	case hamba.TimeMillis:
		return time.Duration(g.Int64N(86_400_000)) * time.Millisecond
	case hamba.TimeMicros:
		return time.Duration(g.Int64N(86_400_000_000)) * time.Microsecond
	case hamba.TimestampMillis:
		return time.UnixMilli(g.Int64N(2e13) - 1e13)
	case hamba.TimestampMicros:
		return time.UnixMicro(g.Int64N(2e16) - 1e16)
	case hamba.LocalTimestampMillis, hamba.LocalTimestampMicros: // no clocks change in the middle of these months
		month := []time.Month{time.January, time.July}[g.IntN(2)]
		return time.Date(1980+g.IntN(100), month, 15, g.IntN(24), g.IntN(60), g.IntN(60), g.IntN(1e9), time.Local)
	case hamba.Decimal:
		d, _ := s.Logical().(*hamba.DecimalLogicalSchema)
		return g.decimal(d)
	case hamba.UUID:
		return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", g.Uint32(), g.IntN(1<<16), g.IntN(1<<16), g.IntN(1<<16), g.Uint64()>>16)
	}
	switch s.Type() {
	case hamba.Boolean:
		return g.IntN(2) == 0
	case hamba.Int:
		return int(int32(g.Uint32()) >> g.IntN(32))
	case hamba.Long:
		return int64(g.Uint64()) >> g.IntN(64)
	case hamba.Float:
		return math.Float32frombits(g.Uint32())
	case hamba.Double:
		return math.Float64frombits(g.Uint64())
	case hamba.Bytes:
		if s.Prop("logicalType") == "big-decimal" { // unknown to hamba: an int in bytes, then the scale
			return varint.AppendVarint([]byte{2, byte(1 + g.IntN(9))}, g.Int64N(20))
		}
		return []byte(g.text())
	}
	return g.text()
}

func (g generic) text() string { return (&values{g.Rand}).text() }
