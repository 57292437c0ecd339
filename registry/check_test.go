package registry_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// verdict is what a check or a registration says of a schema: what makes it take or
// refuse one, and nothing of how it says so.
func verdict(compatible bool, err error) string {
	var refused *registry.IncompatibleError
	switch {
	case errors.As(err, &refused), err == nil && !compatible:
		return "incompatible"
	case err != nil:
		return fmt.Sprint(registry.ToWire(err).Code)
	}
	return "taken"
}

// anySchema is one of a few texts, some of which mean the same, are broken or have
// a default that only a lenient registry takes.
func anySchema(random *rand.Rand) registry.Schema {
	texts := []string{
		`{"type":"record","name":"R","x":1,"y":2,"fields":[{"name":"a","type":"int"}]}`,
		`{"type":"record","name":"R","y":2,"x":1,"fields":[{"name":"a","type":"int"}]}`,
		`{"type":"record","name":"R","fields":[{"name":"a","type":"string"}]}`,
		`{"name":"R","type":"record","fields":[{"type":{"type":"string"},"name":"a"}]}`,
		`{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"no"}]}`,
		`{"type":"record","name":"R","fields":[{"name":"$$a","type":"int","default":1}]}`,
		`{"type":"array","items":{"type":"fixed","name":"F","size":4}}`, `"int"`, `{"type":"int"}`, `"no`, ``,
	}
	s := registry.Schema{Text: texts[random.IntN(len(texts))]}
	switch random.IntN(8) {
	case 0:
		s = registry.Schema{Text: `{"type":"array","items":"F"}`, References: []registry.Reference{{Name: "F", Subject: "f", Version: 1 + random.IntN(2)}}}
	case 1:
		s.Metadata = properties("group", fmt.Sprint(random.IntN(2)))
	case 2:
		s.Rules = rules(fmt.Sprint(random.IntN(2)))
	case 3:
		s.Type = registry.JSON
	}
	return s
}

// change makes a step that may change what is said of a schema.
func change(t *testing.T, reg *registry.Registry, random *rand.Rand) error {
	t.Helper()
	ctx := t.Context()
	truth := func() *bool { return new(random.IntN(2) == 0) }
	set := func(c registry.Config) error {
		_, err := reg.SetConfig(ctx, "a", registry.ConfigChange{Set: c})
		return err
	}
	switch random.IntN(9) {
	case 0:
		levels := []registry.Level{registry.LevelNone, registry.LevelNone, registry.LevelBackward, registry.LevelFullTransitive}
		return set(registry.Config{Level: levels[random.IntN(len(levels))]})
	case 1:
		return set(registry.Config{Normalize: truth(), ValidateFields: truth(), ValidateNew: truth()})
	case 2:
		return set(registry.Config{DefaultMetadata: properties("group", "0"), Group: []string{"group", ""}[random.IntN(2)]})
	case 3:
		return set(registry.Config{OverrideRules: rules("2")})
	case 4:
		_, err := reg.DeleteConfig(ctx, "a")
		return err
	case 5:
		_, err := reg.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: "a", Version: registry.Latest, Permanent: false})
		return err
	case 6:
		_, err := reg.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: "a", Version: 1 + random.IntN(5), Permanent: true})
		return err
	}
	_, err := reg.Register(ctx, registry.RegisterRequest{Subject: "a", Schema: anySchema(random)})
	return err
}

// Whatever was done to a subject, a check says what a registration then does.
func TestCheckAgreesWithRegister(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for seed := range uint64(60) {
		reg, random := newRegistry(t), rand.New(rand.NewPCG(seed, 0))
		if _, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "f", Schema: registry.Schema{Text: `{"type":"fixed","name":"F","size":4}`}}); err != nil {
			t.Fatal(err)
		}
		for step := range 60 {
			_ = change(t, reg, random) // which may be refused
			s, normalize := anySchema(random), random.IntN(2) == 0
			check, err := reg.Check(t.Context(), registry.CheckRequest{Subject: "a", Schema: s, Normalize: normalize})
			says := verdict(check.Compatible, err)
			_, err = reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: s, Normalize: normalize})
			if does := verdict(true, err); does != says {
				t.Fatalf("seed %d, step %d, %+v: the check says %s, the registration %s (%v)", seed, step, s, says, does, err)
			}
			seen[says]++
		}
	}
	for _, want := range []string{"taken", "incompatible", "42201"} {
		if seen[want] < 100 {
			t.Errorf("verdicts %v", seen)
		}
	}
}
