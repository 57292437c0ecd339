package codegen

import (
	"fmt"
	"slices"
	"strconv"
)

// steps are the calls that put the way to a value in front of an error,
// outermost first. A %s stands for the error.
type steps []string

func (s steps) with(format string, args ...any) steps {
	return append(slices.Clip(s), fmt.Sprintf(format, args...))
}

func (s steps) wrap(err string) string {
	for _, step := range slices.Backward(s) {
		err = fmt.Sprintf(step, err)
	}
	return err
}

func atField(name string) steps {
	return steps{}.with("codec.AtField(%%s, %s)", strconv.Quote(name))
}

// nth names a variable of the nth loop inside another.
func nth(name string, n int) string {
	if n == 0 {
		return name
	}
	return name + strconv.Itoa(n+1)
}

// encoder prints AppendAvro and what it calls.
func (p *printer) encoder(t *typePlan) {
	r := t.record
	p.p("// AppendAvro appends the value in Avro binary to dst.")
	p.p("func (r *", t.goName, ") AppendAvro(dst []byte) ([]byte, error) {")
	if !r.fallible {
		p.p("return r.appendAvro(dst), nil")
	} else {
		p.p("out, err := r.appendAvro(dst", firstDepth(r), ")")
		p.p("if err != nil {")
		p.p("return dst, codec.AtRecord(err, ", strconv.Quote(t.fullName), ")")
		p.p("}")
		p.p("return out, nil")
	}
	p.p("}")
	p.p()
	depth, result := "", "[]byte"
	if r.recursive {
		depth = ", depth int"
	}
	if r.fallible {
		result = "([]byte, error)"
	}
	p.p("func (r *", t.goName, ") appendAvro(dst []byte", depth, ") ", result, " {")
	if r.recursive {
		p.p("if depth > codec.MaxDepth {")
		p.p("return dst, codec.TooDeepToAppend()")
		p.p("}")
	}
	e := &encodeBody{printer: p, owner: r}
	if e.fails(r) {
		p.p("var err error")
	}
	for _, f := range r.fields {
		e.value(f.typ, "r."+f.goName, atField(f.avroName), 0)
	}
	if r.fallible {
		p.p("return dst, nil")
	} else {
		p.p("return dst")
	}
	p.p("}")
	p.p()
}

// firstDepth is the depth argument for a record that another one calls.
func firstDepth(r *recordPlan) string {
	if r.recursive {
		return ", 0"
	}
	return ""
}

type encodeBody struct {
	*printer
	owner *recordPlan
}

func (e *encodeBody) fails(r *recordPlan) bool {
	for _, f := range r.fields {
		if f.typ.fallible() {
			return true
		}
	}
	return false
}

// simple are the functions that append a value and cannot fail.
var simple = map[op]string{
	opBool: "AppendBool", opInt: "AppendInt", opLong: "AppendLong", opFloat: "AppendFloat",
	opDouble: "AppendDouble", opBytes: "AppendBytes", opString: "AppendString",
}

// value prints how v is appended, a variable inside so many loops.
func (e *encodeBody) value(t *goType, v string, at steps, loop int) {
	switch t.op {
	case opNull:
	case opFixed:
		e.p("dst = append(dst, ", v, "[:]...)")
	case opDecimal:
		e.checked(fmt.Sprintf("codec.AppendDecimal(dst, %s, %d, %d)", v, t.precision, t.scale), at)
	case opFixedDecimal:
		e.checked(fmt.Sprintf("codec.AppendFixedDecimal(dst, %s, %d, %d, %d)", v, t.precision, t.scale, t.size), at)
	case opMillis:
		e.checked("codec.AppendTimestampMillis(dst, "+v+")", at)
	case opMicros:
		e.checked("codec.AppendTimestampMicros(dst, "+v+")", at)
	case opDate:
		e.checked("codec.AppendDate(dst, "+v+")", at)
	case opEnum:
		e.checked(fmt.Sprintf("codec.AppendEnum(dst, %s, %d)", v, t.symbols), at)
	case opRecord:
		e.record(t.record, v, at)
	case opOpt, opPointer:
		e.optional(t, v, at, loop)
	case opArray, opMap:
		e.container(t, v, at, loop)
	default:
		e.p("dst = codec.", simple[t.op], "(dst, ", v, ")")
	}
}

func (e *encodeBody) checked(call string, at steps) {
	e.p("if dst, err = ", call, "; err != nil {")
	e.p("return dst, ", at.wrap("err"))
	e.p("}")
}

func (e *encodeBody) record(r *recordPlan, v string, at steps) {
	call := v + ".appendAvro(dst" + depthArgument(e.owner, r) + ")"
	if r.fallible {
		e.checked(call, at)
		return
	}
	e.p("dst = ", call)
}

// depthArgument is what owner passes to a record that it holds.
func depthArgument(owner, r *recordPlan) string {
	switch {
	case !r.recursive:
		return ""
	case owner.recursive:
		return ", depth+1"
	}
	return ", 0"
}

// optional prints the branch and the value. A record is encoded where it is,
// without a copy.
func (e *encodeBody) optional(t *goType, v string, at steps, loop int) {
	value, null := 2*(1-t.null), 2*t.null
	name := nth("v", loop)
	switch {
	case t.op == opPointer:
		name = v
		e.p("if ", v, " != nil {")
	case t.item.op == opRecord:
		e.p("if ", name, " := ", v, ".Ref(); ", name, " != nil {")
	default:
		e.p("if ", name, ", ok := ", v, ".Get(); ok {")
	}
	e.p("dst = append(dst, ", value, ")")
	e.value(t.item, name, at, loop+1)
	e.p("} else {")
	e.p("dst = append(dst, ", null, ")")
	e.p("}")
}

func (e *encodeBody) container(t *goType, v string, at steps, loop int) {
	e.p("if len(", v, ") > 0 {")
	e.p("dst = codec.AppendCount(dst, len(", v, "))")
	i, k, item := nth("i", loop), nth("k", loop), nth("v", loop)
	switch {
	case t.op == opArray && t.item.op == opNull:
	case t.op == opArray:
		e.p("for ", i, " := range ", v, " {")
		e.value(t.item, v+"["+i+"]", at.with("codec.AtIndex(%%s, %s)", i), loop+1)
		e.p("}")
	default:
		if t.item.op == opNull {
			e.p("for ", k, " := range ", v, " {")
		} else {
			e.p("for ", k, ", ", item, " := range ", v, " {")
		}
		e.p("dst = codec.AppendString(dst, ", k, ")")
		e.value(t.item, item, at.with("codec.AtKey(%%s, %s)", k), loop+1)
		e.p("}")
	}
	e.p("}")
	e.p("dst = append(dst, 0)")
}
