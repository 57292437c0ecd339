package codegen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/codec"
)

// scalars are the types that need no more than their name.
var scalars = map[kind]goType{
	kindNull:    {op: opNull, expr: "struct{}"},
	kindBoolean: {op: opBool, expr: "bool", least: 1},
	kindInt:     {op: opInt, expr: "int32", least: 1},
	kindLong:    {op: opLong, expr: "int64", least: 1},
	kindFloat:   {op: opFloat, expr: "float32", least: 4},
	kindDouble:  {op: opDouble, expr: "float64", least: 8},
	kindBytes:   {op: opBytes, expr: "[]byte", least: 1},
	kindString:  {op: opString, expr: "string", least: 1},
}

// later are the logical types that Avro knows and that are refused for now,
// with the base on which they mean something.
var later = map[string]kind{
	"time-millis":            kindInt,
	"time-micros":            kindLong,
	"timestamp-nanos":        kindLong,
	"local-timestamp-millis": kindLong,
	"local-timestamp-micros": kindLong,
	"local-timestamp-nanos":  kindLong,
	"duration":               kindFixed,
	"big-decimal":            kindBytes,
}

// goType decides the Go type of a schema type inside record owner. After a
// problem it returns some type, so that the rest is looked at too.
func (pl *planner) goType(owner *namedType, t *schemaType, at string) *goType {
	switch t.kind {
	case kindArray:
		item := pl.goType(owner, t.item, at+"[]")
		return &goType{op: opArray, expr: "[]" + item.expr, item: item, least: 1, recursive: pl.returns(owner, t.item)}
	case kindMap:
		item := pl.goType(owner, t.item, at+"{}")
		return &goType{op: opMap, expr: "map[string]" + item.expr, item: item, least: 1, recursive: pl.returns(owner, t.item)}
	case kindUnion:
		return pl.union(owner, t, at)
	case kindRecord:
		return &goType{
			op: opRecord, expr: pl.types[t.named].goName, named: t.named,
			record: pl.types[t.named].record, least: leastBytes(t),
		}
	case kindEnum:
		return &goType{
			op: opEnum, expr: pl.types[t.named].goName, named: t.named, symbols: len(t.named.symbols), least: 1,
		}
	case kindNull, kindBoolean, kindInt, kindLong, kindFloat, kindDouble, kindBytes, kindString, kindFixed:
	}
	return pl.logical(owner, t, at)
}

// logical decides on primitive types and fixed, which may be annotated.
func (pl *planner) logical(owner *namedType, t *schemaType, at string) *goType {
	base, l := scalars[t.kind], t.logical
	if t.kind == kindFixed {
		base = goType{op: opFixed, expr: pl.types[t.named].goName, named: t.named, size: t.named.size, least: t.named.size}
	}
	switch {
	case l.name == "timestamp-millis" && t.kind == kindLong:
		base.op, base.expr = opMillis, "time.Time"
	case l.name == "timestamp-micros" && t.kind == kindLong:
		base.op, base.expr = opMicros, "time.Time"
	case l.name == "date" && t.kind == kindInt:
		base.op, base.expr = opDate, "time.Time"
	case l.name == "decimal" && l.precision > 0:
		if l.precision > codec.MaxPrecision {
			pl.failIn(owner.file, t.json, at, "decimal of precision %d is not supported yet: at most %d digits", l.precision, codec.MaxPrecision)
		}
		base.op, base.expr = opDecimal, "codec.Decimal"
		if t.kind == kindFixed {
			base.op = opFixedDecimal
		}
		base.precision, base.scale = l.precision, l.scale
	case l.name != "" && later[l.name] == t.kind:
		pl.failIn(owner.file, t.json, at, "logical type %s is not supported yet: use %s without it", l.name, t.kind)
	}
	return &base
}

func (pl *planner) union(owner *namedType, t *schemaType, at string) *goType {
	branch, null := nullable(t)
	if branch == nil {
		names := make([]string, len(t.branches))
		for i, b := range t.branches {
			names[i] = string(b.kind)
			if b.named != nil {
				names[i] = b.named.fullName()
			}
		}
		pl.failIn(owner.file, t.json, at, "union of %s is not supported yet: only null and one other type", strings.Join(names, ", "))
		return &goType{op: opNull, expr: "struct{}"}
	}
	item := pl.goType(owner, branch, at)
	if branch.kind == kindRecord && pl.nested[branch.named][owner] && slices.ContainsFunc(owner.fields, func(f *schemaField) bool { return f.typ == t }) {
		return &goType{op: opPointer, expr: "*" + item.expr, item: item, null: null, record: item.record, least: 1}
	}
	return &goType{op: opOpt, expr: fmt.Sprintf("codec.Opt[%s]", item.expr), item: item, null: null, least: 1}
}

// leastBytes is the fewest bytes that a value takes. Every cycle of records
// passes a union, an array or a map, so this ends.
func leastBytes(t *schemaType) int {
	switch t.kind {
	case kindRecord:
		sum := 0
		for _, f := range t.named.fields {
			sum += leastBytes(f.typ)
		}
		return sum
	case kindFixed:
		return t.named.size
	case kindEnum, kindArray, kindMap, kindUnion:
		return 1
	case kindNull, kindBoolean, kindInt, kindLong, kindFloat, kindDouble, kindBytes, kindString:
	}
	return scalars[t.kind].least
}
