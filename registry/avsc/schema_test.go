package avsc_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry/avsc"
)

// sample is one case of testdata/texts.json: a text and its canonical form, or
// none when the text is no schema.
type sample struct {
	Name      string `json:"name"`
	Text      string `json:"text"`
	Canonical string `json:"canonical"`
}

func readSamples(tb testing.TB) []sample {
	tb.Helper()
	text, err := os.ReadFile("testdata/texts.json")
	if err != nil {
		tb.Fatal(err)
	}
	var list []sample
	if err := json.Unmarshal(text, &list); err != nil {
		tb.Fatal(err)
	}
	return list
}

func read(text string, refs ...*avsc.Schema) (*avsc.Schema, error) {
	s, err := avsc.Parse(text, refs...)
	if err != nil {
		return nil, err
	}
	return s, s.Validate()
}

func parse(t *testing.T, text string, refs ...*avsc.Schema) *avsc.Schema {
	t.Helper()
	s, err := read(text, refs...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	for _, tc := range readSamples(t) {
		t.Run(tc.Name, func(t *testing.T) {
			t.Parallel()
			s, err := read(tc.Text)
			if tc.Canonical == "" {
				if !errors.Is(err, avsc.ErrInvalid) {
					t.Errorf("error %v, want ErrInvalid", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.Canonical, s.Canonical()); diff != "" {
				t.Errorf("canonical (-want +got):\n%s", diff)
			}
			if again := parse(t, s.Canonical()); again.Canonical() != s.Canonical() || again.Comparable() != s.Comparable() {
				t.Errorf("the canonical text reads as another schema: %s", again.Canonical())
			}
		})
	}
}

const (
	money   = `{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"amount","type":"long"}]}`
	account = `{"type":"record","name":"Account","namespace":"shop","fields":[{"name":"balance","type":"Money"}]}`
)

func TestReferences(t *testing.T) {
	t.Parallel()
	m := parse(t, money)
	a := parse(t, account, m)
	for _, tc := range []struct{ name, text, canonical, resolved string }{
		{
			"short name in the same namespace",
			account, account,
			`{"type":"record","name":"Account","namespace":"shop","fields":[{"name":"balance","type":{"type":"record","name":"Money","fields":[{"name":"amount","type":"long"}]}}]}`,
		},
		{
			"full name in another namespace",
			`{"type":"record","name":"x.X","fields":[{"name":"m","type":"shop.Money"},{"name":"n","type":["null","shop.Money"]}]}`,
			`{"type":"record","name":"X","namespace":"x","fields":[{"name":"m","type":"shop.Money"},{"name":"n","type":["null","shop.Money"]}]}`,
			`{"type":"record","name":"X","namespace":"x","fields":[{"name":"m","type":{"type":"record","name":"Money","namespace":"shop","fields":[{"name":"amount","type":"long"}]}},{"name":"n","type":["null","shop.Money"]}]}`,
		},
		{"nothing but the reference", `"shop.Money"`, `"shop.Money"`, money},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, tc.text, m)
			if diff := cmp.Diff([]string{tc.canonical, tc.resolved}, []string{s.Canonical(), s.Resolved()}); diff != "" {
				t.Errorf("canonical and resolved (-want +got):\n%s", diff)
			}
			if whole := parse(t, s.Resolved()); whole.Comparable() != s.Comparable() {
				t.Errorf("written out it compares as %s", whole.Comparable())
			}
		})
	}
	t.Run("references of references", func(t *testing.T) {
		t.Parallel()
		s := parse(t, `["shop.Account","shop.Money"]`, a)
		if got := s.Resolved(); strings.Count(got, `"name":"Money"`) != 1 || !strings.HasSuffix(got, `,"shop.Money"]`) {
			t.Errorf("resolved %s", got)
		}
	})
	t.Run("two types of one name: the first one stands", func(t *testing.T) {
		t.Parallel()
		newer := parse(t, strings.Replace(money, `"long"`, `"int"`, 1))
		other := parse(t, strings.ReplaceAll(account, "Account", "Other"), newer)
		s := parse(t, `["shop.Account","shop.Other"]`, a, other)
		if got := s.Resolved(); strings.Count(got, `"amount"`) != 1 || !strings.Contains(got, `"amount","type":"long"`) {
			t.Errorf("resolved %s", got)
		}
	})
	t.Run("defined again", func(t *testing.T) {
		t.Parallel()
		if _, err := avsc.Parse(money, m); !errors.Is(err, avsc.ErrInvalid) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		if _, err := avsc.Parse(account); !errors.Is(err, avsc.ErrInvalid) || !strings.Contains(err.Error(), `"shop.Money"`) {
			t.Errorf("error %v", err)
		}
	})
}

