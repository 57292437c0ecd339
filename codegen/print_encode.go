package codegen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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

// atField is the step to a field of the type that carries a schema.
func atField(schema *schemaPlan, name string) steps {
	return steps{}.with("codec.AtField(%%s, %s, %s)", schema.goVar, strconv.Quote(name))
}

// nth names a variable of the nth loop inside another.
func nth(name string, n int) string {
	if n == 0 {
		return name
	}
	return name + strconv.Itoa(n+1)
}

// encoder prints AppendAvro. Records that can hold themselves count how deep
// they are in a second method; those that hold such records pass the count on, as
// the decoder has one count for the whole message.
func (p *printer) encoder(t *typePlan) {
	r := t.record
	p.p("// AppendAvro appends the value in Avro binary to dst.")
	p.p("func (r *", t.goName, ") AppendAvro(dst []byte) ([]byte, error) {")
	if r.deep {
		p.p("return r.appendAvro(dst, 0)")
		p.p("}")
		p.p()
		p.p("func (r *", t.goName, ") appendAvro(dst []byte, depth int) ([]byte, error) {")
	}
	if r.recursive {
		p.p("if depth > codec.MaxDepth {")
		p.p("return dst, codec.TooDeepToAppend(", t.schema.goVar, ")")
		p.p("}")
	}
	e := &encodeBody{printer: p, depth: ", depth"}
	if r.recursive {
		e.depth = ", depth+1"
	}
	if slices.ContainsFunc(r.fields, func(f *fieldPlan) bool { return f.typ.fallible() }) {
		// What was appended before an error is not returned.
		p.p("out := dst")
		p.p("var err error")
		e.dst = "out"
	} else {
		e.dst = "dst"
	}
	for _, f := range r.fields {
		e.value(f.typ, "r."+f.goName, atField(t.schema, f.avroName), 0)
	}
	p.p("return ", e.dst, ", nil")
	p.p("}")
	p.p()
}

// encodeBody prints statements that append to the variable dst. On an error the
// function returns its parameter dst, which is as it was.
type encodeBody struct {
	*printer
	dst   string
	depth string // argument of records and unions that pass on how deep they are
}

// value prints how v is appended, a variable inside so many loops.
func (e *encodeBody) value(t *goType, v string, at steps, loop int) {
	switch t.op {
	case opNull:
	case opBool:
		e.p(e.dst, " = codec.AppendBool(", e.dst, ", ", v, ")")
	case opFixed:
		e.p(e.dst, " = append(", e.dst, ", ", v, "[:]...)")
	case opScalar:
		e.call(e.into(fmt.Sprintf(t.scalar.append, v)), t.scalar.fails, at)
	case opEnum:
		e.call(fmt.Sprintf("codec.AppendEnum(%s, %s, %d)", e.dst, v, t.symbols), true, at)
	case opRecord:
		if t.record.inline {
			for _, f := range t.record.fields {
				e.value(f.typ, v+"."+f.goName, append(slices.Clip(at), atField(t.record.schema, f.avroName)...), loop)
			}
			return
		}
		name := "AppendAvro"
		if t.record.deep {
			name = "appendAvro"
		}
		e.method(v, name, t.record.deep, t.record.fallible, at)
	case opUnion:
		e.method(v, "appendAvro", t.union.deep, t.union.fallible, at)
	case opOpt, opPointer:
		e.optional(t, v, at, loop)
	case opArray, opMap, opPairs:
		e.container(t, v, at, loop)
	}
}

// into names the variable that a call of the plan appends to.
func (e *encodeBody) into(call string) string {
	const parameter = "(dst, "
	i := slices.Index([]byte(call), '(')
	return call[:i] + "(" + e.dst + ", " + call[i+len(parameter):]
}

func (e *encodeBody) call(call string, fails bool, at steps) {
	if !fails {
		e.p(e.dst, " = ", call)
		return
	}
	e.p("if ", e.dst, ", err = ", call, "; err != nil {")
	e.p("return dst, ", at.wrap("err"))
	e.p("}")
}

// method prints the call of a record or a union.
func (e *encodeBody) method(v, name string, deep, fallible bool, at steps) {
	call := v + "." + name + "(" + e.dst + ")"
	if deep {
		call = v + "." + name + "(" + e.dst + e.depth + ")"
	}
	if !fallible {
		e.p(e.dst, ", _ = ", call)
		return
	}
	e.call(call, true, at)
}

// optional prints the branch and the value. A record is encoded where it is,
// without a copy.
func (e *encodeBody) optional(t *goType, v string, at steps, loop int) {
	value, null := 2*(1-t.null), 2*t.null
	name := nth("v", loop)
	switch {
	case t.op == opPointer && t.item.op == opRecord:
		name = v
		e.p("if ", v, " != nil {")
	case t.op == opPointer:
		name = "(*" + v + ")"
		e.p("if ", v, " != nil {")
	case t.item.op == opRecord || t.item.op == opUnion:
		e.p("if ", name, " := ", v, ".Ref(); ", name, " != nil {")
	default:
		e.p("if ", name, ", ok := ", v, ".Get(); ok {")
	}
	e.p(e.dst, " = append(", e.dst, ", ", value, ")")
	e.value(t.item, name, at, loop+1)
	e.p("} else {")
	e.p(e.dst, " = append(", e.dst, ", ", null, ")")
	e.p("}")
}

func (e *encodeBody) container(t *goType, v string, at steps, loop int) {
	if t.op == opArray && t.item.op == opScalar && t.item.scalar.all != "" {
		e.p(e.dst, " = ", fmt.Sprintf(t.item.scalar.all, e.dst, bare(v)))
		return
	}
	e.p("if len(", v, ") > 0 {")
	e.p(e.dst, " = codec.AppendCount(", e.dst, ", len(", v, "))")
	i, k, item := nth("i", loop), nth("k", loop), nth("v", loop)
	switch {
	case t.op == opArray && t.item.op == opNull:
		// Nulls take no bytes.
	case t.op == opArray && (t.item.op == opScalar || t.item.op == opBool) && !t.item.fallible():
		// By value: the compiler then reads the slice's parts once.
		e.p("for _, ", item, " := range ", bare(v), " {")
		e.value(t.item, item, at, loop+1)
		e.p("}")
	case t.op == opArray:
		e.p("for ", i, " := range ", bare(v), " {")
		e.value(t.item, v+"["+i+"]", at.with("codec.AtIndex(%%s, %s)", i), loop+1)
		e.p("}")
	case t.op == opPairs:
		e.p("for ", i, " := range ", bare(v), " {")
		e.p(e.dst, " = codec.AppendString(", e.dst, ", ", v, "[", i, "].Key)")
		e.value(t.item, v+"["+i+"].Value", at.with("codec.AtKey(%%s, %s[%s].Key)", v, i), loop+1)
		e.p("}")
	default:
		if t.item.op == opNull {
			e.p("for ", k, " := range ", bare(v), " {")
		} else {
			e.p("for ", k, ", ", item, " := range ", bare(v), " {")
		}
		e.p(e.dst, " = codec.AppendString(", e.dst, ", ", k, ")")
		e.value(t.item, item, at.with("codec.AtKey(%%s, %s)", k), loop+1)
		e.p("}")
	}
	e.p("}")
	e.p(e.dst, " = append(", e.dst, ", 0)")
}

// bare is a variable without the brackets that gofmt would strip.
func bare(v string) string {
	if strings.HasPrefix(v, "(*") && strings.IndexByte(v, ')') == len(v)-1 {
		return strings.TrimSuffix(v[1:], ")")
	}
	return v
}
