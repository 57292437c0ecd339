package registry_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// slowStore lets something else happen before a change begins, once.
type slowStore struct {
	registry.Store
	once   sync.Once
	before func()
}

func (s *slowStore) Update(ctx context.Context, fn func(registry.Tx) error) error {
	s.once.Do(s.before)
	return s.Store.Update(ctx, fn)
}

// What a schema refers to is looked at again when the change begins: it may have
// been deleted, or become another, since the schema was read.
func TestReferenceChangesMeanwhile(t *testing.T) {
	t.Parallel()
	fixed := func(size string) registry.Schema {
		return registry.Schema{Text: `{"type":"fixed","name":"F","size":` + size + `}`}
	}
	whole := func(size string) registry.Schema {
		return registry.Schema{Text: `{"type":"array","items":` + fixed(size).Text + `}`}
	}
	purge := func(t *testing.T, reg *registry.Registry) {
		t.Helper()
		for _, permanent := range []bool{false, true} {
			if _, err := reg.DeleteSubject(t.Context(), registry.DeleteSubjectRequest{Subject: "f", Permanent: permanent}); err != nil {
				t.Error(err)
			}
		}
	}
	for _, tc := range []struct {
		name      string
		reference int
		before    func(t *testing.T, reg *registry.Registry)
		want      error
		refers    int             // to that version
		means     registry.Schema // and means the same as this
	}{
		{name: "deleted", reference: 1, want: registry.ErrInvalidSchema, before: func(t *testing.T, reg *registry.Registry) {
			t.Helper()
			if _, err := reg.DeleteVersion(t.Context(), registry.DeleteVersionRequest{Subject: "f", Version: 1}); err != nil {
				t.Error(err)
			}
		}},
		{name: "removed", reference: 1, want: registry.ErrInvalidSchema, before: purge},
		{name: "another version of that number", reference: 1, refers: 1, means: whole("8"), before: func(t *testing.T, reg *registry.Registry) {
			t.Helper()
			purge(t, reg)
			register(t, reg, "f", fixed("8"))
		}},
		{name: "a newer version", reference: registry.Latest, refers: 2, means: whole("8"), before: func(t *testing.T, reg *registry.Registry) {
			t.Helper()
			register(t, reg, "f", fixed("8"))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			store := memory.New()
			other, err := registry.New(store)
			if err != nil {
				t.Fatal(err)
			}
			setLevel(t, other, "", registry.LevelNone)
			register(t, other, "f", fixed("4"))
			reg, err := registry.New(&slowStore{Store: store, before: func() { tc.before(t, other) }})
			if err != nil {
				t.Fatal(err)
			}
			e, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: registry.Schema{
				Text:       `{"type":"array","items":"F"}`,
				References: []registry.Reference{{Name: "F", Subject: "f", Version: tc.reference}},
			}})
			if !errors.Is(err, tc.want) {
				t.Fatalf("error %v, want %v", err, tc.want)
			}
			if err != nil {
				return
			}
			if got := e.References[0].Version; got != tc.refers {
				t.Errorf("it refers to version %d, want %d", got, tc.refers)
			}
			if found, err := reg.Lookup(t.Context(), registry.LookupRequest{Subject: "a", Schema: tc.means}); err != nil || found.ID != e.ID {
				t.Errorf("looked up by its meaning: %+v, %v", found, err)
			}
		})
	}
}
