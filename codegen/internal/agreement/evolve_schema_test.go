package agreement_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// evolver makes writers' schemas of a reader's: other versions of it, as they
// come about in years of changes, and as they do not. Every value of such a
// writer can be read.
type evolver struct {
	*rand.Rand
	named map[string]*avrojson.Value // definitions whose parts mention types by name
	done  map[string]bool            // definitions that have been written out
	extra int
}

func newEvolver(seed uint64, reader *avrojson.Value) *evolver {
	e := &evolver{Rand: rand.New(rand.NewPCG(seed, 2)), named: map[string]*avrojson.Value{}}
	e.split(reader, "")
	return e
}

// split replaces definitions by their names and keeps them.
func (e *evolver) split(s *avrojson.Value, namespace string) *avrojson.Value {
	out := *s
	out.Elements, out.Members = slices.Clone(s.Elements), slices.Clone(s.Members)
	full, definition := fullName(s, namespace)
	if definition {
		namespace = full[:max(0, strings.LastIndexByte(full, '.'))]
	}
	for i, branch := range out.Elements {
		out.Elements[i] = e.split(branch, namespace)
	}
	for i, m := range out.Members {
		switch m.Key {
		case "type", "items", "values":
			out.Members[i].Value = e.split(m.Value, namespace)
		case "fields":
			fields := *m.Value
			fields.Elements = slices.Clone(fields.Elements)
			for j, f := range fields.Elements {
				fields.Elements[j] = e.split(f, namespace)
			}
			out.Members[i].Value = &fields
		}
	}
	if !definition {
		return &out
	}
	e.named[full] = &out
	return text(full)
}

// writer is a random other version of the named type.
func (e *evolver) writer(name string) *avrojson.Value {
	e.done = map[string]bool{}
	return e.mention(name)
}

// mention is a definition where its type is met first, else its name.
func (e *evolver) mention(name string) *avrojson.Value {
	s := e.named[name]
	if s == nil || e.done[name] {
		return text(name)
	}
	e.done[name] = true
	out := object("name", text(name), "namespace", text(name[:max(0, strings.LastIndexByte(name, '.'))]))
	for _, m := range s.Members {
		switch m.Key {
		case "name", "namespace", "aliases":
		case "fields":
			put(out, m.Key, e.fields(name, m.Value.Elements))
		case "symbols":
			put(out, m.Key, e.symbols(m.Value.Elements, s.Get("default") != nil))
		case "logicalType":
			e.logical(out, m.Value)
		case "default": // of an enum, whose symbols may have changed
		default:
			put(out, m.Key, m.Value)
		}
	}
	return out
}

// logical leaves the annotation out now and then: the bare type is read as the
// logical one. What was left out still says which values there are.
func (e *evolver) logical(out, name *avrojson.Value) {
	if e.IntN(4) == 0 {
		put(out, "was", name)
		return
	}
	put(out, "logicalType", name)
}

func (e *evolver) fields(owner string, fields []*avrojson.Value) *avrojson.Value {
	fields = slices.Clone(fields)
	if e.IntN(3) > 0 {
		e.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	}
	out := &avrojson.Value{Kind: avrojson.Array}
	for _, f := range fields {
		for e.IntN(4) == 0 {
			e.extra++
			out.Elements = append(out.Elements, object("name", text(fmt.Sprintf("extra%d", e.extra)), "type", e.extraType(owner)))
		}
		if f.Get("default") != nil && e.IntN(4) == 0 {
			continue
		}
		name := f.Get("name")
		if aliases := f.Get("aliases"); aliases != nil && e.IntN(3) == 0 {
			name = aliases.Elements[e.IntN(len(aliases.Elements))]
		}
		out.Elements = append(out.Elements, object("name", name, "type", e.place(f.Get("type"))))
	}
	return out
}

// symbols are others where the reader has a default for those that it lacks.
func (e *evolver) symbols(symbols []*avrojson.Value, hasDefault bool) *avrojson.Value {
	symbols = slices.Clone(symbols)
	if hasDefault && e.IntN(2) == 0 {
		symbols = append(symbols, text("NEW"))
	}
	if len(symbols) > 2 && e.IntN(4) == 0 {
		symbols = symbols[1:]
	}
	e.Shuffle(len(symbols), func(i, j int) { symbols[i], symbols[j] = symbols[j], symbols[i] })
	return &avrojson.Value{Kind: avrojson.Array, Elements: symbols}
}

// place is what a writer has where the reader has s.
func (e *evolver) place(s *avrojson.Value) *avrojson.Value {
	switch {
	case s.Kind == avrojson.Array:
		return e.union(s.Elements)
	case e.IntN(8) > 0:
		return e.plain(s)
	}
	// A union of which the reader takes every branch.
	out := &avrojson.Value{Kind: avrojson.Array, Elements: []*avrojson.Value{e.exact(s)}}
	if s.Kind == avrojson.String && e.IntN(2) == 0 {
		for _, other := range promoted[s.Text] {
			out.Elements = append(out.Elements, text(other))
		}
	}
	e.Shuffle(len(out.Elements), func(i, j int) { out.Elements[i], out.Elements[j] = out.Elements[j], out.Elements[i] })
	return out
}

