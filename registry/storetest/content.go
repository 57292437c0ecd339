package storetest

import (
	"testing"

	"github.com/schemactl/schemactl/registry"
)

func emptyStore(t *testing.T, s registry.Store) {
	ctx := t.Context()
	_, err := s.Content(ctx, registry.Key{Context: registry.DefaultContext, ID: 1})
	wantErr(t, "content", registry.ErrSchemaNotFound, err)
	_, err = s.ContentByHash(ctx, registry.DefaultContext, registry.Hash{1})
	wantErr(t, "content by hash", registry.ErrSchemaNotFound, err)
	_, err = s.Versions(ctx, registry.VersionsRequest{Subject: "a"})
	wantErr(t, "versions", registry.ErrSubjectNotFound, err)
	_, err = s.Version(ctx, registry.SubjectVersion{Subject: "a", Version: 1}, registry.WithoutDeleted)
	wantErr(t, "version", registry.ErrSubjectNotFound, err)
	_, err = s.Version(ctx, registry.SubjectVersion{Subject: "a", Version: registry.Latest}, registry.WithoutDeleted)
	wantErr(t, "latest", registry.ErrSubjectNotFound, err)
	_, err = s.FindVersion(ctx, registry.Query{Subject: "a"})
	wantErr(t, "find", registry.ErrSubjectNotFound, err)
	_, err = s.Config(ctx, "")
	wantErr(t, "config", registry.ErrConfigNotSet, err)
	equal(t, "subjects", 0, len(must(s.Subjects(ctx, registry.SubjectsRequest{}))(t)))
	equal(t, "history", 0, len(must(s.History(ctx, registry.VersionsRequest{Subject: "a", Page: registry.Page{}}))(t)))
	equal(t, "uses", 0, len(must(s.Uses(ctx, registry.UsesQuery{Key: registry.Key{Context: ".", ID: 1}}))(t)))
	equal(t, "referrers", 0, len(must(s.Referrers(ctx, registry.SubjectVersion{Subject: "a", Version: 1}, registry.WithoutDeleted))(t)))
}

func ping(t *testing.T, s registry.Store) {
	if err := s.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
}

func contents(t *testing.T, s registry.Store) {
	refs := []registry.Reference{{Name: "x.É", Subject: "dep", Version: 1}, {Name: "b", Subject: "dep", Version: 2}}
	one := content(1)
	two := withHash(registry.Schema{
		Type: registry.Avro, Text: `{"doc":"quote ' \" back \\ slash é 🚚 %s ?"}`, References: refs,
		Metadata: &registry.Metadata{
			Tags: map[string][]string{"F": {"PII", "ü"}}, Properties: map[string]string{"owner": "Ann \"A\" 🚚"}, Sensitive: []string{"owner"},
		},
		Rules: &registry.RuleSet{DomainRules: []registry.Rule{{
			Name: "r", Doc: "d", Kind: "CONDITION", Mode: "WRITE", Type: "CEL", Tags: []string{"a"}, Params: map[string]string{"k": "v"},
			Expr: "x < 1", OnSuccess: "NONE", OnFailure: "DLQ", Disabled: true,
		}}},
	})
	for want, c := range map[uint32]registry.Content{1: one} {
		equal(t, "first id", want, add(t, s, "a", c).ID)
	}
	equal(t, "second id", uint32(2), add(t, s, "a", two).ID)
	two.ID = 2
	equal(t, "by id", two, must(s.Content(t.Context(), two.Key))(t))
	equal(t, "by hash", two, must(s.ContentByHash(t.Context(), registry.DefaultContext, two.Hash))(t))
	_, err := s.ContentByHash(t.Context(), ".other", two.Hash)
	wantErr(t, "hash in another context", registry.ErrSchemaNotFound, err)
	_, err = s.Content(t.Context(), registry.Key{Context: ".other", ID: 1})
	wantErr(t, "id in another context", registry.ErrSchemaNotFound, err)
}

func sameContent(t *testing.T, s registry.Store) {
	first := add(t, s, "a", content(1))
	add(t, s, "a", content(2))
	again := content(1)
	again.Text = "is not looked at"
	v := add(t, s, "b", again)
	equal(t, "id", first.ID, v.ID)
	equal(t, "text", first.Text, v.Text)
	equal(t, "next id", uint32(3), add(t, s, "b", content(3)).ID)
}

func usesAndReferrers(t *testing.T, s registry.Store) {
	ctx := t.Context()
	dep := add(t, s, "dep", content(1))
	add(t, s, "b", content(1))
	add(t, s, "a", content(9))
	add(t, s, "a", content(1))
	equal(t, "uses", []registry.SubjectVersion{{Subject: "a", Version: 2}, {Subject: "b", Version: 1}, {Subject: "dep", Version: 1}},
		must(s.Uses(ctx, registry.UsesQuery{Key: dep.Key}))(t))

	ref := registry.Reference{Name: "F", Subject: "dep", Version: 1}
	twice := add(t, s, "x", content(5, ref, registry.Reference{Name: "G", Subject: "dep", Version: 1}))
	once := add(t, s, "y", content(6, ref))
	add(t, s, "z", content(7, registry.Reference{Name: "F", Subject: "dep", Version: 2}))
	equal(t, "referrers", []uint32{twice.ID, once.ID}, must(s.Referrers(ctx, registry.SubjectVersion{Subject: "dep", Version: 1}, registry.WithoutDeleted))(t))
	equal(t, "no referrers", 0, len(must(s.Referrers(ctx, registry.SubjectVersion{Subject: "dep", Version: 3}, registry.WithoutDeleted))(t)))
}

func configs(t *testing.T, s registry.Store) {
	ctx := t.Context()
	set := func(subject string, l registry.Level) {
		t.Helper()
		update(t, s, func(tx registry.Tx) error { return tx.SetConfig(ctx, subject, registry.Config{Level: l}) })
	}
	set("", registry.LevelNone)
	set("a", registry.LevelFull)
	set("a", registry.LevelForward)
	equal(t, "of all", registry.LevelNone, must(s.Config(ctx, ""))(t).Level)
	equal(t, "of one", registry.LevelForward, must(s.Config(ctx, "a"))(t).Level)
	_, err := s.Config(ctx, "b")
	wantErr(t, "of another", registry.ErrConfigNotSet, err)
	equal(t, "no subject came of it", 0, len(must(s.Subjects(ctx, registry.SubjectsRequest{}))(t)))

	update(t, s, func(tx registry.Tx) error { return tx.DeleteConfig(ctx, "a") })
	_, err = s.Config(ctx, "a")
	wantErr(t, "deleted", registry.ErrConfigNotSet, err)
	err = s.Update(ctx, func(tx registry.Tx) error { return tx.DeleteConfig(ctx, "a") })
	wantErr(t, "deleted again", registry.ErrConfigNotSet, err)
	equal(t, "of all still", registry.LevelNone, must(s.Config(ctx, ""))(t).Level)
}
