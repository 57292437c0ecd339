package plan

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

// shape is a schema that evolution changes: a tree whose records may mention
// themselves by name.
type shape struct {
	kind    string // an Avro type, "ref", or "union"
	name    string
	names   []string // fields or symbols
	renamed []string // former names of fields, empty for none
	deflt   bool     // the enum has one
	parts   []*shape // types of fields, branches or the item
	added   []bool   // fields that the writer lacks
}

var primitives = []string{"null", "boolean", "int", "long", "float", "double", "bytes", "string"}

type generator struct {
	*rand.Rand
	named int
	open  []string // records being made
}

func (g *generator) shape(depth int) *shape {
	n := g.IntN(16)
	switch {
	case depth <= 0 || n < 7:
		return &shape{kind: primitives[g.IntN(len(primitives))]}
	case n < 8:
		return &shape{kind: "enum", name: g.name(), names: []string{"A", "B", "C"}}
	case n < 9:
		return &shape{kind: "fixed", name: g.name()}
	case n < 10:
		return &shape{kind: "array", parts: []*shape{g.shape(depth - 1)}}
	case n < 11:
		return &shape{kind: "map", parts: []*shape{g.shape(depth - 1)}}
	case n < 13:
		return g.union(depth)
	case n < 14 && len(g.open) > 0:
		ref := &shape{kind: "ref", name: g.open[g.IntN(len(g.open))]}
		return &shape{kind: "union", parts: []*shape{{kind: "null"}, ref}}
	default:
		return g.record(depth)
	}
}

func (g *generator) name() string {
	g.named++
	return fmt.Sprintf("n%d.T%d", g.IntN(2), g.named)
}

func (g *generator) record(depth int) *shape {
	s := &shape{kind: "record", name: g.name()}
	g.open = append(g.open, s.name)
	for i := range g.IntN(5) {
		s.names = append(s.names, fmt.Sprintf("f%d", i))
		s.renamed = append(s.renamed, "")
		s.added = append(s.added, false)
		s.parts = append(s.parts, g.shape(depth-1))
	}
	g.open = g.open[:len(g.open)-1]
	return s
}

func (g *generator) union(depth int) *shape {
	s := &shape{kind: "union"}
	seen := map[string]bool{}
	for range 1 + g.IntN(4) {
		b := g.shape(depth - 1)
		key := b.kind
		if b.name != "" {
			key = b.name
		}
		if b.kind != "union" && !seen[key] {
			seen[key] = true
			s.parts = append(s.parts, b)
		}
	}
	if len(s.parts) == 0 {
		s.parts = []*shape{{kind: "null"}}
	}
	return s
}

// evolve is the reader's version of a writer's shape.
func (g *generator) evolve(s *shape) *shape {
	if g.IntN(40) == 0 {
		return &shape{kind: primitives[g.IntN(len(primitives))]}
	}
	out := *s
	out.names, out.renamed, out.parts, out.added = nil, nil, nil, nil
	if g.IntN(12) == 0 && s.kind != "union" {
		// Made nullable, with the null on either side.
		null := &shape{kind: "null"}
		inner := g.evolveInto(&out, s)
		if inner.kind != "union" && inner.kind != "null" {
			u := &shape{kind: "union", parts: []*shape{null, inner}}
			if g.IntN(2) == 0 {
				u.parts[0], u.parts[1] = inner, null
			}
			return u
		}
		return inner
	}
	return g.evolveInto(&out, s)
}

func (g *generator) evolveInto(out, s *shape) *shape {
	switch s.kind {
	case "int", "long", "float", "string", "bytes":
		if g.IntN(3) == 0 {
			wider := map[string][]string{
				"int": {"long", "float", "double"}, "long": {"float", "double"}, "float": {"double"},
				"string": {"bytes"}, "bytes": {"string"},
			}[s.kind]
			out.kind = wider[g.IntN(len(wider))]
		}
	case "enum":
		out.names = append(out.names, s.names...)
		g.Shuffle(len(out.names), func(i, j int) { out.names[i], out.names[j] = out.names[j], out.names[i] })
		if g.IntN(3) == 0 {
			out.names, out.deflt = append(out.names[1:], "D"), g.IntN(3) > 0
		}
	case "record":
		g.evolveRecord(out, s)
	default:
		for _, p := range s.parts {
			out.parts = append(out.parts, g.evolve(p))
		}
		if s.kind == "union" {
			g.evolveUnion(out)
		}
	}
	return out
}

