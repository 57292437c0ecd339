package codegen

import (
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/avro"
)

// FuzzParseTree turns bytes into a tree of schema files, most of them right, and
// looks for the properties of checkTree. Random text alone is hardly ever JSON.
func FuzzParseTree(f *testing.F) {
	for i := range 50 {
		f.Add([]byte(strings.Repeat(fmt.Sprintf("%d schemas \x00\xff are %d made of this", i*7, i*i*31), 4)))
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		g := &treeMaker{choices: choices}
		files := tree{}
		for i := range 1 + g.pick(3) {
			files[fmt.Sprintf("%d.avsc", i)] = g.definition(4)
		}
		p, err := files.parse(t)
		if err == nil {
			checkTree(t, p)
			return
		}
		if again := files.problems(t); strings.Join(again, "\n") != err.Error() {
			t.Fatalf("a second run says\n%s\nafter\n%v", strings.Join(again, "\n"), err)
		}
	})
}

// checkTree says that each type's complete schema is accepted again, says the
// same, and is what another implementation reads.
func checkTree(t *testing.T, p *parser) {
	t.Helper()
	for name, n := range p.types {
		text, err := p.schemaText(n)
		if err != nil {
			t.Fatal(err)
		}
		canonical := canonicalForm(n)
		again, err := tree{"a.avsc": text}.parse(t)
		if err != nil {
			t.Fatalf("the schema of %s is refused: %v\n%s", name, err, text)
		}
		m := again.types[name]
		if m == nil || canonicalForm(m) != canonical || m.text != text {
			t.Fatalf("%s was read as something else\n%s", name, text)
		}
		if other, err := avro.Parse(text); err == nil && string(other.Canonical()) != canonical {
			t.Fatalf("ours   %s\ntheirs %s", canonical, other.Canonical())
		}
	}
}

// treeMaker makes schemas as its choices say, and plain ones when they are used
// up.
type treeMaker struct {
	choices []byte
}

func (g *treeMaker) pick(n int) int {
	if len(g.choices) == 0 {
		return 0
	}
	c := int(g.choices[0])
	g.choices = g.choices[1:]
	return c % n
}

func (g *treeMaker) of(list ...string) string { return list[g.pick(len(list))] }

func (g *treeMaker) name() string { return g.of("A", "B", "C", "x.A", "x.B") }

func (g *treeMaker) space() string {
	return g.of("", "", `,"namespace":"n"`, `,"namespace":""`, `,"namespace":"x"`)
}

func (g *treeMaker) definition(depth int) string {
	extra := g.space() + g.of("", "", "", `,"doc":"d"`, `,"aliases":["Z","y.Z"]`)
	switch g.pick(4) {
	case 0:
		return fmt.Sprintf(`{"type":"enum","name":%q%s,"symbols":["A","B"]%s}`, g.name(), extra, g.of("", `,"default":"B"`))
	case 1:
		size := g.pick(20)
		return fmt.Sprintf(`{"type":"fixed","name":%q%s,"size":%d%s}`, g.name(), extra, size,
			g.of("", `,"logicalType":"uuid"`, `,"logicalType":"duration"`, `,"logicalType":"decimal","precision":2`))
	}
	var fields []string
	for i := range g.pick(4) {
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":%s%s%s}`, i, g.typ(depth-1),
			g.of("", "", `,"default":null`, `,"default":1`, `,"default":{}`, `,"default":[]`, `,"default":"A"`, `,"default":{"f0":1}`, `,"default":[{}]`),
			g.of("", "", "", `,"order":"ignore"`, `,"aliases":["g"]`)))
	}
	return fmt.Sprintf(`{"type":%q,"name":%q%s,"fields":[%s]}`, g.of("record", "record", "error"), g.name(), extra, strings.Join(fields, ","))
}

func (g *treeMaker) typ(depth int) string {
	primitive := g.of("int", "long", "string", "bytes", "double", "float", "boolean", "null")
	if depth <= 0 {
		return `"` + primitive + `"`
	}
	switch g.pick(8) {
	case 0:
		return `"` + primitive + `"`
	case 1:
		return fmt.Sprintf(`{"type":%q,"logicalType":%q}`, primitive, g.of("date", "time-millis", "timestamp-micros", "uuid", "big-decimal", "none"))
	case 2:
		return `"` + g.name() + `"`
	case 3:
		return fmt.Sprintf(`{"type":"array","items":%s}`, g.typ(depth-1))
	case 4:
		return fmt.Sprintf(`{"type":"map","values":%s}`, g.typ(depth-1))
	case 5:
		return fmt.Sprintf(`{"type":%s}`, g.typ(depth-1))
	case 6:
		branches := []string{`"null"`}
		for range g.pick(3) {
			branches = append(branches, g.typ(depth-1))
		}
		return "[" + strings.Join(branches, ",") + "]"
	}
	return g.definition(depth - 1)
}
