package registry_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
)

// Others read versions as signed numbers of four bytes, and so does a path.
func TestVersionsEnd(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	setMode := func(m registry.Mode) {
		t.Helper()
		if err := reg.SetMode(ctx, registry.SetModeRequest{Name: "a", Mode: m}); err != nil {
			t.Fatal(err)
		}
	}
	setMode(registry.ModeImport)
	last := registry.RegisterRequest{Subject: "a", Schema: record("a:int"), ID: 1, Version: math.MaxInt32}
	if _, err := reg.Register(ctx, last); err != nil {
		t.Fatal(err)
	}
	setMode(registry.ModeReadWrite)
	setLevel(t, reg, "a", registry.LevelNone)
	_, err := reg.Register(ctx, registry.RegisterRequest{Subject: "a", Schema: record("b:int")})
	wantErr(t, "the next one", registry.ErrNotPermitted, err)
	_, err = reg.Tag(ctx, registry.TagRequest{Subject: "a", Version: registry.Latest, Add: []registry.Tagged{{Path: "R.a", IsField: true, Tags: []string{"PII"}}}})
	wantErr(t, "one that is tagged", registry.ErrNotPermitted, err)
	if got, err := reg.Versions(ctx, "a", registry.Page{}); err != nil || !cmp.Equal(got, []int{math.MaxInt32}) {
		t.Errorf("versions %v, %v", got, err)
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	first := register(t, reg, "a", record("a:int"))
	register(t, reg, "a", record("a:int", "b:int=0"))
	if _, err := reg.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: "a", Version: 2}); err != nil {
		t.Fatal(err)
	}
	setMode(t, reg, "a", registry.ModeReadOnly)
	if again := register(t, reg, "a", record("a:int")); again.Version != first.Version {
		t.Errorf("same again: %+v", again)
	}
	for what, change := range map[string]func() error{
		"register": func() error {
			_, err := reg.Register(ctx, registry.RegisterRequest{Subject: "a", Schema: record("a:int", "c:int=0")})
			return err
		},
		"tag": func() error {
			_, err := reg.Tag(ctx, registry.TagRequest{Subject: "a", Version: 1, Add: []registry.Tagged{{Path: "R", Tags: []string{"x"}}}})
			return err
		},
		"delete": func() error {
			_, err := reg.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "a"})
			return err
		},
		"delete a version": func() error {
			_, err := reg.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: "a", Version: 1})
			return err
		},
		"undelete": func() error {
			_, err := reg.Undelete(ctx, registry.UndeleteRequest{Subject: "a"})
			return err
		},
		"set a config": func() error { return reg.SetLevel(ctx, "a", registry.LevelNone) },
		"delete a config": func() error {
			_, err := reg.DeleteConfig(ctx, "a")
			return err
		},
	} {
		wantErr(t, what, registry.ErrNotPermitted, change())
	}
	setMode(t, reg, "a", registry.ModeReadWrite)
	register(t, reg, "a", record("a:int", "c:int=0"))
}

func TestImport(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	put := func(subject string, s registry.Schema, id uint32, version int) (registry.Entry, error) {
		return reg.Register(ctx, registry.RegisterRequest{Subject: subject, Schema: s, ID: id, Version: version})
	}
	setMode(t, reg, "a", registry.ModeImport)
	if e, err := put("a", record("a:int"), 100, 5); err != nil || e.ID != 100 || e.Version != 5 {
		t.Errorf("first: %+v, %v", e, err)
	}
	if e, err := put("a", record("b:string"), 50, 2); err != nil || e.ID != 50 || e.Version != 2 {
		t.Errorf("earlier and not compatible: %+v, %v", e, err)
	}
	if _, err := put("a", registry.Schema{Text: `{"type":"record","name":"R","fields":[{"name":"a","type":"int","default":"x"}]}`}, 51, 0); err != nil {
		t.Errorf("a default that is wrong: %v", err)
	}
	for _, tc := range []struct {
		name    string
		schema  registry.Schema
		id      uint32
		version int
		want    error
	}{
		{"no id", record("c:int"), 0, 9, registry.ErrNotPermitted},
		{"id of another", record("c:int"), 100, 9, registry.ErrIDTaken},
		{"other id", record("a:int"), 101, 9, registry.ErrOtherID},
		{"version of another", record("c:int"), 101, 5, registry.ErrVersionTaken},
		{"id above all", record("c:int"), 1 << 31, 9, registry.ErrNotPermitted},
	} {
		_, err := put("a", tc.schema, tc.id, tc.version)
		wantErr(t, tc.name, tc.want, err)
	}
	setMode(t, reg, "a", registry.ModeReadWrite)
	if e := register(t, reg, "b", record("c:int")); e.ID != 101 {
		t.Errorf("the next id is %d, want one above the highest", e.ID)
	}
	_, err := put("b", record("d:int"), 200, 0)
	wantErr(t, "an id without the mode", registry.ErrNotPermitted, err)
}

