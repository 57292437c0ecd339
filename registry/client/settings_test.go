package client_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

func wantErr(t *testing.T, what string, want, got error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error %v, want %v", what, got, want)
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		yes := true
		_, err := c.Config(ctx, "a")
		wantErr(t, "not set", registry.ErrConfigNotSet, err)
		equal(t, "of all", registry.Config{Level: registry.LevelBackward}, noErr[registry.Config](t)(c.Config(ctx, "")))

		set := registry.Config{
			Alias: "b", Normalize: &yes, ValidateFields: &yes, ValidateNew: &yes, ValidateRules: &yes,
			Level: registry.LevelFull, Policy: "LOGICAL", Group: "major",
			DefaultMetadata:  &registry.Metadata{Properties: map[string]string{"owner": "x"}},
			OverrideMetadata: &registry.Metadata{Sensitive: []string{"owner"}},
			DefaultRules:     &registry.RuleSet{DomainRules: []registry.Rule{{Name: "r", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Expr: "true"}}},
			OverrideRules:    &registry.RuleSet{DomainRules: []registry.Rule{{Name: "s", Kind: "CONDITION", Mode: "READ", Type: "CEL", Expr: "true"}}},
		}
		equal(t, "set", set, noErr[registry.Config](t)(c.SetConfig(ctx, "a", registry.ConfigChange{Set: set})))
		equal(t, "read", set, noErr[registry.Config](t)(c.Config(ctx, "a")))

		set.Group, set.Level, set.DefaultRules, set.Normalize = "", registry.LevelNone, nil, nil
		change := registry.ConfigChange{
			Set:   registry.Config{Level: registry.LevelNone},
			Clear: []string{registry.FieldGroup, registry.FieldDefaultRules, registry.FieldNormalize},
		}
		equal(t, "changed", set, noErr[registry.Config](t)(c.SetConfig(ctx, "a", change)))
		equal(t, "holds", set, noErr[registry.Config](t)(c.EffectiveConfig(ctx, "a")))
		equal(t, "inherited", registry.LevelBackward, noErr[registry.Config](t)(c.EffectiveConfig(ctx, "z")).Level)
		equal(t, "deleted", set, noErr[registry.Config](t)(c.DeleteConfig(ctx, "a")))
		_, err = c.DeleteConfig(ctx, "a")
		wantErr(t, "deleted twice", registry.ErrSubjectNotFound, err)
		_, err = c.SetConfig(ctx, "a", registry.ConfigChange{Set: registry.Config{Level: "SOME"}})
		wantErr(t, "no such level", registry.ErrInvalidLevel, err)
		wantErr(t, "no level", registry.ErrInvalidLevel, c.SetLevel(ctx, "a", ""))
	})
}

func TestMode(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		register(t, c, "a", avro(order))
		_, err := c.Mode(ctx, "a")
		wantErr(t, "not set", registry.ErrModeNotSet, err)
		equal(t, "of all", registry.ModeReadWrite, noErr[registry.Mode](t)(c.Mode(ctx, "")))
		if err := c.SetMode(ctx, registry.SetModeRequest{Name: "a", Mode: registry.ModeReadOnly}); err != nil {
			t.Fatal(err)
		}
		equal(t, "set", registry.ModeReadOnly, noErr[registry.Mode](t)(c.Mode(ctx, "a")))
		equal(t, "holds", registry.ModeReadOnly, noErr[registry.Mode](t)(c.EffectiveMode(ctx, "a")))
		equal(t, "inherited", registry.ModeReadWrite, noErr[registry.Mode](t)(c.EffectiveMode(ctx, "b")))
		_, err = c.Register(ctx, registry.RegisterRequest{Subject: "a", Schema: avro(order2)})
		wantErr(t, "register", registry.ErrNotPermitted, err)
		equal(t, "taken back", registry.ModeReadOnly, noErr[registry.Mode](t)(c.DeleteMode(ctx, registry.DeleteModeRequest{Name: "a"})))
		_, err = c.DeleteMode(ctx, registry.DeleteModeRequest{Name: "a"})
		wantErr(t, "taken back twice", registry.ErrSubjectNotFound, err)
		wantErr(t, "import", registry.ErrNotPermitted, c.SetMode(ctx, registry.SetModeRequest{Name: "a", Mode: registry.ModeImport}))
		if err := c.SetMode(ctx, registry.SetModeRequest{Name: "a", Mode: registry.ModeImport, Force: true}); err != nil {
			t.Error(err)
		}
		wantErr(t, "no such mode", registry.ErrInvalidMode, c.SetMode(ctx, registry.SetModeRequest{Name: "a", Mode: "SOME"}))
		equal(t, "recursive", registry.ModeReadWrite, noErr[registry.Mode](t)(c.DeleteMode(ctx, registry.DeleteModeRequest{Recursive: true})))
		_, err = c.Mode(ctx, "a")
		wantErr(t, "after recursive", registry.ErrModeNotSet, err)
	})
}

