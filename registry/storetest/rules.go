package storetest

import (
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// ruleChecks put a registry over the store: what the contract says of deletes
// has to hold on each.
func ruleChecks() []check {
	return []check{
		{"a deleted subject", deletedSubject},
		{"a deleted version", deletedVersion},
		{"deletes have an order", deleteOrder},
		{"deleted is hidden from new schemas", hiddenFromRegister},
		{"ids after deletes", idsAfterDelete},
		{"a deleted content comes back", revival},
		{"a content comes back beside a version that is referred to", revivalOfReferred},
		{"the level goes with the last version", levelAfterDelete},
		{"references stop deletes", referencesStopDeletes},
		{"references inside a subject do not stop its delete", referencesInside},
		{"a deleted schema can be read with what it refers to", readDeleted},
	}
}

// deletes is a registry over a store, with short forms of its methods.
type deletes struct {
	*testing.T
	reg *registry.Registry
}

func newDeletes(t *testing.T, s registry.Store) deletes {
	t.Helper()
	d := deletes{t, newRegistry(t, s)}
	if err := d.reg.SetLevel(t.Context(), "", registry.LevelNone); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d deletes) register(subject string, s registry.Schema) registry.Entry {
	d.Helper()
	return must(d.reg.Register(d.Context(), registry.RegisterRequest{Subject: subject, Schema: s}))(d.T)
}

func (d deletes) subject(subject string) ([]int, error) {
	return d.reg.DeleteSubject(d.Context(), registry.DeleteSubjectRequest{Subject: subject})
}

func (d deletes) purge(subject string) ([]int, error) {
	return d.reg.DeleteSubject(d.Context(), registry.DeleteSubjectRequest{Subject: subject, Permanent: true})
}

func (d deletes) version(subject string, number int) error {
	got, err := d.reg.DeleteVersion(d.Context(), registry.DeleteVersionRequest{Subject: subject, Version: number})
	return d.answered(number, got, err)
}

func (d deletes) purgeVersion(subject string, number int) error {
	got, err := d.reg.DeleteVersion(d.Context(), registry.DeleteVersionRequest{Subject: subject, Version: number, Permanent: true})
	return d.answered(number, got, err)
}

func (d deletes) answered(number, got int, err error) error {
	d.Helper()
	if err == nil && number != registry.Latest && got != number {
		d.Errorf("the answer is version %d, want %d", got, number)
	}
	return err
}

// all ends the test at the first error.
func (d deletes) all(errs ...error) {
	d.Helper()
	for i, err := range errs {
		if err != nil {
			d.Fatalf("delete %d: %v", i, err)
		}
	}
}

func (d deletes) versions(subject string, which registry.Deleted) []int {
	d.Helper()
	numbers, err := d.reg.ListVersions(d.Context(), registry.VersionsRequest{Subject: subject, Deleted: which})
	if err != nil {
		wantErr(d.T, "versions", registry.ErrSubjectNotFound, err)
	}
	return numbers
}

func (d deletes) lookup(subject string, s registry.Schema, which registry.Deleted) (int, error) {
	e, err := d.reg.Lookup(d.Context(), registry.LookupRequest{Subject: subject, Schema: s, Deleted: which})
	return e.Version, err
}

// using is a schema that refers to a version of a subject.
func using(subject string, number int) registry.Schema {
	return registry.Schema{Text: `{"type":"array","items":"F"}`, References: []registry.Reference{ref(subject, number)}}
}

func deletedSubject(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	first := d.register("a", fixed(1))
	d.register("a", fixed(2))
	equal(t, "deleted", []int{1, 2}, must(d.subject("a"))(t))
	equal(t, "subjects", 0, len(must(d.reg.Subjects(t.Context(), registry.SubjectsRequest{}))(t)))
	equal(t, "subjects with deleted", []string{"a"}, must(d.reg.Subjects(t.Context(), registry.SubjectsRequest{Deleted: registry.WithDeleted}))(t))
	_, err := d.lookup("a", fixed(1), registry.WithoutDeleted)
	wantErr(t, "lookup", registry.ErrSubjectNotFound, err)
	equal(t, "lookup with deleted", 1, must(d.lookup("a", fixed(1), registry.WithDeleted))(t))
	equal(t, "by id", first.Text, must(d.reg.ByID(t.Context(), first.ID))(t).Text)
	equal(t, "uses", 0, len(must(d.reg.Uses(t.Context(), registry.UsesRequest{ID: first.ID}))(t)))
	equal(t, "number of the next", 3, d.register("a", fixed(3)).Version)
	equal(t, "deleted later", []int{3}, must(d.subject("a"))(t))
	equal(t, "removed", []int{1, 2, 3}, must(d.purge("a"))(t))
	equal(t, "versions", 0, len(d.versions("a", registry.WithDeleted)))
	equal(t, "number after the purge", 1, d.register("a", fixed(3)).Version)
}

func deletedVersion(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	for i := range 3 {
		d.register("a", fixed(i))
	}
	d.all(d.version("a", registry.Latest), d.version("a", 1))
	equal(t, "versions", []int{2}, d.versions("a", registry.WithoutDeleted))
	equal(t, "latest", 2, must(d.reg.Version(t.Context(), "a", registry.Latest))(t).Version)
	_, err := d.reg.Version(t.Context(), "a", 3)
	wantErr(t, "by number", registry.ErrVersionNotFound, err)
	equal(t, "by number with deleted", 3, must(d.reg.ReadVersion(t.Context(), registry.VersionRequest{Subject: "a", Version: 3, Deleted: registry.WithDeleted}))(t).Version)
	_, err = d.lookup("a", fixed(2), registry.WithoutDeleted)
	wantErr(t, "lookup", registry.ErrSchemaNotFound, err)
	equal(t, "next number", 4, d.register("a", fixed(9)).Version)
	d.all(d.version("a", 4), d.purgeVersion("a", 4))
	equal(t, "the highest number was freed", 4, d.register("a", fixed(8)).Version)
	d.all(d.purgeVersion("a", 1))
	equal(t, "versions at the end", []int{2, 3, 4}, d.versions("a", registry.WithDeleted))
	equal(t, "a lower number was not freed", 5, d.register("a", fixed(7)).Version)
}

func deleteOrder(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	d.register("a", fixed(1))
	d.register("a", fixed(2))
	refused := func(what string, want, err error) {
		t.Helper()
		wantErr(t, what, want, err)
	}
	_, err := d.subject("b")
	refused("no subject", registry.ErrSubjectNotFound, err)
	_, err = d.purge("b")
	refused("no subject, permanent", registry.ErrSubjectNotFound, err)
	refused("version of no subject", registry.ErrSubjectNotFound, d.version("b", 1))
	refused("no version", registry.ErrVersionNotFound, d.version("a", 3))
	refused("no version, permanent", registry.ErrVersionNotFound, d.purgeVersion("a", 3))
	refused("bad version", registry.ErrInvalidVersion, d.version("a", 0))
	refused("live version, permanent", registry.ErrVersionNotDeleted, d.purgeVersion("a", 2))
	refused("live latest, permanent", registry.ErrVersionNotDeleted, d.purgeVersion("a", registry.Latest))
	_, err = d.purge("a")
	refused("live subject, permanent", registry.ErrSubjectNotDeleted, err)
	d.all(d.version("a", 1))
	refused("deleted version", registry.ErrVersionDeleted, d.version("a", 1))
	_, err = d.purge("a")
	refused("half deleted subject, permanent", registry.ErrSubjectNotDeleted, err)
	equal(t, "the rest", []int{2}, must(d.subject("a"))(t))
	_, err = d.subject("a")
	refused("deleted subject", registry.ErrSubjectDeleted, err)
	refused("version of a deleted subject", registry.ErrVersionDeleted, d.version("a", 1))
	refused("latest of a deleted subject", registry.ErrVersionNotFound, d.version("a", registry.Latest))
	d.all(d.purgeVersion("a", 1))
	equal(t, "purged", []int{2}, must(d.purge("a"))(t))
	_, err = d.purge("a")
	refused("purged subject", registry.ErrSubjectNotFound, err)
}

func hiddenFromRegister(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	d.register("a", fixed(1))
	d.register("dep", fixed(2))
	if err := d.reg.SetLevel(t.Context(), "a", registry.LevelFullTransitive); err != nil {
		t.Fatal(err)
	}
	d.all(d.version("a", 1), d.version("dep", 1))
	equal(t, "a schema that does not fit the deleted one", 2, d.register("a", fixed(3)).Version)
	check := must(d.reg.Check(t.Context(), registry.CheckRequest{Subject: "a", Schema: fixed(1)}))(t)
	equal(t, "version that it clashes with", 2, check.Conflict.Version)
	_, err := d.reg.Check(t.Context(), registry.CheckRequest{Subject: "a", Schema: fixed(1), Version: 1})
	wantErr(t, "check against a deleted one", registry.ErrVersionNotFound, err)
	for _, number := range []int{1, registry.Latest} {
		_, err = d.reg.Register(t.Context(), registry.RegisterRequest{Subject: "x", Schema: using("dep", number)})
		wantErr(t, "reference to a deleted one", registry.ErrInvalidSchema, err)
	}
}

func idsAfterDelete(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	first := d.register("a", fixed(1))
	d.register("b", fixed(1))
	d.all(d.version("a", 1), d.purgeVersion("a", 1))
	equal(t, "while another subject has it", first.ID, d.register("a", fixed(1)).ID)
	d.all(d.version("a", 1), d.purgeVersion("a", 1), d.version("b", 1))
	equal(t, "while it is deleted", first.Text, must(d.reg.ByID(t.Context(), first.ID))(t).Text)
	equal(t, "uses", []registry.SubjectVersion{at("b", 1)},
		must(d.reg.Uses(t.Context(), registry.UsesRequest{ID: first.ID, Deleted: registry.WithDeleted}))(t))
	d.all(d.purgeVersion("b", 1))
	_, err := d.reg.ByID(t.Context(), first.ID)
	wantErr(t, "by id after the last", registry.ErrSchemaNotFound, err)
	_, err = d.reg.Uses(t.Context(), registry.UsesRequest{ID: first.ID, Deleted: registry.WithDeleted})
	wantErr(t, "uses after the last", registry.ErrSchemaNotFound, err)
	equal(t, "the same text has a new id", first.ID+1, d.register("a", fixed(1)).ID)
}

func revival(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	first := d.register("a", fixed(1))
	d.register("a", fixed(2))
	d.register("b", fixed(1))
	d.all(d.version("a", 1), d.version("b", 1))
	again := d.register("a", fixed(1))
	equal(t, "version and id", [2]int{3, int(first.ID)}, [2]int{again.Version, int(again.ID)})
	equal(t, "the twin is gone", []int{2, 3}, d.versions("a", registry.WithDeleted))
	equal(t, "that of another subject is not", []int{1}, d.versions("b", registry.OnlyDeleted))
	equal(t, "once more changes nothing", 3, d.register("a", fixed(1)).Version)
	_, err := d.subject("a")
	d.all(err)
	equal(t, "in a deleted subject", 4, d.register("a", fixed(1)).Version)
	equal(t, "versions then", []int{2, 4}, d.versions("a", registry.WithDeleted))
	equal(t, "live then", []int{4}, d.versions("a", registry.WithoutDeleted))
}

func revivalOfReferred(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	d.register("dep", fixed(1))
	d.register("x", using("dep", 1))
	d.all(d.version("x", 1), d.version("dep", 1))
	equal(t, "version", 2, d.register("dep", fixed(1)).Version)
	equal(t, "the twin is still referred to", []int{1, 2}, d.versions("dep", registry.WithDeleted))
	d.all(d.purgeVersion("x", 1), d.version("dep", 2))
	equal(t, "version without the referrer", 3, d.register("dep", fixed(1)).Version)
	equal(t, "no twin is left", []int{3}, d.versions("dep", registry.WithDeleted))
}

func levelAfterDelete(t *testing.T, s registry.Store) {
	ctx, d := t.Context(), newDeletes(t, s)
	for _, last := range []string{"subject", "version", "subject without a level"} {
		d.register("a", fixed(1))
		if last != "subject without a level" {
			d.all(d.reg.SetLevel(ctx, "a", registry.LevelFull))
			_, err := d.subject("a")
			d.all(err)
			equal(t, "level of a deleted subject", registry.LevelFull, must(d.reg.Level(ctx, "a"))(t))
		} else {
			d.all(d.version("a", 1))
		}
		if last == "version" {
			d.all(d.purgeVersion("a", 1))
		} else {
			_, err := d.purge("a")
			d.all(err)
		}
		_, err := d.reg.Level(ctx, "a")
		wantErr(t, "level after the last "+last, registry.ErrConfigNotSet, err)
	}
	equal(t, "level of all", registry.LevelNone, must(d.reg.Level(ctx, ""))(t))
}

func referencesStopDeletes(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	d.register("dep", fixed(1))
	d.register("dep", fixed(2))
	id := d.register("x", using("dep", 1)).ID
	purged := func() error { _, err := d.purge("dep"); return err }
	soft := func() error { _, err := d.subject("dep"); return err }
	wantErr(t, "version", registry.ErrReferenced, d.version("dep", 1))
	wantErr(t, "version, permanent", registry.ErrReferenced, d.purgeVersion("dep", 1))
	wantErr(t, "subject", registry.ErrReferenced, soft())
	d.all(d.version("dep", 2)) // nobody refers to it

	d.all(d.version("x", 1), soft())
	wantErr(t, "version, permanent, for a deleted one", registry.ErrReferenced, d.purgeVersion("dep", 1))
	wantErr(t, "subject, permanent, for a deleted one", registry.ErrReferenced, purged())
	by := registry.ReferencedByRequest{Subject: "dep", Version: 1, Deleted: registry.WithDeleted}
	equal(t, "referenced by", []uint32{id}, must(d.reg.ReferencedBy(t.Context(), by))(t))
	d.all(d.purgeVersion("x", 1), purged())
}

func referencesInside(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	d.register("a", fixed(1))
	id := d.register("a", using("a", 1)).ID
	wantErr(t, "the version alone", registry.ErrReferenced, d.version("a", 1))
	d.register("b", using("a", 1)) // has the content, and so the reference, too
	_, err := d.subject("a")
	wantErr(t, "another subject refers to it too", registry.ErrReferenced, err)
	_, err = d.subject("b")
	d.all(err)
	equal(t, "deleted", []int{1, 2}, must(d.subject("a"))(t))
	_, err = d.purge("a")
	wantErr(t, "a deleted one of another subject refers to it", registry.ErrReferenced, err)
	_, err = d.purge("b")
	d.all(err)
	equal(t, "removed", []int{1, 2}, must(d.purge("a"))(t))
	_, err = d.reg.ByID(t.Context(), id)
	wantErr(t, "by id", registry.ErrSchemaNotFound, err)
}

func readDeleted(t *testing.T, s registry.Store) {
	d := newDeletes(t, s)
	d.register("dep", fixed(7))
	id := d.register("x", using("dep", 1)).ID
	d.all(d.version("x", 1), d.version("dep", 1))
	// Another registry has nothing of it in its memory.
	d.reg = newRegistry(t, s)
	const whole = `{"type":"array","items":{"type":"fixed","name":"F","size":7}}`
	equal(t, "by id", whole, must(d.reg.ResolvedByID(t.Context(), id))(t).Text)
	read := registry.VersionRequest{Subject: "x", Version: 1, Deleted: registry.WithDeleted, Resolved: true}
	equal(t, "by version", whole, must(d.reg.ReadVersion(t.Context(), read))(t).Text)
	_, err := d.lookup("x", using("dep", 1), registry.WithoutDeleted)
	wantErr(t, "lookup", registry.ErrSubjectNotFound, err)
	equal(t, "lookup with deleted", 1, must(d.lookup("x", using("dep", 1), registry.WithDeleted))(t))
	equal(t, "lookup of the whole text", 1, must(d.lookup("x", registry.Schema{Text: whole}, registry.WithDeleted))(t))
}
