package httpapi

import (
	"net/http"

	"github.com/schemactl/schemactl/registry"
)

// extensions adds what the contract does not have. It lies below a path of its own,
// which other registries answer with 404.
func (a *api) extensions(mux *http.ServeMux) {
	mux.Handle("POST /schemactl/v1/subjects/{subject}/undelete", a.serve(a.undelete))
}

// POST /schemactl/v1/subjects/{subject}/undelete
func (a *api) undelete(r *request) (answer, error) {
	req := registry.UndeleteRequest{Subject: r.subject()}
	if text := r.param("version"); text != "" {
		var err error
		if req.Version, err = registry.ParseVersion(text); err != nil {
			return nil, err
		}
	}
	numbers, err := a.reg.Undelete(r.Context(), req)
	return numberList(numbers), err
}
