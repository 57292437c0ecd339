package codegen

import (
	"fmt"
	"slices"
	"strconv"
)

// decoder prints decodeAvro, which reads what the type's own schema wrote.
func (p *printer) decoder(t *typePlan) {
	r := t.record
	p.p("func (r *", t.goName, ") decodeAvro(src []byte, text string, p int, d *codec.Decoder) (int, error) {")
	d := &decodeBody{printer: p}
	d.variables(r)
	if r.recursive {
		p.p("if err = d.Descend(p); err != nil {")
		p.p("return p, err")
		p.p("}")
	}
	for _, f := range r.fields {
		at := atField(t.schema, f.avroName)
		if !short(f.typ) {
			d.read("p", "r."+fieldMethod("decode", f)+"(src, text, p, d)", at)
			continue
		}
		d.value(f.typ, "r."+f.goName, at, 0)
	}
	if r.recursive {
		p.p("d.Ascend()")
	}
	p.p("return p, nil")
	p.p("}")
	p.p()
	for _, f := range r.fields {
		if !short(f.typ) {
			p.decodeField(t, f)
		}
	}
}

// decodeField prints the method that reads a field which is more than a few
// lines; resolveAvro calls it too, where the writer's field is the same.
func (p *printer) decodeField(t *typePlan, f *fieldPlan) {
	p.p("func (r *", t.goName, ") ", fieldMethod("decode", f), "(src []byte, text string, p int, d *codec.Decoder) (int, error) {")
	p.p("var err error")
	if anyOptional([]*goType{f.typ}) {
		p.p("var set bool")
	}
	d := &decodeBody{printer: p}
	d.value(f.typ, "r."+f.goName, nil, 0)
	p.p("return p, nil")
	p.p("}")
	p.p()
}

// fieldMethod is the method that reads a field. No other method ends in Field:
// fields begin with a capital.
func fieldMethod(verb string, f *fieldPlan) string { return verb + f.goName + "Field" }

// decodeBody prints statements that read from src at p into a variable.
type decodeBody struct {
	*printer
	// w is the variable with the plan's node of the value when it was written with
	// another schema; it is empty when it was not.
	w string
	// bare says that whoever follows looks at err, so that statements need not.
	bare bool
	// otherwise stands before the next statement, which is the general case of
	// the one before.
	otherwise string
}

// variables declares what the body needs.
func (d *decodeBody) variables(r *recordPlan) {
	reads := r.recursive
	var types []*goType
	for _, f := range r.fields {
		reads = reads || f.typ.op != opNull
		if short(f.typ) {
			types = append(types, f.typ)
		}
	}
	if reads {
		d.p("var err error")
	}
	if anyOptional(types) {
		d.p("var set bool")
	}
}

// anyOptional tells whether a value may be absent in any of the types.
func anyOptional(types []*goType) bool {
	for _, t := range types {
		for ; t != nil; t = t.item {
			if t.op == opOpt || t.op == opPointer || (t.op == opRecord && t.record.inline && anyOptional(t.record.types())) {
				return true
			}
		}
	}
	return false
}

// value prints how the variable v is read, inside so many loops.
func (d *decodeBody) value(t *goType, v string, at steps, loop int) {
	switch t.op {
	case opNull:
	case opBool:
		if d.w == "" {
			d.oneByte("src[p] < 2", v, "src[p] == 1")
		}
		d.read(v+", p", "codec.ReadBool(src, p)", at)
	case opScalar:
		call := t.scalar.read
		if d.w != "" && t.scalar.resolve != "" {
			call = fmt.Sprintf(t.scalar.resolve, d.w)
		} else if d.w == "" && t.scalar.at != "" {
			d.inPlace(fmt.Sprintf("len(src)-p >= %d", t.least), v, t.scalar.at, t.least)
		}
		d.read(v+", p", call, at)
	case opEnum:
		if d.w != "" {
			d.read(v+", p", fmt.Sprintf("codec.ResolveEnum[%s](src, p, %s)", t.expr, d.w), at)
			return
		}
		if t.symbols <= maxOneByte {
			d.oneByte(fmt.Sprintf("src[p] < %d && src[p]&1 == 0", 2*t.symbols), v, t.expr+"(src[p]>>1)")
		}
		d.read(v+", p", fmt.Sprintf("codec.ReadEnum[%s](src, p, %d)", t.expr, t.symbols), at)
	case opFixed:
		d.read("p", "codec.ReadFixed("+v+"[:], src, p)", at)
	case opRecord, opUnion:
		if d.w == "" && t.op == opRecord && t.record.inline {
			for _, f := range t.record.fields {
				d.value(f.typ, v+"."+f.goName, append(slices.Clip(at), atField(t.record.schema, f.avroName)...), loop)
			}
			return
		}
		if d.w != "" {
			d.read("p", v+".resolveAvro(src, text, p, d, "+d.w+")", at)
			return
		}
		d.read("p", v+".decodeAvro(src, text, p, d)", at)
	case opOpt, opPointer:
		d.optional(t, v, at, loop)
	case opArray, opPairs:
		d.list(t, v, at, loop)
	case opMap:
		d.mapping(t, v, at, loop)
	}
}

// maxOneByte is how many ordinals fit the first byte of a varint.
const maxOneByte = 64

// oneByte prints the case of a value in one byte, which saves a call; the
// general case follows it.
func (d *decodeBody) oneByte(condition, v, value string) {
	d.inPlace("p < len(src) && "+condition, v, value, 1)
}

