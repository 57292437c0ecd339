package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// fixed is a schema of that name and that many bytes.
func fixed(name string, size int) registry.Schema {
	text := fmt.Sprintf(`{"type":"fixed","name":"%s","size":1,"doc":""}`, name)
	return registry.Schema{Text: strings.Replace(text, `""`, `"`+strings.Repeat("x", size-len(text))+`"`, 1)}
}

// of is a record of the types of other subjects, which have the types' names.
func of(name string, types ...string) registry.Schema {
	var fields []string
	var refs []registry.Reference
	for _, typ := range types {
		fields = append(fields, fmt.Sprintf(`{"name":"f%s","type":"%s"}`, typ, typ))
		refs = append(refs, registry.Reference{Name: typ, Subject: typ, Version: 1})
	}
	return registry.Schema{Text: `{"type":"record","name":"` + name + `","fields":[` + strings.Join(fields, ",") + `]}`, References: refs}
}

// A short text that refers to much is too large, as it would be with that written out:
// before it is read, and whatever is asked.
func TestTooLargeWithReferences(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t, registry.WithMaxSchemaBytes(10_000))
	var names []string
	for i := range 5 {
		names = append(names, fmt.Sprint("F", i))
		register(t, reg, names[i], fixed(names[i], 9_000))
	}
	register(t, reg, "R", of("R", names[:4]...)) // which is near the bound
	for what, ask := range map[string]func(registry.Schema) error{
		"register": func(s registry.Schema) error {
			_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "T", Schema: s})
			return err
		},
		"check": func(s registry.Schema) error {
			_, err := reg.Check(t.Context(), registry.CheckRequest{Subject: "T", Schema: s, Verbose: true})
			return err
		},
		"look up": func(s registry.Schema) error {
			_, err := reg.Lookup(t.Context(), registry.LookupRequest{Subject: "R", Schema: s})
			return err
		},
	} {
		for _, s := range []registry.Schema{of("T", names...), of("T", "R", "F4")} {
			if err := ask(s); !errors.Is(err, registry.ErrSchemaTooLarge) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := ask(of("R", "F0", "F1")); errors.Is(err, registry.ErrSchemaTooLarge) {
			t.Errorf("%s of one that is not: %v", what, err)
		}
	}
}

// Each link of a chain is small with what it refers to; reading all of them is not.
func TestTooLargeByLinks(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t, registry.WithMaxSchemaBytes(10_000))
	register(t, reg, "F", fixed("F", 9_000))
	last := "F"
	for i := range 100 {
		name := fmt.Sprint("R", i)
		_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: name, Schema: of(name, last)})
		switch {
		case errors.Is(err, registry.ErrSchemaTooLarge) && i >= 10:
			return
		case err != nil:
			t.Fatalf("link %d: %v", i, err)
		}
		last = name
	}
	t.Error("100 links of 9,000 bytes each are read")
}

// spying is a store that tells which versions are read, in a change and outside of it.
type spying struct {
	registry.Store
	before func() // a change begins

	mu      sync.Mutex // guards the rest
	within  []registry.SubjectVersion
	outside func(registry.SubjectVersion)
}

func (s *spying) Update(ctx context.Context, fn func(registry.Tx) error) error {
	if s.before != nil {
		s.before()
	}
	return s.Store.Update(ctx, func(tx registry.Tx) error { return fn(spiedTx{tx, s}) })
}

// Version answers also who does not listen any more.
func (s *spying) Version(ctx context.Context, v registry.SubjectVersion, which registry.Deleted) (registry.Version, error) {
	if s.outside != nil {
		s.outside(v)
	}
	return s.Store.Version(context.WithoutCancel(ctx), v, which)
}

type spiedTx struct {
	registry.Tx
	spying *spying
}

func (tx spiedTx) Version(ctx context.Context, v registry.SubjectVersion, which registry.Deleted) (registry.Version, error) {
	tx.spying.mu.Lock()
	tx.spying.within = append(tx.spying.within, v)
	tx.spying.mu.Unlock()
	return tx.Tx.Version(ctx, v, which)
}

// What a schema refers to is read before the change that all others wait for. Within it
// only the versions that the schema names are looked at.
func TestReferencesAreReadBeforeTheChange(t *testing.T) {
	t.Parallel()
	store := &spying{Store: memory.New()}
	reg, err := registry.New(store, registry.WithParsedCache(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"F0", "F1"} {
		register(t, reg, name, fixed(name, 100))
	}
	register(t, reg, "R0", of("R0", "F0"))
	register(t, reg, "R1", of("R1", "F1"))
	for _, change := range []func() error{
		func() error {
			_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "T", Schema: of("T", "R0", "R1")})
			return err
		},
		func() error {
			_, err := reg.Tag(t.Context(), registry.TagRequest{Subject: "T", Version: 1, Metadata: &registry.Metadata{}})
			return err
		},
	} {
		store.within = nil
		if err := change(); err != nil {
			t.Fatal(err)
		}
		read := func(name string) bool {
			return slices.ContainsFunc(store.within, func(v registry.SubjectVersion) bool { return v.Subject == name })
		}
		if !read("R0") || !read("R1") || read("F0") || read("F1") {
			t.Errorf("within the change were read %v", store.within)
		}
	}
}

// A reference that leads elsewhere by then is followed anew.
func TestReferencesChangeBeforeTheChange(t *testing.T) {
	t.Parallel()
	store := &spying{Store: memory.New()}
	reg, err := registry.New(store)
	if err != nil {
		t.Fatal(err)
	}
	register(t, reg, "R", record("a:int"))
	latest := of("T", "R")
	latest.References[0].Version = registry.Latest
	store.before = func() {
		store.before = nil
		register(t, reg, "R", record("a:int", "b:int=0"))
	}
	e := register(t, reg, "T", latest)
	if e.References[0].Version != 2 {
		t.Errorf("it refers to version %d", e.References[0].Version)
	}
	whole, err := reg.ResolvedByID(t.Context(), e.ID)
	if err != nil || !strings.Contains(whole.Text, `"b"`) {
		t.Errorf("resolved it is %s, %v", whole.Text, err)
	}
}

// Reading ends when nobody waits for it any more.
func TestReadingReferencesIsGivenUp(t *testing.T) {
	t.Parallel()
	store := &spying{Store: memory.New()}
	reg, err := registry.New(store, registry.WithParsedCache(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"F0", "F1"} {
		register(t, reg, name, fixed(name, 100))
	}
	register(t, reg, "R0", of("R0", "F0"))
	register(t, reg, "R1", of("R1", "F1"))
	ctx, cancel := context.WithCancel(t.Context())
	var after []registry.SubjectVersion
	store.outside = func(v registry.SubjectVersion) {
		if ctx.Err() != nil {
			after = append(after, v)
		}
		if v.Subject == "F0" {
			cancel()
		}
	}
	_, err = reg.Lookup(ctx, registry.LookupRequest{Subject: "R0", Schema: of("T", "R0", "R1")})
	if !errors.Is(err, context.Canceled) || len(after) > 0 {
		t.Errorf("it went on with %v and ended with %v", after, err)
	}
}
