package codegen

import (
	"fmt"
	"strconv"
	"strings"
)

// record prints a struct and its methods.
func (p *printer) record(t *typePlan) {
	p.doc(t, "record", "")
	p.p("type ", t.goName, " struct {")
	for _, f := range t.record.fields {
		if strings.TrimSpace(f.doc) != "" {
			p.comment(strings.TrimSpace(f.doc))
		}
		p.p(f.goName, " ", f.typ.expr, " `avro:", strconv.Quote(f.avroName), " json:", strconv.Quote(f.avroName), "`")
	}
	p.p("}")
	p.p()
	if t.record.constructor != "" {
		p.constructor(t)
	}
	p.encoder(t)
	p.decoder(t)
	p.resolver(t)
	p.api(t)
	p.equal(t)
	if t.record.event != nil {
		p.event(t)
	}
}

func (p *printer) constructor(t *typePlan) {
	r := t.record
	p.p("// ", r.constructor, " has the defaults of the schema.")
	p.p("func ", r.constructor, "() *", t.goName, " {")
	p.p("r := &", t.goName, "{")
	for _, f := range r.fields {
		if f.initial != "" {
			p.p(f.goName, ": ", f.initial, ",")
		}
	}
	p.p("}")
	for i, f := range r.fields {
		if f.hasDefault && !f.zero {
			p.p("r.defaultAvro(", i, ") // ", f.goName)
		}
	}
	p.p("return r")
	p.p("}")
	p.p()
}

func (p *printer) equal(t *typePlan) {
	p.p("// ", t.record.equal, " reports whether both hold the same values. Empty and nil are the same, times")
	p.p("// are compared as instants, dates and local times by the clock that they show,")
	p.p("// decimals as numbers.")
	p.p("func (r *", t.goName, ") ", t.record.equal, "(other *", t.goName, ") bool {")
	var terms []string
	for _, f := range t.record.fields {
		if f.typ.op != opNull {
			terms = append(terms, equalExpr(f.typ, "r."+f.goName, "other."+f.goName))
		}
	}
	if len(terms) == 0 {
		terms = []string{"true"}
	}
	p.p("return ", strings.Join(terms, " &&\n"))
	p.p("}")
	p.p()
}

// equalExpr compares two variables.
func equalExpr(t *goType, a, b string) string {
	if t.comparable() {
		return a + " == " + b
	}
	switch t.op {
	case opRecord:
		return fmt.Sprintf("%s.%s(&%s)", a, t.record.equal, b)
	case opUnion:
		return fmt.Sprintf("%s.Equal(&%s)", a, b)
	case opOpt:
		return fmt.Sprintf("codec.EqualOpt(%s, %s, %s)", a, b, equalFunc(t.item))
	case opPointer:
		return fmt.Sprintf("codec.EqualPtr(%s, %s, %s)", a, b, equalPointed(t.item))
	case opPairs:
		return fmt.Sprintf("codec.EqualPairs(%s, %s, %s)", a, b, equalFunc(t.item))
	case opArray, opMap:
		pkg := "slices"
		if t.op == opMap {
			pkg = "maps"
		}
		if t.item.comparable() {
			return fmt.Sprintf("%s.Equal(%s, %s)", pkg, a, b)
		}
		return fmt.Sprintf("%s.EqualFunc(%s, %s, %s)", pkg, a, b, equalFunc(t.item))
	default:
		return fmt.Sprintf(t.scalar.equal, a, b)
	}
}

func equalFunc(t *goType) string {
	return fmt.Sprintf("func(a, b %s) bool { return %s }", t.expr, equalExpr(t, "a", "b"))
}

// equalPointed compares what two pointers point to.
func equalPointed(t *goType) string {
	if t.op == opRecord {
		return fmt.Sprintf("(*%s).%s", t.expr, t.record.equal)
	}
	return fmt.Sprintf("func(a, b *%s) bool { return %s }", t.expr, equalExpr(t, "(*a)", "(*b)"))
}

func (p *printer) event(t *typePlan) {
	e := t.record.event
	p.p("// EventTopic is the topic that events of this type go to.")
	p.p("func (*", t.goName, ") EventTopic() string { return ", strconv.Quote(e.topic), " }")
	p.p()
	p.p("// EventKey is ", e.key.selector, " as text.")
	p.p("func (r *", t.goName, ") EventKey() []byte {")
	switch kind := e.key.typ.schema.kind; {
	case e.key.typ.expr == uuidType:
		p.p("return []byte(r.", e.key.selector, ".String())")
	case kind == kindString:
		p.p("return []byte(r.", e.key.selector, ")")
	case kind == kindBytes:
		p.p("return bytes.Clone(r.", e.key.selector, ")")
	default:
		p.p("return strconv.AppendInt(nil, int64(r.", e.key.selector, "), 10)")
	}
	p.p("}")
	p.p()
	if e.sequence == nil {
		return
	}
	p.p("// EventSequence is ", e.sequence.selector, ".")
	p.p("func (r *", t.goName, ") EventSequence() int64 { return int64(r.", e.sequence.selector, ") }")
	p.p()
}