func TestComparable(t *testing.T) {
	t.Parallel()
	const base = `{"type":"record","name":"R","aliases":["A","B"],"p":{"x":1,"y":2},"q":1,"fields":[{"name":"f","type":"int"}]}`
	for _, tc := range []struct {
		name, text string
		same       bool
	}{
		{"order of properties", `{"type":"record","name":"R","aliases":["A","B"],"q":1,"p":{"y":2,"x":1},"fields":[{"name":"f","type":"int"}]}`, true},
		{"order of aliases", `{"type":"record","name":"R","aliases":["B","A"],"p":{"x":1,"y":2},"q":1,"fields":[{"name":"f","type":"int"}]}`, true},
		{"a tool's version property", `{"type":"record","name":"R","aliases":["A","B"],"p":{"x":1,"y":2},"q":1,"confluent:version":3,"fields":[{"name":"f","type":"int"}]}`, true},
		{"another property", `{"type":"record","name":"R","aliases":["A","B"],"p":{"x":1,"y":3},"q":1,"fields":[{"name":"f","type":"int"}]}`, false},
		{"a doc", `{"type":"record","name":"R","doc":"","aliases":["A","B"],"p":{"x":1,"y":2},"q":1,"fields":[{"name":"f","type":"int"}]}`, false},
		{"an alias less", `{"type":"record","name":"R","aliases":["A"],"p":{"x":1,"y":2},"q":1,"fields":[{"name":"f","type":"int"}]}`, false},
		{"a default", `{"type":"record","name":"R","aliases":["A","B"],"p":{"x":1,"y":2},"q":1,"fields":[{"name":"f","type":"int","default":0}]}`, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, b := parse(t, base), parse(t, tc.text)
			if got := a.Comparable() == b.Comparable(); got != tc.same {
				t.Errorf("same is %t:\n%s\n%s", got, a.Comparable(), b.Comparable())
			}
			if a.Canonical() == b.Canonical() {
				t.Error("canonical texts are equal")
			}
		})
	}
}

