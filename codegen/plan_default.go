package codegen

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// constructs tells whether a record has a default anywhere that is not the zero
// value.
func (pl *planner) constructs(n *namedType) bool {
	if known, ok := pl.constructed[n]; ok {
		return known
	}
	found := slices.ContainsFunc(n.fields, func(f *schemaField) bool {
		return f.deflt != nil || (f.typ.kind == kindRecord && pl.constructs(f.typ.named))
	})
	pl.constructed[n] = found
	return found
}

// constructorName names a record's constructor once, whoever asks first.
func (pl *planner) constructorName(n *namedType) string {
	t := pl.types[n]
	if t.record.constructor == "" {
		t.record.constructor = pl.names.take("New"+t.goName, "WithDefaults")
	}
	return t.record.constructor
}

// defaults decides the default of each field, and the constructor.
func (pl *planner) defaults(n *namedType, r *recordPlan) {
	if !pl.constructs(n) {
		return
	}
	pl.constructorName(n)
	for i, f := range n.fields {
		plan := r.fields[i]
		switch {
		case f.deflt != nil:
			plan.deflt, plan.hasDefault = pl.defaultExpr(plan.typ, f.deflt), true
			if plan.deflt == "" {
				plan.deflt, plan.zero = zero(plan.typ), true
			}
		case f.typ.kind == kindRecord && pl.constructs(f.typ.named):
			plan.initial = "*" + pl.constructorName(f.typ.named) + "()"
		}
	}
}

// zero is the zero value of a type.
func zero(t *goType) string {
	switch t.op {
	case opBool:
		return "false"
	case opEnum:
		return "0"
	case opArray, opMap, opPairs, opPointer:
		return "nil"
	case opScalar:
		switch {
		case t.expr == "string":
			return `""`
		case t.expr == "[]byte" || t.expr == ratType:
			return "nil"
		case !strings.Contains(t.expr, ".") || t.expr == "time.Duration":
			return "0"
		}
	case opNull, opFixed, opRecord, opUnion, opOpt:
	}
	return t.expr + "{}"
}

// defaultExpr is the Go expression of a default, which the parser has checked;
// it is empty for the zero value.
func (pl *planner) defaultExpr(t *goType, v *avrojson.Value) string {
	switch t.op {
	case opBool:
		return strconv.FormatBool(v.Bool)
	case opScalar, opFixed:
		return defaultScalar(t, v)
	case opEnum:
		return pl.defaultSymbol(t, v)
	case opArray, opMap, opPairs:
		return pl.defaultContainer(t, v)
	case opRecord:
		return pl.defaultRecord(t, v)
	case opUnion:
		return pl.defaultUnion(t, v)
	case opOpt, opPointer:
		return pl.defaultOptional(t, v)
	case opNull:
	}
	return ""
}

// nonempty is defaultExpr with the zero value spelt out.
func (pl *planner) nonempty(t *goType, v *avrojson.Value) string {
	return cmp.Or(pl.defaultExpr(t, v), zero(t))
}

func (pl *planner) defaultSymbol(t *goType, v *avrojson.Value) string {
	for _, s := range pl.types[t.schema.named].enum.symbols {
		if s.avroName == v.Text {
			return s.goName
		}
	}
	return ""
}

// defaultContainer writes the items of an array or a map. An empty map is
// written too, so that the caller can add to it.
func (pl *planner) defaultContainer(t *goType, v *avrojson.Value) string {
	var items []string
	for _, e := range v.Elements {
		items = append(items, pl.element(t.item, e))
	}
	if t.op == opArray && len(items) == 0 {
		return ""
	}
	for _, m := range v.Members {
		if t.op == opPairs {
			items = append(items, fmt.Sprintf("{Key: %q, Value: %s}", m.Key, pl.nonempty(t.item, m.Value)))
			continue
		}
		items = append(items, strconv.Quote(m.Key)+": "+pl.element(t.item, m.Value))
	}
	return t.expr + "{" + strings.Join(items, ", ") + "}"
}

// element is an item of a literal, whose type goes without saying.
func (pl *planner) element(t *goType, v *avrojson.Value) string {
	s := pl.nonempty(t, v)
	if strings.HasPrefix(s, t.expr+"{") {
		return s[len(t.expr):]
	}
	return s
}

// defaultRecord writes a record; members that are missing take their own
// defaults.
func (pl *planner) defaultRecord(t *goType, v *avrojson.Value) string {
	var items []string
	for i, f := range t.schema.named.fields {
		value := v.Get(f.name)
		if value == nil {
			value = f.deflt
		}
		if s := pl.defaultExpr(t.record.fields[i].typ, value); s != "" {
			items = append(items, t.record.fields[i].goName+": "+s)
		}
	}
	return t.expr + "{" + strings.Join(items, ", ") + "}"
}

func (pl *planner) defaultOptional(t *goType, v *avrojson.Value) string {
	if v.Kind == avrojson.Null {
		return ""
	}
	s := pl.nonempty(t.item, v)
	switch {
	case t.op == opPointer && t.item.op == opRecord:
		return "&" + s
	case t.op == opPointer:
		if strings.HasPrefix(s, t.item.expr+"{") || t.item.expr == ratType {
			return "new(" + s + ")"
		}
		return fmt.Sprintf("new(%s(%s))", t.item.expr, s)
	}
	return fmt.Sprintf("codec.Some[%s](%s)", t.item.expr, s)
}

// defaultUnion writes the branch that the default is of.
func (pl *planner) defaultUnion(t *goType, v *avrojson.Value) string {
	i := t.schema.defaultBranch(v)
	b := t.union.branches[i]
	switch {
	case b.typ.op == opNull && i == 0:
		return ""
	case b.typ.op == opNull:
		return b.from + "()"
	case b.typ.op == opRecord:
		return fmt.Sprintf("%s(&%s)", b.from, pl.nonempty(b.typ, v))
	}
	return fmt.Sprintf("%s(%s)", b.from, pl.nonempty(b.typ, v))
}
