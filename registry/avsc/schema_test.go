package avsc_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

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
