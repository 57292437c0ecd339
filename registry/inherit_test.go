package registry_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
)

func wantErr(t *testing.T, what string, want, got error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: error is %v, want %v", what, got, want)
	}
}

func setConfig(t *testing.T, reg *registry.Registry, name string, c registry.Config) {
	t.Helper()
	if _, err := reg.SetConfig(t.Context(), name, registry.ConfigChange{Set: c}); err != nil {
		t.Fatal(err)
	}
}

func setMode(t *testing.T, reg *registry.Registry, name string, m registry.Mode) {
	t.Helper()
	if err := reg.SetMode(t.Context(), registry.SetModeRequest{Name: name, Mode: m}); err != nil {
		t.Fatal(err)
	}
}

func TestConfigInheritance(t *testing.T) {
	t.Parallel()
	yes := new(true)
	for _, tc := range []struct {
		name string
		set  map[string]registry.Config
		ask  string
		want registry.Config
	}{
		{"nothing set", nil, "a", registry.Config{Level: registry.LevelBackward}},
		{"from the default context", map[string]registry.Config{"": {Level: registry.LevelFull}}, "a", registry.Config{Level: registry.LevelFull}},
		{"another context does not", map[string]registry.Config{"": {Level: registry.LevelFull}}, ":.eu:a", registry.Config{Level: registry.LevelBackward}},
		{"from its context", map[string]registry.Config{"": {Level: registry.LevelFull}, ":.eu:": {Level: registry.LevelNone}}, ":.eu:a", registry.Config{Level: registry.LevelNone}},
		{"from all contexts", map[string]registry.Config{":.__GLOBAL:": {Level: registry.LevelForward}}, ":.eu:a", registry.Config{Level: registry.LevelForward}},
		{"from all contexts to the default one", map[string]registry.Config{":.__GLOBAL:": {Level: registry.LevelForward}}, "", registry.Config{Level: registry.LevelForward}},
		{
			"member by member",
			map[string]registry.Config{":.__GLOBAL:": {Normalize: yes, Group: "g"}, "": {Group: "major", Level: registry.LevelFull}, "a": {Level: registry.LevelNone}},
			"a", registry.Config{Normalize: yes, Group: "major", Level: registry.LevelNone},
		},
		{
			"a subject with settings and no level is at the default one",
			map[string]registry.Config{"": {Level: registry.LevelNone}, "a": {Normalize: yes}},
			"a", registry.Config{Normalize: yes, Level: registry.LevelBackward},
		},
		{
			"a context with settings and no level inherits it",
			map[string]registry.Config{":.__GLOBAL:": {Level: registry.LevelNone}, ":.eu:": {Normalize: yes}},
			":.eu:a", registry.Config{Normalize: yes, Level: registry.LevelNone},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			reg := newRegistry(t)
			for name, c := range tc.set {
				setConfig(t, reg, name, c)
			}
			got, err := reg.EffectiveConfig(t.Context(), tc.ask)
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
		})
	}
}

// The exception is enforced too, and shown where only the subject's own settings
// are asked for.
func TestSettingsWithoutLevel(t *testing.T) {
	t.Parallel()
	reg, ctx := newRegistry(t), t.Context()
	setConfig(t, reg, "", registry.Config{Level: registry.LevelNone})
	setConfig(t, reg, "a", registry.Config{Normalize: new(true)})
	register(t, reg, "a", record("a:int"))
	_, err := reg.Register(ctx, registry.RegisterRequest{Subject: "a", Schema: record("b:int")})
	wantErr(t, "register", registry.ErrIncompatible, err)
	if c, err := reg.Config(ctx, "a"); err != nil || c.Level != registry.LevelBackward {
		t.Errorf("config: %+v, %v", c, err)
	}
	c, err := reg.SetConfig(ctx, "a", registry.ConfigChange{Set: registry.Config{Group: "g"}, Clear: []string{registry.FieldNormalize}})
	if diff := cmp.Diff(registry.Config{Group: "g"}, c); diff != "" || err != nil {
		t.Errorf("what is set: %v (-want +got):\n%s", err, diff)
	}
	if _, err := reg.DeleteConfig(ctx, "a"); err != nil {
		t.Fatal(err)
	}
	register(t, reg, "a", record("b:int"))
}

func TestModeInheritance(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		set  [][2]string
		ask  string
		want registry.Mode
	}{
		{"nothing set", nil, "a", registry.ModeReadWrite},
		{"default context", [][2]string{{"", "READONLY"}}, "a", registry.ModeReadOnly},
		{"another context does not", [][2]string{{"", "READONLY"}}, ":.eu:a", registry.ModeReadWrite},
		{"its context", [][2]string{{":.eu:", "IMPORT"}}, ":.eu:a", registry.ModeImport},
		{"its own before its context", [][2]string{{":.eu:", "IMPORT"}, {":.eu:a", "READONLY"}}, ":.eu:a", registry.ModeReadOnly},
		{"all contexts", [][2]string{{":.__GLOBAL:", "READONLY"}}, ":.eu:a", registry.ModeReadOnly},
		{"forward is for all", [][2]string{{":.__GLOBAL:", "FORWARD"}, {"a", "READONLY"}}, "a", registry.ModeForward},
		{"override is for the default context", [][2]string{{"a", "READWRITE"}, {"", "READONLY_OVERRIDE"}}, "a", registry.ModeReadOnlyOverride},
		{"override is not for another", [][2]string{{"", "READONLY_OVERRIDE"}}, ":.eu:a", registry.ModeReadWrite},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			reg := newRegistry(t)
			for _, set := range tc.set {
				setMode(t, reg, set[0], registry.Mode(set[1]))
			}
			if got, err := reg.EffectiveMode(t.Context(), tc.ask); err != nil || got != tc.want {
				t.Errorf("%s, %v; want %s", got, err, tc.want)
			}
		})
	}
}