func (g *generator) evolveRecord(out, s *shape) {
	for _, i := range g.Perm(len(s.parts)) {
		name := s.names[i]
		former := ""
		switch g.IntN(6) {
		case 0: // dropped
			continue
		case 1:
			name, former = name+"x", name
		}
		out.names, out.renamed = append(out.names, name), append(out.renamed, former)
		out.parts, out.added = append(out.parts, g.evolve(s.parts[i])), append(out.added, false)
	}
	if g.IntN(3) == 0 {
		out.names, out.renamed, out.added = append(out.names, "added"), append(out.renamed, ""), append(out.added, true)
		out.parts = append(out.parts, &shape{kind: primitives[g.IntN(len(primitives))]})
	}
}

// evolveUnion flattens unions that evolution put into a union, drops what
// occurs twice, and mixes.
func (g *generator) evolveUnion(out *shape) {
	var flat []*shape
	for _, p := range out.parts {
		if p.kind == "union" {
			flat = append(flat, p.parts...)
			continue
		}
		flat = append(flat, p)
	}
	if g.IntN(3) == 0 {
		flat = append(flat, &shape{kind: primitives[g.IntN(len(primitives))]})
	}
	out.parts = nil
	seen := map[string]bool{}
	for _, p := range flat {
		key := p.kind
		if p.name != "" {
			key = p.name
		}
		if !seen[key] {
			seen[key] = true
			out.parts = append(out.parts, p)
		}
	}
	g.Shuffle(len(out.parts), func(i, j int) { out.parts[i], out.parts[j] = out.parts[j], out.parts[i] })
}

// json writes the shape; a name is defined at its first mention.
func (s *shape) json(defined map[string]bool) string {
	quote := func(names []string) string { return `["` + strings.Join(names, `","`) + `"]` }
	if s.name != "" {
		if defined[s.name] {
			return `"` + s.name + `"`
		}
		defined[s.name] = true
	}
	head := `{"type":"` + s.kind + `","name":"` + s.name + `"`
	switch s.kind {
	case "enum":
		if s.deflt {
			head += `,"default":"` + s.names[0] + `"`
		}
		return head + `,"symbols":` + quote(s.names) + `}`
	case "fixed":
		return head + `,"size":3}`
	case "array":
		return `{"type":"array","items":` + s.parts[0].json(defined) + `}`
	case "map":
		return `{"type":"map","values":` + s.parts[0].json(defined) + `}`
	case "union", "record":
		var list []string
		for i, p := range s.parts {
			text := p.json(defined)
			if s.kind == "record" {
				text = `{"name":"` + s.names[i] + `","type":` + text
				if s.renamed[i] != "" {
					text += `,"aliases":["other_` + s.names[i] + `","` + s.renamed[i] + `"]`
				}
				if s.added[i] {
					text += `,"default":` + map[string]string{
						"null": "null", "boolean": "true", "bytes": `"ab"`, "string": `"cd"`, "float": "1.5", "double": "2.5",
					}[p.kind]
					if p.kind == "int" || p.kind == "long" {
						text += "7"
					}
				}
				text += "}"
			}
			list = append(list, text)
		}
		if s.kind == "union" {
			return "[" + strings.Join(list, ",") + "]"
		}
		return head + `,"fields":[` + strings.Join(list, ",") + `]}`
	}
	return `"` + s.kind + `"`
}

