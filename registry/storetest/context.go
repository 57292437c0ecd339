package storetest

import (
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// contextChecks are about names with a context, settings, and numbers that come
// with a schema.
func contextChecks() []check {
	return []check{
		{"ids count per context", contextIDs},
		{"contexts are listed and removed", contexts},
		{"subjects of contexts", contextSubjects},
		{"modes", modes},
		{"every member of a config lasts", wholeConfig},
		{"ids and versions that are given", givenNumbers},
		{"a subject is hidden and shown", hideAndShow},
		{"a version comes instead of another", insteadOf},
		{"deleted versions of a scope are removed", removeDeleted},
	}
}

// inContext is content of another context.
func inContext(name string, n int) registry.Content {
	c := content(n)
	c.Context = name
	return c
}

func contextIDs(t *testing.T, s registry.Store) {
	ctx := t.Context()
	equal(t, "first", uint32(1), add(t, s, "a", content(1)).ID)
	equal(t, "second", uint32(2), add(t, s, "a", content(2)).ID)
	v := add(t, s, ":.eu:a", inContext(".eu", 2))
	equal(t, "first of another", registry.Key{Context: ".eu", ID: 1}, v.Key)
	equal(t, "by key", v.Content, must(s.Content(ctx, v.Key))(t))
	equal(t, "keys of one content", []registry.Key{{Context: ".", ID: 2}, {Context: ".eu", ID: 1}}, must(s.KeysByHash(ctx, v.Hash))(t))
	equal(t, "keys of none", 0, len(must(s.KeysByHash(ctx, registry.Hash{1}))(t)))
	for name, want := range map[string]uint32{".": 2, ".eu": 1, ".us": 0} {
		equal(t, "last id of "+name, want, must(s.LastID(ctx, name))(t))
	}
	remove(t, s, ":.eu:a", 1)
	equal(t, "last id stays", uint32(1), must(s.LastID(ctx, ".eu"))(t))
	equal(t, "next id", uint32(2), add(t, s, ":.eu:b", inContext(".eu", 2)).ID)
}

func contexts(t *testing.T, s registry.Store) {
	ctx := t.Context()
	equal(t, "empty", []string{"."}, must(s.Contexts(ctx))(t))
	add(t, s, ":.eu:a", inContext(".eu", 1))
	add(t, s, ":.b:a", inContext(".b", 1))
	equal(t, "all", []string{".", ".b", ".eu"}, must(s.Contexts(ctx))(t))
	err := s.Update(ctx, func(tx registry.Tx) error { return tx.RemoveContext(ctx, ".eu") })
	wantErr(t, "not empty", registry.ErrContextNotEmpty, err)
	remove(t, s, ":.eu:a", 1)
	equal(t, "without subjects", []string{".", ".b", ".eu"}, must(s.Contexts(ctx))(t))
	update(t, s, func(tx registry.Tx) error { return tx.RemoveContext(ctx, ".eu") })
	equal(t, "removed", []string{".", ".b"}, must(s.Contexts(ctx))(t))
	equal(t, "its ids go on", uint32(2), add(t, s, ":.eu:a", inContext(".eu", 1)).ID)
}

func contextSubjects(t *testing.T, s registry.Store) {
	add(t, s, "a", content(1))
	add(t, s, ":x", content(2)) // no context
	add(t, s, ":.eu:a", inContext(".eu", 1))
	add(t, s, ":.eu:b", inContext(".eu", 1))
	list := func(req registry.SubjectsRequest) []string {
		t.Helper()
		return must(s.Subjects(t.Context(), req))(t)
	}
	equal(t, "all", []string{":.eu:a", ":.eu:b", ":x", "a"}, list(registry.SubjectsRequest{}))
	equal(t, "default", []string{":x", "a"}, list(registry.SubjectsRequest{DefaultOnly: true}))
	equal(t, "one context", []string{":.eu:a", ":.eu:b"}, list(registry.SubjectsRequest{Prefix: ":.eu:"}))
	equal(t, "a page of the default", []string{"a"}, list(registry.SubjectsRequest{DefaultOnly: true, Page: registry.Page{Offset: 1, Limit: 1}}))
}

func modes(t *testing.T, s registry.Store) {
	ctx := t.Context()
	_, err := s.Mode(ctx, "")
	wantErr(t, "none", registry.ErrModeNotSet, err)
	for _, name := range []string{"", "a", ":.eu:", ":.__GLOBAL:"} {
		update(t, s, func(tx registry.Tx) error { return tx.SetMode(ctx, name, registry.ModeImport) })
		update(t, s, func(tx registry.Tx) error { return tx.SetMode(ctx, name, registry.ModeReadOnly) })
		equal(t, "mode of "+name, registry.ModeReadOnly, must(s.Mode(ctx, name))(t))
	}
	update(t, s, func(tx registry.Tx) error { return tx.DeleteMode(ctx, "a") })
	_, err = s.Mode(ctx, "a")
	wantErr(t, "deleted", registry.ErrModeNotSet, err)
	wantErr(t, "again", registry.ErrModeNotSet, s.Update(ctx, func(tx registry.Tx) error { return tx.DeleteMode(ctx, "a") }))
	equal(t, "others stay", registry.ModeReadOnly, must(s.Mode(ctx, ":.eu:"))(t))
}

func wholeConfig(t *testing.T, s registry.Store) {
	yes, no := true, false
	rules := &registry.RuleSet{MigrationRules: []registry.Rule{{Name: "m", Kind: "TRANSFORM", Mode: "UPGRADE"}}}
	about := func(word string) *registry.Metadata {
		return &registry.Metadata{Properties: map[string]string{"about": word}}
	}
	want := registry.Config{
		Alias: "other", Normalize: &yes, ValidateFields: &no, ValidateNew: &no, ValidateRules: &yes,
		Level: registry.LevelFull, Policy: "LOGICAL", Group: "major",
		DefaultMetadata: about("below"), OverrideMetadata: about("above"), DefaultRules: rules, OverrideRules: rules,
	}
	for _, name := range []string{"", "a", ":.eu:", ":.eu:a"} {
		update(t, s, func(tx registry.Tx) error { return tx.SetConfig(t.Context(), name, want) })
		equal(t, "config of "+name, want, must(s.Config(t.Context(), name))(t))
	}
	update(t, s, func(tx registry.Tx) error { return tx.SetConfig(t.Context(), "a", registry.Config{}) })
	equal(t, "an empty one is one", registry.Config{}, must(s.Config(t.Context(), "a"))(t))
}

func givenNumbers(t *testing.T, s registry.Store) {
	ctx := t.Context()
	give := func(subject string, n int, id uint32, number int) (registry.Version, error) {
		var v registry.Version
		err := s.Update(ctx, func(tx registry.Tx) error {
			c := content(n)
			c.ID = id
			stored, err := tx.AddContent(ctx, c)
			if err != nil {
				return err
			}
			v, err = tx.AddVersion(ctx, registry.Version{Content: stored, Subject: subject, Number: number, Created: created()})
			return err
		})
		return v, err
	}
	v := must(give("a", 1, 100, 5))(t)
	equal(t, "given", registry.SubjectVersion{Subject: "a", Version: 5}, at(v.Subject, v.Number))
	equal(t, "given id", uint32(100), v.ID)
	equal(t, "next id", uint32(101), add(t, s, "b", content(2)).ID)
	must(give("a", 3, 50, 2))(t)
	equal(t, "in order", []int{2, 5}, must(s.Versions(ctx, registry.VersionsRequest{Subject: "a"}))(t))
	equal(t, "latest is the highest", 5, must(s.Version(ctx, at("a", registry.Latest), registry.WithoutDeleted))(t).Number)
	equal(t, "next number", 6, add(t, s, "a", content(4)).Number)
	_, err := give("c", 9, 100, 1)
	wantErr(t, "id of another", registry.ErrIDTaken, err)
	_, err = give("c", 1, 77, 1)
	wantErr(t, "another id", registry.ErrOtherID, err)
	_, err = give("a", 9, 900, 5)
	wantErr(t, "number of another", registry.ErrVersionTaken, err)
	equal(t, "nothing came of it", uint32(103), add(t, s, "b", content(7)).ID)
}

func hideAndShow(t *testing.T, s registry.Store) {
	ctx := t.Context()
	for i := range 3 {
		add(t, s, "a", content(i))
	}
	hide(t, s, "a", 2)
	var numbers []int
	update(t, s, func(tx registry.Tx) (err error) {
		numbers, err = tx.HideSubject(ctx, "a")
		return err
	})
	equal(t, "hidden", []int{1, 3}, numbers)
	wantErr(t, "again", registry.ErrSubjectNotFound, s.Update(ctx, func(tx registry.Tx) error {
		_, err := tx.HideSubject(ctx, "a")
		return err
	}))
	add(t, s, "a", content(9))
	equal(t, "live", []int{4}, list(t, s, "a", registry.WithoutDeleted))
	update(t, s, func(tx registry.Tx) error { return tx.ShowVersions(ctx, "a", []int{1, 2}) })
	equal(t, "shown", []int{1, 2, 4}, list(t, s, "a", registry.WithoutDeleted))
	wantErr(t, "shown twice", registry.ErrVersionNotFound, s.Update(ctx, func(tx registry.Tx) error { return tx.ShowVersions(ctx, "a", []int{1}) }))
}

func insteadOf(t *testing.T, s registry.Store) {
	ctx := t.Context()
	v := add(t, s, "a", content(1))
	add(t, s, "a", content(2))
	hide(t, s, "a", 1)
	update(t, s, func(tx registry.Tx) error {
		c, err := tx.AddContent(ctx, content(1))
		if err != nil {
			return err
		}
		equal(t, "id", v.ID, c.ID)
		_, err = tx.AddVersion(ctx, registry.Version{Content: c, Subject: "a", Created: created()}, 1)
		return err
	})
	equal(t, "numbers", []int{2, 3}, list(t, s, "a", registry.WithDeleted))
	equal(t, "uses", []registry.SubjectVersion{at("a", 3)}, must(s.Uses(ctx, registry.UsesQuery{Key: v.Key}))(t))
}

func removeDeleted(t *testing.T, s registry.Store) {
	ctx := t.Context()
	for i, name := range []string{"a", "b", ":.eu:a"} {
		contextName, _ := registry.ContextOf(name)
		add(t, s, name, inContext(contextName, 2*i))
		add(t, s, name, inContext(contextName, 2*i+1))
		hide(t, s, name, 1)
	}
	update(t, s, func(tx registry.Tx) error { return tx.RemoveDeleted(ctx, ":.eu:") })
	equal(t, "of the context", []int{2}, list(t, s, ":.eu:a", registry.WithDeleted))
	equal(t, "of another", []int{1, 2}, list(t, s, "a", registry.WithDeleted))
	update(t, s, func(tx registry.Tx) error { return tx.RemoveDeleted(ctx, "a") })
	equal(t, "of the subject", []int{2}, list(t, s, "a", registry.WithDeleted))
	equal(t, "of another subject", []int{1, 2}, list(t, s, "b", registry.WithDeleted))
	update(t, s, func(tx registry.Tx) error { return tx.RemoveDeleted(ctx, "") })
	equal(t, "of the default context", []int{2}, list(t, s, "b", registry.WithDeleted))
}
