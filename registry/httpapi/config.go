package httpapi

import (
	"cmp"
	"net/http"

	"github.com/schemactl/schemactl/registry"
)

// GET /config
// GET /config/{subject}
func (a *api) level(r *http.Request) (any, error) {
	ask := a.reg.Level
	if flag(r, "defaultToGlobal") {
		ask = a.reg.EffectiveLevel
	}
	level, err := ask(r.Context(), r.PathValue("subject"))
	return levelBody{level}, err
}

// PUT /config
// PUT /config/{subject}
func (a *api) setLevel(r *http.Request) (any, error) {
	var b levelRequest
	if err := readJSON(r, &b); err != nil {
		return nil, err
	}
	level, err := registry.ParseLevel(cmp.Or(b.Compatibility, b.Level))
	if err != nil {
		return nil, err
	}
	return levelSetBody{level}, a.reg.SetLevel(r.Context(), r.PathValue("subject"), level)
}

// DELETE /config
// DELETE /config/{subject}
func (a *api) deleteLevel(r *http.Request) (any, error) {
	level, err := a.reg.DeleteLevel(r.Context(), r.PathValue("subject"))
	return levelBody{level}, err
}