// value appends a random value of the shape.
func (g *generator) value(dst []byte, s *shape, records map[string]*shape, depth int) []byte {
	switch s.kind {
	case "ref":
		return g.value(dst, records[s.name], records, depth)
	case "boolean":
		return append(dst, byte(g.IntN(2)))
	case "int":
		return codec.AppendLong(dst, int64(int32(g.Uint32()>>g.IntN(32))))
	case "long":
		return codec.AppendLong(dst, int64(g.Uint64()>>g.IntN(64)))
	case "float":
		return codec.AppendFloat(dst, float32(g.NormFloat64()))
	case "double":
		return codec.AppendDouble(dst, g.NormFloat64())
	case "bytes", "string":
		n := g.IntN(6)
		return append(codec.AppendLong(dst, int64(n)), "abcdef"[:n]...)
	case "fixed":
		return append(dst, "xyz"...)
	case "enum":
		return codec.AppendLong(dst, int64(g.IntN(3)))
	case "array", "map":
		return g.blocks(dst, s, records, depth)
	case "union":
		i := g.IntN(len(s.parts))
		if depth <= 0 {
			i = 0 // refs stand behind a null
		}
		return g.value(codec.AppendLong(dst, int64(i)), s.parts[i], records, depth-1)
	case "record":
		records[s.name] = s
		for _, p := range s.parts {
			dst = g.value(dst, p, records, depth-1)
		}
	}
	return dst
}

func (g *generator) blocks(dst []byte, s *shape, records map[string]*shape, depth int) []byte {
	for range g.IntN(3) {
		if depth <= 0 {
			break
		}
		n := 1 + g.IntN(2)
		var body []byte
		for i := range n {
			if s.kind == "map" {
				body = append(codec.AppendLong(body, 1), byte('a'+i))
			}
			body = g.value(body, s.parts[0], records, depth-1)
		}
		if g.IntN(2) == 0 {
			dst = codec.AppendLong(codec.AppendLong(dst, -int64(n)), int64(len(body)))
		} else {
			dst = codec.AppendLong(dst, int64(n))
		}
		dst = append(dst, body...)
	}
	return append(dst, 0)
}

// TestRandomEvolution compares with twmb/avro, which refuses a pair where any of
// the writer's branches or symbols has no place in the reader's schema.
func TestRandomEvolution(t *testing.T) {
	t.Parallel()
	var n struct{ compared, refused, unresolved int }
	for seed := range uint64(4000) {
		g := &generator{Rand: rand.New(rand.NewPCG(seed, 17))} //nolint:gosec // repeatable on purpose
		w := g.record(4)
		r := g.evolve(w)
		for r.kind != "record" {
			r = g.evolve(w)
		}
		writer, reader := w.json(map[string]bool{}), r.json(map[string]bool{})
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("seed %d: %s\nwriter %s\nreader %s", seed, fmt.Sprintf(format, args...), writer, reader)
		}
		p, err := Compile(writer, codec.NewSchema(r.name, reader, codec.Fingerprints{}))
		resolved, wantErr := avro.Resolve(avro.MustParse(writer), avro.MustParse(reader))
		if err != nil {
			if n.refused++; wantErr == nil || !errors.Is(err, ErrIncompatible) {
				fail("%v", err)
			}
			continue
		}
		target, err := parseSchema(reader)
		if err != nil {
			fail("%v", err)
		}
		for range 5 {
			src := g.value(nil, w, map[string]*shape{}, 6)
			got, err := interpret(p, target, src)
			if wantErr != nil && (err == nil || errors.Is(err, codec.ErrUnresolved)) {
				n.unresolved++
				continue
			}
			var want any
			if _, err := resolved.Decode(src, &want); err != nil {
				fail("%v, bytes %x", err, src)
			}
			if diff := cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.EquateNaNs()); err != nil || diff != "" {
				fail("%v, bytes %x (-want +got):\n%s", err, src, diff)
			}
			n.compared++
			for cut := range src {
				if _, err := interpret(p, target, src[:cut]); err == nil {
					fail("no error for %d bytes of %x", cut, src)
				}
			}
		}
	}
	if n.compared < 5000 || n.refused < 100 || n.unresolved < 100 {
		t.Errorf("too little of something: %+v", n)
	}
}
