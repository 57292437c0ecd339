package storetest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

func versionNumbers(t *testing.T, s registry.Store) {
	ctx := t.Context()
	for i, subject := range []string{"a", "b", "a", "a"} {
		add(t, s, subject, content(i))
	}
	equal(t, "versions of a", []int{1, 2, 3}, must(s.Versions(ctx, registry.VersionsRequest{Subject: "a"}))(t))
	equal(t, "versions of b", []int{1}, must(s.Versions(ctx, registry.VersionsRequest{Subject: "b"}))(t))
	equal(t, "a page", []int{2}, must(s.Versions(ctx, registry.VersionsRequest{Subject: "a", Page: registry.Page{Offset: 1, Limit: 1}}))(t))
	equal(t, "beyond the end", 0, len(must(s.Versions(ctx, registry.VersionsRequest{Subject: "a", Page: registry.Page{Offset: 9}}))(t)))
	equal(t, "latest", 3, must(s.Version(ctx, registry.SubjectVersion{Subject: "a", Version: registry.Latest}, registry.WithoutDeleted))(t).Number)
	_, err := s.Version(ctx, registry.SubjectVersion{Subject: "a", Version: 4}, registry.WithoutDeleted)
	wantErr(t, "missing version", registry.ErrVersionNotFound, err)
}

func versionNeedsContent(t *testing.T, s registry.Store) {
	err := s.Update(t.Context(), func(tx registry.Tx) error {
		c := content(1)
		c.ID = 77
		_, err := tx.AddVersion(t.Context(), registry.Version{Content: c, Subject: "a", Created: created()})
		return err
	})
	wantErr(t, "add version", registry.ErrSchemaNotFound, err)
}

func versionMembers(t *testing.T, s registry.Store) {
	c := content(1, registry.Reference{Name: "n", Subject: "dep", Version: 3})
	added := add(t, s, "a", c)
	c.ID = 1
	want := registry.Version{Content: c, Subject: "a", Number: 1, Created: created()}
	equal(t, "added", want, added)
	equal(t, "read", want, must(s.Version(t.Context(), registry.SubjectVersion{Subject: "a", Version: 1}, registry.WithoutDeleted))(t))
}

func findVersion(t *testing.T, s registry.Store) {
	ctx := t.Context()
	for _, n := range []int{1, 2, 1, 3} {
		add(t, s, "a", content(n))
	}
	add(t, s, "b", content(4))
	equal(t, "the newest", 3, must(s.FindVersion(ctx, registry.Query{Subject: "a", Hash: content(1).Hash}))(t).Number)
	_, err := s.FindVersion(ctx, registry.Query{Subject: "a", Hash: content(4).Hash})
	wantErr(t, "of another subject", registry.ErrSchemaNotFound, err)
	_, err = s.FindVersion(ctx, registry.Query{Subject: "c", Hash: content(1).Hash})
	wantErr(t, "of no subject", registry.ErrSubjectNotFound, err)
}

func history(t *testing.T, s registry.Store) {
	for i := range 7 {
		add(t, s, "a", content(i))
		add(t, s, "b", content(100+i))
	}
	numbers := func(p registry.Page) (list []int) {
		t.Helper()
		for _, v := range must(s.History(t.Context(), registry.VersionsRequest{Subject: "a", Page: p}))(t) {
			list = append(list, v.Number)
			equal(t, "text", content(v.Number-1).Text, v.Text)
		}
		return list
	}
	equal(t, "all", []int{7, 6, 5, 4, 3, 2, 1}, numbers(registry.Page{}))
	equal(t, "first page", []int{7, 6, 5}, numbers(registry.Page{Limit: 3}))
	equal(t, "last page", []int{1}, numbers(registry.Page{Offset: 6, Limit: 3}))
	equal(t, "beyond the end", 0, len(numbers(registry.Page{Offset: 7, Limit: 3})))
}

func subjects(t *testing.T, s registry.Store) {
	names := []string{"a", "A", "ab", "a-b", "b", "é", "éa", "a%", "a_", "a\ue000", "a🚚", "\ud7ff", "zz"}
	for i, name := range names {
		add(t, s, name, content(i))
	}
	list := func(prefix string, p registry.Page) []string {
		t.Helper()
		return must(s.Subjects(t.Context(), registry.SubjectsRequest{Prefix: prefix, Page: p}))(t)
	}
	equal(t, "all", []string{"A", "a", "a%", "a-b", "a_", "ab", "a\ue000", "a🚚", "b", "zz", "é", "éa", "\ud7ff"}, list("", registry.Page{}))
	equal(t, "prefix a", []string{"a", "a%", "a-b", "a_", "ab", "a\ue000", "a🚚"}, list("a", registry.Page{}))
	equal(t, "prefix a%", []string{"a%"}, list("a%", registry.Page{}))
	equal(t, "prefix é", []string{"é", "éa"}, list("é", registry.Page{}))
	equal(t, "prefix before the gap", []string{"\ud7ff"}, list("\ud7ff", registry.Page{}))
	equal(t, "no such prefix", 0, len(list("q", registry.Page{})))
	equal(t, "a page", []string{"a%", "a-b"}, list("a", registry.Page{Offset: 1, Limit: 2}))
	equal(t, "negative bounds", 13, len(list("", registry.Page{Offset: -5, Limit: -1})))
}

func exactNames(t *testing.T, s registry.Store) {
	names := []string{"n", "N", "n ", " n", "n\u0301", "ń", "n/x", "n%2Fx", "n'; DROP TABLE x; --", strings.Repeat("n", 1000)}
	for i, name := range names {
		equal(t, fmt.Sprintf("version of %.20q", name), 1, add(t, s, name, content(i)).Number)
	}
	for i, name := range names {
		v := must(s.Version(t.Context(), registry.SubjectVersion{Subject: name, Version: registry.Latest}, registry.WithoutDeleted))(t)
		equal(t, "subject", name, v.Subject)
		equal(t, "text", content(i).Text, v.Text)
	}
}
