package registry_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
)

const (
	loose  = `{"type":"record","namespace":"x","name":"N","zz":1,"aa":2,"fields":[{"name":"f","type":"int","aliases":["z","b"]}]}`
	normal = `{"name":"x.N","type":"record","fields":[{"name":"f","type":"int","order":"ascending","aliases":["b","z"]}],"aa":2,"zz":1}`
	plain  = `{"type":"record","name":"N","namespace":"x","fields":[{"name":"f","type":"int","aliases":["z","b"]}],"zz":1,"aa":2}`
)

func TestNormalize(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name        string
		req, config bool
		mode        registry.Mode
		want        string
	}{
		{"not asked for", false, false, registry.ModeReadWrite, plain},
		{"by the request", true, false, registry.ModeReadWrite, normal},
		{"by the config", false, true, registry.ModeReadWrite, normal},
		{"not what is imported", true, true, registry.ModeImport, plain},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			reg, ctx := newRegistry(t), t.Context()
			setConfig(t, reg, "s", registry.Config{Normalize: &tc.config})
			setMode(t, reg, "s", tc.mode)
			req := registry.RegisterRequest{Subject: "s", Schema: registry.Schema{Text: loose}, Normalize: tc.req}
			if tc.mode == registry.ModeImport {
				req.ID = 1
			}
			e, err := reg.Register(ctx, req)
			if diff := cmp.Diff(tc.want, e.Text); diff != "" || err != nil {
				t.Errorf("text: %v (-want +got):\n%s", err, diff)
			}
			for _, normalize := range []bool{false, true} {
				found, err := reg.Lookup(ctx, registry.LookupRequest{Subject: "s", Schema: registry.Schema{Text: loose}, Normalize: normalize})
				isSpelledOut := tc.want == normal && !normalize && !tc.config // an order that is spelled and sorted aliases are another text
				if isSpelledOut {
					continue
				}
				if err != nil || found.ID != e.ID {
					t.Errorf("lookup, normalize %t: %+v, %v", normalize, found, err)
				}
			}
		})
	}
}

func TestNormalizedReferences(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	for _, name := range []string{"A", "B"} {
		register(t, reg, name, registry.Schema{Text: `{"type":"fixed","name":"` + name + `","size":1}`})
	}
	a, b := registry.Reference{Name: "A", Subject: "A", Version: 1}, registry.Reference{Name: "B", Subject: "B", Version: 1}
	e, err := reg.Register(t.Context(), registry.RegisterRequest{
		Subject: "s", Schema: registry.Schema{Text: `["A","B"]`, References: []registry.Reference{b, a, b}}, Normalize: true,
	})
	if diff := cmp.Diff([]registry.Reference{a, b}, e.References); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Of other types the text is kept; that two versions are compatible is not said.
func TestOtherTypes(t *testing.T) {
	t.Parallel()
	for typ, texts := range map[registry.Type][2]string{
		registry.JSON:     {`{"type":"object"}`, `{"type":"array"}`},
		registry.Protobuf: {"message A {}", "message B {}"},
	} {
		t.Run(string(typ), func(t *testing.T) {
			t.Parallel()
			reg, ctx := newRegistry(t), t.Context()
			s := func(i int) registry.Schema { return registry.Schema{Type: typ, Text: texts[i]} }
			first := register(t, reg, "s", s(0))
			if again := register(t, reg, "s", s(0)); again.Version != 1 || again.Type != typ || again.Text != texts[0] {
				t.Errorf("again: %+v", again)
			}
			if found, err := reg.Lookup(ctx, registry.LookupRequest{Subject: "s", Schema: s(0)}); err != nil || found.ID != first.ID {
				t.Errorf("lookup: %+v, %v", found, err)
			}
			_, err := reg.Register(ctx, registry.RegisterRequest{Subject: "s", Schema: s(1)})
			wantErr(t, "next", registry.ErrInvalidSchema, err)
			for _, verbose := range []bool{false, true} {
				_, err = reg.Check(ctx, registry.CheckRequest{Subject: "s", Schema: s(1), Verbose: verbose})
				wantErr(t, "check", registry.ErrInvalidSchema, err)
			}
			_, err = reg.Register(ctx, registry.RegisterRequest{Subject: "s", Schema: record("a:int")})
			wantErr(t, "other type", registry.ErrIncompatible, err)
			setLevel(t, reg, "s", registry.LevelNone)
			if e := register(t, reg, "s", s(1)); e.Version != 2 {
				t.Errorf("at level NONE: %+v", e)
			}
		})
	}
}

// One text cannot be of two types: what identifies content does not cover the type.
func TestTextOfTwoTypes(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	text := register(t, reg, "s", record("a:int")).Text
	for range 2 { // what is known of a text must not change the answer
		for _, subject := range []string{"s", "other"} {
			_, err := reg.Register(ctx, registry.RegisterRequest{Subject: subject, Schema: registry.Schema{Type: registry.JSON, Text: text}})
			wantErr(t, "register in "+subject, registry.ErrInvalidSchema, err)
		}
	}
}

func TestForce(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	register(t, reg, "s", record("a:int"))
	e, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "s", Schema: record("b:int"), Force: true})
	if err != nil || e.Version != 2 {
		t.Errorf("%+v, %v", e, err)
	}
}

