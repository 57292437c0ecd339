package codegen

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// constructs tells whether a record has a default anywhere.
func (pl *planner) constructs(n *namedType) bool {
	for _, f := range n.fields {
		if f.deflt != nil || (f.typ.kind == kindRecord && pl.constructs(f.typ.named)) {
			return true
		}
	}
	return false
}

// constructorName names a record's constructor once, whoever asks first.
func (pl *planner) constructorName(n *namedType) string {
	t := pl.types[n]
	if t.record.constructor == "" {
		t.record.constructor = pl.names.take("New"+t.goName, "WithDefaults")
	}
	return t.record.constructor
}

func (pl *planner) constructor(n *namedType, r *recordPlan) {
	pl.constructorName(n)
	for i, f := range n.fields {
		plan := r.fields[i]
		switch {
		case f.deflt != nil:
			d := &defaults{planner: pl, owner: n, at: n.fullName() + "." + f.name}
			plan.initial = d.expr(plan.typ, f.deflt)
		case f.typ.kind == kindRecord && pl.constructs(f.typ.named):
			plan.initial = "*" + pl.constructorName(f.typ.named) + "()"
		}
	}
}

// defaults turns a field's default into a Go expression.
type defaults struct {
	*planner
	owner *namedType
	at    string
	steps int // values written so far
}

// maxDefault bounds how many values one default expands to: a record's missing
// members take their own defaults, which may hold records again.
const maxDefault = 10_000

func (d *defaults) bad(v *avrojson.Value, want string) string {
	text := v.String()
	const most = 60
	if len(text) > most {
		text = text[:most] + "…"
	}
	d.failIn(d.owner.file, v, d.at, "default %s is not %s", text, want)
	return "nil"
}

func (d *defaults) expr(t *goType, v *avrojson.Value) string {
	if d.steps++; d.steps >= maxDefault {
		if d.steps == maxDefault {
			return d.bad(v, fmt.Sprintf("finite: it expands to more than %d values", maxDefault))
		}
		return "nil"
	}
	switch t.op {
	case opNull:
		if v.Kind != avrojson.Null {
			return d.bad(v, "null")
		}
		return ""
	case opBool:
		if v.Kind != avrojson.Bool {
			return d.bad(v, "a boolean")
		}
		return strconv.FormatBool(v.Bool)
	case opInt, opDate:
		return d.integer(t, v, 32)
	case opLong, opMillis, opMicros:
		return d.integer(t, v, 64)
	case opFloat:
		return d.float(v, 32)
	case opDouble:
		return d.float(v, 64)
	case opString:
		if v.Kind != avrojson.String {
			return d.bad(v, "a string")
		}
		return strconv.Quote(v.Text)
	case opBytes, opFixed, opDecimal, opFixedDecimal:
		return d.bytes(t, v)
	case opEnum:
		return d.enum(t, v)
	case opArray, opMap:
		return d.container(t, v)
	case opRecord:
		return d.record(t, v)
	case opOpt, opPointer:
		return d.optional(t, v)
	}
	return d.bad(v, "supported")
}

func (d *defaults) integer(t *goType, v *avrojson.Value, bits int) string {
	n, err := strconv.ParseInt(v.Text, 10, bits)
	if v.Kind != avrojson.Number || err != nil {
		return d.bad(v, fmt.Sprintf("a whole number of %d bits", bits))
	}
	switch t.op {
	case opDate:
		return fmt.Sprintf("codec.DateOf(%d)", n)
	case opMillis:
		return fmt.Sprintf("time.UnixMilli(%d).UTC()", n)
	case opMicros:
		return fmt.Sprintf("time.UnixMicro(%d).UTC()", n)
	default:
		return strconv.FormatInt(n, 10)
	}
}