// inPlace prints a case that needs no call: a value of so many bytes. The general
// case follows it.
func (d *decodeBody) inPlace(condition, v, value string, size int) {
	d.p("if ", condition, " {")
	d.p(v, ", p = ", value, ", p+", strconv.Itoa(size))
	d.otherwise = "} else "
}

func (d *decodeBody) read(into, call string, at steps) {
	if d.bare {
		d.p(into, ", err = ", call)
		return
	}
	d.p(d.otherwise, "if ", into, ", err = ", call, "; err != nil {")
	d.otherwise = ""
	d.p("return p, ", at.wrap("err"))
	d.p("}")
}

func (d *decodeBody) optional(t *goType, v string, at steps, loop int) {
	set := "set"
	if d.w != "" {
		set = fmt.Sprintf("%s.Branch == %d", d.w, 1-t.null)
	} else {
		d.oneByte("src[p]&^2 == 0", "set", fmt.Sprintf("src[p] == %d", 2*(1-t.null)))
		d.read("set, p", fmt.Sprintf("codec.ReadNullable(src, p, %d)", t.null), at)
	}
	switch t.op {
	case opPointer:
		d.p("if ", set, " {")
		d.p(v, " = codec.ResetPointer(d, ", v, ")")
		name := v
		if t.item.op != opRecord {
			name = "(*" + v + ")"
		}
		d.value(t.item, name, at, loop+1)
		d.p("} else {")
		d.p(v, " = nil")
	default:
		d.p(v, " = ", t.expr, "{}")
		d.p("if ", set, " {")
		name := nth("v", loop)
		d.p("var ", name, " ", t.item.expr)
		d.value(t.item, name, at, loop+1)
		d.p(v, " = codec.Some(", name, ")")
	}
	d.p("}")
}

// head prints the start of the loop over blocks.
func (d *decodeBody) head(least string, at steps, loop int) string {
	n := nth("n", loop)
	d.p("for {")
	d.p("var ", n, " int")
	d.read(n+", p", fmt.Sprintf("d.Block(src, p, %s)", least), at)
	d.p("if ", n, " == 0 {")
	d.p("break")
	d.p("}")
	return n
}

// least is the fewest bytes of an item, and of its key when it has one.
func (d *decodeBody) least(t *goType) string {
	key := 1
	if t.op == opArray {
		key = 0
	}
	switch {
	case d.w == "":
		return strconv.Itoa(t.item.least + key)
	case key == 0:
		return d.w + ".Item.Least"
	}
	return d.w + ".Item.Least+1"
}

// item prints how an item is read. The union that the writer may have there is
// entered first.
func (d *decodeBody) item(t *goType, v string, at steps, loop int) {
	outer := d.w
	if outer != "" {
		d.w = outer + "i"
		d.p(d.w, " := ", outer, ".Item")
		d.p("if ", d.w, ".Kind == codec.KindUnion {")
		d.read(d.w+", p", "codec.EnterUnion(src, p, "+d.w+")", at)
		d.p("}")
	}
	d.value(t, v, at, loop+1)
	d.w = outer
}

// list prints the loop over an array, or over a map that is kept in order. The
// items are read into a local slice: the compiler keeps its parts in registers.
func (d *decodeBody) list(t *goType, v string, at steps, loop int) {
	i, s := nth("i", loop), nth("s", loop)
	d.p(s, " := codec.Reset(d, ", v, ")")
	n := d.head(d.least(t), at, loop)
	switch {
	case t.op == opArray && t.item.op == opNull && d.w == "":
		d.p(s, " = codec.Grow(", s, ", ", n, ")")
		d.p("}")
		d.p(v, " = ", s)
		return
	case t.recursive:
		d.p("for ; ", n, " > 0; ", n, "-- {")
		d.p(i, " := len(", s, ")")
		d.p(s, " = codec.GrowStep(", s, ", ", n, ")")
	default:
		d.p(i, " := len(", s, ")")
		d.p(s, " = codec.Grow(", s, ", ", n, ")")
		d.p("for ; ", i, " < len(", s, "); ", i, "++ {")
	}
	item, step := s+"["+i+"]", at.with("codec.AtIndex(%%s, %s)", i)
	if t.op == opPairs {
		d.read(item+".Key, p", "codec.ReadString(src, text, p)", step)
		step = at.with("codec.AtKey(%%s, %s.Key)", item)
		item += ".Value"
	}
	d.item(t.item, item, step, loop)
	d.p("}")
	d.p("}")
	d.p(v, " = ", s)
}

func (d *decodeBody) mapping(t *goType, v string, at steps, loop int) {
	k, item := nth("k", loop), nth("v", loop)
	d.p(v, " = codec.ResetMap(d, ", v, ")")
	n := d.head(d.least(t), at, loop)
	room := n
	if t.recursive {
		room = "0"
	}
	d.p(v, " = codec.GrowMap(", v, ", ", room, ")")
	d.p("for range ", n, " {")
	d.p("var ", k, " string")
	d.read(k+", p", "codec.ReadString(src, text, p)", at)
	d.p("var ", item, " ", t.item.expr)
	step := at.with("codec.AtKey(%%s, %s)", k)
	d.item(t.item, item, step, loop)
	d.p(v, "[", k, "] = ", item)
	d.p("}")
	d.p("}")
}
