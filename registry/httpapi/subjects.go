package httpapi

import (
	"math"
	"net/http"

	"github.com/schemactl/schemactl/registry"
)

// GET /subjects
func (a *api) subjects(r *http.Request) (any, error) {
	names, err := a.reg.Subjects(r.Context(), registry.SubjectsRequest{
		Prefix: r.URL.Query().Get("subjectPrefix"), Deleted: deletedInList(r), Page: page(r),
	})
	return list(names), err
}

// POST /subjects/{subject}
func (a *api) lookup(r *http.Request) (any, error) {
	var b schemaRequest
	if err := readJSON(r, &b); err != nil {
		return nil, err
	}
	e, err := a.reg.Lookup(r.Context(), registry.LookupRequest{
		Subject: r.PathValue("subject"), Schema: b.schema(), Deleted: deleted(r),
	})
	return newEntryBody(e), err
}

// GET /subjects/{subject}/versions
func (a *api) versions(r *http.Request) (any, error) {
	numbers, err := a.reg.ListVersions(r.Context(), registry.VersionsRequest{
		Subject: r.PathValue("subject"), Deleted: deletedInList(r), Page: page(r),
	})
	return list(numbers), err
}

// POST /subjects/{subject}/versions
func (a *api) register(r *http.Request) (any, error) {
	var b schemaRequest
	if err := readJSON(r, &b); err != nil {
		return nil, err
	}
	e, err := a.reg.Register(r.Context(), registry.RegisterRequest{
		Subject: r.PathValue("subject"), Schema: b.schema(), Version: max(b.Version, 0), ID: uint32(min(max(b.ID, 0), math.MaxUint32)),
	})
	return newEntryBody(e), err
}

// GET /subjects/{subject}/versions/{version}
func (a *api) version(r *http.Request) (any, error) {
	e, err := a.entry(r)
	return newEntryBody(e), err
}

// GET /subjects/{subject}/versions/{version}/schema
func (a *api) versionText(r *http.Request) (any, error) {
	e, err := a.entry(r)
	return text(e.Text), err
}

func (a *api) entry(r *http.Request) (registry.Entry, error) {
	number, err := version(r)
	if err != nil {
		return registry.Entry{}, err
	}
	return a.reg.ReadVersion(r.Context(), registry.VersionRequest{
		Subject: r.PathValue("subject"), Version: number, Deleted: deleted(r), Resolved: isResolved(r),
	})
}

// GET /subjects/{subject}/versions/{version}/referencedby
func (a *api) referencedBy(r *http.Request) (any, error) {
	number, err := version(r)
	if err != nil {
		return nil, err
	}
	ids, err := a.reg.ReferencedBy(r.Context(), registry.ReferencedByRequest{
		Subject: r.PathValue("subject"), Version: number, Deleted: deleted(r), Page: page(r),
	})
	return list(ids), err
}

// DELETE /subjects/{subject}
func (a *api) deleteSubject(r *http.Request) (any, error) {
	numbers, err := a.reg.DeleteSubject(r.Context(), registry.DeleteSubjectRequest{
		Subject: r.PathValue("subject"), Permanent: flag(r, "permanent"),
	})
	return list(numbers), err
}

// DELETE /subjects/{subject}/versions/{version}
func (a *api) deleteVersion(r *http.Request) (any, error) {
	number, err := version(r)
	if err != nil {
		return nil, err
	}
	return a.reg.DeleteVersion(r.Context(), registry.DeleteVersionRequest{
		Subject: r.PathValue("subject"), Version: number, Permanent: flag(r, "permanent"),
	})
}