// union takes some of the branches in another order, or a single one without a
// union.
func (e *evolver) union(branches []*avrojson.Value) *avrojson.Value {
	endless := slices.ContainsFunc(branches, func(b *avrojson.Value) bool { return e.reaches(b, b.Text, map[string]bool{}) })
	if e.IntN(5) == 0 && !endless {
		return e.exact(branches[e.IntN(len(branches))])
	}
	all := branches
	branches = slices.Clone(branches)
	e.Shuffle(len(branches), func(i, j int) { branches[i], branches[j] = branches[j], branches[i] })
	if !endless {
		branches = branches[:1+e.IntN(len(branches))]
	}
	out := &avrojson.Value{Kind: avrojson.Array}
	for _, b := range branches {
		if from := promoted[b.Text]; b.Kind == avrojson.String && from != nil && e.IntN(3) == 0 {
			// One that the reader's union does not have itself.
			narrow := func(v *avrojson.Value) bool {
				return v.Text == from[0] || v.Get("type") != nil && v.Get("type").Text == from[0]
			}
			if !slices.ContainsFunc(all, narrow) && !slices.ContainsFunc(out.Elements, narrow) {
				out.Elements = append(out.Elements, text(from[0]))
				continue
			}
		}
		out.Elements = append(out.Elements, e.exact(b))
	}
	return out
}

// reaches tells whether a type can hold values of the named type: such a one
// needs its other branches, or its values never end.
func (e *evolver) reaches(s *avrojson.Value, name string, seen map[string]bool) bool {
	if named := e.named[s.Text]; s.Kind == avrojson.String && named != nil && !seen[s.Text] {
		seen[s.Text] = true
		for _, f := range elements(named.Get("fields")) {
			if f.Get("type").Text == name || e.reaches(f.Get("type"), name, seen) {
				return true
			}
		}
	}
	for _, b := range s.Elements {
		if b.Kind == avrojson.String && b.Text == name && e.named[name] != nil || e.reaches(b, name, seen) {
			return true
		}
	}
	for _, member := range []string{"type", "items", "values"} {
		if m := s.Get(member); m != nil && (m.Text == name && e.named[name] != nil || e.reaches(m, name, seen)) {
			return true
		}
	}
	return false
}

// promoted are the types that are read as another one.
var promoted = map[string][]string{
	"long": {"int"}, "float": {"int", "long"}, "double": {"int", "long", "float"}, "string": {"bytes"}, "bytes": {"string"},
}

func (e *evolver) plain(s *avrojson.Value) *avrojson.Value {
	if s.Kind == avrojson.String {
		if from := promoted[s.Text]; from != nil && e.IntN(3) == 0 {
			return text(from[e.IntN(len(from))])
		}
	}
	return e.exact(s)
}

// exact is the same kind of type; what it holds may differ.
func (e *evolver) exact(s *avrojson.Value) *avrojson.Value {
	if s.Kind != avrojson.Object {
		return e.mention(s.Text)
	}
	if typ := s.Get("type"); typ.Kind != avrojson.String || e.named[typ.Text] != nil {
		return e.exact(typ)
	}
	out := object()
	for _, m := range s.Members {
		switch m.Key {
		case "items", "values":
			put(out, m.Key, e.place(m.Value))
		case "logicalType":
			e.logical(out, m.Value)
		default:
			put(out, m.Key, m.Value)
		}
	}
	return out
}

// extraType is that of a field which the reader does not have.
func (e *evolver) extraType(owner string) *avrojson.Value {
	e.extra++
	name := fmt.Sprintf("test.extra.T%d", e.extra)
	kinds := []string{
		`"null"`, `"boolean"`, `"int"`, `"long"`, `"float"`, `"double"`, `"bytes"`, `"string"`,
		`{"type":"fixed","name":"` + name + `","size":7}`,
		`{"type":"enum","name":"` + name + `","symbols":["A","B"]}`,
		`{"type":"record","name":"` + name + `","fields":[{"name":"a","type":"string"},{"name":"next","type":["null","` + name + `"]}]}`,
		`{"type":"record","name":"` + name + `","fields":[]}`,
		`{"type":"array","items":"double"}`,
		`{"type":"array","items":"null"}`,
		`{"type":"array","items":{"type":"array","items":"string"}}`,
		`{"type":"map","values":["int","string",{"type":"array","items":"bytes"}]}`,
		`{"type":"map","values":"boolean"}`,
		`["null","string","long",{"type":"map","values":"int"}]`,
		`["string"]`,
	}
	if owner != "" {
		kinds = append(kinds, `["null","`+owner+`"]`, `{"type":"array","items":"`+owner+`"}`)
	}
	out, err := avrojson.Parse([]byte(kinds[e.IntN(len(kinds))]))
	if err != nil {
		panic(err)
	}
	return out
}

// noNamespace tells types that others cannot mention from inside a namespace.
func (e *evolver) noNamespace() bool {
	for name := range maps.Keys(e.named) {
		if !strings.Contains(name, ".") {
			return true
		}
	}
	return false
}
