package oracle_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codegen"
)

var (
	seed  = flag.Uint64("seed", 1, "what the random schemas and values begin from")
	keep  = flag.String("keep", "", "a folder for the generated program, which then stays")
	count = flag.Int("schemas", 50, "random schemas of each package of generated code")
)

// perSchema is how many values are tried of each schema and each pair.
const perSchema = 50

func (s *sample) String() string { return fmt.Sprintf("%s (-seed %d)", s.reader.name, s.seed) }

// samples are the batches: every option of the generator is in one of them.
func samples() []*batch {
	batches := []*batch{
		{name: "plain", logical: true},
		{name: "pointer", logical: true, options: codegen.Options{Optional: "pointer", Maps: "pairs", UUID: "string"}},
		{name: "rat", logical: true, options: codegen.Options{Decimal: "rat"}},
		{name: "bare", options: codegen.Options{Maps: "pairs"}},
	}
	size := *count
	if testing.Short() {
		size = min(size, 8)
	}
	for i, b := range batches {
		g := &schemas{Rand: rand.New(rand.NewPCG(*seed, uint64(i))), logical: b.logical}
		for j := range size {
			g.prefix = fmt.Sprintf("%c%d", 'A'+i, j)
			s := &sample{seed: *seed, number: j, reader: g.root()}
			for range 2 {
				writer, did := g.evolve(s.reader)
				s.pairs = append(s.pairs, pair{writer, did})
			}
			b.cases = append(b.cases, s)
		}
	}
	return batches
}

// TestOracle compares generated codecs with Apache Avro, over random schemas.
func TestOracle(t *testing.T) {
	t.Parallel()
	java, python := startJava(t), startPython(t)
	batches := samples()
	c := &comparison{java: java, python: python, ours: startGo(t, batches), tally: map[string]int{}}
	for _, b := range batches {
		for i, s := range b.cases {
			c.random = rand.New(rand.NewPCG(*seed, uint64(i)))
			c.sample = s
			// Java keeps no order of maps, whatever the generated type does.
			c.rules = rules{maps: true, scale: b.options.Decimal == "rat"}
			c.ordered = b.options.Maps == "pairs"
			c.describe(t)
			c.again(t)
			for _, p := range s.pairs {
				c.resolve(t, p)
			}
		}
	}
	t.Log(c.report())
}

// comparison asks all peers the same.
type comparison struct {
	java, python, ours *peer
	random             *rand.Rand
	sample             *sample
	rules              rules
	ordered            bool // maps keep their order in Go
	tally              map[string]int
}

func (c *comparison) report() string {
	var b strings.Builder
	for _, what := range sorted(c.tally) {
		fmt.Fprintf(&b, "\n%8d %s", c.tally[what], what)
	}
	return b.String()
}

// describe compares canonical form and fingerprints. A SHA-256 that is equal
// says that the canonical form is.
func (c *comparison) describe(t *testing.T) {
	t.Helper()
	text := c.sample.reader.schema()
	want := c.java.mustAsk(t, question{Op: "describe", Writer: text})
	if want.Error != "" {
		t.Fatalf("%s: Java: %s\n%s", c.sample, want.Error, text)
	}
	got := c.ours.mustAsk(t, question{Op: "describe", Type: c.sample.reader.name})
	if got.Error != "" || got.CRC64 != want.CRC64 || got.MD5 != want.MD5 || got.SHA256 != want.SHA256 {
		t.Errorf("%s: fingerprints %s %s %s %s, Java has %s %s %s of\n%s", c.sample, got.Error, got.CRC64, got.MD5, got.SHA256, want.CRC64, want.MD5, want.SHA256, want.Canonical)
	}
	// The schema that is registered says the same as the file.
	again := c.java.mustAsk(t, question{Op: "describe", Writer: got.Schema})
	if again.Canonical != want.Canonical {
		t.Errorf("%s: AvroSchema is %s\n%s, want\n%s", c.sample, again.Error, again.Canonical, want.Canonical)
	}
	c.tally["schemas whose fingerprints were compared"]++
	// Python keeps {"type": "long"} where a logical type was, so it is asked
	// without them.
	if c.sample.reader.has(rootless(c.sample.reader)) || c.sample.reader.repeatsFixed() {
		return
	}
	c.tally["schemas whose canonical form Python was asked for"]++
	p := c.python.mustAsk(t, question{Op: "describe", Writer: c.sample.reader.bare()})
	if p.Canonical != want.Canonical || p.CRC64 != want.CRC64 || p.MD5 != want.MD5 || p.SHA256 != want.SHA256 {
		t.Errorf("%s: Python %s %s %s has\n%s, Java %s\n%s", c.sample, p.Error, p.CRC64, p.SHA256, p.Canonical, want.CRC64, want.Canonical)
	}
}

