package storetest

import (
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// ref makes a reference to a version.
func ref(subject string, number int) registry.Reference {
	return registry.Reference{Name: "F", Subject: subject, Version: number}
}

func referrals(t *testing.T, s registry.Store) {
	ctx := t.Context()
	for i := range 3 {
		add(t, s, "dep", content(i))
	}
	one := add(t, s, "x", content(10, ref("dep", 1), ref("dep", 1), ref("dep", 2))) // the same twice
	add(t, s, "y", content(10, ref("dep", 1), ref("dep", 1), ref("dep", 2)))        // the same content
	own := add(t, s, "dep", content(11, ref("dep", 2)))
	hide(t, s, "x", 1)
	find := func(q registry.ReferralQuery) registry.Referral {
		t.Helper()
		return must(s.FindReferral(ctx, q))(t)
	}
	none := func(what string, q registry.ReferralQuery) {
		t.Helper()
		found, err := s.FindReferral(ctx, q)
		wantErr(t, what, registry.ErrVersionNotFound, err)
		equal(t, what, registry.Referral{}, found)
	}
	equal(t, "live", registry.Referral{From: at("y", 1), To: at("dep", 1)}, find(registry.ReferralQuery{To: at("dep", 1)}))
	equal(t, "with deleted", registry.Referral{From: at("x", 1), To: at("dep", 1)},
		find(registry.ReferralQuery{To: at("dep", 1), Deleted: registry.WithDeleted}))
	equal(t, "only deleted", at("x", 1), find(registry.ReferralQuery{To: at("dep", 2), Deleted: registry.OnlyDeleted}).From)
	equal(t, "of its own subject", at("dep", 4), find(registry.ReferralQuery{To: at("dep", 2)}).From)
	equal(t, "of another subject", at("y", 1), find(registry.ReferralQuery{To: at("dep", 2), Except: "dep"}).From)
	equal(t, "to any version", registry.Referral{From: at("dep", 4), To: at("dep", 2)}, find(registry.ReferralQuery{To: at("dep", 0)}))
	equal(t, "to any version, of another subject", registry.Referral{From: at("y", 1), To: at("dep", 1)},
		find(registry.ReferralQuery{To: at("dep", 0), Except: "dep"}))
	none("to a version that nobody refers to", registry.ReferralQuery{To: at("dep", 3), Deleted: registry.WithDeleted})
	none("to no subject", registry.ReferralQuery{To: at("none", 0), Deleted: registry.WithDeleted})

	referrers := func(number int, which registry.Deleted) []uint32 {
		t.Helper()
		return must(s.Referrers(ctx, at("dep", number), which))(t)
	}
	equal(t, "ids", []uint32{one.ID, own.ID}, referrers(2, registry.WithoutDeleted))
	hide(t, s, "y", 1)
	equal(t, "ids that are live", []uint32{own.ID}, referrers(2, registry.WithoutDeleted))
	equal(t, "ids of all", []uint32{one.ID, own.ID}, referrers(2, registry.WithDeleted))
	equal(t, "ids of deleted", []uint32{one.ID}, referrers(2, registry.OnlyDeleted))
	none("when all that refer are hidden", registry.ReferralQuery{To: at("dep", 0), Except: "dep"})
}

func referencesAfterRemove(t *testing.T, s registry.Store) {
	ctx := t.Context()
	add(t, s, "dep", content(1))
	add(t, s, "x", content(10, ref("dep", 1)))
	add(t, s, "y", content(10, ref("dep", 1)))
	q := registry.ReferralQuery{To: at("dep", 1), Deleted: registry.WithDeleted}
	remove(t, s, "x", 1)
	equal(t, "who is left", at("y", 1), must(s.FindReferral(ctx, q))(t).From)
	remove(t, s, "y", 1)
	_, err := s.FindReferral(ctx, q)
	wantErr(t, "nobody is left", registry.ErrVersionNotFound, err)
	equal(t, "ids", 0, len(must(s.Referrers(ctx, at("dep", 1), registry.WithDeleted))(t)))
	again := add(t, s, "x", content(10, ref("dep", 1)))
	equal(t, "ids of the same again", []uint32{again.ID}, must(s.Referrers(ctx, at("dep", 1), registry.WithDeleted))(t))
}
