package client_test

import (
	"errors"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

func TestDelete(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		const name = "a/ä b"
		first := register(t, c, name, avro(order))
		if err := c.SetLevel(ctx, name, registry.LevelNone); err != nil {
			t.Fatal(err)
		}
		register(t, c, name, avro(order2))
		equal(t, "deleted version", 1, noErr[int](t)(c.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: name, Version: 1})))
		equal(t, "versions", []int{2}, noErr[[]int](t)(c.Versions(ctx, name, registry.Page{})))
		numbers := func(which registry.Deleted) []int {
			t.Helper()
			return noErr[[]int](t)(c.ListVersions(ctx, registry.VersionsRequest{Subject: name, Deleted: which}))
		}
		equal(t, "versions with deleted", []int{1, 2}, numbers(registry.WithDeleted))
		equal(t, "deleted versions", []int{1}, numbers(registry.OnlyDeleted))
		first.Deleted = true
		for _, which := range []registry.Deleted{registry.WithDeleted, registry.OnlyDeleted} {
			equal(t, "read", first, noErr[registry.Entry](t)(c.ReadVersion(ctx, registry.VersionRequest{Subject: name, Version: 1, Deleted: which})))
			equal(t, "looked up", first, noErr[registry.Entry](t)(c.Lookup(ctx, registry.LookupRequest{Subject: name, Schema: avro(order), Deleted: which})))
			equal(t, "live one read", 2, noErr[registry.Entry](t)(c.ReadVersion(ctx, registry.VersionRequest{Subject: name, Version: 2, Deleted: which})).Version)
		}
		equal(t, "latest", 2, noErr[int](t)(c.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: name, Version: registry.Latest})))
		equal(t, "subjects", 0, len(noErr[[]string](t)(c.Subjects(ctx, registry.SubjectsRequest{}))))
		equal(t, "deleted subjects", []string{name}, noErr[[]string](t)(c.Subjects(ctx, registry.SubjectsRequest{Deleted: registry.OnlyDeleted})))
		equal(t, "text", order, noErr[string](t)(c.Schema(ctx, first.ID)))
		equal(t, "removed", 1, noErr[int](t)(c.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: name, Version: 1, Permanent: true})))
		register(t, c, name, avro(order))
		equal(t, "deleted subject", []int{3}, noErr[[]int](t)(c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: name})))
		equal(t, "removed subject", []int{2, 3}, noErr[[]int](t)(c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: name, Permanent: true})))
		_, err := c.ByID(ctx, first.ID)
		if !errors.Is(err, registry.ErrSchemaNotFound) {
			t.Errorf("by id: %v", err)
		}
	})
}

func TestResolvedVersion(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		c := newClient()
		register(t, c, "order", avro(order))
		register(t, c, "orders", avro(orders, registry.Reference{Name: "shop.Order", Subject: "order", Version: 1}))
		e := noErr[registry.Entry](t)(c.ReadVersion(t.Context(), registry.VersionRequest{Subject: "orders", Version: registry.Latest, Resolved: true}))
		equal(t, "text", whole, e.Text)
		equal(t, "references", 1, len(e.References))
	})
}

func TestDeleteErrors(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		for _, subject := range []string{"live", "gone", "used"} {
			register(t, c, subject, avro(order))
		}
		register(t, c, "user", avro(orders, registry.Reference{Name: "shop.Order", Subject: "used", Version: 1}))
		noErr[[]int](t)(c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: "gone"}))
		for _, tc := range []struct {
			name      string
			subject   string
			version   int // 0 for the subject
			permanent bool
			want      error
		}{
			{"subject not there", "none", 0, false, registry.ErrSubjectNotFound},
			{"subject deleted", "gone", 0, false, registry.ErrSubjectDeleted},
			{"subject not deleted", "live", 0, true, registry.ErrSubjectNotDeleted},
			{"subject referenced", "used", 0, false, registry.ErrReferenced},
			{"version of no subject", "none", 1, false, registry.ErrSubjectNotFound},
			{"version not there", "live", 2, false, registry.ErrVersionNotFound},
			{"version deleted", "gone", 1, false, registry.ErrVersionDeleted},
			{"version not deleted", "live", 1, true, registry.ErrVersionNotDeleted},
			{"version referenced", "used", 1, false, registry.ErrReferenced},
			{"no version", "live", -2, false, registry.ErrInvalidVersion},
		} {
			var err error
			if tc.version == 0 {
				_, err = c.DeleteSubject(ctx, registry.DeleteSubjectRequest{Subject: tc.subject, Permanent: tc.permanent})
			} else {
				_, err = c.DeleteVersion(ctx, registry.DeleteVersionRequest{Subject: tc.subject, Version: tc.version, Permanent: tc.permanent})
			}
			if !errors.Is(err, tc.want) {
				t.Errorf("%s: error %v, want %v", tc.name, err, tc.want)
			}
		}
	})
}
