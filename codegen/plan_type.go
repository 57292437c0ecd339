package codegen

import (
	"slices"
)

// place is where a type is used: what decides the names of unnamed types.
type place struct {
	owner *namedType
	name  string // Go name of the way to it, such as OrderPayloadItem
	path  string // the same in Avro's names, for the option Pairs
}

func (p place) at(suffix string) place {
	p.name += suffix
	return p
}

// goType decides the Go type of a schema type.
func (pl *planner) goType(t *schemaType, at place) *goType {
	switch t.kind {
	case kindArray:
		item := pl.goType(t.item, at.at("Item"))
		return &goType{op: opArray, expr: "[]" + item.expr, item: item, least: 1, recursive: pl.returns(at.owner, t.item), schema: t}
	case kindMap:
		item := pl.goType(t.item, at.at("Value"))
		g := &goType{op: opMap, expr: "map[string]" + item.expr, item: item, least: 1, recursive: pl.returns(at.owner, t.item), schema: t}
		if pl.options.Maps == "pairs" || slices.Contains(pl.options.Pairs, at.path) {
			g.op, g.expr = opPairs, "codec.Pairs["+item.expr+"]"
		}
		return g
	case kindUnion:
		return pl.unionType(t, at)
	case kindRecord:
		return &goType{op: opRecord, expr: pl.types[t.named].goName, record: pl.types[t.named].record, least: pl.leastBytes(t), schema: t}
	case kindEnum:
		return &goType{op: opEnum, expr: pl.types[t.named].goName, symbols: len(t.named.symbols), least: 1, schema: t}
	case kindNull, kindBoolean, kindInt, kindLong, kindFloat, kindDouble, kindBytes, kindString, kindFixed:
	}
	return pl.scalarType(t)
}

// unionType decides on unions: null and one type become an optional value, all
// others a type of their own.
func (pl *planner) unionType(t *schemaType, at place) *goType {
	branch, null := nullable(t)
	if branch == nil {
		u := pl.union(t, at)
		return &goType{op: opUnion, expr: u.goName, union: u, least: 1, schema: t}
	}
	item := pl.goType(branch, at)
	g := &goType{op: opOpt, expr: "codec.Opt[" + item.expr + "]", item: item, null: null, least: 1, schema: t}
	inField := slices.ContainsFunc(at.owner.fields, func(f *schemaField) bool { return f.typ == t })
	if pl.options.Optional == "pointer" || (branch.kind == kindRecord && inField && pl.nested[branch.named][at.owner]) {
		g.op, g.expr = opPointer, "*"+item.expr
	}
	return g
}

// union plans the type of a union.
func (pl *planner) union(t *schemaType, at place) *unionPlan {
	u := &unionPlan{goName: pl.names.take(at.name, "Union")}
	u.branchTyp = pl.names.take(u.goName + "Branch")
	owner := pl.types[at.owner].record
	owner.unions = append(owner.unions, u)
	methods := scope{}
	if slices.ContainsFunc(t.branches, func(b *schemaType) bool { return b.kind == kindNull }) {
		methods["Null"] = true // IsNull and SetNull are for the type null
	}
	for _, b := range t.branches {
		name := memberName(b)
		p := &branchPlan{name: "Null", avroName: string(b.kind)}
		if b.kind != kindNull {
			p.name = methods.take(name, "Value")
		}
		if b.named != nil {
			p.avroName = b.named.fullName()
		}
		p.constant = pl.names.take(u.branchTyp + p.name)
		p.typ = pl.goType(b, at.at(p.name))
		p.from = pl.names.take(u.goName + "From" + p.name)
		if p.typ.op != opNull {
			p.field = "v" + p.name
		}
		u.branches = append(u.branches, p)
	}
	mentioned(t, func(to *namedType) { u.deep = u.deep || pl.deep(to) })
	return u
}

// memberName names a union's branch: by its kind, or by its type's own name.
func memberName(t *schemaType) string {
	if t.named != nil {
		return goName(t.named.name)
	}
	return goName(string(t.kind))
}

// mostLeast bounds what leastBytes counts; whoever needs more has no input that
// long.
const mostLeast = 1 << 24

// leastBytes is the fewest bytes that a value takes. Every cycle of records
// passes a union, an array or a map, so this ends.
func (pl *planner) leastBytes(t *schemaType) int {
	switch t.kind {
	case kindRecord:
		if n, ok := pl.least[t.named]; ok {
			return n
		}
		sum := 0
		for _, f := range t.named.fields {
			sum = min(sum+pl.leastBytes(f.typ), mostLeast)
		}
		pl.least[t.named] = sum
		return sum
	case kindFixed:
		return t.named.size
	case kindNull:
		return 0
	case kindFloat, kindDouble:
		return plainTypes[t.kind].least
	case kindEnum, kindArray, kindMap, kindUnion, kindBoolean, kindInt, kindLong, kindBytes, kindString:
	}
	return 1
}
