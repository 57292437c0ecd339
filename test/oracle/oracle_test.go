package oracle_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/schemactl/schemactl/codegen"
)

var (
	seed  = flag.Uint64("seed", 1, "what the random schemas and values begin from")
	keep  = flag.String("keep", "", "a folder for the generated program, which then stays")
	count = flag.Int("schemas", 42, "random schemas of each package of generated code")
)

// perSchema is how many values are tried of each schema and each pair.
func perSchema() int {
	if testing.Short() {
		return 10
	}
	return 50
}

// TestOracle compares generated codecs with Apache Avro, over random schemas and
// over those that the repository keeps.
func TestOracle(t *testing.T) {
	t.Parallel()
	o := &oracle{java: startJava(t), python: startPython(t), counts: map[string]int{}}
	batches := append(randomBatches(), goldenBatches(t)...)
	o.ours = startGo(t, batches)
	// The summary waits for all that is in this one.
	t.Run("schemas", func(t *testing.T) {
		for _, b := range batches {
			t.Run(b.name, func(t *testing.T) {
				t.Parallel()
				o.compare(t, b)
			})
		}
	})
	t.Log(o.details())
	t.Log(o.summary())
	if few := o.counts["schemas of the random kind"] < 200 || o.counts["values"] < 200*perSchema(); few && !testing.Short() && *count >= 40 {
		t.Error("fewer than 200 random schemas, or 50 values of each, were compared")
	}
}

// randomBatches are packages of random schemas: every option of the generator
// is in one of them.
func randomBatches() []*batch {
	batches := []*batch{
		{name: "plain", logical: true},
		{name: "pointer", logical: true, options: codegen.Options{Optional: "pointer", Maps: "pairs", UUID: "string"}},
		{name: "rat", logical: true, options: codegen.Options{Decimal: "rat"}},
		{name: "bare", options: codegen.Options{Maps: "pairs"}},
		{name: "chosen", logical: true, chosen: true},
	}
	size := *count
	if testing.Short() {
		size = min(size, 4)
	}
	for i, b := range batches {
		g := &schemas{Rand: rand.New(rand.NewPCG(*seed, uint64(i))), logical: b.logical}
		for j := range size {
			g.prefix = fmt.Sprintf("%c%d", 'A'+i, j)
			s := &sample{batch: b, reader: g.root()}
			s.name, s.text = s.reader.name, s.reader.schema()
			s.files = g.files(s.reader, fmt.Sprintf("%03d", j))
			if b.chosen {
				s.options = g.options(s.reader)
			}
			s.reader.markPairs(b.options.Maps == "pairs", s.options.Pairs)
			s.evolve(g)
			b.cases = append(b.cases, s)
		}
	}
	return batches
}

// evolve gives the sample its pairs.
func (s *sample) evolve(g *schemas) {
	for range 2 {
		writer, did := g.evolve(s.reader)
		s.pairs = append(s.pairs, pair{writer, did})
	}
	writer, did := g.within(s.reader)
	s.pairs = append(s.pairs, pair{writer, did})
}

// oracle is who is asked, and what came of it. It is safe for concurrent use.
type oracle struct {
	java, python, ours *peer
	mu                 sync.Mutex     // guards the rest
	counts             map[string]int // by what was compared
}

func (o *oracle) count(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counts[what]++
}

// compare compares all schemas of a package.
func (o *oracle) compare(t *testing.T, b *batch) {
	t.Helper()
	kind := "schemas of the random kind"
	if b.folder != "" {
		kind = "schemas that the repository keeps"
		o.load(t, b)
		o.fingerprints(t, b, nil, b.texts(t))
	}
	for i, s := range b.cases {
		c := &comparison{oracle: o, sample: s, random: rand.New(rand.NewPCG(*seed, uint64(i)))}
		// Java keeps no order of maps, whatever the generated type does.
		c.rules = rules{maps: true, pairs: true, scale: b.options.Decimal == "rat"}
		if b.folder == "" {
			o.fingerprints(t, b, s, sortedValues(s.files))
		}
		c.canonical(t)
		c.again(t)
		for _, p := range s.pairs {
			c.resolve(t, p)
		}
		o.count("schemas")
		o.count(kind)
	}
}

func (o *oracle) details() string {
	var b strings.Builder
	for _, what := range sorted(o.counts) {
		fmt.Fprintf(&b, "\n%8d %s", o.counts[what], what)
	}
	return b.String()
}

func (o *oracle) summary() string {
	n := o.counts
	return fmt.Sprintf("seed %d: %d schemas (%d random), %d values, %d pairs, %d values resolved, %d refused by both, fingerprints of %d types compared",
		*seed, n["schemas"], n["schemas of the random kind"], n["values"], n["pairs"], n["values of pairs"], n["values of pairs that both refuse"], n["types whose fingerprints were compared"])
}
