package codegen

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// planner takes the decisions. Like the parser it collects problems.
type planner struct {
	*parser
	options Options
	names   scope
	least   map[*namedType]int
	types   map[*namedType]*typePlan
	reaches map[*namedType]map[*namedType]bool // by every edge
	nested  map[*namedType]map[*namedType]bool // by edges that hold the value itself
	// constructed remembers which records have a default anywhere.
	constructed map[*namedType]bool
}

// plan decides everything about the Go package.
func plan(p *parser, packageName string, options Options) (*packagePlan, error) {
	pl := &planner{
		parser: p, options: options, names: scope{"AvroEvents": true},
		types: map[*namedType]*typePlan{}, least: map[*namedType]int{}, constructed: map[*namedType]bool{},
	}
	all := pl.sorted()
	pl.nameTypes(all)
	pl.recursion(all)
	if err := p.err(); err != nil {
		return nil, err
	}
	for _, n := range all {
		pl.shape(n)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	for _, n := range all {
		if n.kind == kindRecord {
			pl.inline(n)
		}
	}
	pl.fallible(all)
	for _, n := range all {
		pl.finish(n)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	out := &packagePlan{name: packageName}
	for _, n := range all {
		if t := pl.types[n]; t.record != nil && t.record.event != nil {
			out.events = append(out.events, t.goName)
		}
	}
	out.files = pl.files()
	return out, nil
}

// sorted is every type by full name, so that no decision depends on the order
// of files.
func (pl *planner) sorted() []*namedType {
	var all []*namedType
	for _, f := range pl.parser.files {
		all = append(all, f.types...)
	}
	slices.SortFunc(all, func(a, b *namedType) int { return strings.Compare(a.fullName(), b.fullName()) })
	return all
}

// nameTypes gives every type its Go name: the short name, with the last part
// of the namespace in front when several types share it, and all of the
// namespace when that is not enough.
func (pl *planner) nameTypes(all []*namedType) {
	lastPart := func(n *namedType) string {
		return goName(n.namespace[strings.LastIndexByte(n.namespace, '.')+1:] + "." + n.name)
	}
	forms := []func(*namedType) string{
		func(n *namedType) string { return goName(n.name) },
		lastPart,
		func(n *namedType) string { return goName(n.fullName()) },
	}
	open := all
	chosen := map[*namedType]string{}
	for _, form := range forms {
		users := map[string]int{}
		for _, n := range open {
			chosen[n] = form(n)
			users[chosen[n]]++
		}
		open = slices.DeleteFunc(slices.Clone(open), func(n *namedType) bool { return users[chosen[n]] == 1 })
	}
	for _, n := range pl.chosenFirst(all) {
		t := &typePlan{goName: pl.names.take(pl.override(n.fullName(), chosen[n]), "Type"), fullName: n.fullName(), doc: n.doc}
		switch n.kind {
		case kindRecord:
			t.record = &recordPlan{}
		case kindEnum:
			t.enum = &enumPlan{}
		default:
			t.fixed = &fixedPlan{size: n.size}
		}
		pl.types[n] = t
	}
	for _, n := range all {
		pl.nameParts(n)
	}
}

// chosenFirst puts the types whose names the options say in front, so that they
// get them.
func (pl *planner) chosenFirst(all []*namedType) []*namedType {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b *namedType) int {
		return cmp.Compare(min(len(pl.options.Names[b.fullName()]), 1), min(len(pl.options.Names[a.fullName()]), 1))
	})
	return out
}

// nameParts names what belongs to a type: functions, constants, variables.
func (pl *planner) nameParts(n *namedType) {
	t := pl.types[n]
	t.schema = &schemaPlan{goVar: pl.names.take("schema" + t.goName)}
	if t.record != nil {
		t.record.schema = t.schema
	}
	if t.enum != nil {
		t.enum.parse = pl.names.take("Parse"+t.goName, "Symbol")
		for _, s := range n.symbols {
			name := pl.names.take(pl.override(n.fullName()+"."+s, t.goName+goName(s)))
			t.enum.symbols = append(t.enum.symbols, symbolPlan{goName: name, avroName: s})
		}
	}
}

// override is the name that the options have for an Avro name, else name.
func (pl *planner) override(avro, name string) string {
	if chosen := pl.options.Names[avro]; chosen != "" {
		return chosen
	}
	return name
}

