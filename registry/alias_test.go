package registry_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// An alias may only stand for what can be a subject. One that was set before, or by
// another registry, is not followed for a change: it would make subjects that nobody can
// name, or take a context's settings away.
func TestAliasForNoSubject(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, target := range []string{
		"__GLOBAL", "__EMPTY", ":.__GLOBAL:q", ":*:q", "a\x01b", "a\xffb", ":.c:", ":.c:__GLOBAL", ":.c", strings.Repeat("s", 1025),
	} {
		store := memory.New()
		reg, err := registry.New(store)
		if err != nil {
			t.Fatal(err)
		}
		_, err = reg.SetConfig(ctx, "al", registry.ConfigChange{Set: registry.Config{Alias: target}})
		if !errors.Is(err, registry.ErrInvalidSubject) || registry.ToWire(err).Code != 42208 {
			t.Errorf("alias %.20q is set: %v", target, err)
		}
		if err := store.Update(ctx, func(tx registry.Tx) error { return tx.SetConfig(ctx, "al", registry.Config{Alias: target}) }); err != nil {
			t.Fatal(err)
		}
		setLevel(t, reg, ":.c:", registry.LevelFull)
		schema := record("a:int")
		for what, use := range map[string]func() error{
			"register": func() error {
				_, err := reg.Register(ctx, registry.RegisterRequest{Subject: "al", Schema: schema})
				return err
			},
			"check": func() error {
				_, err := reg.Check(ctx, registry.CheckRequest{Subject: "al", Schema: schema})
				return err
			},
			"delete": func() error {
				_, err := reg.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "al"})
				return err
			},
			"delete a version": func() error {
				_, err := reg.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: "al", Version: 1, Permanent: true})
				return err
			},
			"undelete": func() error {
				_, err := reg.Undelete(ctx, registry.UndeleteRequest{Subject: "al"})
				return err
			},
			"tag": func() error {
				_, err := reg.Tag(ctx, registry.TagRequest{Subject: "al", Version: 1})
				return err
			},
		} {
			if err := use(); !errors.Is(err, registry.ErrInvalidSubject) {
				t.Errorf("%s by alias %.20q: %v", what, target, err)
			}
		}
		if level, err := reg.Level(ctx, ":.c:"); err != nil || level != registry.LevelFull {
			t.Errorf("alias %.20q: the context's level is %s, %v", target, level, err)
		}
	}
}
