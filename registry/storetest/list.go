package storetest

import (
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// listChecks are about questions over many subjects.
func listChecks() []check {
	return []check{
		{"version by id", versionByID},
		{"versions of many subjects", listVersions},
		{"names of settings", settingNames},
	}
}

func versionByID(t *testing.T, s registry.Store) {
	ctx := t.Context()
	key := registry.Key{Context: registry.DefaultContext, ID: 1}
	_, err := s.VersionByID(ctx, key, "")
	wantErr(t, "unknown", registry.ErrSchemaNotFound, err)
	first := add(t, s, "b", content(1))
	add(t, s, "a", content(1))
	at := func(subject string) registry.SubjectVersion {
		t.Helper()
		v := must(s.VersionByID(ctx, key, subject))(t)
		equal(t, "content", first.Content, v.Content)
		return registry.SubjectVersion{Subject: v.Subject, Version: v.Number}
	}
	equal(t, "any", registry.SubjectVersion{Subject: "b", Version: 1}, at(""))
	equal(t, "of a subject", registry.SubjectVersion{Subject: "a", Version: 1}, at("a"))
	equal(t, "of a subject that has it not", registry.SubjectVersion{Subject: "b", Version: 1}, at("c"))
	hide(t, s, "b", 1)
	equal(t, "one that is not deleted", registry.SubjectVersion{Subject: "a", Version: 1}, at(""))
	equal(t, "deleted one of a subject", registry.SubjectVersion{Subject: "b", Version: 1}, at("b"))
	hide(t, s, "a", 1)
	equal(t, "all deleted", registry.SubjectVersion{Subject: "b", Version: 1}, at(""))
}

func listVersions(t *testing.T, s registry.Store) {
	ctx := t.Context()
	add(t, s, "b", content(1))
	add(t, s, "a", content(1))
	add(t, s, "a", content(2))
	add(t, s, "ab", withHash(registry.Schema{Type: registry.Avro, Text: `"int"`, Rules: &registry.RuleSet{DomainRules: []registry.Rule{{Name: "r", Type: "CEL"}}}}))
	add(t, s, ":.eu:a", inContext(".eu", 1))
	hide(t, s, "a", 1)
	for _, tc := range []struct {
		name string
		req  registry.ListRequest
		want []registry.SubjectVersion
	}{
		{"all", registry.ListRequest{}, []registry.SubjectVersion{{Subject: ":.eu:a", Version: 1}, {Subject: "a", Version: 2}, {Subject: "ab", Version: 1}, {Subject: "b", Version: 1}}},
		{"default context", registry.ListRequest{DefaultOnly: true}, []registry.SubjectVersion{{Subject: "a", Version: 2}, {Subject: "ab", Version: 1}, {Subject: "b", Version: 1}}},
		{"prefix", registry.ListRequest{Prefix: "a"}, []registry.SubjectVersion{{Subject: "a", Version: 2}, {Subject: "ab", Version: 1}}},
		{"with deleted", registry.ListRequest{Prefix: "a", Deleted: registry.WithDeleted}, []registry.SubjectVersion{{Subject: "a", Version: 1}, {Subject: "a", Version: 2}, {Subject: "ab", Version: 1}}},
		{"deleted", registry.ListRequest{Deleted: registry.OnlyDeleted}, []registry.SubjectVersion{{Subject: "a", Version: 1}}},
		{"latest", registry.ListRequest{Prefix: "a", Deleted: registry.WithDeleted, LatestOnly: true}, []registry.SubjectVersion{{Subject: "a", Version: 2}, {Subject: "ab", Version: 1}}},
		{"rule type", registry.ListRequest{RuleType: "CEL"}, []registry.SubjectVersion{{Subject: "ab", Version: 1}}},
		{"page", registry.ListRequest{Page: registry.Page{Offset: 1, Limit: 2}}, []registry.SubjectVersion{{Subject: "a", Version: 2}, {Subject: "ab", Version: 1}}},
		{"page of latest", registry.ListRequest{LatestOnly: true, Page: registry.Page{Offset: 3, Limit: 2}}, []registry.SubjectVersion{{Subject: "b", Version: 1}}},
		{"beyond the end", registry.ListRequest{Page: registry.Page{Offset: 9}}, nil},
	} {
		var got []registry.SubjectVersion
		for _, v := range must(s.List(ctx, tc.req))(t) {
			got = append(got, registry.SubjectVersion{Subject: v.Subject, Version: v.Number})
		}
		equal(t, tc.name, tc.want, got)
	}
}

func settingNames(t *testing.T, s registry.Store) {
	ctx := t.Context()
	equal(t, "no configs", 0, len(must(s.ConfigNames(ctx))(t)))
	update(t, s, func(tx registry.Tx) error {
		for _, name := range []string{"b", "", ":.eu:", "a"} {
			if err := tx.SetConfig(ctx, name, registry.Config{Level: registry.LevelNone}); err != nil {
				return err
			}
		}
		return tx.SetMode(ctx, "c", registry.ModeReadOnly)
	})
	equal(t, "configs", []string{"", ":.eu:", "a", "b"}, must(s.ConfigNames(ctx))(t))
	equal(t, "modes", []string{"c"}, must(s.ModeNames(ctx))(t))
	update(t, s, func(tx registry.Tx) error { return tx.DeleteConfig(ctx, "a") })
	equal(t, "configs that are left", []string{"", ":.eu:", "b"}, must(s.ConfigNames(ctx))(t))
}
