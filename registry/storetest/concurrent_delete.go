package storetest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// ignore drops the errors that a caller beside others has to expect.
func ignore(err error, expected ...error) error {
	for _, e := range expected {
		if errors.Is(err, e) {
			return nil
		}
	}
	return err
}

// deleteBesideRegister lets half of the callers register and half delete the
// subject: each version is deleted once or is there at the end, and no number
// and no id is given twice.
func deleteBesideRegister(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	type result struct {
		entry   registry.Entry
		deleted []int
	}
	results := together(t, func(i int) (result, error) {
		if i%2 == 0 {
			e, err := d.reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: fixed(i)})
			return result{entry: e}, err
		}
		numbers, err := d.subject("a")
		return result{deleted: numbers}, ignore(err, registry.ErrSubjectNotFound, registry.ErrSubjectDeleted)
	})
	var registered, ids, wanted, deleted []int
	for _, r := range results {
		if r.entry.Version != 0 {
			wanted = append(wanted, len(wanted)+1)
			registered, ids = append(registered, r.entry.Version), append(ids, int(r.entry.ID))
		}
		deleted = append(deleted, r.deleted...)
	}
	slices.Sort(registered)
	slices.Sort(ids)
	slices.Sort(deleted)
	equal(t, "numbers", wanted, registered)
	equal(t, "ids", wanted, ids)
	equal(t, "deleted", deleted, d.versions("a", registry.OnlyDeleted))
	all := append(deleted, d.versions("a", registry.WithoutDeleted)...)
	slices.Sort(all)
	equal(t, "deleted and live", wanted, all)
}

// deleteOnce lets all delete the same: one succeeds.
func deleteOnce(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	d.register("a", fixed(1))
	d.register("a", fixed(2))
	count := func(what string, run func() error, refusal error) {
		t.Helper()
		n := 0
		for _, err := range together(t, func(int) (error, error) {
			err := run()
			return err, ignore(err, refusal)
		}) {
			if err == nil {
				n++
			}
		}
		equal(t, what, 1, n)
	}
	count("a version", func() error { return d.version("a", 1) }, registry.ErrVersionDeleted)
	count("a version, permanent", func() error { return d.purgeVersion("a", 1) }, registry.ErrVersionNotFound)
	count("a subject", func() error { _, err := d.subject("a"); return err }, registry.ErrSubjectDeleted)
	count("a subject, permanent", func() error { _, err := d.purge("a"); return err }, registry.ErrSubjectNotFound)
}

// deleteBesideReference deletes versions while others begin to refer to them: for
// each, one of the two is refused.
func deleteBesideReference(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	dep := func(i int) string { return fmt.Sprintf("dep%02d", i/2) }
	for i := 0; i < parallel; i += 2 {
		d.register(dep(i), fixed(i))
	}
	took := together(t, func(i int) (bool, error) {
		if i%2 == 0 {
			err := d.version(dep(i), 1)
			return err == nil, ignore(err, registry.ErrReferenced)
		}
		_, err := d.reg.Register(t.Context(), registry.RegisterRequest{Subject: "user of " + dep(i), Schema: using(dep(i), 1)})
		return err == nil, ignore(err, registry.ErrInvalidSchema)
	})
	for i := 0; i < parallel; i += 2 {
		if took[i] == took[i+1] {
			t.Errorf("%s was deleted: %t, referred to: %t", dep(i), took[i], took[i+1])
		}
	}
}

// purgeBesideRegister registers one text again and again while it is purged: no
// id comes back, and what is left at the end fits together.
func purgeBesideRegister(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	together(t, func(int) (int, error) {
		e, err := d.reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: fixed(4)})
		if err != nil {
			return 0, err
		}
		_, soft := d.subject("a")
		_, hard := d.purge("a")
		_, err = d.reg.ByID(t.Context(), e.ID)
		return 0, errors.Join(
			ignore(soft, registry.ErrSubjectNotFound, registry.ErrSubjectDeleted),
			ignore(hard, registry.ErrSubjectNotFound, registry.ErrSubjectNotDeleted),
			ignore(err, registry.ErrSchemaNotFound))
	})
	last := d.register("a", fixed(4))
	equal(t, "live", []int{last.Version}, d.versions("a", registry.WithDeleted))
	for id := uint32(1); id <= last.ID; id++ {
		_, err := d.reg.ByID(t.Context(), id)
		if (err == nil) != (id == last.ID) {
			t.Errorf("id %d of %d: %v", id, last.ID, err)
		}
	}
	equal(t, "uses", []registry.SubjectVersion{at("a", last.Version)},
		must(d.reg.Uses(t.Context(), registry.UsesRequest{ID: last.ID, Deleted: registry.WithDeleted}))(t))
}