// again has all read and write values of the schema itself: random bytes from
// here, and values that Java made up.
func (c *comparison) again(t *testing.T) {
	t.Helper()
	n := c.sample.reader
	text := n.schema()
	var plain, blocks, tame [][]byte
	for i := range perSchema {
		plain = append(plain, values{Rand: c.random, Tame: i%2 == 0}.one(n))
		blocks = append(blocks, values{Rand: c.random, Blocks: true}.one(n))
		tame = append(tame, values{Rand: c.random, Tame: true}.one(n))
	}
	c.compare(t, "plain values", text, plain, c.java.mustAsk(t, question{Op: "again", Writer: text, Values: plain}))
	c.compare(t, "values in blocks", text, blocks, c.java.mustAsk(t, question{Op: "again", Writer: text, Values: blocks}))
	if !n.has(alike) {
		c.compare(t, "values as Java's own types", text, tame, c.java.mustAsk(t, question{Op: "again", Writer: text, Values: tame, Logical: true}))
	}
	if !n.has(constrained) {
		made := c.java.mustAsk(t, question{Op: "random", Writer: text, Count: perSchema, Seed: int64(c.sample.seed)})
		var theirs [][]byte
		for _, v := range made.Values {
			theirs = append(theirs, v.Bytes)
		}
		c.compare(t, "values that Java made", text, theirs, made)
	}
	c.pythonAgain(t, plain)
}

// constrained are logical types of which not every value of the base is one.
func constrained(n *node) bool {
	return slices.Contains([]string{"decimal", "big-decimal", "uuid", "time-millis", "time-micros"}, n.logical)
}

// alike are unions of which two branches are the same class in Java, which
// then writes the first.
func alike(n *node) bool {
	class := map[string]string{"uuid": "UUID", "decimal": "BigDecimal", "big-decimal": "BigDecimal", "time-millis": "LocalTime", "time-micros": "LocalTime"}
	seen := map[string]bool{}
	for _, b := range n.branches {
		name := class[b.logical]
		if name != "" && seen[name] {
			return true
		}
		seen[name] = true
	}
	return false
}

// compare has ours read and write the values, and compares with what Java wrote.
func (c *comparison) compare(t *testing.T, what, text string, sources [][]byte, want answer) {
	t.Helper()
	n := c.sample.reader
	if want.Error != "" {
		t.Errorf("%s: %s: Java: %s\n%s", c.sample, what, want.Error, text)
		return
	}
	got := c.ours.mustAsk(t, question{Op: "again", Type: n.name, Values: sources})
	for i, v := range got.Values {
		c.tally[what]++
		w := want.Values[i]
		if v.Error == "" && w.Error == "" && c.rules.same(n, v.Bytes, w.Bytes) {
			if c.ordered && what == "plain values" && string(v.Bytes) != string(sources[i]) {
				t.Errorf("%s: %s: another order than % x: % x\n%s", c.sample, what, sources[i], v.Bytes, text)
				return
			}
			continue
		}
		if strings.Contains(v.Error, codec.ErrLimit.Error()) && len(sources[i]) > codec.MaxDepth {
			c.tally["values that ours refuses as nested too deep"]++
			continue
		}
		t.Errorf("%s: %s: %s\nof % x\nJava writes % x %s\nours        % x %s\n%s", c.sample, what, difference(n, w.Bytes, v.Bytes), sources[i], w.Bytes, w.Error, v.Bytes, v.Error, text)
		return
	}
}

// resolve has all read values of the pair's writer.
func (c *comparison) resolve(t *testing.T, p pair) {
	t.Helper()
	reader, text, writer := c.sample.reader, c.sample.reader.schema(), p.writer.schema()
	var sources [][]byte
	for i := range perSchema {
		sources = append(sources, values{Rand: c.random, Blocks: i%2 == 0}.one(p.writer))
	}
	want := c.java.mustAsk(t, question{Op: "resolve", Writer: writer, Reader: text, Values: sources})
	if want.Error != "" {
		t.Errorf("%s: Java: %s\nwriter %s\nreader %s", c.sample, want.Error, writer, text)
		return
	}
	got := c.ours.mustAsk(t, question{Op: "resolve", Type: reader.name, Writer: writer, Values: sources})
	if got.Error != "" {
		c.refused(t, p, got.Error, want)
		return
	}
	c.tally["pairs"]++
	for i, v := range got.Values {
		w := want.Values[i]
		switch {
		case strings.Contains(w.Error, "Not an array: [") || strings.Contains(w.Error, "Not a map: ["):
			c.tally["values that Java cannot read for a default's sake"]++
		case v.Error != "" && w.Error != "" && !strings.Contains(v.Error, "PANIC"):
			c.tally["values of pairs that both refuse"]++
		case v.Error == "" && w.Error == "" && c.rules.same(reader, v.Bytes, w.Bytes):
			c.tally["values of pairs"]++
		default:
			t.Errorf("%s: %v: %s\nof % x\nJava makes % x %s\nours       % x %s\nwriter %s\nreader %s",
				c.sample, sorted(p.did), difference(reader, w.Bytes, v.Bytes), sources[i], w.Bytes, w.Error, v.Bytes, v.Error, writer, text)
			return
		}
	}
	c.pythonResolve(t, p, sources, want)
}

// refused: a pair for which ours has no plan must be one that Java's checker
// refuses too; Java's decoder then fails when a value comes, ours before.
func (c *comparison) refused(t *testing.T, p pair, why string, want answer) {
	t.Helper()
	writer, text := p.writer.schema(), c.sample.reader.schema()
	check := c.java.mustAsk(t, question{Op: "compatible", Writer: writer, Reader: text})
	c.tally["pairs that both refuse"]++
	if check.Compatible {
		t.Errorf("%s: %v: Java says compatible, ours %s\nwriter %s\nreader %s", c.sample, sorted(p.did), why, writer, text)
		return
	}
	for _, v := range want.Values {
		if v.Error == "" {
			c.tally["values that Java reads of pairs that both refuse"]++
		}
	}
}
