package registry_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
)

func properties(pairs ...string) *registry.Metadata {
	m := &registry.Metadata{Properties: map[string]string{}}
	for i := 0; i < len(pairs); i += 2 {
		m.Properties[pairs[i]] = pairs[i+1]
	}
	return m
}

func rules(names ...string) *registry.RuleSet {
	s := &registry.RuleSet{}
	for _, name := range names {
		s.DomainRules = append(s.DomainRules, registry.Rule{Name: name, Kind: "CONDITION", Mode: "WRITE", Type: "CEL"})
	}
	return s
}

func with(s registry.Schema, m *registry.Metadata, r *registry.RuleSet) registry.Schema {
	s.Metadata, s.Rules = m, r
	return s
}

// Metadata and rules come from the version before, then from the config's defaults,
// and what the config overrides is above all.
func TestFill(t *testing.T) {
	t.Parallel()
	v1, v2 := record("a:int"), record("a:int", "b:int=0")
	for _, tc := range []struct {
		name      string
		config    registry.Config
		before    *registry.Schema
		given     registry.Schema
		metadata  *registry.Metadata
		ruleNames []string
	}{
		{name: "nothing", given: v1},
		{name: "given", given: with(v1, properties("a", "1"), rules("r")), metadata: properties("a", "1"), ruleNames: []string{"r"}},
		{
			name: "from the version before", before: new(with(v1, properties("a", "1"), rules("r"))), given: v2,
			metadata: properties("a", "1"), ruleNames: []string{"r"},
		},
		{
			name: "given is not mixed with the version before", before: new(with(v1, properties("a", "1"), rules("r"))),
			given: with(v2, properties("b", "2"), rules("s")), metadata: properties("b", "2"), ruleNames: []string{"s"},
		},
		{
			name:     "defaults are below",
			config:   registry.Config{DefaultMetadata: properties("a", "0", "c", "0"), DefaultRules: rules("d", "r")},
			given:    with(v1, properties("a", "1"), rules("r")),
			metadata: properties("a", "1", "c", "0"), ruleNames: []string{"d", "r"},
		},
		{
			name:     "overrides are above",
			config:   registry.Config{OverrideMetadata: properties("a", "9"), OverrideRules: rules("r", "o")},
			given:    with(v1, properties("a", "1", "b", "1"), rules("q", "r")),
			metadata: properties("a", "9", "b", "1"), ruleNames: []string{"q", "r", "o"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			reg := newRegistry(t)
			if tc.before != nil {
				register(t, reg, "s", *tc.before)
			}
			setConfig(t, reg, "s", tc.config)
			e := register(t, reg, "s", tc.given)
			if diff := cmp.Diff(tc.metadata, e.Metadata); diff != "" {
				t.Errorf("metadata (-want +got):\n%s", diff)
			}
			var names []string
			if e.Rules != nil {
				for _, r := range e.Rules.DomainRules {
					names = append(names, r.Name)
				}
			}
			if diff := cmp.Diff(tc.ruleNames, names); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
			if again := register(t, reg, "s", tc.given); again.Version != e.Version {
				t.Errorf("the same again is version %d, not %d", again.Version, e.Version)
			}
		})
	}
}

// A text without metadata is found whatever metadata its version has; with metadata
// these count.
func TestLookupOfMetadata(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	v1, v2 := record("a:int"), record("a:int", "b:int=0")
	register(t, reg, "s", with(v1, properties("a", "1"), nil))
	register(t, reg, "s", with(v2, properties("a", "2"), nil))
	for _, tc := range []struct {
		name   string
		schema registry.Schema
		want   int
	}{
		{"text of the newest", v2, 2},
		{"text of an older one", v1, 1},
		{"with metadata", with(v1, properties("a", "1"), nil), 1},
		{"with other metadata", with(v1, properties("a", "2"), nil), 0},
		{"another text", record("z:int"), 0},
	} {
		e, err := reg.Lookup(ctx, registry.LookupRequest{Subject: "s", Schema: tc.schema})
		if tc.want == 0 {
			wantErr(t, tc.name, registry.ErrSchemaNotFound, err)
		} else if err != nil || e.Version != tc.want {
			t.Errorf("%s: version %d, %v; want %d", tc.name, e.Version, err, tc.want)
		}
	}
}

// Only versions of one group are compared.
func TestGroups(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	setConfig(t, reg, "s", registry.Config{Level: registry.LevelBackward, Group: "major"})
	register(t, reg, "s", with(record("a:int"), properties("major", "1"), nil))
	for _, tc := range []struct {
		name  string
		major *registry.Metadata
		want  bool
	}{
		{"same group", properties("major", "1"), false},
		{"another group", properties("major", "2"), true},
		{"no group", properties("other", "1"), true},
		{"that of the version before", nil, false},
	} {
		s := with(record("z:int"), tc.major, nil)
		r, err := reg.Check(ctx, registry.CheckRequest{Subject: "s", Schema: s})
		if err != nil || r.Compatible != tc.want {
			t.Errorf("%s: %+v, %v", tc.name, r, err)
		}
	}
	register(t, reg, "s", with(record("z:int"), properties("major", "2"), nil))
	if r, err := reg.Check(ctx, registry.CheckRequest{Subject: "s", Schema: with(record("a:long"), properties("major", "1"), nil)}); err != nil || !r.Compatible {
		t.Errorf("the newest of its group counts: %+v, %v", r, err)
	}
}

// What would not be read back as it was stored is refused.
func TestMetadataAndRulesAreUTF8(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	for _, s := range []registry.Schema{
		{Metadata: &registry.Metadata{Tags: map[string][]string{"a": {"\xff"}}}},
		{Metadata: &registry.Metadata{Properties: map[string]string{"\xc3": "\xa9"}}},
		{Metadata: &registry.Metadata{Sensitive: []string{"\xff"}}},
		{Rules: &registry.RuleSet{DomainRules: []registry.Rule{{Name: "a", Kind: "CONDITION", Mode: "WRITE", Params: map[string]string{"a": "\xff"}}}}},
	} {
		s.Text = `"int"`
		_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: s})
		if !errors.Is(err, registry.ErrInvalidSchema) && !errors.Is(err, registry.ErrInvalidRules) {
			t.Errorf("metadata %+v, rules %+v: %v", s.Metadata, s.Rules, err)
		}
	}
}
