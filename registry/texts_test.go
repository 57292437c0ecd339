package registry_test

import (
	"errors"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// A text that was read as old ones are is no new one that is valid, though its subject
// has it; one that was read as new ones are is known to whoever looks it up.
func TestKnownTextIsNotValid(t *testing.T) {
	t.Parallel()
	reg, err := registry.New(memory.New())
	if err != nil {
		t.Fatal(err)
	}
	wrong := registry.Schema{Text: `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"one"}]}`}
	right := registry.Schema{Text: `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":1}]}`}
	validate := func(is bool) {
		t.Helper()
		if _, err := reg.SetConfig(t.Context(), "a", registry.ConfigChange{Set: registry.Config{Level: registry.LevelNone, ValidateNew: &is}}); err != nil {
			t.Fatal(err)
		}
	}
	register := func(s registry.Schema, want error) {
		t.Helper()
		if _, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: s}); !errors.Is(err, want) {
			t.Errorf("register: %v, want %v", err, want)
		}
	}
	lookup := func(s registry.Schema, version int) {
		t.Helper()
		if e, err := reg.Lookup(t.Context(), registry.LookupRequest{Subject: "a", Schema: s}); err != nil || e.Version != version {
			t.Errorf("look up: version %d, %v, want %d", e.Version, err, version)
		}
	}
	validate(false)
	register(wrong, nil)
	register(right, nil)
	lookup(wrong, 1)
	validate(true)
	for range 2 {
		register(wrong, registry.ErrInvalidSchema)
		lookup(wrong, 1)
		register(right, nil)
		lookup(right, 2)
	}
}
