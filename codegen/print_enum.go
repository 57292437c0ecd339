package codegen

import "strconv"

// enum prints a type whose values are ordinals.
func (p *printer) enum(t *typePlan) {
	p.doc(t, "enum", " Its zero value is "+t.enum.symbols[0].goName+".")
	p.p("type ", t.goName, " int")
	p.p()
	p.p("// The symbols of ", t.goName, ".")
	p.p("const (")
	for i, s := range t.enum.symbols {
		if i == 0 {
			p.p(s.goName, " ", t.goName, " = iota // ", s.avroName)
			continue
		}
		p.p(s.goName, " // ", s.avroName)
	}
	p.p(")")
	p.p()
	p.p("// String is the symbol.")
	p.p("func (v ", t.goName, ") String() string {")
	p.p("switch v {")
	for _, s := range t.enum.symbols {
		p.p("case ", s.goName, ":")
		p.p("return ", strconv.Quote(s.avroName))
	}
	p.p("}")
	p.p("return ", strconv.Quote(t.goName+"("), " + strconv.Itoa(int(v)) + \")\"")
	p.p("}")
	p.p()
	p.p("// ", t.enum.parse, " is the value of a symbol.")
	p.p("func ", t.enum.parse, "(symbol string) (", t.goName, ", error) {")
	p.p("switch symbol {")
	for _, s := range t.enum.symbols {
		p.p("case ", strconv.Quote(s.avroName), ":")
		p.p("return ", s.goName, ", nil")
	}
	p.p("}")
	p.p("return 0, codec.UnknownSymbol(", strconv.Quote(t.fullName), ", symbol)")
	p.p("}")
	p.p()
	p.p("// MarshalText is the symbol, in JSON too.")
	p.p("func (v ", t.goName, ") MarshalText() ([]byte, error) {")
	p.p("if v < 0 || v >= ", len(t.enum.symbols), " {")
	p.p("return nil, codec.UnknownOrdinal(", strconv.Quote(t.fullName), ", int(v))")
	p.p("}")
	p.p("return []byte(v.String()), nil")
	p.p("}")
	p.p()
	p.p("// UnmarshalText reads a symbol.")
	p.p("func (v *", t.goName, ") UnmarshalText(text []byte) error {")
	p.p("parsed, err := ", t.enum.parse, "(string(text))")
	p.p("if err != nil {")
	p.p("return err")
	p.p("}")
	p.p("*v = parsed")
	p.p("return nil")
	p.p("}")
	p.p()
	p.enumCodec(t)
	p.api(t)
}

// enumCodec prints how an enum is appended and read.
func (p *printer) enumCodec(t *typePlan) {
	p.p("// AppendAvro appends the value in Avro binary to dst.")
	p.p("func (v *", t.goName, ") AppendAvro(dst []byte) ([]byte, error) {")
	p.p("out, err := codec.AppendEnum(dst, *v, ", len(t.enum.symbols), ")")
	p.p("if err != nil {")
	p.p("return dst, codec.AtRecord(err, ", t.schema.goVar, ")")
	p.p("}")
	p.p("return out, nil")
	p.p("}")
	p.p()
	p.p("func (v *", t.goName, ") decodeAvro(src []byte, _ string, p int, _ *codec.Decoder) (_ int, err error) {")
	p.p("*v, p, err = codec.ReadEnum[", t.goName, "](src, p, ", len(t.enum.symbols), ")")
	p.p("return p, err")
	p.p("}")
	p.p()
	p.p("func (v *", t.goName, ") resolveAvro(src []byte, _ string, p int, _ *codec.Decoder, at *codec.Node) (_ int, err error) {")
	p.p("*v, p, err = codec.ResolveEnum[", t.goName, "](src, p, at)")
	p.p("return p, err")
	p.p("}")
	p.p()
}

// fixed prints a type of so many bytes.
func (p *printer) fixed(t *typePlan) {
	p.doc(t, "fixed", "")
	p.p("type ", t.goName, " [", t.fixed.size, "]byte")
	p.p()
	p.p("// AppendAvro appends the bytes to dst.")
	p.p("func (v *", t.goName, ") AppendAvro(dst []byte) ([]byte, error) { return append(dst, v[:]...), nil }")
	p.p()
	p.p("func (v *", t.goName, ") decodeAvro(src []byte, _ string, p int, _ *codec.Decoder) (int, error) {")
	p.p("return codec.ReadFixed(v[:], src, p)")
	p.p("}")
	p.p()
	p.p("func (v *", t.goName, ") resolveAvro(src []byte, _ string, p int, _ *codec.Decoder, _ *codec.Node) (int, error) {")
	p.p("return codec.ReadFixed(v[:], src, p)")
	p.p("}")
	p.p()
	p.api(t)
}
