package codegen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// union prints the type of a union, which holds exactly one branch.
func (p *printer) union(t *typePlan) {
	u := t.union
	zero := "Its zero value is its first branch."
	if u.branches[0].typ.op == opRecord {
		zero = "Its zero value holds no record, and cannot be appended."
	}
	p.comment(fmt.Sprintf("%s is a union of %s. %s", u.goName, branchList(u), zero))
	p.p("type ", u.goName, " struct {")
	p.p("branch ", u.branchTyp)
	for _, b := range u.branches {
		if b.field != "" {
			p.p(b.field, " ", b.expr())
		}
	}
	p.p("}")
	p.p()
	p.p("// ", u.branchTyp, " is the number of a branch of ", u.goName, ".")
	p.p("type ", u.branchTyp, " int")
	p.p()
	p.p("// The branches of ", u.goName, ".")
	p.p("const (")
	for i, b := range u.branches {
		if i == 0 {
			p.p(b.constant, " ", u.branchTyp, " = iota")
			continue
		}
		p.p(b.constant)
	}
	p.p(")")
	p.p()
	p.p("// Branch is the branch that the union holds.")
	p.p("func (u *", u.goName, ") Branch() ", u.branchTyp, " { return u.branch }")
	p.p()
	for _, b := range u.branches {
		p.branch(u, b)
	}
	p.unionEncoder(u)
	p.unionDecoder(u)
	p.unionEqual(u)
	p.unionJSON(u)
}

// expr is the Go type of a branch's value. Records are behind a pointer, so that
// a union is not as large as all of them together and may hold itself.
func (b *branchPlan) expr() string {
	if b.typ.op == opRecord {
		return "*" + b.typ.expr
	}
	return b.typ.expr
}

