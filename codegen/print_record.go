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
		p.p(f.goName, " ", f.typ.expr, " `json:", strconv.Quote(f.avroName), "`")
	}
	p.p("}")
	p.p()
	if t.record.constructor != "" {
		p.constructor(t)
	}
	p.encoder(t)
	p.decoder(t)
	p.equal(t)
	if t.record.event != nil {
		p.event(t)
	}
	p.schema(t)
}

func (p *printer) constructor(t *typePlan) {
	r := t.record
	p.p("// ", r.constructor, " has the defaults of the schema.")
	p.p("func ", r.constructor, "() *", t.goName, " {")
	p.p("return &", t.goName, "{")
	for _, f := range r.fields {
		if f.initial != "" {
			p.p(f.goName, ": ", f.initial, ",")
		}
	}
	p.p("}")
	p.p("}")
	p.p()
}

func (p *printer) equal(t *typePlan) {
	p.p("// ", t.record.equal, " reports whether both hold the same values. Empty and nil are the same, times")
	p.p("// are compared as instants and decimals as numbers.")
	p.p("func (r *", t.goName, ") ", t.record.equal, "(other *", t.goName, ") bool {")
	var terms []string
	for _, f := range t.record.fields {
		terms = append(terms, equalExpr(f.typ, "r."+f.goName, "other."+f.goName))
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
	case opFloat, opDouble:
		return fmt.Sprintf("codec.EqualFloat(%s, %s)", a, b)
	case opBytes:
		return fmt.Sprintf("bytes.Equal(%s, %s)", a, b)
	case opRecord:
		return fmt.Sprintf("%s.%s(&%s)", a, t.record.equal, b)
	case opPointer:
		return fmt.Sprintf("(%s == nil) == (%s == nil) && (%s == nil || %s.%s(%s))", a, b, a, a, t.record.equal, b)
	case opOpt:
		return fmt.Sprintf("codec.EqualOpt(%s, %s, %s)", a, b, equalFunc(t.item))
	case opArray, opMap:
		pkg := "slices"
		if t.op == opMap {
			pkg = "maps"
		}
		if t.item.comparable() {
			return fmt.Sprintf("%s.Equal(%s, %s)", pkg, a, b)
		}
		return fmt.Sprintf("%s.EqualFunc(%s, %s, %s)", pkg, a, b, equalFunc(t.item))
	default: // times and decimals
		return fmt.Sprintf("%s.Equal(%s)", a, b)
	}
}

func equalFunc(t *goType) string {
	return fmt.Sprintf("func(a, b %s) bool { return %s }", t.expr, equalExpr(t, "a", "b"))
}

func (p *printer) event(t *typePlan) {
	e := t.record.event
	p.p("// EventTopic is the topic that events of this type go to.")
	p.p("func (*", t.goName, ") EventTopic() string { return ", strconv.Quote(e.topic), " }")
	p.p()
	p.p("// EventKey is ", e.key.selector, " as text.")
	p.p("func (r *", t.goName, ") EventKey() []byte {")
	switch e.key.typ.op {
	case opString:
		p.p("return []byte(r.", e.key.selector, ")")
	case opBytes:
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

func (p *printer) schema(t *typePlan) {
	r := t.record
	p.p("// AvroSchema is the schema of ", t.goName, ", complete in itself.")
	p.p("func (*", t.goName, ") AvroSchema() *codec.Schema { return ", r.schemaVar, " }")
	p.p()
	p.p("var ", r.schemaVar, " = codec.NewSchema(")
	p.p(strconv.Quote(t.fullName), ",")
	p.p(quoted(r.text), ",")
	p.p("codec.Fingerprints{")
	p.p(fmt.Sprintf("CRC64: 0x%016x,", r.fingerprints.CRC64))
	p.p(fmt.Sprintf("MD5: [16]byte{%s},", hexList(r.fingerprints.MD5[:])))
	p.p(fmt.Sprintf("SHA256: [32]byte{%s},", hexList(r.fingerprints.SHA256[:])))
	p.p("},")
	p.p(")")
	p.p()
}

// quoted prefers back quotes, which leave JSON readable.
func quoted(s string) string {
	if strconv.CanBackquote(s) {
		return "`" + s + "`"
	}
	return strconv.Quote(s)
}

func hexList(b []byte) string {
	var s strings.Builder
	for i, c := range b {
		switch {
		case i > 0 && i%16 == 0:
			s.WriteString(",\n")
		case i > 0:
			s.WriteString(", ")
		case len(b) > 16:
			s.WriteString("\n")
		}
		fmt.Fprintf(&s, "0x%02x", c)
	}
	if len(b) > 16 {
		s.WriteString(",\n")
	}
	return s.String()
}
