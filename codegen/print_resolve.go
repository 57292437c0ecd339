package codegen

// resolver prints resolveAvro, which reads what another schema wrote, and what
// it calls: a method for each field that is more than a few lines, and one that
// sets defaults.
func (p *printer) resolver(t *typePlan) {
	r := t.record
	p.p("func (r *", t.goName, ") resolveAvro(src []byte, text string, p int, d *codec.Decoder, at *codec.Node) (int, error) {")
	p.p("if at.Same {")
	p.p("return r.decodeAvro(src, text, p, d)")
	p.p("}")
	p.p("var err error")
	if r.recursive {
		p.p("if err = d.Descend(p); err != nil {")
		p.p("return p, err")
		p.p("}")
	}
	p.p("steps := at.Steps")
	p.p("for i := range steps {")
	p.p("s := &steps[i]")
	p.p("w := s.Node")
	p.p("if s.Union {")
	p.p("if w, p, err = codec.EnterUnion(src, p, w); err != nil {")
	p.p("return p, codec.AtField(err, ", t.schema.goVar, ", s.Name)")
	p.p("}")
	p.p("}")
	p.p("switch s.Field {")
	d := &decodeBody{printer: p, w: "w", bare: true}
	for i, f := range r.fields {
		p.p("case ", i, ":")
		if short(f.typ) {
			d.value(f.typ, "r."+f.goName, nil, 0)
			continue
		}
		if f.typ.op == opArray || f.typ.op == opMap || f.typ.op == opPairs {
			// w is the node of all that the straight method reads.
			p.p("if w.Same {")
			p.p("p, err = r.", fieldMethod("decode", f), "(src, text, p, d)")
			p.p("} else {")
			p.p("p, err = r.", fieldMethod("resolve", f), "(src, text, p, d, w)")
			p.p("}")
			continue
		}
		p.p("p, err = r.", fieldMethod("resolve", f), "(src, text, p, d, w)")
	}
	p.p("default:")
	p.p("p, err = codec.Skip(src, p, w, d)")
	p.p("}")
	p.p("if err != nil {")
	p.p("return p, codec.AtField(err, ", t.schema.goVar, ", s.Name)")
	p.p("}")
	p.p("}")
	if r.hasDefaults() {
		p.p("for _, field := range at.Defaults {")
		p.p("r.defaultAvro(field)")
		p.p("}")
	}
	if r.recursive {
		p.p("d.Ascend()")
	}
	p.p("return p, nil")
	p.p("}")
	p.p()
	for _, f := range r.fields {
		if !short(f.typ) {
			p.resolveField(t, f)
		}
	}
	if r.hasDefaults() {
		p.setDefaults(t)
	}
}

// short tells types whose reading fits into the switch over fields.
func short(t *goType) bool {
	switch t.op {
	case opArray, opMap, opPairs:
		return false
	case opOpt, opPointer:
		return short(t.item)
	case opNull, opBool, opScalar, opEnum, opFixed, opRecord, opUnion:
	}
	return true
}

func (p *printer) resolveField(t *typePlan, f *fieldPlan) {
	p.p("func (r *", t.goName, ") ", fieldMethod("resolve", f), "(src []byte, text string, p int, d *codec.Decoder, w *codec.Node) (int, error) {")
	p.p("var err error")
	d := &decodeBody{printer: p, w: "w"}
	d.value(f.typ, "r."+f.goName, nil, 0)
	p.p("return p, nil")
	p.p("}")
	p.p()
}

func (r *recordPlan) hasDefaults() bool {
	for _, f := range r.fields {
		if f.hasDefault {
			return true
		}
	}
	return false
}

// setDefaults prints the method that gives a field its default, by number.
func (p *printer) setDefaults(t *typePlan) {
	p.p("func (r *", t.goName, ") defaultAvro(field int) {")
	p.p("switch field {")
	for i, f := range t.record.fields {
		if f.hasDefault {
			p.p("case ", i, ":")
			p.p("r.", f.goName, " = ", f.deflt)
		}
	}
	p.p("}")
	p.p("}")
	p.p()
}
