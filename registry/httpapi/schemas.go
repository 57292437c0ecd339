package httpapi

import (
	"net/http"

	"github.com/schemactl/schemactl/registry"
)

// GET /schemas/types
func (a *api) schemaTypes(*http.Request) (any, error) {
	return []registry.Type{registry.Avro}, nil
}

// GET /schemas/ids/{id}
func (a *api) schemaByID(r *http.Request) (any, error) {
	e, err := a.byID(r)
	if err != nil {
		return nil, err
	}
	b := newEntryBody(e)
	b.ID = 0 // the client knows it
	return b, nil
}

// GET /schemas/ids/{id}/schema
func (a *api) schemaTextByID(r *http.Request) (any, error) {
	e, err := a.byID(r)
	return text(e.Text), err
}

func (a *api) byID(r *http.Request) (registry.Entry, error) {
	id, err := schemaID(r)
	if err != nil {
		return registry.Entry{}, err
	}
	if isResolved(r) {
		return a.reg.ResolvedByID(r.Context(), id)
	}
	return a.reg.ByID(r.Context(), id)
}

// GET /schemas/ids/{id}/subjects
func (a *api) subjectsByID(r *http.Request) (any, error) {
	id, err := schemaID(r)
	if err != nil {
		return nil, err
	}
	uses, err := a.reg.Uses(r.Context(), registry.UsesRequest{ID: id, Deleted: deleted(r)})
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, use := range uses {
		if len(names) == 0 || names[len(names)-1] != use.Subject {
			names = append(names, use.Subject)
		}
	}
	return registry.Cut(names, page(r)), nil
}

// GET /schemas/ids/{id}/versions
func (a *api) versionsByID(r *http.Request) (any, error) {
	id, err := schemaID(r)
	if err != nil {
		return nil, err
	}
	uses, err := a.reg.Uses(r.Context(), registry.UsesRequest{ID: id, Deleted: deleted(r), Page: page(r)})
	return list(uses), err
}