// mostInline is how many values a record may have to be appended and read where
// it is held, without a call: that saves some 2 ns of the 20 that a record of five
// values takes.
const mostInline = 8

// inline decides which records are small enough.
func (pl *planner) inline(n *namedType) {
	r := pl.types[n].record
	size := r.size()
	r.inline = !r.recursive && size <= mostInline && pl.leastBytes(&schemaType{kind: kindRecord, named: n}) > 0
}

// size counts the values of a record and of those that it holds in place; it is
// more than mostInline when a value takes a loop or a call.
func (r *recordPlan) size() int {
	if r.measured == 0 {
		r.measured = 1 + r.measure()
	}
	return r.measured - 1
}

func (r *recordPlan) measure() int {
	if r.recursive {
		return mostInline + 1
	}
	n := 0
	for _, f := range r.fields {
		switch {
		case f.typ.flat():
			n++
		case f.typ.op == opRecord:
			n += f.typ.record.size()
		default:
			return mostInline + 1
		}
		if n > mostInline {
			break
		}
	}
	return n
}

// shape decides a record's fields.
func (pl *planner) shape(n *namedType) {
	t := pl.types[n]
	r := t.record
	if r == nil {
		return
	}
	r.recursive, r.deep = pl.reaches[n][n], pl.deep(n)
	members := methodNames(n)
	fields := make([]string, len(n.fields))
	for i, f := range n.fields {
		fields[i] = f.name
	}
	for i, name := range members.takeFields(fields, func(field string) string { return pl.options.Names[n.fullName()+"."+field] }) {
		f := n.fields[i]
		path := n.fullName() + "." + f.name
		r.fields = append(r.fields, &fieldPlan{
			goName:   name,
			avroName: f.name,
			doc:      fieldDoc(f),
			typ:      pl.goType(f.typ, place{owner: n, name: t.goName + name, path: path}),
		})
	}
	r.equal = members.take("Equal", "Record")
}

// fieldDoc is a field's doc. A logical type in the wrong place is told there:
// the schema is right by Avro's rules, and its author probably wanted another.
func fieldDoc(f *schemaField) string {
	if f.misplaced == "" {
		return f.doc
	}
	note := fmt.Sprintf("The logical type %s stands beside the field's type, where Avro takes no notice of it.", f.misplaced)
	return strings.TrimSpace(f.doc + "\n\n" + note)
}

// finish decides what needs the shapes of all records.
func (pl *planner) finish(n *namedType) {
	t := pl.types[n]
	if r := t.record; r != nil {
		pl.defaults(n, r)
		r.event = pl.event(n)
	}
	var err error
	if t.schema.text, err = pl.schemaText(n); err != nil {
		pl.failIn(n.file, n.json, n.fullName(), "%v", err)
	}
	t.schema.fingerprints = fingerprints(canonicalForm(n))
}

// typesOf are the Go types of a named type: a record's unions follow it, and a
// fixed that is a decimal or the like has none of its own.
func (pl *planner) typesOf(n *namedType) []*typePlan {
	t := pl.types[n]
	if t.fixed != nil && n.logical.name != "" {
		return nil
	}
	out := []*typePlan{t}
	if t.record != nil {
		for _, u := range t.record.unions {
			out = append(out, &typePlan{goName: u.goName, fullName: t.fullName, union: u})
		}
	}
	return out
}

// files decides which Go file holds which types.
func (pl *planner) files() []*filePlan {
	var out []*filePlan
	users := map[string]int{indexName: 1}
	for _, f := range pl.parser.files {
		users[fileName(path.Base(f.path))]++
	}
	taken := scope{indexName: true}
	for _, f := range pl.parser.files {
		name := fileName(path.Base(f.path))
		if users[name] > 1 {
			name = fileName(f.path)
		}
		stem := strings.TrimSuffix(name, generatedSuffix)
		for i := 2; taken[name]; i++ {
			name = stem + strings.Repeat("_", i-1) + "avro" + generatedSuffix
		}
		taken[name] = true
		file := &filePlan{name: name, source: f.path}
		for _, n := range f.types {
			file.types = append(file.types, pl.typesOf(n)...)
		}
		if len(file.types) > 0 {
			out = append(out, file)
		}
	}
	return out
}
