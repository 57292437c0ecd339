package httpapi

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/internal/jsonwrite"
)

// GET /subjects
func (a *api) subjects(r *request) (answer, error) {
	prefix, defaultOnly := r.prefix(registry.AllContexts)
	names, err := a.reg.Subjects(r.Context(), registry.SubjectsRequest{
		Prefix: prefix, DefaultOnly: defaultOnly, Deleted: r.deletedInList(), Page: r.page(),
	})
	return textList(names), err
}

// DELETE /subjects/{subject}
func (a *api) deleteSubject(r *request) (answer, error) {
	numbers, err := a.reg.DeleteSubject(r.Context(), registry.DeleteSubjectRequest{
		Subject: r.subject(), Permanent: r.flag("permanent"),
	})
	return numberList(numbers), err
}

// GET /subjects/{subject}/metadata
func (a *api) versionByMetadata(r *request) (answer, error) {
	keys, values := r.params()["key"], r.params()["value"]
	if len(keys) != len(values) {
		return nil, wireError(http.StatusUnprocessableEntity, "each key needs a value")
	}
	req := registry.MetadataRequest{
		Subject: r.subject(), Properties: map[string]string{}, Deleted: r.deleted(), Resolved: r.isResolved(),
	}
	for i, key := range keys {
		req.Properties[key] = values[i]
	}
	e, err := a.reg.ByMetadata(r.Context(), req)
	return entry(e), err
}

// GET /subjects/{subject}/versions
func (a *api) versions(r *request) (answer, error) {
	req := registry.VersionsRequest{Subject: r.subject(), Deleted: r.deletedInList(), Page: r.page()}
	numbers, err := a.reg.ListVersions(r.Context(), req)
	if err != nil || !r.flag("deletedAsNegative") || req.Deleted == registry.WithoutDeleted {
		return numberList(numbers), err
	}
	req.Deleted, req.Page = registry.OnlyDeleted, registry.Page{}
	deleted, err := a.reg.ListVersions(r.Context(), req)
	if err != nil && !errors.Is(err, registry.ErrSubjectNotFound) {
		return nil, err
	}
	for i, n := range numbers {
		if slices.Contains(deleted, n) {
			numbers[i] = -n
		}
	}
	return numberList(numbers), nil
}

// GET /subjects/{subject}/versions/{version}
func (a *api) version(r *request) (answer, error) {
	e, err := a.entry(r)
	return entry(e), err
}

// GET /subjects/{subject}/versions/{version}/schema
func (a *api) versionText(r *request) (answer, error) {
	e, err := a.entry(r)
	return text(e.Text), err
}

func (a *api) entry(r *request) (registry.Entry, error) {
	number, err := r.version()
	if err != nil {
		return registry.Entry{}, err
	}
	return a.reg.ReadVersion(r.Context(), registry.VersionRequest{
		Subject: r.subject(), Version: number, Deleted: r.deleted(), Resolved: r.isResolved(), FindTags: r.flag("findTags"),
		Qualified: r.isQualified(),
	})
}

// GET /subjects/{subject}/versions/{version}/referencedby
func (a *api) referencedBy(r *request) (answer, error) {
	number, err := r.version()
	if err != nil {
		return nil, err
	}
	ids, err := a.reg.ReferencedBy(r.Context(), registry.ReferencedByRequest{
		Subject: r.subject(), Version: number, Deleted: r.deleted(), Page: r.page(),
	})
	return numberList(ids), err
}

// DELETE /subjects/{subject}/versions/{version}
func (a *api) deleteVersion(r *request) (answer, error) {
	number, err := r.version()
	if err != nil {
		return nil, err
	}
	number, err = a.reg.DeleteVersion(r.Context(), registry.DeleteVersionRequest{
		Subject: r.subject(), Version: number, Permanent: r.flag("permanent"),
	})
	return func(w *jsonwrite.Writer) { w.B = strconv.AppendInt(w.B, int64(number), 10) }, err
}
