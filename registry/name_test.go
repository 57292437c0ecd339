package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
)

func TestContextOf(t *testing.T) {
	t.Parallel()
	for whole, want := range map[string][2]string{
		"a":              {".", "a"},
		"":               {".", ""},
		":.eu:a":         {".eu", "a"},
		":.eu:":          {".eu", ""},
		":.:a":           {".", "a"},
		":.eu:b:c":       {".eu", "b:c"},
		":.eu":           {".", ":.eu"},
		":eu:a":          {".", ":eu:a"},
		":*:a":           {".", ":*:a"},
		":.__GLOBAL:":    {".__GLOBAL", ""},
		":.a/b ü:s/ub é": {".a/b ü", "s/ub é"},
	} {
		contextName, own := registry.ContextOf(whole)
		if got := [2]string{contextName, own}; got != want {
			t.Errorf("%q: %q, want %q", whole, got, want)
		}
	}
	for _, tc := range [][3]string{
		{".", "a", "a"}, {".eu", "a", ":.eu:a"}, {".eu", ":.us:a", ":.us:a"}, {".eu", ":.:a", "a"}, {".eu", "", ":.eu:"},
	} {
		if got := registry.Qualify(tc[0], tc[1]); got != tc[2] {
			t.Errorf("%q in %q: %q, want %q", tc[1], tc[0], got, tc[2])
		}
	}
	for text, want := range map[string]string{".eu": ".eu", "eu": ".eu", ":.eu:": ".eu", ".": ".", ":.:": "."} {
		if got := registry.ContextName(text); got != want {
			t.Errorf("context %q: %q, want %q", text, got, want)
		}
	}
}

// What a schema may be registered as, and what something may be set for.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name              string
		takes, isSettable bool
	}{
		{"a", true, true},
		{"a/b ü.c:d", true, true},
		{":.eu:a", true, true},
		{":.:a", true, true},
		{strings.Repeat("a", 1024), true, true},
		{"", false, true},
		{":.eu:", false, true},
		{":.:", false, true},
		{":.__GLOBAL:", false, true},
		{":.__GLOBAL:a", false, false},
		{"__GLOBAL", false, false},
		{":.eu:__EMPTY", false, false},
		{":*:", false, false},
		{":*:a", false, false},
		{":.eu", false, false},
		{"a\x00", false, false},
		{"a\u0085", false, false},
		{"a\xff", false, false},
		{strings.Repeat("a", 1025), false, false},
	} {
		reg := newRegistry(t)
		_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: tc.name, Schema: record("a:int")})
		if (err == nil) != tc.takes || err != nil && !errors.Is(err, registry.ErrInvalidSubject) {
			t.Errorf("register %.20q: %v", tc.name, err)
		}
		_, err = reg.SetConfig(t.Context(), tc.name, registry.ConfigChange{Set: registry.Config{Level: registry.LevelNone}})
		if (err == nil) != tc.isSettable || err != nil && !errors.Is(err, registry.ErrInvalidSubject) {
			t.Errorf("set %.20q: %v", tc.name, err)
		}
	}
}

// A name without a context is read from another context when the default one lacks
// it, and written to the default one all the same.
func TestOtherContexts(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	register(t, reg, "x", record("x:int"))
	eu := register(t, reg, ":.eu:a", record("a:int"))
	register(t, reg, ":.us:a", record("b:int"))
	same := func(what string, got registry.Entry, err error) {
		t.Helper()
		if diff := cmp.Diff(eu, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
		}
	}
	got, err := reg.Version(ctx, "a", registry.Latest)
	same("version", got, err)
	got, err = reg.Lookup(ctx, registry.LookupRequest{Subject: "a", Schema: record("a:int")})
	same("lookup", got, err)
	got, err = reg.ReadID(ctx, registry.IDRequest{ID: 1, Subject: "a"})
	same("id", got, err)
	if e, err := reg.ByID(ctx, 1); err != nil || e.Subject != "x" {
		t.Errorf("id of the default context: %+v, %v", e, err)
	}
	_, err = reg.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "a"})
	wantErr(t, "delete", registry.ErrSubjectNotFound, err)
	if e := register(t, reg, "a", record("a:int")); e.Subject != "a" || e.ID != 2 {
		t.Errorf("registered: %+v", e)
	}
	if e, err := reg.Version(ctx, "a", registry.Latest); err != nil || e.Subject != "a" {
		t.Errorf("its own: %+v, %v", e, err)
	}
	_, err = reg.Version(ctx, ":.jp:a", registry.Latest)
	wantErr(t, "named context", registry.ErrSubjectNotFound, err)
}

func TestAlias(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	first := register(t, reg, "orders", record("a:int"))
	setConfig(t, reg, "al", registry.Config{Alias: "orders"})
	setConfig(t, reg, "chain", registry.Config{Alias: "al"})
	setConfig(t, reg, ":.eu:al", registry.Config{Alias: "orders"})
	if got, err := reg.Version(ctx, "al", 1); err != nil || got.Subject != "orders" {
		t.Errorf("read: %+v, %v", got, err)
	}
	if e := register(t, reg, "al", record("a:int", "b:int=0")); e.Subject != "orders" || e.Version != 2 {
		t.Errorf("written: %+v", e)
	}
	if got, err := reg.ReadID(ctx, registry.IDRequest{ID: first.ID, Subject: "al"}); err != nil || got.Subject != "orders" {
		t.Errorf("id: %+v, %v", got, err)
	}
	_, err := reg.Version(ctx, "chain", 1)
	wantErr(t, "no chains", registry.ErrSubjectNotFound, err)
	_, err = reg.Version(ctx, ":.eu:al", 1)
	wantErr(t, "an alias is one of its own context", registry.ErrSubjectNotFound, err)
	list, err := reg.List(ctx, registry.ListRequest{Aliases: true, LatestOnly: true})
	if err != nil || len(list) != 1 || !cmp.Equal(list[0].Aliases, []string{"al"}) {
		t.Errorf("list: %+v, %v", list, err)
	}
	if got, err := reg.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "al"}); err != nil || len(got) != 2 {
		t.Errorf("delete: %v, %v", got, err)
	}
}
