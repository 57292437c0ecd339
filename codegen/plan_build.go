package codegen

import (
	"maps"
	"path"
	"slices"
	"strings"
)

// planner takes the decisions. Like the parser it collects problems.
type planner struct {
	*parser
	names   scope
	types   map[*namedType]*typePlan
	reaches map[*namedType]map[*namedType]bool // by every edge
	nested  map[*namedType]map[*namedType]bool // by edges that hold the value itself
}

// plan decides everything about the Go package.
func plan(p *parser, packageName string) (*packagePlan, error) {
	pl := &planner{parser: p, names: scope{"AvroEvents": true}, types: map[*namedType]*typePlan{}}
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
	for _, n := range all {
		t := &typePlan{goName: pl.names.take(chosen[n], "Type"), fullName: n.fullName(), doc: n.doc}
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

// nameParts names what belongs to a type: functions, constants, variables.
func (pl *planner) nameParts(n *namedType) {
	t := pl.types[n]
	if t.record != nil {
		t.record.schemaVar = pl.names.take("schema" + t.goName)
	}
	if t.enum != nil {
		t.enum.parse = pl.names.take("Parse"+t.goName, "Symbol")
		for _, s := range n.symbols {
			name := pl.names.take(t.goName + goName(s))
			t.enum.symbols = append(t.enum.symbols, symbolPlan{goName: name, avroName: s})
		}
	}
}

// shape decides a record's fields.
func (pl *planner) shape(n *namedType) {
	r := pl.types[n].record
	if r == nil {
		return
	}
	members := scope{"AppendAvro": true, "DecodeAvro": true, "UnmarshalAvro": true, "AvroSchema": true}
	if n.event != nil {
		members["EventTopic"], members["EventKey"], members["EventSequence"] = true, true, true
	}
	r.recursive = pl.reaches[n][n]
	methods := maps.Clone(members)
	for _, f := range n.fields {
		name := goName(f.name)
		if methods[name] {
			name += "Field"
		}
		r.fields = append(r.fields, &fieldPlan{
			goName:   members.take(name),
			avroName: f.name,
			doc:      f.doc,
			typ:      pl.goType(n, f.typ, n.fullName()+"."+f.name),
		})
	}
	r.equal = members.take("Equal", "Record")
}

// finish decides what needs the shapes of all records.
func (pl *planner) finish(n *namedType) {
	r := pl.types[n].record
	if r == nil {
		return
	}
	pl.fallible(n, r)
	if pl.constructs(n) {
		pl.constructor(n, r)
	}
	r.event = pl.event(n)
	var err error
	if r.text, err = pl.schemaText(n); err != nil {
		pl.failIn(n.file, n.json, n.fullName(), "%v", err)
	}
	r.fingerprints = fingerprints(canonicalForm(n))
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
			if t := pl.types[n]; t.fixed == nil || n.logical.name != "decimal" {
				file.types = append(file.types, t)
			}
		}
		if len(file.types) > 0 {
			out = append(out, file)
		}
	}
	return out
}