func (d *defaults) float(v *avrojson.Value, bits int) string {
	f, err := strconv.ParseFloat(v.Text, bits)
	if v.Kind != avrojson.Number || err != nil || math.IsInf(f, 0) {
		return d.bad(v, fmt.Sprintf("a number of %d bits", bits))
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// bytes reads a default that JSON holds as one character per byte.
func (d *defaults) bytes(t *goType, v *avrojson.Value) string {
	if v.Kind != avrojson.String {
		return d.bad(v, "a string of one character per byte")
	}
	var raw []byte
	for _, r := range v.Text {
		if r > math.MaxUint8 {
			return d.bad(v, "a string of one character per byte, up to \\u00ff")
		}
		raw = append(raw, byte(r))
	}
	if t.size > 0 && len(raw) != t.size {
		return d.bad(v, fmt.Sprintf("%d bytes long", t.size))
	}
	switch t.op {
	case opBytes:
		if len(raw) == 0 {
			return ""
		}
		return fmt.Sprintf("[]byte(%q)", raw)
	case opFixed:
		list := make([]string, len(raw))
		for i, b := range raw {
			list[i] = fmt.Sprintf("0x%02x", b)
		}
		return t.expr + "{" + strings.Join(list, ", ") + "}"
	default:
		dec, _, err := codec.ReadDecimal(codec.AppendBytes(nil, raw), 0, t.precision, t.scale)
		if err != nil {
			return d.bad(v, fmt.Sprintf("a decimal of %d digits", t.precision))
		}
		return fmt.Sprintf("codec.NewDecimal(%d, %d)", dec.Unscaled(), dec.Scale())
	}
}

func (d *defaults) enum(t *goType, v *avrojson.Value) string {
	if v.Kind == avrojson.String {
		for _, s := range d.types[t.named].enum.symbols {
			if s.avroName == v.Text {
				return s.goName
			}
		}
	}
	return d.bad(v, "a symbol of "+t.named.fullName())
}

// container writes the items of an array or a map. An empty map is written
// too, so that the caller can add to it.
func (d *defaults) container(t *goType, v *avrojson.Value) string {
	var items []string
	switch {
	case t.op == opArray && v.Kind == avrojson.Array:
		for _, e := range v.Elements {
			items = append(items, d.element(t.item, e))
		}
		if len(items) == 0 {
			return ""
		}
	case t.op == opMap && v.Kind == avrojson.Object:
		for _, m := range v.Members {
			items = append(items, strconv.Quote(m.Key)+": "+d.element(t.item, m.Value))
		}
	case t.op == opArray:
		return d.bad(v, "an array")
	default:
		return d.bad(v, "an object")
	}
	return t.expr + "{" + strings.Join(items, ", ") + "}"
}

// element is an item of a literal, whose type goes without saying.
func (d *defaults) element(t *goType, v *avrojson.Value) string {
	s := d.zeroable(t, v)
	if strings.HasPrefix(s, t.expr+"{") {
		return s[len(t.expr):]
	}
	return s
}

// zeroable is expr with the zero value spelt out.
func (d *defaults) zeroable(t *goType, v *avrojson.Value) string {
	if s := d.expr(t, v); s != "" {
		return s
	}
	switch t.op {
	case opArray, opBytes, opPointer:
		return "nil"
	default:
		return t.expr + "{}"
	}
}

// record writes a record; members that are missing take their own defaults.
func (d *defaults) record(t *goType, v *avrojson.Value) string {
	if v.Kind != avrojson.Object {
		return d.bad(v, "an object")
	}
	for _, m := range v.Members {
		if t.record.field(m.Key) == nil {
			return d.bad(v, fmt.Sprintf("of %s, which has no field %s", t.named.fullName(), m.Key))
		}
	}
	var items []string
	for i, f := range t.named.fields {
		value := v.Get(f.name)
		if value == nil {
			value = f.deflt
		}
		if value == nil {
			return d.bad(v, fmt.Sprintf("of %s, which needs field %s", t.named.fullName(), f.name))
		}
		if s := d.expr(t.record.fields[i].typ, value); s != "" {
			items = append(items, t.record.fields[i].goName+": "+s)
		}
	}
	return t.expr + "{" + strings.Join(items, ", ") + "}"
}

func (d *defaults) optional(t *goType, v *avrojson.Value) string {
	if v.Kind == avrojson.Null {
		return ""
	}
	s := d.zeroable(t.item, v)
	if t.op == opPointer {
		return "&" + s
	}
	return fmt.Sprintf("codec.Some[%s](%s)", t.item.expr, s)
}