func TestContexts(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		register(t, c, ":.eu:a/b", avro(order))
		equal(t, "contexts", []string{".", ".eu"}, noErr[[]string](t)(c.Contexts(ctx, registry.ContextsRequest{})))
		equal(t, "by prefix", []string{".eu"}, noErr[[]string](t)(c.Contexts(ctx, registry.ContextsRequest{Prefix: ".e", Page: registry.Page{Limit: 2}})))
		equal(t, "version", ":.eu:a/b", noErr[registry.Entry](t)(c.Version(ctx, ":.eu:a/b", 1)).Subject)
		wantErr(t, "not empty", registry.ErrContextNotEmpty, c.DeleteContext(ctx, ".eu"))
		for _, permanent := range []bool{false, true} {
			noErr[[]int](t)(c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: ":.eu:a/b", Permanent: permanent}))
		}
		if err := c.DeleteContext(ctx, ".eu"); err != nil {
			t.Error(err)
		}
		equal(t, "without it", []string{"."}, noErr[[]string](t)(c.Contexts(ctx, registry.ContextsRequest{})))
	})
}

func TestByMetadata(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		s := avro(order)
		s.Metadata = &registry.Metadata{Properties: map[string]string{"major": "1", "owner": "a&b"}}
		want := register(t, c, "a", s)
		req := registry.MetadataRequest{Subject: "a", Properties: map[string]string{"major": "1", "owner": "a&b"}}
		equal(t, "found", want, noErr[registry.Entry](t)(c.ByMetadata(ctx, req)))
		req.Properties["major"] = "2"
		_, err := c.ByMetadata(ctx, req)
		wantErr(t, "not found", registry.ErrVersionNotFound, err)
	})
}

func TestUndelete(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		const name = "a/ä b"
		first := register(t, c, name, avro(order))
		if err := c.SetLevel(ctx, name, registry.LevelNone); err != nil {
			t.Fatal(err)
		}
		register(t, c, name, avro(order2))
		_, err := c.Undelete(ctx, registry.UndeleteRequest{Subject: "b"})
		wantErr(t, "no such subject", registry.ErrSubjectNotFound, err)
		noErr[[]int](t)(c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: name}))
		_, err = c.Undelete(ctx, registry.UndeleteRequest{Subject: name, Version: 3})
		wantErr(t, "no such version", registry.ErrVersionNotFound, err)
		equal(t, "one", []int{1}, noErr[[]int](t)(c.Undelete(ctx, registry.UndeleteRequest{Subject: name, Version: 1})))
		equal(t, "as it was", first, noErr[registry.Entry](t)(c.Version(ctx, name, 1)))
		equal(t, "the rest", []int{2}, noErr[[]int](t)(c.Undelete(ctx, registry.UndeleteRequest{Subject: name})))
		equal(t, "versions", []int{1, 2}, noErr[[]int](t)(c.Versions(ctx, name, registry.Page{})))
	})
}

func TestReregister(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		first := register(t, c, "a", avro(order))
		_, err := c.Reregister(ctx, registry.UndeleteRequest{Subject: "a"})
		wantErr(t, "nothing deleted", registry.ErrVersionNotFound, err)
		noErr[[]int](t)(c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "a"}))
		_, err = c.Reregister(ctx, registry.UndeleteRequest{Subject: "a", Version: 2})
		wantErr(t, "no such version", registry.ErrVersionNotFound, err)
		again := noErr[[]registry.Entry](t)(c.Reregister(ctx, registry.UndeleteRequest{Subject: "a", Version: 1}))
		if len(again) != 1 || again[0].Version != 2 || again[0].ID != first.ID {
			t.Errorf("registered again: %+v", again)
		}
	})
}

// A registry of another make has no such path.
func TestUndeleteNotOffered(t *testing.T) {
	t.Parallel()
	url, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusNotFound, `{"error_code":404,"message":"HTTP 404 Not Found"}`)
	})
	_, err := newHTTP(t, url).Undelete(t.Context(), registry.UndeleteRequest{Subject: "a"})
	wantErr(t, "undelete", client.ErrNotOffered, err)
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// What deletes is sent once: the second time there would be nothing to delete.
func TestOtherDeletesAreSentOnce(t *testing.T) {
	t.Parallel()
	url, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, http.StatusServiceUnavailable, `{"error_code":50001,"message":"busy"}`)
	})
	ctx, c := t.Context(), newHTTP(t, url, client.WithRetries(2, 1))
	for what, ask := range map[string]func() error{
		"config":   func() error { _, err := c.DeleteConfig(ctx, "a"); return err },
		"mode":     func() error { _, err := c.DeleteMode(ctx, registry.DeleteModeRequest{Name: "a"}); return err },
		"subject":  func() error { _, err := c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "a"}); return err },
		"undelete": func() error { _, err := c.Undelete(ctx, registry.UndeleteRequest{Subject: "a"}); return err },
	} {
		requests.Store(0)
		wantErr(t, what, registry.ErrStore, ask())
		if n := requests.Load(); n != 1 {
			t.Errorf("%s: %d requests", what, n)
		}
	}
}
