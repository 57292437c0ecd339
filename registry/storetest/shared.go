package storetest

import (
	"strconv"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// RunShared checks what registry.Store promises of stores that share what they
// keep. Each check gets two of its own from open, which have to be empty.
func RunShared(t *testing.T, open func(t *testing.T) (a, b registry.Store)) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, a, b sharing)
	}{
		{"what one has purged the other does not answer", purgeOnOne},
		{"what one has deleted the other does not answer", deleteOnOne},
		{"metadata of any shape have one id", emptyLists},
		{"a level that one has set is that of the other", levelOnOne},
		{"an alias that one has set is one for the other", aliasOnOne},
		{"a text that was purged and came back has one id", purgeAndRegister},
		{"an id that was purged and came back has one text", purgeAndImport},
		{"an id that was purged and went to another subject stays there", purgeAndMove},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a, b := open(t)
			c.run(t, sharing{newDeletes(t, a), a}, sharing{newDeletes(t, b), b})
		})
	}
}

// rounds is how often a check is run: what one store has not seen yet of another
// is a matter of moments.
const rounds = 8

// sharing is a registry over one of the stores.
type sharing struct {
	deletes
	store registry.Store
}

// sync lets the store see what the other one has changed.
func (s sharing) sync() {
	s.Helper()
	if err := s.store.Sync(s.Context()); err != nil {
		s.Fatal(err)
	}
}

// gone deletes a subject and removes it for good.
func (s sharing) gone(subject string) {
	s.Helper()
	_, soft := s.subject(subject)
	_, hard := s.purge(subject)
	s.all(soft, hard)
}

func (s sharing) imports(subject string, size int, id uint32) {
	s.Helper()
	must(s.reg.Register(s.Context(), registry.RegisterRequest{Subject: subject, Schema: fixed(size), ID: id, Version: 1}))(s.T)
}

// wantUse checks that an id has a text, and one use.
func (s sharing) wantUse(key registry.Key, size int, want registry.SubjectVersion) {
	s.Helper()
	s.sync()
	v, err := s.store.VersionByID(s.Context(), key, "")
	if err != nil {
		s.Errorf("id %d: %v", key.ID, err)
	}
	equal(s.T, "text of the id", `{"type":"fixed","name":"F","size":`+strconv.Itoa(size)+`}`, v.Text)
	equal(s.T, "uses of the id", []registry.SubjectVersion{want},
		must(s.store.Uses(s.Context(), registry.UsesQuery{Key: key, Deleted: registry.WithDeleted}))(s.T))
}

func purgeOnOne(t *testing.T, a, b sharing) {
	for range rounds {
		was := a.register("x", fixed(4))
		b.sync()
		a.gone("x")
		is := b.register("x", fixed(4))
		if is.Version != 1 || is.ID <= was.ID {
			t.Errorf("version %d with id %d comes after the purge of id %d", is.Version, is.ID, was.ID)
		}
		a.wantUse(registry.Key{Context: registry.DefaultContext, ID: is.ID}, 4, at("x", 1))
		a.gone("x")
	}
}

func deleteOnOne(t *testing.T, a, b sharing) {
	for range rounds {
		was := a.register("x", fixed(4))
		b.sync()
		_, err := a.subject("x")
		a.all(err)
		is := b.register("x", fixed(4))
		equal(t, "version and id after a delete", [2]int{was.Version + 1, int(was.ID)}, [2]int{is.Version, int(is.ID)})
	}
}

func emptyLists(t *testing.T, a, b sharing) {
	for i, m := range []registry.Metadata{
		{},
		{Tags: map[string][]string{}, Properties: map[string]string{}, Sensitive: []string{}},
		{Tags: map[string][]string{"p": {}}},
		{Tags: map[string][]string{"p": nil, "q": {"w", "w", "v"}}, Properties: map[string]string{"n": ""}},
	} {
		s := fixed(i)
		s.Metadata, s.Rules = &m, &registry.RuleSet{DomainRules: []registry.Rule{}}
		was, is := a.register(strconv.Itoa(i), s), b.register(strconv.Itoa(i), s)
		equal(t, "id and version", [2]int{int(was.ID), was.Version}, [2]int{int(is.ID), is.Version})
		equal(t, "GUID", was.GUID, is.GUID)
	}
}

// levelOnOne has schemas of a type that only the level NONE takes a second one of.
func levelOnOne(t *testing.T, a, b sharing) {
	text := func(i int) registry.Schema { return registry.Schema{Type: registry.JSON, Text: strconv.Itoa(i)} }
	a.register("x", text(0))
	for i := range rounds {
		a.all(a.reg.SetLevel(t.Context(), "x", registry.LevelFull))
		b.sync()
		a.all(a.reg.SetLevel(t.Context(), "x", registry.LevelNone))
		equal(t, "version", i+2, b.register("x", text(i+1)).Version)
		a.sync()
	}
}

func aliasOnOne(t *testing.T, a, b sharing) {
	for i := range rounds {
		subject := "x" + strconv.Itoa(i)
		must(a.reg.SetConfig(t.Context(), "alias", registry.ConfigChange{Set: registry.Config{Alias: subject}}))(t)
		equal(t, "subject of the alias", subject, b.register("alias", fixed(i)).Subject)
	}
}

func purgeAndRegister(t *testing.T, a, b sharing) {
	for range rounds {
		a.register("x", fixed(4))
		b.sync()
		a.gone("x")
		is := a.register("x", fixed(4))
		equal(t, "id on the other", is.ID, b.register("y", fixed(4)).ID)
		a.gone("x")
		a.gone("y")
	}
}

// importing is an id of a context that takes imports.
func importing(a sharing) registry.Key {
	a.Helper()
	a.all(a.reg.SetMode(a.Context(), registry.SetModeRequest{Name: ":.imp:", Mode: registry.ModeImport, Force: true}))
	return registry.Key{Context: ".imp", ID: 700}
}

func purgeAndImport(_ *testing.T, a, b sharing) {
	key := importing(a)
	for i := range rounds {
		a.imports(":.imp:t", 2*i, key.ID)
		b.wantUse(key, 2*i, at(":.imp:t", 1))
		a.gone(":.imp:t")
		a.imports(":.imp:t", 2*i+1, key.ID)
		b.wantUse(key, 2*i+1, at(":.imp:t", 1))
		a.gone(":.imp:t")
	}
}

// purgeAndMove gives the number that had the id another one after the id has gone
// to another subject.
func purgeAndMove(_ *testing.T, a, b sharing) {
	key := importing(a)
	for i := range rounds {
		a.imports(":.imp:t", 3*i, key.ID)
		b.sync()
		a.gone(":.imp:t")
		a.imports(":.imp:u", 3*i+1, key.ID)
		a.imports(":.imp:t", 3*i+2, key.ID+1)
		b.wantUse(key, 3*i+1, at(":.imp:u", 1))
		a.gone(":.imp:u")
		a.gone(":.imp:t")
	}
}
