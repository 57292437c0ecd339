package record

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/schemactl/schemactl/registry"
)

// anySchema has metadata and rules of every shape, empty ones among them.
func anySchema(random *rand.Rand) registry.Schema {
	words := []string{"", "a", "b b", "ü", "\u2028", "🚚", `"\`, "<&>/", "\x00\x1f\x7f", "a\n"}
	word := func() string { return words[random.IntN(len(words))] }
	maybe := func() bool { return random.IntN(2) == 0 }
	list := func() []string {
		if maybe() {
			return nil
		}
		list := []string{}
		for range random.IntN(3) {
			list = append(list, word())
		}
		return list
	}
	texts := func() map[string]string {
		if maybe() {
			return nil
		}
		m := map[string]string{}
		for range random.IntN(3) {
			m[word()] = word()
		}
		return m
	}
	rules := func() []registry.Rule {
		var rules []registry.Rule
		for range random.IntN(3) {
			rules = append(rules, registry.Rule{
				Name: word(), Doc: word(), Kind: word(), Mode: word(), Type: word(), Tags: list(), Params: texts(),
				Expr: word(), OnSuccess: word(), OnFailure: word(), Disabled: maybe(),
			})
		}
		return rules
	}
	s := registry.Schema{Type: registry.JSON, Text: word()}
	for range random.IntN(3) {
		s.References = append(s.References, registry.Reference{Name: word(), Subject: word(), Version: random.IntN(3)})
	}
	if maybe() {
		s.Metadata = &registry.Metadata{Properties: texts(), Sensitive: list()}
		if maybe() {
			s.Metadata.Tags = map[string][]string{}
			for range random.IntN(3) {
				s.Metadata.Tags[word()] = list()
			}
		}
	}
	if maybe() {
		s.Rules = &registry.RuleSet{MigrationRules: rules(), DomainRules: rules(), EncodingRules: rules()}
	}
	return s
}

// What is stored is what is read back, down to the hash: else one content would have
// another id for each who reads it.
func TestHashSurvives(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	for range 20_000 {
		r := Record{Kind: Schema, Subject: "s", Version: 1, ID: 1, Content: anySchema(random)}
		got, err := Parse(Key(r), Value(r), time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if registry.ContentHash(got.Content) != registry.ContentHash(r.Content) {
			t.Fatalf("%+v is read as %+v from %s", r.Content, got.Content, Value(r))
		}
	}
}

// A setting reads back as it was, too: a list of tags that is empty takes those away
// that a schema has.
func TestEmptyTagsSurvive(t *testing.T) {
	t.Parallel()
	r := Record{Kind: Config, Settings: registry.Config{OverrideMetadata: &registry.Metadata{Tags: map[string][]string{"a": nil}}}}
	got, err := Parse(Key(r), Value(r), time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if tags := got.Settings.OverrideMetadata.Tags; len(tags) != 1 {
		t.Errorf("tags %v from %s", tags, Value(r))
	}
}
