package codegen

import (
	"fmt"
	"strconv"
)

// decoder prints DecodeAvro, UnmarshalAvro and what they call.
func (p *printer) decoder(t *typePlan) {
	r := t.record
	name := strconv.Quote(t.fullName)
	p.p("// DecodeAvro decodes one value from the front of src and returns the bytes")
	p.p("// after it.")
	p.p("func (r *", t.goName, ") DecodeAvro(src []byte) ([]byte, error) {")
	p.p("buf, text := codec.ArenaFront(src)")
	p.p("p, err := r.decodeAvro(buf, text, 0", firstDepth(r), ")")
	p.p("if err != nil {")
	p.p("return src, codec.AtRecord(err, ", name, ")")
	p.p("}")
	p.p("return src[p:], nil")
	p.p("}")
	p.p()
	p.p("// UnmarshalAvro decodes src, which must hold exactly one value.")
	p.p("func (r *", t.goName, ") UnmarshalAvro(src []byte) error {")
	p.p("buf, text := codec.Arena(src)")
	p.p("p, err := r.decodeAvro(buf, text, 0", firstDepth(r), ")")
	p.p("return codec.Done(", name, ", buf, p, err)")
	p.p("}")
	p.p()
	depth := ""
	if r.recursive {
		depth = ", depth int"
	}
	p.p("func (r *", t.goName, ") decodeAvro(src []byte, text string, p int", depth, ") (int, error) {")
	if r.recursive {
		p.p("if depth > codec.MaxDepth {")
		p.p("return p, codec.TooDeepToRead(p)")
		p.p("}")
	}
	d := &decodeBody{printer: p, owner: r}
	d.variables(r)
	for _, f := range r.fields {
		d.value(f.typ, "r."+f.goName, atField(f.avroName), 0)
	}
	p.p("return p, nil")
	p.p("}")
	p.p()
}

type decodeBody struct {
	*printer
	owner *recordPlan
}

// variables declares what the body needs.
func (d *decodeBody) variables(r *recordPlan) {
	reads, optional := false, false
	for _, f := range r.fields {
		reads = reads || f.typ.op != opNull
		for t := f.typ; t != nil; t = t.item {
			optional = optional || t.op == opOpt || t.op == opPointer
		}
	}
	if reads {
		d.p("var err error")
	}
	if optional {
		d.p("var set bool")
	}
}

// readers are the functions that need nothing but the input.
var readers = map[op]string{
	opInt: "ReadInt", opLong: "ReadLong", opFloat: "ReadFloat", opDouble: "ReadDouble",
	opMillis: "ReadTimestampMillis", opMicros: "ReadTimestampMicros", opDate: "ReadDate",
}

// value prints how the variable v is read, inside so many loops.
func (d *decodeBody) value(t *goType, v string, at steps, loop int) {
	switch t.op {
	case opNull:
	case opBytes:
		d.read(v+", p", "codec.ReadBytes(src, text, p)", at)
	case opString:
		d.read(v+", p", "codec.ReadString(src, text, p)", at)
	case opDecimal:
		d.read(v+", p", fmt.Sprintf("codec.ReadDecimal(src, p, %d, %d)", t.precision, t.scale), at)
	case opFixedDecimal:
		d.read(v+", p", fmt.Sprintf("codec.ReadFixedDecimal(src, p, %d, %d, %d)", t.precision, t.scale, t.size), at)
	case opBool:
		d.oneByte("src[p] < 2", v, "src[p] == 1")
		d.read(v+", p", "codec.ReadBool(src, p)", at)
	case opEnum:
		if t.symbols <= maxOneByte {
			d.oneByte(fmt.Sprintf("src[p] < %d && src[p]&1 == 0", 2*t.symbols), v, t.expr+"(src[p]>>1)")
		}
		d.read(v+", p", fmt.Sprintf("codec.ReadEnum[%s](src, p, %d)", t.expr, t.symbols), at)
	case opFixed:
		d.read("p", "codec.ReadFixed("+v+"[:], src, p)", at)
	case opRecord:
		d.read("p", v+".decodeAvro(src, text, p"+depthArgument(d.owner, t.record)+")", at)
	case opOpt, opPointer:
		d.optional(t, v, at, loop)
	case opArray:
		d.array(t, v, at, loop)
	case opMap:
		d.mapping(t, v, at, loop)
	default:
		d.read(v+", p", "codec."+readers[t.op]+"(src, p)", at)
	}
}

