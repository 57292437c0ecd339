package codegen

import (
	"fmt"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// maxDefaultValues bounds how many values one default expands to: a record's
// missing members take their own defaults, which may hold records again.
const maxDefaultValues = 10_000

// checkDefaults looks at every field's default. It runs once all types are
// known.
func (p *parser) checkDefaults() {
	c := &defaultChecker{parser: p, sizes: map[*schemaField]int{}, fitting: map[fitting]bool{}}
	for _, file := range p.files {
		for _, n := range file.types {
			for _, f := range n.fields {
				if f.deflt != nil {
					c.field(f)
				}
			}
		}
	}
}

// defaultChecker compares defaults with types.
type defaultChecker struct {
	*parser
	// sizes is how many values each default checked so far expands to, or
	// unfinished.
	sizes   map[*schemaField]int
	fitting map[fitting]bool
}

const unfinished = -1

// fitting asks whether a value fits a type: a record wherever it is mentioned,
// else the very type.
type fitting struct {
	typ   *schemaType
	named *namedType
	value *avrojson.Value
}

// field checks a field's own default and counts its values.
func (c *defaultChecker) field(f *schemaField) int {
	d := &defaultOf{defaultChecker: c, field: f}
	size, known := c.sizes[f]
	if known && size == unfinished {
		d.bad(f.deflt, "finite: it holds itself")
	}
	if known {
		return max(size, 1)
	}
	c.sizes[f] = unfinished
	size = d.own()
	if size > maxDefaultValues {
		d.bad(f.deflt, "finite: it expands to more than %d values", maxDefaultValues)
		size = 1 // noted; what holds it is not to blame
	}
	c.sizes[f] = size
	return size
}

// defaultOf checks the default of one field.
type defaultOf struct {
	*defaultChecker
	field *schemaField
}

func (d *defaultOf) bad(v *avrojson.Value, format string, args ...any) {
	d.failIn(d.field.owner.file, v, d.field.path(), "default %s is not %s", clip(v), fmt.Sprintf(format, args...))
}

// own checks the default as a whole. Only here a float may be text, which is
// how not-a-number and the infinities are written.
func (d *defaultOf) own() int {
	t, v := d.field.typ, d.field.deflt
	if (t.kind == kindFloat || t.kind == kindDouble) && v.Kind == avrojson.String {
		if _, ok := defaultFloat(t.kind, v); !ok {
			d.bad(v, `a number, "NaN", "Infinity" or "-Infinity"`)
		}
		return 1
	}
	return d.check(t, v)
}

// check notes what is wrong with a value and counts the values in it.
func (d *defaultOf) check(t *schemaType, v *avrojson.Value) int {
	if t.unreadable() {
		return 1
	}
	switch t.kind {
	case kindUnion:
		return d.union(t, v)
	case kindRecord:
		return d.record(t.named, v)
	case kindArray:
		if v.Kind != avrojson.Array {
			d.bad(v, "an array")
			return 1
		}
		size := 1
		for _, e := range v.Elements {
			size = d.sum(size, d.check(t.item, e))
		}
		return size
	case kindMap:
		if v.Kind != avrojson.Object {
			d.bad(v, "an object")
			return 1
		}
		size := 1
		for _, m := range v.Members {
			size = d.sum(size, d.check(t.item, m.Value))
		}
		return size
	case kindNull, kindBoolean, kindInt, kindLong, kindFloat, kindDouble, kindBytes, kindString, kindEnum, kindFixed:
	}
	if want := misfit(t, v); want != "" {
		d.bad(v, "%s", want)
	} else if want := logicalMisfit(t, v); want != "" {
		d.bad(v, "%s", want)
	}
	return 1
}

// sum adds sizes without ever overflowing.
func (d *defaultOf) sum(a, b int) int { return min(a+b, maxDefaultValues+1) }

// record checks a record. Members that are missing take their own defaults.
func (d *defaultOf) record(n *namedType, v *avrojson.Value) int {
	if v.Kind != avrojson.Object {
		d.bad(v, "an object")
		return 1
	}
	members := v.Index()
	size, known := 1, 0
	for _, f := range n.fields {
		m := members(f.name)
		switch {
		case m != nil:
			known++
			size = d.sum(size, d.check(f.typ, m))
		case f.deflt != nil:
			size = d.sum(size, d.defaultChecker.field(f))
		default:
			d.bad(v, "of %s, which needs field %s", n.fullName(), f.name)
		}
	}
	if known == len(v.Members) {
		return size
	}
	fields := make(map[string]bool, len(n.fields))
	for _, f := range n.fields {
		fields[f.name] = true
	}
	for _, m := range v.Members {
		if !fields[m.Key] {
			d.bad(v, "of %s, which has no field %s", n.fullName(), clip(&avrojson.Value{Kind: avrojson.String, Text: m.Key}))
		}
	}
	return size
}

// union takes the first branch that a value fits and remembers it.
func (d *defaultOf) union(t *schemaType, v *avrojson.Value) int {
	for _, b := range t.branches {
		if b.unreadable() {
			return 1 // any of them might be meant
		}
	}
	for i, b := range t.branches {
		if !d.fits(b, v) {
			continue
		}
		if t.chosen == nil {
			t.chosen = map[*avrojson.Value]int{}
		}
		t.chosen[v] = i
		return d.check(b, v)
	}
	// With one branch besides null, what is wrong with it says more.
	var values []*schemaType
	for _, b := range t.branches {
		if b.kind != kindNull {
			values = append(values, b)
		}
	}
	if len(values) == 1 {
		return d.check(values[0], v)
	}
	d.bad(v, "of any branch of the union of %s", branchKeys(t))
	return 1
}

// fits tells whether a value can be read as a type. Members that a record does
// not have, and the limits of logical types, do not decide which branch of a
// union is meant; check complains about them afterwards.
func (c *defaultChecker) fits(t *schemaType, v *avrojson.Value) bool {
	if t.unreadable() {
		return true
	}
	switch t.kind {
	case kindRecord, kindUnion, kindArray, kindMap:
	default:
		return misfit(t, v) == ""
	}
	key := fitting{typ: t, value: v}
	if t.kind == kindRecord {
		if v.Kind != avrojson.Object {
			return false
		}
		key = fitting{named: t.named, value: v}
	}
	if known, ok := c.fitting[key]; ok {
		return known
	}
	fits := c.containerFits(t, v)
	c.fitting[key] = fits
	return fits
}

func (c *defaultChecker) containerFits(t *schemaType, v *avrojson.Value) bool {
	switch {
	case t.kind == kindUnion:
		for _, b := range t.branches {
			if c.fits(b, v) {
				return true
			}
		}
		return false
	case t.kind == kindArray:
		for _, e := range v.Elements {
			if !c.fits(t.item, e) {
				return false
			}
		}
		return v.Kind == avrojson.Array
	case v.Kind != avrojson.Object:
		return false
	case t.kind == kindMap:
		for _, m := range v.Members {
			if !c.fits(t.item, m.Value) {
				return false
			}
		}
		return true
	}
	members := v.Index()
	for _, f := range t.named.fields {
		if m := members(f.name); m != nil && !c.fits(f.typ, m) || m == nil && f.deflt == nil {
			return false
		}
	}
	return true
}
