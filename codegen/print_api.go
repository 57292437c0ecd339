package codegen

import (
	"fmt"
	"strconv"
	"strings"
)

// api prints the methods that every named type has, on top of its AppendAvro,
// decodeAvro and resolveAvro, and its schema.
func (p *printer) api(t *typePlan) {
	v := "r"
	if t.record == nil {
		v = "v"
	}
	p.p("// DecodeAvro decodes one value from the front of src and returns the bytes")
	p.p("// after it.")
	p.p("func (", v, " *", t.goName, ") DecodeAvro(src []byte) ([]byte, error) {")
	p.p("return ", v, ".ReadAvro(src, codec.ReadOptions{})")
	p.p("}")
	p.p()
	p.p("// UnmarshalAvro decodes src, which must hold exactly one value.")
	p.p("func (", v, " *", t.goName, ") UnmarshalAvro(src []byte) error {")
	p.p("buf, text := codec.StartArena(src)")
	p.p("d := codec.NewDecoder(len(src))")
	p.p("p, err := ", v, ".decodeAvro(buf, text, 0, &d)")
	p.p("return codec.Done(", t.schema.goVar, ", src, p, err)")
	p.p("}")
	p.p()
	p.p("// ReadAvro decodes one value from the front of src as the options say and")
	p.p("// returns the bytes after it.")
	p.p("func (", v, " *", t.goName, ") ReadAvro(src []byte, o codec.ReadOptions) ([]byte, error) {")
	p.p("d, buf, text := o.Start(src)")
	p.p("var p int")
	p.p("var err error")
	p.p("if o.Plan == nil {")
	p.p("p, err = ", v, ".decodeAvro(buf, text, 0, &d)")
	p.p("} else {")
	p.p("var at *codec.Node")
	p.p("if at, p, err = o.Plan.Enter(", t.schema.goVar, ", buf); err == nil {")
	p.p("p, err = ", v, ".resolveAvro(buf, text, p, &d, at)")
	p.p("}")
	p.p("}")
	p.p("if err == nil && (p == len(src) || !o.Whole) {")
	p.p("return src[p:], nil")
	p.p("}")
	p.p("return src, codec.Done(", t.schema.goVar, ", src, p, err)")
	p.p("}")
	p.p()
	p.schema(t)
}

func (p *printer) schema(t *typePlan) {
	s := t.schema
	p.p("// AvroSchema is the schema of ", t.goName, ", complete in itself.")
	p.p("func (*", t.goName, ") AvroSchema() *codec.Schema { return ", s.goVar, " }")
	p.p()
	p.p("var ", s.goVar, " = codec.NewSchema(")
	p.p(strconv.Quote(t.fullName), ",")
	p.p(quoted(s.text), ",")
	p.p("codec.Fingerprints{")
	p.p(fmt.Sprintf("CRC64: 0x%016x,", s.fingerprints.CRC64))
	p.p(fmt.Sprintf("MD5: [16]byte{%s},", hexList(s.fingerprints.MD5[:])))
	p.p("SHA256: [32]byte{")
	p.p(hexList(s.fingerprints.SHA256[:16]), ",")
	p.p(hexList(s.fingerprints.SHA256[16:]), ",")
	p.p("},")
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
		if i > 0 {
			s.WriteString(", ")
		}
		fmt.Fprintf(&s, "0x%02x", c)
	}
	return s.String()
}
