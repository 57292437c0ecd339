package httpapi_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr"
)

// TestFranzClient lets a client that others wrote speak to the handler.
func TestFranzClient(t *testing.T) {
	t.Parallel()
	for kind, open := range stores() {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			srv := newServer(t, open(t))
			cl, err := sr.NewClient(sr.URLs(srv.URL), sr.HTTPClient(srv.Client()))
			if err != nil {
				t.Fatal(err)
			}
			franz(t, cl)
		})
	}
}

func franz(t *testing.T, cl *sr.Client) {
	t.Helper()
	ctx := t.Context()
	const order = `{"type":"record","name":"Order","fields":[{"name":"id","type":"long"}]}`
	created, err := cl.CreateSchema(ctx, "a/b", sr.Schema{Schema: order})
	if err != nil {
		t.Fatal(err)
	}
	want := sr.SubjectSchema{Subject: "a/b", Version: 1, ID: 1, GUID: "b040db4b-fdae-23ea-4a07-95f3973b98c8", Schema: sr.Schema{Schema: order}}
	same(t, "created", want, created)

	found, err := cl.LookupSchema(ctx, "a/b", sr.Schema{Schema: order})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "looked up", want, found)

	byID, err := cl.SchemaByID(ctx, 1)
	if err != nil || byID.Schema != order {
		t.Errorf("by id: %+v, %v", byID, err)
	}
	check, err := cl.CheckCompatibility(sr.WithParams(ctx, sr.Verbose), "a/b", -1, sr.Schema{Schema: `"int"`})
	if err != nil || check.Is || len(check.Messages) != 4 {
		t.Errorf("check: %+v, %v", check, err)
	}
	_, err = cl.CreateSchema(ctx, "a/b", sr.Schema{Schema: `"int"`})
	refused(t, err, 40901)
	if text, err := cl.SchemaTextByID(ctx, 1); err != nil || text != order {
		t.Errorf("text by id: %s, %v", text, err)
	}
	if uses, err := cl.SchemaVersionsByID(ctx, 1); err != nil || len(uses) != 1 || uses[0].Subject != "a/b" {
		t.Errorf("versions by id: %+v, %v", uses, err)
	}
	if got := cl.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatNone}, "a/b"); got[0].Err != nil || got[0].Level != sr.CompatNone {
		t.Errorf("set level: %+v", got)
	}
	if got := cl.Compatibility(ctx, "a/b"); got[0].Err != nil || got[0].Level != sr.CompatNone {
		t.Errorf("level: %+v", got)
	}
	_, err = cl.SchemaByID(ctx, 99)
	refused(t, err, 40403)
	references(t, cl)
	deletes(t, cl)
}

func references(t *testing.T, cl *sr.Client) {
	t.Helper()
	ctx := t.Context()
	s := sr.Schema{
		Schema:     `{"type":"array","items":"Order"}`,
		References: []sr.SchemaReference{{Name: "Order", Subject: "a/b", Version: 1}},
	}
	e, err := cl.CreateSchema(ctx, "list", s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.References, e.References); diff != "" {
		t.Errorf("references (-want +got):\n%s", diff)
	}
	ids, err := cl.SchemaReferences(ctx, "a/b", 1)
	if err != nil || len(ids) != 1 || ids[0].ID != e.ID {
		t.Errorf("referenced by: %+v, %v", ids, err)
	}
	subjects, err := cl.Subjects(ctx)
	if diff := cmp.Diff([]string{"a/b", "list"}, subjects); diff != "" || err != nil {
		t.Errorf("subjects %v (-want +got):\n%s", err, diff)
	}
}

// deletes takes away what references made.
func deletes(t *testing.T, cl *sr.Client) {
	t.Helper()
	ctx := t.Context()
	versions := func(want []int, how sr.DeleteHow, subject string) {
		t.Helper()
		got, err := cl.DeleteSubject(ctx, subject, how)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("delete %s: %v (-want +got):\n%s", subject, err, diff)
		}
	}
	_, err := cl.DeleteSubject(ctx, "a/b", sr.SoftDelete)
	refused(t, err, 42206)
	_, err = cl.DeleteSubject(ctx, "list", sr.HardDelete)
	refused(t, err, 40405)
	versions([]int{1}, sr.SoftDelete, "list")
	_, err = cl.DeleteSubject(ctx, "list", sr.SoftDelete)
	refused(t, err, 40404)
	if subjects, err := cl.Subjects(sr.WithParams(ctx, sr.DeletedOnly)); err != nil || len(subjects) != 1 || subjects[0] != "list" {
		t.Errorf("deleted subjects: %v, %v", subjects, err)
	}
	if s, err := cl.SchemaByVersion(sr.WithParams(ctx, sr.ShowDeleted), "list", 1); err != nil || s.Version != 1 {
		t.Errorf("deleted version: %+v, %v", s, err)
	}
	_, err = cl.SchemaByVersion(ctx, "list", 1)
	refused(t, err, 40401)

	refused(t, cl.DeleteSchema(ctx, "a/b", -1, sr.HardDelete), 42206)
	versions([]int{1}, sr.HardDelete, "list")
	refused(t, cl.DeleteSchema(ctx, "a/b", -1, sr.HardDelete), 40407)
	for _, how := range []sr.DeleteHow{sr.SoftDelete, sr.HardDelete} {
		if err := cl.DeleteSchema(ctx, "a/b", 1, how); err != nil {
			t.Errorf("delete version, permanent %t: %v", how, err)
		}
	}
	refused(t, cl.DeleteSchema(ctx, "a/b", 1, sr.SoftDelete), 40401)
	_, err = cl.SchemaByID(ctx, 1)
	refused(t, err, 40403)
	if subjects, err := cl.Subjects(sr.WithParams(ctx, sr.ShowDeleted)); err != nil || len(subjects) != 0 {
		t.Errorf("subjects at the end: %v, %v", subjects, err)
	}
}

func refused(t *testing.T, err error, code int) {
	t.Helper()
	e, ok := errors.AsType[*sr.ResponseError](err)
	if !ok || e.ErrorCode != code {
		t.Errorf("error %v, want code %d", err, code)
	}
}

func same(t *testing.T, what string, want, got sr.SubjectSchema) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
