package oracle_test

import (
	"encoding/json"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/internal/avropairs"
	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/compat"
)

var pairCount = flag.Int("pairs", 0, "random pairs whose verdicts are compared, each in both directions; 0 is 10000, or 50000 with SOAK=full")

// howMany is how many random things are compared: what was asked for, or for a usual run
// usual. CI compares so many among the other tests, and few more with those that soak.
func howMany(asked, usual int) int {
	switch {
	case asked > 0:
		return asked
	case testing.Short():
		return usual / 20
	case os.Getenv("SOAK") == "full":
		return usual * 5
	case os.Getenv("SOAK") == "ci":
		return usual / 10
	}
	return usual
}

// batchSize is how many pairs are in one question.
const batchSize = 500

// TestVerdictsSoak compares what our checker says of random pairs of schemas with what
// Apache Avro's checkers for Java and Python and twmb/avro's say. Java's verdicts
// and findings have to be ours, all and in order. The others may differ where
// docs/compatibility.md says so.
func TestVerdictsSoak(t *testing.T) {
	t.Parallel()
	v := &verdicts{java: startJava(t), python: startPython(t), counts: map[string]int{}}
	want := howMany(*pairCount, 10_000)
	m := avropairs.New(rand.New(rand.NewPCG(*seed, 0)))
	for v.counts["pairs"] < want && !t.Failed() {
		v.compare(t, randomPairs(m, batchSize))
	}
	t.Logf("seed %d: %v", *seed, v.counts)
	compared, fits := v.counts["verdicts"], v.counts["compatible"]
	if fits < compared*3/10 || fits > compared*7/10 {
		t.Errorf("%d of %d verdicts are compatible: the pairs are one-sided", fits, compared)
	}
	if unread := v.counts["pairs that Java does not read"] + v.counts["pairs that we do not read"]; unread > want/10 {
		t.Errorf("%d pairs could not be compared", unread)
	}
}

// TestKnownVerdicts holds the checker's own examples, with their findings, against Java.
func TestKnownVerdicts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../registry/compat/testdata/pairs.json")
	if err != nil {
		t.Fatal(err)
	}
	var known []struct{ Name, Writer, Reader string }
	if err := json.Unmarshal(text, &known); err != nil {
		t.Fatal(err)
	}
	v := &verdicts{java: startJava(t), counts: map[string]int{}}
	var pairs [][2]string
	for _, k := range known {
		pairs = append(pairs, [2]string{k.Writer, k.Reader})
	}
	java := v.java.mustAsk(t, question{Op: "verdicts", Pairs: pairs})
	for i, k := range known {
		if java.Verdicts[i].Unread != "" {
			t.Errorf("%s: Java does not read it: %s", k.Name, java.Verdicts[i].Unread)
			continue
		}
		w, r := schemaOf(pairs[i][0]), schemaOf(pairs[i][1])
		v.javas(t, pairs[i], compat.Check(w, r), java.Verdicts[i])
	}
}

func randomPairs(m *avropairs.Maker, n int) [][2]string {
	pairs := make([][2]string, 0, 2*n)
	for range n {
		p := m.Pair()
		pairs = append(pairs, [2]string{p.Writer, p.Reader}, [2]string{p.Reader, p.Writer})
	}
	return pairs
}

// verdicts are who is asked, and what came of it.
type verdicts struct {
	java, python *peer
	counts       map[string]int
}

// compare compares pairs, of which every second is the one before turned round.
func (v *verdicts) compare(t *testing.T, pairs [][2]string) {
	t.Helper()
	var java, python answer
	var wg sync.WaitGroup
	var errJava, errPython error
	wg.Go(func() { java, errJava = v.java.ask(&question{Op: "verdicts", Pairs: pairs}) })
	wg.Go(func() { python, errPython = v.python.ask(&question{Op: "verdicts", Pairs: pairs}) })
	wg.Wait()
	if err := errors.Join(errJava, errPython); err != nil {
		t.Fatal(err)
	}
	if len(java.Verdicts) != len(pairs) || len(python.Verdicts) != len(pairs) {
		t.Fatalf("%d pairs: Java has %d verdicts, Python %d: %s %s", len(pairs), len(java.Verdicts), len(python.Verdicts), java.Error, python.Error)
	}
	for i, pair := range pairs {
		w, r := schemaOf(pair[0]), schemaOf(pair[1])
		switch {
		case w == nil || r == nil:
			v.counts["pairs that we do not read"] += i % 2
			continue
		case java.Verdicts[i].Unread != "":
			v.counts["pairs that Java does not read"] += i % 2
			continue
		}
		v.counts["pairs"] += i % 2
		v.counts["verdicts"]++
		ours := compat.Check(w, r)
		if len(ours) == 0 {
			v.counts["compatible"]++
		}
		v.javas(t, pair, ours, java.Verdicts[i])
		if !java.Verdicts[i].ambiguous() { // Python takes the first of the names
			v.pythons(t, pair, ours, python.Verdicts[i])
		}
		v.twmbs(t, pair, ours)
	}
}

// schemaOf is a schema, nil for a text that is none.
func schemaOf(text string) *avsc.Schema {
	s, err := avsc.Parse(text)
	if err != nil {
		return nil
	}
	return s
}

