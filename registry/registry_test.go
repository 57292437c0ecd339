package registry_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/compat"
	"github.com/schemactl/schemactl/registry/store/memory"
)

func newRegistry(t *testing.T, opts ...registry.Option) *registry.Registry {
	t.Helper()
	reg, err := registry.New(memory.New(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// record is a schema with these fields, each "name:type" or "name:type=default".
func record(fields ...string) registry.Schema {
	var list []string
	for _, f := range fields {
		name, typ, _ := strings.Cut(f, ":")
		typ, def, has := strings.Cut(typ, "=")
		text := `{"name":"` + name + `","type":"` + typ + `"`
		if has {
			text += `,"default":` + def
		}
		list = append(list, text+"}")
	}
	return registry.Schema{Text: `{"type":"record","name":"R","fields":[` + strings.Join(list, ",") + `]}`}
}

func register(t *testing.T, reg *registry.Registry, subject string, s registry.Schema) registry.Entry {
	t.Helper()
	e, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: subject, Schema: s})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func setLevel(t *testing.T, reg *registry.Registry, subject string, l registry.Level) {
	t.Helper()
	if err := reg.SetLevel(t.Context(), subject, l); err != nil {
		t.Fatal(err)
	}
}

// Register and Check must agree: what one refuses, the other refuses.
func TestLevels(t *testing.T) {
	t.Parallel()
	v1, v2 := record("a:int"), record("a:int", "b:int=0")
	dropA, addC, addCDefault := record("b:int=0"), record("a:int", "b:int=0", "c:int"), record("a:int", "b:int=0", "c:int=0")
	onlyWithV2 := record("a:int", "b:int") // reads version 2, not version 1; version 1 reads it
	all := []registry.Level{
		registry.LevelNone, registry.LevelBackward, registry.LevelBackwardTransitive, registry.LevelForward,
		registry.LevelForwardTransitive, registry.LevelFull, registry.LevelFullTransitive,
	}
	for _, tc := range []struct {
		name    string
		schema  registry.Schema
		refused []registry.Level
	}{
		{"field added with default", addCDefault, nil},
		{"field added without default", addC, []registry.Level{
			registry.LevelBackward, registry.LevelBackwardTransitive, registry.LevelFull, registry.LevelFullTransitive}},
		{"field dropped that had no default", dropA, []registry.Level{
			registry.LevelForward, registry.LevelForwardTransitive, registry.LevelFull, registry.LevelFullTransitive}},
		{"default dropped that an older version needs", onlyWithV2, []registry.Level{
			registry.LevelBackwardTransitive, registry.LevelFullTransitive}},
		{"other type", registry.Schema{Text: `"int"`}, all[1:]},
	} {
		for _, level := range all {
			t.Run(tc.name+"/"+string(level), func(t *testing.T) {
				t.Parallel()
				reg := newRegistry(t)
				register(t, reg, "s", v1)
				register(t, reg, "s", v2)
				setLevel(t, reg, "s", level)
				want := true
				for _, l := range tc.refused {
					want = want && l != level
				}
				check, err := reg.Check(t.Context(), registry.CheckRequest{Subject: "s", Schema: tc.schema})
				if err != nil || check.Compatible != want {
					t.Errorf("check: %+v, %v, want compatible %t", check, err, want)
				}
				_, err = reg.Register(t.Context(), registry.RegisterRequest{Subject: "s", Schema: tc.schema})
				if (err == nil) != want || err != nil && !errors.Is(err, registry.ErrIncompatible) {
					t.Errorf("register: %v, want taken %t", err, want)
				}
			})
		}
	}
}

func TestLevelIsInherited(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	register(t, reg, "s", record("a:int"))
	setLevel(t, reg, "", registry.LevelNone)
	register(t, reg, "s", registry.Schema{Text: `"int"`})
	setLevel(t, reg, "s", registry.LevelBackward)
	_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "s", Schema: record("a:int", "b:int")})
	refused, ok := errors.AsType[*registry.IncompatibleError](err)
	if !ok || refused.Subject != "s" || refused.Version != 2 || refused.Level != registry.LevelBackward {
		t.Errorf("error %v", err)
	}
}

// The transitive levels stop at the newest version that clashes, also when
// there are more versions than are read at a time.
func TestLongHistory(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	setLevel(t, reg, "s", registry.LevelNone)
	register(t, reg, "s", registry.Schema{Text: `"string"`})
	for i := range 250 {
		register(t, reg, "s", registry.Schema{Text: `{"type":"int","p":` + strings.Repeat("1", i+1) + `}`})
	}
	setLevel(t, reg, "s", registry.LevelBackwardTransitive)
	check, err := reg.Check(t.Context(), registry.CheckRequest{Subject: "s", Schema: registry.Schema{Text: `"long"`}})
	if err != nil || check.Compatible || check.Conflict.Version != 1 {
		t.Errorf("check: %+v, %v", check.Conflict, err)
	}
}