// maxOneByte is how many ordinals fit the first byte of a varint.
const maxOneByte = 64

// oneByte prints the case of a value in one byte, which saves a call; the
// general case follows it.
func (d *decodeBody) oneByte(condition, v, value string) {
	d.p("if p < len(src) && ", condition, " {")
	d.p(v, ", p = ", value, ", p+1")
	fmt.Fprint(&d.b, "} else ")
}

func (d *decodeBody) read(into, call string, at steps) {
	d.p("if ", into, ", err = ", call, "; err != nil {")
	d.p("return p, ", at.wrap("err"))
	d.p("}")
}

func (d *decodeBody) optional(t *goType, v string, at steps, loop int) {
	d.oneByte("src[p]&^2 == 0", "set", fmt.Sprintf("src[p] == %d", 2*(1-t.null)))
	d.read("set, p", fmt.Sprintf("codec.ReadNullable(src, p, %d)", t.null), at)
	if t.op == opPointer {
		d.p(v, " = nil")
		d.p("if set {")
		d.p(v, " = new(", t.item.expr, ")")
		d.value(t.item, v, at, loop)
		d.p("}")
		return
	}
	d.p(v, " = ", t.expr, "{}")
	d.p("if set {")
	name := nth("v", loop)
	d.p("var ", name, " ", t.item.expr)
	d.value(t.item, name, at, loop+1)
	d.p(v, " = codec.Some(", name, ")")
	d.p("}")
}

func (d *decodeBody) array(t *goType, v string, at steps, loop int) {
	i, n := nth("i", loop), nth("n", loop)
	d.p(v, " = nil")
	d.p("for {")
	d.p("var ", n, " int")
	d.read(n+", p", fmt.Sprintf("codec.ReadBlock(src, p, len(%s), %d)", v, t.item.least), at)
	d.p("if ", n, " == 0 {")
	d.p("break")
	d.p("}")
	if t.recursive {
		d.p("for ; ", n, " > 0; ", n, "-- {")
		d.p(i, " := len(", v, ")")
		d.p(v, " = codec.GrowStep(", v, ", ", n, ")")
	} else {
		d.p(i, " := len(", v, ")")
		d.p(v, " = codec.Grow(", v, ", ", n, ")")
		d.p("for ; ", i, " < len(", v, "); ", i, "++ {")
	}
	d.value(t.item, v+"["+i+"]", at.with("codec.AtIndex(%%s, %s)", i), loop+1)
	d.p("}")
	d.p("}")
}

func (d *decodeBody) mapping(t *goType, v string, at steps, loop int) {
	k, n, item := nth("k", loop), nth("n", loop), nth("v", loop)
	d.p(v, " = nil")
	d.p("for {")
	d.p("var ", n, " int")
	d.read(n+", p", fmt.Sprintf("codec.ReadBlock(src, p, len(%s), %d)", v, t.item.least+1), at)
	d.p("if ", n, " == 0 {")
	d.p("break")
	d.p("}")
	room := n
	if t.recursive {
		room = "0"
	}
	d.p(v, " = codec.GrowMap(", v, ", ", room, ")")
	d.p("for range ", n, " {")
	d.p("var ", k, " string")
	d.read(k+", p", "codec.ReadString(src, text, p)", at)
	d.p("var ", item, " ", t.item.expr)
	d.value(t.item, item, at.with("codec.AtKey(%%s, %s)", k), loop+1)
	d.p(v, "[", k, "] = ", item)
	d.p("}")
	d.p("}")
}