func TestIDsEnd(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	setMode(t, reg, "a", registry.ModeImport)
	if _, err := reg.Register(ctx, registry.RegisterRequest{Subject: "a", Schema: record("a:int"), ID: 1<<31 - 1}); err != nil {
		t.Fatal(err)
	}
	_, err := reg.Register(ctx, registry.RegisterRequest{Subject: "b", Schema: record("b:int")})
	wantErr(t, "no ids left", registry.ErrNotPermitted, err)
	if e := register(t, reg, "b", record("a:int")); e.ID != 1<<31-1 {
		t.Errorf("what is there is still found: %+v", e)
	}
}

// IMPORT needs an empty scope, and empties it of what is deleted.
func TestSetImport(t *testing.T) {
	t.Parallel()
	for _, scope := range []string{":.eu:a", ":.eu:", ":.__GLOBAL:"} {
		t.Run(scope, func(t *testing.T) {
			t.Parallel()
			reg, ctx := newRegistry(t), t.Context()
			register(t, reg, ":.eu:a", record("a:int"))
			set := func(force bool) error {
				return reg.SetMode(ctx, registry.SetModeRequest{Name: scope, Mode: registry.ModeImport, Force: force})
			}
			wantErr(t, "live", registry.ErrNotPermitted, set(false))
			if _, err := reg.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: ":.eu:a"}); err != nil {
				t.Fatal(err)
			}
			refs := []registry.Reference{{Name: "R", Subject: ":.eu:a", Version: 1}}
			if err := set(false); err != nil {
				t.Fatal(err)
			}
			left, err := reg.Subjects(ctx, registry.SubjectsRequest{Deleted: registry.WithDeleted})
			if err != nil || len(left) != 0 {
				t.Errorf("left: %v, %v", left, err)
			}
			_, err = reg.Register(ctx, registry.RegisterRequest{Subject: ":.eu:b", Schema: registry.Schema{Text: `"R"`, References: refs}, ID: 9})
			wantErr(t, "what refers to it", registry.ErrInvalidSchema, err)
		})
	}
}

func TestForward(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	register(t, reg, "a", record("a:int"))
	wantErr(t, "a subject", registry.ErrInvalidMode, reg.SetMode(ctx, registry.SetModeRequest{Name: "a", Mode: registry.ModeForward}))
	setMode(t, reg, ":.__GLOBAL:", registry.ModeForward)
	if r, err := reg.Check(ctx, registry.CheckRequest{Subject: "a", Schema: record("b:int")}); err != nil || !r.Compatible {
		t.Errorf("check: %+v, %v", r, err)
	}
	register(t, reg, "a", record("b:int"))
}

func TestFixedModes(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t, registry.WithFixedModes()), t.Context()
	wantErr(t, "set", registry.ErrNotPermitted, reg.SetMode(ctx, registry.SetModeRequest{Name: "a", Mode: registry.ModeReadOnly}))
	_, err := reg.DeleteMode(ctx, registry.DeleteModeRequest{Name: "a"})
	wantErr(t, "delete", registry.ErrNotPermitted, err)
}

func TestDeleteModesBelow(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	for _, name := range []string{"", "a", ":.eu:", ":.eu:a", ":.us:a"} {
		setMode(t, reg, name, registry.ModeReadOnly)
	}
	modes := func() (set []string) {
		for _, name := range []string{"a", ":.eu:", ":.eu:a", ":.us:a"} {
			if _, err := reg.Mode(ctx, name); err == nil {
				set = append(set, name)
			}
		}
		return set
	}
	for _, step := range []struct {
		name string
		left []string
	}{
		{"", []string{":.eu:", ":.eu:a", ":.us:a"}},
		{":.eu:", []string{":.us:a"}},
	} {
		if _, err := reg.DeleteMode(ctx, registry.DeleteModeRequest{Name: step.name, Recursive: true}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(step.left, modes()); diff != "" {
			t.Errorf("after %q (-want +got):\n%s", step.name, diff)
		}
	}
}