// What the subject has is taken whatever came since, and Check says so.
func TestCheckOfWhatIsThere(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	setLevel(t, reg, "s", registry.LevelNone)
	register(t, reg, "s", record("a:int"))
	register(t, reg, "s", record("a:string"))
	setLevel(t, reg, "s", registry.LevelBackward)
	if e := register(t, reg, "s", record("a:int")); e.Version != 1 {
		t.Errorf("register: %+v", e)
	}
	if r, err := reg.Check(ctx, registry.CheckRequest{Subject: "s", Schema: record("a:int")}); err != nil || !r.Compatible {
		t.Errorf("check: %+v, %v", r, err)
	}
	if r, err := reg.Check(ctx, registry.CheckRequest{Subject: "s", Schema: record("a:int"), Version: registry.Latest}); err != nil || r.Compatible {
		t.Errorf("check with one version: %+v, %v", r, err)
	}
}

func TestUndelete(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	register(t, reg, "r", registry.Schema{Text: `{"type":"fixed","name":"F","size":1}`})
	refs := []registry.Reference{{Name: "F", Subject: "r", Version: 1}}
	first := register(t, reg, "s", registry.Schema{Text: `"F"`, References: refs})
	setLevel(t, reg, "s", registry.LevelNone)
	register(t, reg, "s", record("a:int"))
	for _, subject := range []string{"s", "r"} {
		if _, err := reg.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: subject}); err != nil {
			t.Fatal(err)
		}
	}
	undelete := func(subject string, version int) ([]int, error) {
		return reg.Undelete(ctx, registry.UndeleteRequest{Subject: subject, Version: version})
	}
	_, err := undelete("s", 0)
	wantErr(t, "what it refers to is deleted", registry.ErrInvalidSchema, err)
	_, err = reg.Versions(ctx, "s", registry.Page{})
	wantErr(t, "nothing was done", registry.ErrSubjectNotFound, err)
	_, err = undelete("s", 9)
	wantErr(t, "no such version", registry.ErrVersionNotFound, err)
	for _, version := range []int{0, 1} {
		_, err = undelete("x", version)
		wantErr(t, "no such subject", registry.ErrSubjectNotFound, err)
	}
	if got, err := undelete("s", 2); err != nil || !cmp.Equal(got, []int{2}) {
		t.Errorf("one: %v, %v", got, err)
	}
	if got, err := undelete("r", 0); err != nil || !cmp.Equal(got, []int{1}) {
		t.Errorf("the other subject: %v, %v", got, err)
	}
	if got, err := undelete("s", 0); err != nil || !cmp.Equal(got, []int{1}) {
		t.Errorf("the rest: %v, %v", got, err)
	}
	for _, version := range []int{0, 1, 7} {
		_, err = undelete("s", version)
		wantErr(t, "none is deleted", registry.ErrVersionNotFound, err)
	}
	if e, err := reg.Version(ctx, "s", 1); err != nil || e.ID != first.ID {
		t.Errorf("version 1: %+v, %v", e, err)
	}
}

func TestTag(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	first := register(t, reg, "s", record("a:int"))
	add := []registry.Tagged{{Path: "R.a", IsField: true, Tags: []string{"PII"}}}
	second, err := reg.Tag(ctx, registry.TagRequest{Subject: "s", Version: registry.Latest, Add: add})
	if err != nil || second.Version != 2 {
		t.Fatalf("add: %+v, %v", second, err)
	}
	if found, err := reg.ReadID(ctx, registry.IDRequest{ID: second.ID, FindTags: true}); err != nil || !cmp.Equal(found.Tags, add) {
		t.Errorf("tags: %+v, %v", found.Tags, err)
	}
	third, err := reg.Tag(ctx, registry.TagRequest{Subject: "s", Version: 2, Remove: add})
	if err != nil || third.Version != 3 || third.Text != first.Text || third.ID == first.ID {
		t.Errorf("remove: %+v, %v", third, err)
	}
	if e := register(t, reg, "s", registry.Schema{Text: second.Text}); e.Version != 2 {
		t.Errorf("the tagged text again: %+v", e)
	}
	next := register(t, reg, "s", record("a:int", "b:int=0"))
	if next.Metadata != nil {
		t.Errorf("a version of its own does not tell another's number: %+v", next.Metadata)
	}
	_, err = reg.Tag(ctx, registry.TagRequest{Subject: "s", Version: 1, NewVersion: 2})
	wantErr(t, "number", registry.ErrInvalidSchema, err)
	_, err = reg.Tag(ctx, registry.TagRequest{Subject: "s", Version: 9})
	wantErr(t, "version", registry.ErrVersionNotFound, err)
}