func TestMessagesOfBothDirections(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	register(t, reg, "s", record("a:int"))
	setLevel(t, reg, "s", registry.LevelFull)
	check, err := reg.Check(t.Context(), registry.CheckRequest{Subject: "s", Schema: record("b:int")})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'a' at path '/fields/0' in the old schema has no default value and is missing in the new schema', additionalInfo:'a'}",
		"{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'b' at path '/fields/0' in the new schema has no default value and is missing in the old schema', additionalInfo:'b'}",
		"{oldSchemaVersion: 1}",
		`{oldSchema: '{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}'}`,
		"{validateFields: 'false', compatibility: 'FULL'}",
	}
	if diff := cmp.Diff(want, check.Messages); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

// At FULL only the half about the new schema as a reader shows the old one.
func TestMessagesOfOneDirection(t *testing.T) {
	t.Parallel()
	const level = "{validateFields: 'false', compatibility: '%s'}"
	for _, tc := range []struct {
		level registry.Level
		field string
		want  int
	}{
		{registry.LevelFull, "a:int", 2},    // the old schema has another field that it needs
		{registry.LevelForward, "a:int", 4}, // the same, and the old schema is shown
		{registry.LevelFull, "a:int b:int c:int", 4},
		{registry.LevelBackward, "a:int b:int c:int", 4},
	} {
		reg := newRegistry(t)
		register(t, reg, "s", record("a:int", "b:int"))
		setLevel(t, reg, "s", tc.level)
		check, err := reg.Check(t.Context(), registry.CheckRequest{Subject: "s", Schema: record(strings.Fields(tc.field)...)})
		if err != nil {
			t.Fatal(err)
		}
		if got := check.Messages; len(got) != tc.want || got[len(got)-1] != fmt.Sprintf(level, tc.level) {
			t.Errorf("%s, fields %s: messages %q, want %d", tc.level, tc.field, got, tc.want)
		}
	}
}

// What a refusal explains is in the directions of the level, and its schema is
// then taken.
func TestConflictExplains(t *testing.T) {
	t.Parallel()
	for level, readers := range map[registry.Level][]string{
		registry.LevelBackward:       {compat.New},
		registry.LevelForward:        {compat.Old},
		registry.LevelFullTransitive: {compat.Old, compat.New},
	} {
		reg := newRegistry(t)
		register(t, reg, "s", record("a:int"))
		setLevel(t, reg, "s", level)
		_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "s", Schema: record("b:int")})
		refused, ok := errors.AsType[*registry.IncompatibleError](err)
		if !ok {
			t.Fatalf("%s: error %v", level, err)
		}
		list := refused.Explain()
		var got []string
		for _, e := range list {
			got = append(got, e.Reader)
			register(t, reg, "s", registry.Schema{Text: e.Fixes[0].Schema})
		}
		if diff := cmp.Diff(readers, got); diff != "" {
			t.Errorf("%s: readers (-want +got):\n%s", level, diff)
		}
	}
}

func TestConflictOfTypesExplains(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	register(t, reg, "s", record("a:int"))
	check, err := reg.Check(t.Context(), registry.CheckRequest{Subject: "s", Schema: registry.Schema{Type: registry.JSON, Text: "{}"}})
	if err != nil || check.Conflict == nil {
		t.Fatalf("%+v, %v", check, err)
	}
	if list := check.Conflict.Explain(); len(list) != 1 || len(list[0].Fixes) != 1 || len(check.Messages) != 1 {
		t.Errorf("explanations %+v, messages %q", list, check.Messages)
	}
}

func TestLongOldSchemaIsCut(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	register(t, reg, "s", registry.Schema{Text: `{"type":"int","p":"` + strings.Repeat("é", 11_000) + `"}`})
	check, err := reg.Check(t.Context(), registry.CheckRequest{Subject: "s", Schema: registry.Schema{Text: `"string"`}})
	if err != nil {
		t.Fatal(err)
	}
	const begin = "{oldSchema: <truncated to 10240 characters> '"
	old := check.Messages[2]
	if shown := strings.TrimSuffix(strings.TrimPrefix(old, begin), "'}"); !strings.HasPrefix(old, begin) || len([]rune(shown)) != 10240 {
		t.Errorf("%d characters: %.60s…", len([]rune(shown)), old)
	}
}

func TestSameMeaning(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	first := register(t, reg, "s", registry.Schema{Text: `{"type":"int","a":1,"b":2}`})
	if again := register(t, reg, "s", registry.Schema{Text: `{"type":"int","b":2,"a":1}`}); again.ID != first.ID || again.Text != first.Text {
		t.Errorf("in the same subject: %+v", again)
	}
	if other := register(t, reg, "t", registry.Schema{Text: `{"type":"int","b":2,"a":1}`}); other.ID == first.ID {
		t.Errorf("in another subject: %+v, the text differs", other)
	}
}