// ambiguous reports whether the checker met a field whose name and aliases fit
// several of the writer's, at which Java's ends in an error.
func (v verdict) ambiguous() bool { return strings.Contains(v.Error, "matches multiple fields") }

// javas wants Java's findings, each once, unless Java's checker ended in an error.
func (v *verdicts) javas(t *testing.T, pair [2]string, ours []compat.Finding, java verdict) {
	t.Helper()
	switch {
	case !java.ambiguous():
	case len(ours) > 0:
		v.counts["Java ends in an error, ours has findings: ambiguous field"]++
		return
	default:
		v.counts["Java ends in an error, ours takes another branch: ambiguous field"]++
		return
	}
	var theirs []compat.Finding
	for _, f := range java.Findings {
		if f := (compat.Finding{Rule: compat.Rule(f[0]), Path: f[1], Detail: f[2]}); !slices.Contains(theirs, f) {
			theirs = append(theirs, f)
		}
	}
	if diff := cmp.Diff(theirs, ours); diff != "" || java.Error != "" {
		t.Errorf("writer %s\nreader %s\nJava: %s\n(-Java +ours):\n%s", pair[0], pair[1], java.Error, diff)
	}
}

// pythons allows what the table says of Python.
func (v *verdicts) pythons(t *testing.T, pair [2]string, ours []compat.Finding, python verdict) {
	t.Helper()
	switch {
	case python.Unread != "":
		v.counts["verdicts of pairs that Python does not read"]++
	case python.fits() == (len(ours) == 0):
	case v.python.fitsWithFullNames(t, pair) == (len(ours) == 0):
		v.counts["Python takes an alias for a full name"]++
	default:
		t.Errorf("writer %s\nreader %s\nours: %v\nPython: %v", pair[0], pair[1], ours, python)
	}
}

// fitsWithFullNames asks about the same schemas with all names spelled in full.
func (p *peer) fitsWithFullNames(t *testing.T, pair [2]string) bool {
	t.Helper()
	pair = [2]string{schemaOf(pair[0]).Normalized(), schemaOf(pair[1]).Normalized()}
	a := p.mustAsk(t, question{Op: "verdicts", Pairs: [][2]string{pair}})
	return len(a.Verdicts) == 1 && a.Verdicts[0].fits()
}

// twmbs allows what the table says of twmb/avro.
func (v *verdicts) twmbs(t *testing.T, pair [2]string, ours []compat.Finding) {
	t.Helper()
	w, errW := avro.Parse(pair[0])
	r, errR := avro.Parse(pair[1])
	if errW != nil || errR != nil {
		v.counts["verdicts of pairs that twmb/avro does not read"]++
		return
	}
	err := avro.CheckCompatibility(w, r)
	switch fits := len(ours) == 0; {
	case fits == (err == nil):
	case fits && strings.Contains(err.Error(), "decimal"):
		v.counts["twmb/avro compares decimals"]++
	case !fits && fitsReader(t, pair, nullForMissing):
		v.counts["twmb/avro takes null for a missing field"]++
	case !fits && fitsReader(t, pair, aliasAnywhere(pair[0])):
		v.counts["twmb/avro takes an alias for any namespace"]++
	case !fits && fitsReader(t, pair, nullForMissing, aliasAnywhere(pair[0])):
		v.counts["twmb/avro takes null and an alias"]++
	default:
		t.Errorf("writer %s\nreader %s\nours: %v\ntwmb/avro: %v", pair[0], pair[1], ours, err)
	}
}

// fitsReader checks the pair after changes to the objects of the reader's text.
func fitsReader(t *testing.T, pair [2]string, changes ...func(map[string]any)) bool {
	t.Helper()
	var reader any
	if err := json.Unmarshal([]byte(pair[1]), &reader); err != nil {
		t.Fatal(err)
	}
	var step func(any)
	step = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, item := range v {
				step(item)
			}
		case map[string]any:
			for _, change := range changes {
				change(v)
			}
			for _, key := range []string{"type", "items", "values", "fields"} {
				step(v[key])
			}
		}
	}
	step(reader)
	return len(compat.Check(schemaOf(pair[0]), schemaOf(toJSON(reader)))) == 0
}

// nullForMissing gives fields whose union begins with null that default.
func nullForMissing(m map[string]any) {
	branches, ok := m["type"].([]any)
	if _, has := m["default"]; ok && !has && len(branches) > 0 && branches[0] == "null" {
		m["default"] = nil
	}
}

// aliasAnywhere takes a type's alias without a namespace for one of all the
// namespaces in a text.
func aliasAnywhere(text string) func(map[string]any) {
	found := regexp.MustCompile(`"namespace":"([^"]*)"`).FindAllStringSubmatch(text, -1)
	return func(m map[string]any) {
		aliases, ok := m["aliases"].([]any)
		if _, named := m["namespace"]; !ok || !named {
			return
		}
		for _, alias := range aliases {
			for _, ns := range found {
				if short := alias.(string); !strings.Contains(short, ".") && ns[1] != "" {
					m["aliases"] = append(m["aliases"].([]any), ns[1]+"."+short)
				}
			}
		}
	}
}
