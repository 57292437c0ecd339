package codegen

import (
	"fmt"

	"github.com/schemactl/schemactl/codec"
)

// avroType is a base type and what annotates it.
type avroType struct {
	kind    kind
	logical string
}

// plainTypes are the base types that are one call each.
var plainTypes = map[kind]goType{
	kindInt:    {expr: "int32", least: 1, scalar: &scalar{append: "codec.AppendLong(dst, int64(%s))", read: "codec.ReadInt(src, p)"}},
	kindLong:   {expr: "int64", least: 1, scalar: &scalar{append: "codec.AppendLong(dst, %s)", read: "codec.ReadLong(src, p)"}},
	kindFloat:  {expr: "float32", least: 4, scalar: &scalar{append: "codec.AppendFloat(dst, %s)", read: "codec.ReadFloat(src, p)", at: "codec.FloatAt(src, p)", resolve: "codec.PromoteFloat(src, p, %s.Kind)", equal: "codec.EqualFloat(%s, %s)"}},
	kindDouble: {expr: "float64", least: 8, scalar: &scalar{append: "codec.AppendDouble(dst, %s)", read: "codec.ReadDouble(src, p)", at: "codec.DoubleAt(src, p)", resolve: "codec.PromoteDouble(src, p, %s.Kind)", equal: "codec.EqualFloat(%s, %s)"}},
	kindBytes:  {expr: "[]byte", least: 1, scalar: &scalar{append: "codec.AppendBytes(dst, %s)", read: "codec.ReadBytes(src, text, p)", equal: "bytes.Equal(%s, %s)"}},
	kindString: {expr: "string", least: 1, scalar: &scalar{append: "codec.AppendString(dst, %s)", all: "codec.AppendStrings(%s, %s)", read: "codec.ReadString(src, text, p)"}},
}

// logicalTypes are those without parameters and options.
var logicalTypes = map[avroType]goType{
	{kindInt, "date"}:                    {expr: "time.Time", scalar: checked("Date", "codec.EqualDate(%s, %s)")},
	{kindInt, "time-millis"}:             {expr: "time.Duration", scalar: checked("TimeMillis", "")},
	{kindLong, "time-micros"}:            {expr: "time.Duration", scalar: checked("TimeMicros", "")},
	{kindLong, "timestamp-millis"}:       {expr: "time.Time", scalar: checked("TimestampMillis", equalTime)},
	{kindLong, "timestamp-micros"}:       {expr: "time.Time", scalar: checked("TimestampMicros", equalTime)},
	{kindLong, "timestamp-nanos"}:        {expr: "time.Time", scalar: checked("TimestampNanos", equalTime)},
	{kindLong, "local-timestamp-millis"}: {expr: "time.Time", scalar: checked("LocalTimestampMillis", "codec.EqualLocal(%s, %s)")},
	{kindLong, "local-timestamp-micros"}: {expr: "time.Time", scalar: checked("LocalTimestampMicros", "codec.EqualLocal(%s, %s)")},
	{kindLong, "local-timestamp-nanos"}:  {expr: "time.Time", scalar: checked("LocalTimestampNanos", "codec.EqualLocal(%s, %s)")},
	{kindFixed, "duration"}:              {expr: "codec.Duration", scalar: call("Duration", "")},
}

const equalTime = "%s.Equal(%s)"

// call is the scalar whose functions of package codec end in name.
func call(name, equal string) *scalar {
	return &scalar{append: "codec.Append" + name + "(dst, %s)", read: "codec.Read" + name + "(src, p)", equal: equal}
}

// checked is call for types of which not every Go value fits.
func checked(name, equal string) *scalar {
	s := call(name, equal)
	s.fails = true
	return s
}

const (
	ratType  = "*big.Rat"
	uuidType = "codec.UUID"
)

// scalarType decides on primitive types and fixed, which may be annotated.
func (pl *planner) scalarType(t *schemaType) *goType {
	base := plainTypes[t.kind]
	base.op = opScalar
	switch t.kind {
	case kindNull:
		base = goType{op: opNull, expr: "struct{}"}
	case kindBoolean:
		base = goType{op: opBool, expr: "bool", least: 1}
	case kindFixed:
		base = goType{op: opFixed, expr: pl.types[t.named].goName, size: t.named.size, least: t.named.size}
	default:
	}
	base.schema = t
	switch t.logical.name {
	case "":
	case "decimal", "big-decimal":
		pl.decimal(&base, t)
	case "uuid":
		pl.uuid(&base, t)
	default:
		if logical, ok := logicalTypes[avroType{t.kind, t.logical.name}]; ok {
			base.op, base.expr, base.scalar = opScalar, logical.expr, logical.scalar
		}
	}
	return &base
}

func (pl *planner) decimal(g *goType, t *schemaType) {
	l := t.logical
	arguments := ""
	fixed := ""
	if l.name == "decimal" {
		arguments = fmt.Sprintf(", %d, %d", l.precision, l.scale)
	}
	if t.kind == kindFixed {
		fixed = "Fixed"
		arguments += fmt.Sprintf(", %d", t.named.size)
	}
	var name, equal string
	switch {
	case pl.options.Decimal == "rat":
		name, g.expr, equal = "Rat", ratType, "codec.EqualRat(%s, %s)"
		if l.name == "big-decimal" {
			name = "BigRat"
		}
	case l.name == "big-decimal":
		name, g.expr, equal = "BigDecimal", "codec.BigDecimal", "%s.Equal(%s)"
	case l.precision > codec.MaxPrecision:
		name, g.expr, equal = "WideDecimal", "codec.BigDecimal", "%s.Equal(%s)"
	default:
		name, g.expr, equal = "Decimal", "codec.Decimal", "%s.Equal(%s)"
	}
	g.op = opScalar
	g.scalar = &scalar{
		append: "codec.Append" + fixed + name + "(dst, %s" + arguments + ")", fails: true,
		read:  "codec.Read" + fixed + name + "(src, p" + arguments + ")",
		equal: equal,
	}
}

func (pl *planner) uuid(g *goType, t *schemaType) {
	switch {
	case t.kind == kindFixed:
		g.expr = uuidType
	case pl.options.UUID != "string":
		g.expr, g.scalar = uuidType, call("UUID", "")
	}
}
