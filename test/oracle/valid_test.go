package oracle_test

import (
	"encoding/json"
	"flag"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/avropairs"
	"github.com/schemactl/schemactl/registry/avsc"
)

var spoiltCount = flag.Int("spoilt", 0, "texts that are spoilt and compared with what Java takes; 0 is 20000, or 100000 with SOAK=full")

// TestValidSoak compares which texts are schemas with Java's parser, as it is when it
// is told to be strict: random schemas, of which most were spoilt at random places.
func TestValidSoak(t *testing.T) {
	t.Parallel()
	want := howMany(*spoiltCount, 20_000)
	java := startJava(t)
	s := spoiler{Rand: rand.New(rand.NewPCG(*seed, 1))}
	m := avropairs.New(s.Rand)
	counts := map[string]int{}
	for counts["texts"] < want && !t.Failed() {
		var texts []string
		for range batchSize {
			texts = append(texts, s.spoil(t, m.Pair().Writer))
		}
		answer := java.mustAsk(t, question{Op: "valid", Files: texts})
		for i, text := range texts {
			counts["texts"]++
			theirs := answer.Refusals[i]
			parsed, err := avsc.Parse(text)
			if err == nil {
				err = parsed.Validate()
			}
			if theirs == "" {
				counts["taken"]++
			}
			if (err == nil) == (theirs == "") {
				continue
			}
			if err == nil && losesRecord(parsed, theirs) {
				counts["Java does not find a record without a namespace in its own definition"]++
				continue
			}
			t.Errorf("%s\nours: %v\nJava: %s", text, err, theirs)
		}
	}
	t.Logf("seed %d: %v", *seed, counts)
	if taken := counts["taken"]; taken < counts["texts"]*3/10 || taken > counts["texts"]*8/10 {
		t.Errorf("Java takes %d of %d: the texts are one-sided", taken, counts["texts"])
	}
}

// losesRecord tells a refusal of Java 1.12's because a record without a namespace is
// mentioned in a namespace, before the record's own definition is at its end. It finds
// it there once the definition is complete, and so did Java 1.11.
func losesRecord(s *avsc.Schema, refusal string) bool {
	_, name, ok := strings.Cut(refusal, "Undefined schema: ")
	return ok && holdsRecord(s.Root(), name[strings.LastIndexByte(name, '.')+1:], map[*avsc.Type]bool{})
}

func holdsRecord(t *avsc.Type, name string, seen map[*avsc.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	return (t.Kind == avsc.Record || t.Kind == avsc.Error) && t.Name == (avsc.Name{Short: name}) ||
		holdsRecord(t.Elem, name, seen) ||
		slices.ContainsFunc(t.Branches, func(b *avsc.Type) bool { return holdsRecord(b, name, seen) }) ||
		slices.ContainsFunc(t.Fields, func(f *avsc.Field) bool { return holdsRecord(f.Type, name, seen) })
}

// spoiler changes texts at random.
type spoiler struct{ *rand.Rand }

var (
	badNames  = []any{"1a", "", "a-b", "é", "a.b", "a..b", ".a", "a.", "a b", "_", "A1", "int", "record", nil, 3.0}
	badValues = []any{nil, true, 0.0, 1.5, 1e20, 3e9, -1.0, "", "a", "é", "12", "NaN", []any{}, []any{1.0, "a"}, map[string]any{}, map[string]any{"f1": 1.0}}
)

// spoil changes up to three members or items of a text.
func (s spoiler) spoil(t *testing.T, text string) string {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	for range s.IntN(4) {
		var places []func()
		s.places(&v, &places)
		if len(places) > 0 {
			places[s.IntN(len(places))]()
		}
	}
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// places lists what can be done to a value.
func (s spoiler) places(v *any, list *[]func()) {
	switch is := (*v).(type) {
	case []any:
		if len(is) > 0 {
			*list = append(*list, func() { *v = append(slices.Clone(is), is[s.IntN(len(is))]) })
		}
		for i := range is {
			s.places(&is[i], list)
		}
	case map[string]any:
		for _, key := range sortedKeys(is) {
			s.member(is, key, list)
		}
		if is["name"] != nil && is["type"] != nil && is["fields"] == nil && is["symbols"] == nil && is["size"] == nil {
			*list = append(*list, func() { is["default"] = badValues[s.IntN(len(badValues))] })
		}
	}
}

func (s spoiler) member(in map[string]any, key string, list *[]func()) {
	switch key {
	case "name", "namespace":
		*list = append(*list, func() { in[key] = badNames[s.IntN(len(badNames))] })
	case "symbols", "aliases":
		*list = append(*list, func() {
			if names, ok := in[key].([]any); ok {
				in[key] = append(slices.Clone(names), badNames[s.IntN(len(badNames))])
			}
		})
	case "default", "size":
		*list = append(*list, func() { in[key] = badValues[s.IntN(len(badValues))] })
	case "type", "fields", "items", "values":
		item := in[key]
		var inner []func()
		s.places(&item, &inner)
		for _, do := range inner {
			*list = append(*list, func() { do(); in[key] = item })
		}
	}
}

func sortedKeys(m map[string]any) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
