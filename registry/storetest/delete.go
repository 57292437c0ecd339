package storetest

import (
	"errors"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

func deleteChecks() []check {
	return []check{
		{"hidden versions are seen by those who ask for them", hiddenVersions},
		{"subjects are listed by what is deleted", deletedSubjects},
		{"find version looks at versions of the kind alone", findDeleted},
		{"a version can be hidden once", hideTwice},
		{"removing needs each version", removeMissing},
		{"a content goes with its last version", removeContent},
		{"numbers go on until the highest version is removed", numbersAfterRemove},
		{"uses of a subject and by what is deleted", usesOfDeleted},
		{"referrals", referrals},
		{"references go with their content", referencesAfterRemove},
		{"many versions are hidden and removed", removeMany},
		{"a change sees what it hid and removed", ownDeletes},
	}
}

func at(subject string, number int) registry.SubjectVersion {
	return registry.SubjectVersion{Subject: subject, Version: number}
}

func hide(t *testing.T, s registry.Store, subject string, numbers ...int) {
	t.Helper()
	update(t, s, func(tx registry.Tx) error { return tx.HideVersions(t.Context(), subject, numbers) })
}

func remove(t *testing.T, s registry.Store, subject string, numbers ...int) {
	t.Helper()
	update(t, s, func(tx registry.Tx) error { return tx.RemoveVersions(t.Context(), subject, numbers) })
}

func list(t *testing.T, s registry.Reader, subject string, which registry.Deleted) []int {
	t.Helper()
	numbers, err := s.Versions(t.Context(), registry.VersionsRequest{Subject: subject, Deleted: which})
	if err != nil && !errors.Is(err, registry.ErrSubjectNotFound) || (err == nil) != (len(numbers) > 0) {
		t.Errorf("versions of %q: %v, %v", subject, numbers, err)
	}
	return numbers
}

func hiddenVersions(t *testing.T, s registry.Store) {
	ctx := t.Context()
	for i := range 4 {
		add(t, s, "a", content(i))
	}
	hide(t, s, "a", 2, 4)
	equal(t, "live", []int{1, 3}, list(t, s, "a", registry.WithoutDeleted))
	equal(t, "all", []int{1, 2, 3, 4}, list(t, s, "a", registry.WithDeleted))
	equal(t, "deleted", []int{2, 4}, list(t, s, "a", registry.OnlyDeleted))
	equal(t, "a page of all", []int{3, 4}, must(s.Versions(ctx, registry.VersionsRequest{
		Subject: "a", Deleted: registry.WithDeleted, Page: registry.Page{Offset: 2, Limit: 5},
	}))(t))
	equal(t, "a page of live", []int{3}, must(s.Versions(ctx, registry.VersionsRequest{Subject: "a", Page: registry.Page{Offset: 1, Limit: 1}}))(t))

	_, err := s.Version(ctx, at("a", 2), registry.WithoutDeleted)
	wantErr(t, "hidden version", registry.ErrVersionNotFound, err)
	v := must(s.Version(ctx, at("a", 2), registry.WithDeleted))(t)
	equal(t, "it is marked", true, v.Deleted)
	equal(t, "it keeps its text", content(1).Text, v.Text)
	equal(t, "another is not marked", false, must(s.Version(ctx, at("a", 1), registry.WithDeleted))(t).Deleted)
	_, err = s.Version(ctx, at("a", 1), registry.OnlyDeleted)
	wantErr(t, "live among deleted", registry.ErrVersionNotFound, err)
	for _, which := range []registry.Deleted{registry.WithoutDeleted, registry.WithDeleted} {
		equal(t, "latest", 3, must(s.Version(ctx, at("a", registry.Latest), which))(t).Number)
	}
	equal(t, "content of a hidden version", content(1).Text, must(s.Content(ctx, v.Key))(t).Text)
	var numbers []int
	for _, v := range must(s.History(ctx, registry.VersionsRequest{Subject: "a", Page: registry.Page{}}))(t) {
		numbers = append(numbers, v.Number)
	}
	equal(t, "history", []int{3, 1}, numbers)
	equal(t, "page of history", 1, must(s.History(ctx, registry.VersionsRequest{Subject: "a", Page: registry.Page{Offset: 1, Limit: 1}}))(t)[0].Number)

	hide(t, s, "a", 1, 3)
	_, err = s.Version(ctx, at("a", 1), registry.WithoutDeleted)
	wantErr(t, "version of a hidden subject", registry.ErrSubjectNotFound, err)
	_, err = s.Version(ctx, at("a", registry.Latest), registry.WithDeleted)
	wantErr(t, "latest of a hidden subject", registry.ErrVersionNotFound, err)
	equal(t, "history of a hidden subject", 0, len(must(s.History(ctx, registry.VersionsRequest{Subject: "a", Page: registry.Page{}}))(t)))
	equal(t, "live of a hidden subject", 0, len(list(t, s, "a", registry.WithoutDeleted)))
}

func deletedSubjects(t *testing.T, s registry.Store) {
	for i, name := range []string{"a1", "a2", "a3", "a4", "b"} {
		add(t, s, name, content(i))
	}
	add(t, s, "a3", content(9))
	hide(t, s, "a2", 1)
	hide(t, s, "a3", 1)
	hide(t, s, "b", 1)
	names := func(which registry.Deleted, prefix string, p registry.Page) []string {
		t.Helper()
		return must(s.Subjects(t.Context(), registry.SubjectsRequest{Prefix: prefix, Deleted: which, Page: p}))(t)
	}
	equal(t, "live", []string{"a1", "a3", "a4"}, names(registry.WithoutDeleted, "", registry.Page{}))
	equal(t, "all", []string{"a1", "a2", "a3", "a4", "b"}, names(registry.WithDeleted, "", registry.Page{}))
	equal(t, "deleted", []string{"a2", "b"}, names(registry.OnlyDeleted, "", registry.Page{}))
	equal(t, "deleted by prefix", []string{"a2"}, names(registry.OnlyDeleted, "a", registry.Page{}))
	equal(t, "a page of live", []string{"a3"}, names(registry.WithoutDeleted, "a", registry.Page{Offset: 1, Limit: 1}))
	add(t, s, "a2", content(20))
	remove(t, s, "a3", 2)
	remove(t, s, "b", 1)
	equal(t, "live afterwards", []string{"a1", "a2", "a4"}, names(registry.WithoutDeleted, "", registry.Page{}))
	equal(t, "deleted afterwards", []string{"a3"}, names(registry.OnlyDeleted, "", registry.Page{}))
	equal(t, "all afterwards", []string{"a1", "a2", "a3", "a4"}, names(registry.WithDeleted, "", registry.Page{}))
}

func findDeleted(t *testing.T, s registry.Store) {
	ctx := t.Context()
	add(t, s, "a", content(1))
	add(t, s, "a", content(3))
	q := registry.Query{Subject: "a", Hash: content(1).Hash}
	hide(t, s, "a", 1)
	_, err := s.FindVersion(ctx, q)
	wantErr(t, "hidden", registry.ErrSchemaNotFound, err)
	q.Deleted = registry.WithDeleted
	equal(t, "with deleted", 1, must(s.FindVersion(ctx, q))(t).Number)
	hide(t, s, "a", 2)
	q.Deleted = registry.WithoutDeleted
	_, err = s.FindVersion(ctx, q)
	wantErr(t, "subject hidden", registry.ErrSubjectNotFound, err)
	add(t, s, "a", content(1))
	equal(t, "the new one", 3, must(s.FindVersion(ctx, q))(t).Number)
	q.Deleted = registry.OnlyDeleted
	equal(t, "the old one", 1, must(s.FindVersion(ctx, q))(t).Number)
	remove(t, s, "a", 1)
	_, err = s.FindVersion(ctx, q)
	wantErr(t, "removed", registry.ErrSchemaNotFound, err)
}

func hideTwice(t *testing.T, s registry.Store) {
	add(t, s, "a", content(1))
	add(t, s, "a", content(2))
	hide(t, s, "a", 1)
	hide(t, s, "a")
	for name, numbers := range map[string][]int{"hidden already": {2, 1}, "not there": {2, 3}} {
		err := s.Update(t.Context(), func(tx registry.Tx) error { return tx.HideVersions(t.Context(), "a", numbers) })
		wantErr(t, name, registry.ErrVersionNotFound, err)
	}
	err := s.Update(t.Context(), func(tx registry.Tx) error { return tx.HideVersions(t.Context(), "b", []int{1}) })
	wantErr(t, "no such subject", registry.ErrVersionNotFound, err)
	equal(t, "what is left", []int{2}, list(t, s, "a", registry.WithoutDeleted))
}

func removeMissing(t *testing.T, s registry.Store) {
	add(t, s, "a", content(1))
	remove(t, s, "a")
	for subject, numbers := range map[string][]int{"a": {1, 2}, "b": {1}} {
		err := s.Update(t.Context(), func(tx registry.Tx) error { return tx.RemoveVersions(t.Context(), subject, numbers) })
		wantErr(t, "of "+subject, registry.ErrVersionNotFound, err)
	}
	equal(t, "what is left", []int{1}, list(t, s, "a", registry.WithoutDeleted))
}

func removeContent(t *testing.T, s registry.Store) {
	ctx := t.Context()
	v := add(t, s, "a", content(1))
	add(t, s, "b", content(1))
	remove(t, s, "a", 1)
	equal(t, "content that another subject has", content(1).Text, must(s.Content(ctx, v.Key))(t).Text)
	equal(t, "its id", v.ID, add(t, s, "c", content(1)).ID)
	hide(t, s, "b", 1)
	remove(t, s, "c", 1)
	equal(t, "content that a hidden version has", content(1).Text, must(s.Content(ctx, v.Key))(t).Text)
	remove(t, s, "b", 1)
	_, err := s.Content(ctx, v.Key)
	wantErr(t, "content that nobody has", registry.ErrSchemaNotFound, err)
	_, err = s.ContentByHash(ctx, registry.DefaultContext, v.Hash)
	wantErr(t, "content by hash", registry.ErrSchemaNotFound, err)
	equal(t, "uses", 0, len(must(s.Uses(ctx, registry.UsesQuery{Key: v.Key, Deleted: registry.WithDeleted}))(t)))
	equal(t, "a new id for the same", uint32(2), add(t, s, "a", content(1)).ID)
	remove(t, s, "a", 1)
	equal(t, "the highest id is not given again", uint32(3), add(t, s, "a", content(2)).ID)
}

func numbersAfterRemove(t *testing.T, s registry.Store) {
	for i := range 3 {
		add(t, s, "a", content(i))
	}
	hide(t, s, "a", 3)
	equal(t, "after a hidden one", 4, add(t, s, "a", content(4)).Number)
	remove(t, s, "a", 2)
	equal(t, "after removing in the middle", 5, add(t, s, "a", content(5)).Number)
	remove(t, s, "a", 5)
	equal(t, "after removing the highest", 5, add(t, s, "a", content(6)).Number)
	remove(t, s, "a", 1, 3, 4, 5)
	equal(t, "versions of what is gone", 0, len(list(t, s, "a", registry.WithDeleted)))
	equal(t, "after removing all", 1, add(t, s, "a", content(7)).Number)
}

func usesOfDeleted(t *testing.T, s registry.Store) {
	key := add(t, s, "a", content(1)).Key
	hide(t, s, "a", 1)
	add(t, s, "a", content(1))
	add(t, s, "b", content(1))
	uses := func(subject string, which registry.Deleted) []registry.SubjectVersion {
		t.Helper()
		return must(s.Uses(t.Context(), registry.UsesQuery{Key: key, Subject: subject, Deleted: which}))(t)
	}
	equal(t, "live", []registry.SubjectVersion{at("a", 2), at("b", 1)}, uses("", registry.WithoutDeleted))
	equal(t, "all", []registry.SubjectVersion{at("a", 1), at("a", 2), at("b", 1)}, uses("", registry.WithDeleted))
	equal(t, "deleted", []registry.SubjectVersion{at("a", 1)}, uses("", registry.OnlyDeleted))
	equal(t, "live of a subject", []registry.SubjectVersion{at("a", 2)}, uses("a", registry.WithoutDeleted))
	equal(t, "deleted of another", 0, len(uses("b", registry.OnlyDeleted)))
}

// removeMany has more versions than a database takes in one list.
func removeMany(t *testing.T, s registry.Store) {
	const many = 600
	var numbers []int
	update(t, s, func(tx registry.Tx) error {
		for i := range many {
			v, err := addIn(t, tx, "a", content(i))
			if err != nil {
				return err
			}
			numbers = append(numbers, v.Number)
		}
		return nil
	})
	hide(t, s, "a", numbers...)
	equal(t, "live", 0, len(list(t, s, "a", registry.WithoutDeleted)))
	equal(t, "deleted", many, len(list(t, s, "a", registry.OnlyDeleted)))
	remove(t, s, "a", numbers...)
	equal(t, "left", 0, len(list(t, s, "a", registry.WithDeleted)))
	for _, id := range []uint32{1, many / 2, many} {
		_, err := s.Content(t.Context(), registry.Key{Context: registry.DefaultContext, ID: id})
		wantErr(t, "content", registry.ErrSchemaNotFound, err)
	}
}

func ownDeletes(t *testing.T, s registry.Store) {
	ctx := t.Context()
	add(t, s, "a", content(1))
	key := add(t, s, "a", content(2)).Key
	update(t, s, func(tx registry.Tx) error {
		if err := tx.HideVersions(ctx, "a", []int{1}); err != nil {
			return err
		}
		equal(t, "live", []int{2}, list(t, tx, "a", registry.WithoutDeleted))
		if err := tx.RemoveVersions(ctx, "a", []int{2}); err != nil {
			return err
		}
		equal(t, "all", []int{1}, list(t, tx, "a", registry.WithDeleted))
		equal(t, "subjects", 0, len(must(tx.Subjects(ctx, registry.SubjectsRequest{}))(t)))
		_, err := tx.Content(ctx, key)
		wantErr(t, "content", registry.ErrSchemaNotFound, err)
		v, err := addIn(t, tx, "a", content(2))
		equal(t, "number", 2, v.Number)
		equal(t, "id", uint32(3), v.ID)
		return err
	})
}