func TestHostileText(t *testing.T) {
	t.Parallel()
	const deep = 100_000
	for name, text := range map[string]string{
		"lists":          strings.Repeat("[", deep),
		"objects":        strings.Repeat(`{"type":`, deep),
		"arrays":         strings.Repeat(`{"type":"array","items":`, deep) + `"int"` + strings.Repeat("}", deep),
		"deep property":  `{"type":"int","p":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "}",
		"huge size":      `{"type":"fixed","name":"F","size":99999999999999999999}`,
		"fractional":     `{"type":"fixed","name":"F","size":1.5}`,
		"no UTF-8":       "\"\xff\"",
		"half a text":    `{"type":"record","name":"R","fields":[`,
		"comma too many": `["int",]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := read(text); !errors.Is(err, avsc.ErrInvalid) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// What a schema is made of is used again for the next one: nothing of it may be left in
// the schemas that are there.
func TestParseTogether(t *testing.T) {
	t.Parallel()
	text := func(n int) string {
		props := make([]string, n%50) // more than are looked up one by one
		for i := range props {
			props[i] = fmt.Sprintf(`"p%d":{"of":[%d,{"deep":"%d"}]},`, i, n, n)
		}
		fields := make([]string, 1+n*7%200) // more than there is room for
		for i := range fields {
			fields[i] = fmt.Sprintf(`{"doc":"none","name":"f%d","type":{"type":"map","values":["null","long"]},"doc":"d%d \u00e9","default":{"a":%d,"b":null,"a":%d},"aliases":["g%d"],"tags":["t%d"]}`, i, n, i, n, i, n)
		}
		return fmt.Sprintf(`{"type":"record","name":"R%d","doc":"r%d",%s"fields":[{"name":"e","type":{"type":"enum","name":"E","symbols":["A","S%d"],"default":"S%d"}},%s]}`,
			n, n, strings.Join(props, ""), n, n, strings.Join(fields, ","))
	}
	const count = 200
	want := make([]string, count)
	for n := range want {
		want[n] = parse(t, text(n)).Canonical()
	}
	var all sync.WaitGroup
	for n := range count {
		all.Go(func() {
			own := make([]*avsc.Schema, 5)
			for i := range own {
				s, err := read(text((n + i) % count))
				if err != nil {
					t.Error(err)
					return
				}
				own[i] = s
				_, _ = avsc.Parse(text(n)[:n%count]) // one that ends in the middle
			}
			for i, s := range own {
				if got := s.Canonical(); got != want[(n+i)%count] {
					t.Errorf("%.200s became %.200s", want[(n+i)%count], got)
				}
			}
		})
	}
	all.Wait()
	if doubled := parse(t, text(3)); *doubled.Root().Fields[1].Doc != "d3 é" || doubled.Root().Fields[1].Default.String() != `{"a":3,"b":null}` {
		t.Errorf("of members that come twice the last one counts: %s", doubled.Canonical())
	}
}

// A default is compared with one branch after the other, and within them again. That
// ends, by counted work: a text of some kilobytes could take for ever.
func TestHostileDefaults(t *testing.T) {
	t.Parallel()
	const (
		twice = `{"type":"record","name":"A","fields":[{"name":"x","type":["null","A",{"type":"record","name":"B","fields":[{"name":"x","type":["null","A","B"]}]}]}]}`
		most  = 1 << 20 // bytes of a text
	)
	record := func(typ, value string) string {
		return `{"type":"record","name":"R","fields":[{"name":"f","type":` + typ + `,"default":` + value + `}]}`
	}
	list := func(count int, item string) string { return "[" + strings.Repeat(item+",", count) + item + "]" }
	fixed := make([]string, 5000)
	for i := range fixed {
		fixed[i] = fmt.Sprintf(`{"type":"fixed","name":"F%d","size":1}`, i)
	}
	fields := make([]string, 10_000)
	for i := range fields {
		fields[i] = fmt.Sprintf(`{"name":"f%d","type":"int","default":0}`, i)
	}
	long := strings.Repeat("n", most/4)
	for name, text := range map[string]string{
		"branches within branches":  strings.Replace(record(twice, strings.Repeat(`{"x":`, 300)+"1"+strings.Repeat("}", 300)), `"default"`, `"d":0},{"name":"g","type":"A","default"`, 1),
		"many items, many branches": record(`{"type":"array","items":[`+strings.Join(fixed, ",")+`,"int"]}`, list(most/4, "1")),
		"many items, many fields":   record(`{"type":"array","items":{"type":"record","name":"I","fields":[`+strings.Join(fields, ",")+`]}}`, list(most/8, "{}")),
		"long names": record(`{"type":"array","items":[{"type":"record","name":"`+long+`","fields":[{"name":"`+long+`","type":"int"}]},{"type":"map","values":"int"}]}`,
			list(most/10, "{}")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if len(text) > most {
				t.Fatalf("%d bytes", len(text))
			}
			start := time.Now()
			_, err := read(text)
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("it took %s", took)
			}
			if tooMuch := name != "long names"; tooMuch != (err != nil && strings.Contains(err.Error(), "comparisons")) {
				t.Errorf("error %.300v", err)
			}
		})
	}
}

// FuzzParse: no text makes Parse panic, and a canonical text is its own.
func FuzzParse(f *testing.F) {
	for _, s := range readSamples(f) {
		f.Add(s.Text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := avsc.Parse(text)
		if err != nil {
			return
		}
		again, err := avsc.Parse(s.Canonical())
		if err != nil {
			t.Fatalf("canonical text %s: %v", s.Canonical(), err)
		}
		if again.Canonical() != s.Canonical() || again.Comparable() != s.Comparable() || s.Resolved() != s.Canonical() {
			t.Fatalf("canonical text %s becomes %s", s.Canonical(), again.Canonical())
		}
		_ = s.Validate() // must not panic
	})
}

// The names inside a namespace are where two spellings of one schema differ most.
func TestNormalizedNames(t *testing.T) {
	t.Parallel()
	const (
		short = `{"type":"record","name":"R","namespace":"a","aliases":["Z","b.Q"],"fields":[
			{"name":"e","aliases":["y","x"],"type":{"type":"enum","name":"E","symbols":["A"]}},
			{"name":"again","order":"ignore","type":"E"},{"name":"next","type":["null","R"],"z":1,"p":2}]}`
		full = `{"fields":[
			{"aliases":["x","y"],"type":{"symbols":["A"],"name":"a.E","type":"enum"},"order":"ascending","name":"e"},
			{"type":"a.E","order":"ignore","name":"again"},{"p":2,"z":1,"type":["null","a.R"],"name":"next"}],
			"aliases":["b.Q","a.Z"],"name":"a.R","type":"record"}`
		want = `{"name":"a.R","type":"record","fields":[` +
			`{"name":"e","type":{"name":"a.E","type":"enum","symbols":["A"]},"order":"ascending","aliases":["x","y"]},` +
			`{"name":"again","type":"a.E","order":"ignore"},` +
			`{"name":"next","type":["null","a.R"],"order":"ascending","p":2,"z":1}],"aliases":["a.Z","b.Q"]}`
	)
	for _, text := range []string{short, full, want} {
		s, err := read(text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, s.Normalized()); diff != "" {
			t.Errorf("the normal form of %s (-want +got):\n%s", text, diff)
		}
	}
}