func branchList(u *unionPlan) string {
	names := make([]string, len(u.branches))
	for i, b := range u.branches {
		names[i] = b.avroName
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

// branch prints how one branch is set, told and read.
func (p *printer) branch(u *unionPlan, b *branchPlan) {
	if b.field == "" {
		p.p("// ", b.from, " is the union of null.")
		p.p("func ", b.from, "() ", u.goName, " { return ", u.goName, "{branch: ", b.constant, "} }")
		p.p()
		p.p("// IsNull reports whether the union is null.")
		p.p("func (u *", u.goName, ") IsNull() bool { return u.branch == ", b.constant, " }")
		p.p()
		p.p("// SetNull makes the union null.")
		p.p("func (u *", u.goName, ") SetNull() { *u = ", b.from, "() }")
		p.p()
		return
	}
	p.p("// ", b.from, " is the union of ", b.avroName, ".")
	p.p("func ", b.from, "(v ", b.expr(), ") ", u.goName, " {")
	p.p("return ", u.goName, "{branch: ", b.constant, ", ", b.field, ": v}")
	p.p("}")
	p.p()
	p.p("// As", b.name, " gives the value and true if the union holds ", b.avroName, ".")
	p.p("func (u *", u.goName, ") As", b.name, "() (", b.expr(), ", bool) { return u.", b.field, ", u.branch == ", b.constant, " }")
	p.p()
	p.p("// Set", b.name, " makes the union hold ", b.avroName, ".")
	p.p("func (u *", u.goName, ") Set", b.name, "(v ", b.expr(), ") { *u = ", b.from, "(v) }")
	p.p()
}

func (p *printer) unionEncoder(u *unionPlan) {
	depth := ""
	if u.deep {
		depth = ", depth int"
	}
	p.p("func (u *", u.goName, ") appendAvro(dst []byte", depth, ") ([]byte, error) {")
	e := &encodeBody{printer: p, dst: "dst", depth: ", depth"}
	if u.fallible {
		p.p("out := dst")
		e.dst = "out"
	}
	if slices.ContainsFunc(u.branches, func(b *branchPlan) bool { return b.typ.fallible() }) {
		p.p("var err error")
	}
	p.p("switch u.branch {")
	for i, b := range u.branches {
		p.p("case ", b.constant, ":")
		if b.typ.op == opRecord {
			p.p("if u.", b.field, " == nil {")
			p.p("return dst, codec.NilBranch(", strconv.Quote(b.avroName), ")")
			p.p("}")
		}
		if i < maxOneByte {
			p.p(e.dst, " = append(", e.dst, ", ", 2*i, ")")
		} else {
			p.p(e.dst, " = codec.AppendLong(", e.dst, ", ", i, ")")
		}
		if b.typ.op != opNull {
			e.value(b.typ, "u."+b.field, nil, 0)
		}
	}
	p.p("}")
	p.p("return ", e.dst, ", nil")
	p.p("}")
	p.p()
}

func (p *printer) unionDecoder(u *unionPlan) {
	for _, w := range []string{"", "w"} {
		switch w {
		case "":
			p.p("func (u *", u.goName, ") decodeAvro(src []byte, text string, p int, d *codec.Decoder) (int, error) {")
			p.p("branch, p, err := codec.ReadBranch(src, p, ", len(u.branches), ")")
			p.p("if err != nil {")
			p.p("return p, err")
			p.p("}")
			if anyOptional(u.types()) {
				p.p("var set bool")
			}
			p.p("switch ", u.branchTyp, "(branch) {")
		default:
			p.p("func (u *", u.goName, ") resolveAvro(src []byte, text string, p int, d *codec.Decoder, w *codec.Node) (int, error) {")
			p.p("var err error")
			p.p("switch ", u.branchTyp, "(w.Branch) {")
		}
		d := &decodeBody{printer: p, w: w}
		for _, b := range u.branches {
			p.p("case ", b.constant, ":")
			if b.field == "" {
				p.p("u.SetNull()")
				continue
			}
			d.branch(b)
		}
		p.p("}")
		p.p("return p, err")
		p.p("}")
		p.p()
	}
}

// branch prints how the value of a branch is read. What another branch held is
// let go.
func (d *decodeBody) branch(b *branchPlan) {
	if b.typ.op == opRecord {
		d.p("v := codec.ResetPointer(d, u.", b.field, ")")
	} else if b.typ.item != nil {
		d.p("v := u.", b.field)
	} else {
		d.p("var v ", b.typ.expr)
	}
	d.value(b.typ, "v", nil, 1)
	d.p("u.Set", b.name, "(v)")
}

func (p *printer) unionEqual(u *unionPlan) {
	p.p("// Equal reports whether both hold the same branch and the same value.")
	p.p("func (u *", u.goName, ") Equal(other *", u.goName, ") bool {")
	p.p("if u.branch != other.branch {")
	p.p("return false")
	p.p("}")
	p.p("switch u.branch {")
	for _, b := range u.branches {
		if b.field == "" {
			continue
		}
		p.p("case ", b.constant, ":")
		if b.typ.op == opRecord {
			p.p("return codec.EqualPtr(u.", b.field, ", other.", b.field, ", ", equalPointed(b.typ), ")")
			continue
		}
		p.p("return ", equalExpr(b.typ, "u."+b.field, "other."+b.field))
	}
	p.p("}")
	p.p("return true")
	p.p("}")
	p.p()
}

// unionJSON prints the JSON form that Avro has for unions: null, or an object
// whose only member is named for the branch.
func (p *printer) unionJSON(u *unionPlan) {
	p.p("// MarshalJSON writes null, or an object with the branch's name and value.")
	p.p("func (u ", u.goName, ") MarshalJSON() ([]byte, error) {")
	p.p("switch u.branch {")
	for _, b := range u.branches {
		if b.field != "" {
			p.p("case ", b.constant, ":")
			p.p("return codec.MarshalBranch(", strconv.Quote(b.avroName), ", u.", b.field, ")")
		}
	}
	p.p("}")
	p.p("return []byte(\"null\"), nil")
	p.p("}")
	p.p()
	p.p("// UnmarshalJSON reads what MarshalJSON writes.")
	p.p("func (u *", u.goName, ") UnmarshalJSON(src []byte) error {")
	value := "value"
	if !slices.ContainsFunc(u.branches, func(b *branchPlan) bool { return b.field != "" }) {
		value = "_"
	}
	p.p("branch, ", value, ", err := codec.UnmarshalBranch(src)")
	p.p("if err != nil {")
	p.p("return err")
	p.p("}")
	p.p("switch branch {")
	for _, b := range u.branches {
		p.p("case ", strconv.Quote(b.avroName), ":")
		if b.field == "" {
			p.p("u.SetNull()")
			p.p("return nil")
			continue
		}
		p.p("var v ", b.expr())
		p.p("if err := codec.UnmarshalValue(value, &v); err != nil {")
		p.p("return err")
		p.p("}")
		p.p("u.Set", b.name, "(v)")
		p.p("return nil")
	}
	p.p("}")
	p.p("return codec.UnknownBranch(branch, ", strconv.Quote(branchList(u)), ")")
	p.p("}")
	p.p()
}

func (u *unionPlan) types() []*goType {
	out := make([]*goType, len(u.branches))
	for i, b := range u.branches {
		out[i] = b.typ
	}
	return out
}
