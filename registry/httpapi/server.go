package httpapi

import (
	"net/http"

	"github.com/schemactl/schemactl/registry"
)

// GET /
func (a *api) root(*http.Request) (any, error) { return struct{}{}, nil }

// GET /healthz
func (a *api) healthy(*http.Request) (any, error) { return status{"ok"}, nil }

// GET /readyz
func (a *api) ready(r *http.Request) (any, error) {
	if err := a.reg.Ready(r.Context()); err != nil {
		a.config.log.ErrorContext(r.Context(), "not ready", "error", err)
		return nil, registry.FromWire(http.StatusServiceUnavailable, http.StatusServiceUnavailable, "the registry's store does not answer")
	}
	return status{"ok"}, nil
}

type status struct {
	Status string `json:"status"`
}

// GET /v1/metadata/version
func (a *api) serverVersion(*http.Request) (any, error) {
	return versionBody{a.config.version, a.config.commit}, nil
}