func TestReferencesCountForTheID(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t)
	fixed := func(p string) registry.Schema {
		return registry.Schema{Text: `{"type":"fixed","name":"F","size":4,"p":"` + p + `"}`}
	}
	register(t, reg, "f", fixed("1"))
	register(t, reg, "f", fixed("2"))
	list := func(version int) registry.Schema {
		return registry.Schema{Text: `{"type":"array","items":"F"}`, References: []registry.Reference{{Name: "F", Subject: "f", Version: version}}}
	}
	one, two := register(t, reg, "l", list(1)), register(t, reg, "l", list(registry.Latest))
	if one.ID == two.ID || two.References[0].Version != 2 {
		t.Errorf("entries %+v and %+v", one, two)
	}
	if diff := cmp.Diff([]uint32{two.ID}, ids(t, reg, "f", 2)); diff != "" {
		t.Errorf("referrers (-want +got):\n%s", diff)
	}
}

func ids(t *testing.T, reg *registry.Registry, subject string, version int) []uint32 {
	t.Helper()
	list, err := reg.ReferencedBy(t.Context(), registry.ReferencedByRequest{Subject: subject, Version: version})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// A cache of one keeps nothing that is needed twice.
func TestTinyCache(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t, registry.WithParsedCache(1))
	register(t, reg, "f", registry.Schema{Text: `{"type":"fixed","name":"F","size":4}`})
	register(t, reg, "m", registry.Schema{Text: `{"type":"map","values":"F"}`, References: []registry.Reference{{Name: "F", Subject: "f", Version: 1}}})
	for range 3 {
		check, err := reg.Check(t.Context(), registry.CheckRequest{Subject: "m", Schema: registry.Schema{Text: `{"type":"map","values":{"type":"fixed","name":"F","size":4}}`}})
		if err != nil || !check.Compatible {
			t.Errorf("check: %+v, %v", check, err)
		}
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	reg := newRegistry(t, registry.WithMaxSchemaBytes(10))
	_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "s", Schema: registry.Schema{Text: `   "int"    `}})
	if !errors.Is(err, registry.ErrSchemaTooLarge) {
		t.Errorf("long text: %v", err)
	}
	_, err = reg.Register(t.Context(), registry.RegisterRequest{Subject: strings.Repeat("s", 1025), Schema: registry.Schema{Text: `"int"`}})
	if !errors.Is(err, registry.ErrInvalidSubject) {
		t.Errorf("long name: %v", err)
	}
	for name, opt := range map[string]registry.Option{
		"WithMaxSchemaBytes": registry.WithMaxSchemaBytes(0), "WithParsedCache": registry.WithParsedCache(-1),
	} {
		if _, err := registry.New(memory.New(), opt); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := registry.New(nil); err == nil {
		t.Error("no store: no error")
	}
}

func TestWire(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err          error
		status, code int
	}{
		{registry.ErrSubjectNotFound, 404, 40401},
		{registry.ErrVersionNotFound, 404, 40402},
		{registry.ErrSchemaNotFound, 404, 40403},
		{registry.ErrSubjectDeleted, 404, 40404},
		{registry.ErrSubjectNotDeleted, 404, 40405},
		{registry.ErrVersionDeleted, 404, 40406},
		{registry.ErrVersionNotDeleted, 404, 40407},
		{registry.ErrConfigNotSet, 404, 40408},
		{&registry.IncompatibleError{Subject: "s"}, 409, 40901},
		{registry.ErrInvalidSchema, 422, 42201},
		{registry.ErrInvalidVersion, 422, 42202},
		{registry.ErrInvalidLevel, 422, 42203},
		{registry.ErrNotPermitted, 422, 42205},
		{registry.ErrReferenced, 422, 42206},
		{registry.ErrInvalidSubject, 422, 42208},
		{registry.ErrSchemaTooLarge, 422, 42209},
		{errors.New("secret"), 500, 50001},
	} {
		t.Run(tc.err.Error(), func(t *testing.T) {
			t.Parallel()
			wire := registry.ToWire(errors.Join(errors.New("around"), tc.err))
			if wire.Status != tc.status || wire.Code != tc.code {
				t.Errorf("wire is %d, %d", wire.Status, wire.Code)
			}
			back := registry.FromWire(wire.Status, wire.Code, wire.Message)
			if back.Error() != wire.Error() || !errors.Is(back, wire.Unwrap()) {
				t.Errorf("back it is %v, %v", back, back.Unwrap())
			}
			if tc.code == 50001 && strings.Contains(wire.Message, "secret") {
				t.Errorf("message %q tells the cause", wire.Message)
			}
		})
	}
	if !errors.Is(registry.FromWire(409, 409, "x"), registry.ErrIncompatible) {
		t.Error("the code that older servers send for incompatible is not known")
	}
	if err := registry.FromWire(418, 418, "x"); err.Unwrap() != nil {
		t.Errorf("a code of nothing is taken for %v", err.Unwrap())
	}
}
