package httpapi

import (
	"net/http"

	"github.com/schemactl/schemactl/registry"
)

// api answers requests from a registry.
type api struct {
	reg    *registry.Registry
	config config
}

// NewHandler serves a registry. It is safe for concurrent use. It panics when
// an option has a bad value, which is a mistake of the program.
func NewHandler(reg *registry.Registry, opts ...Option) http.Handler {
	a := &api{reg: reg, config: newConfig(opts)}
	return a.observed(a.contained(a.routes()))
}

// handler answers a request with what is to be printed, or an error.
type handler func(*request) (answer, error)

// routes is the table of all that is served.
func (a *api) routes() *http.ServeMux {
	mux := http.NewServeMux()
	a.extensions(mux)
	for pattern, h := range map[string]handler{
		"GET /{$}":                    a.root,
		"POST /{$}":                   a.root,
		"GET /v1/metadata/id":         a.clusterID,
		"GET /v1/metadata/version":    a.serverVersion,
		"GET /v1/metadata/deployment": a.deployment,

		"GET /contexts":              a.contexts,
		"DELETE /contexts/{context}": a.deleteContext,
	} {
		mux.Handle(pattern, a.serve(h))
	}
	mux.Handle("GET /healthz", a.probe(a.healthy))
	mux.Handle("GET /readyz", a.probe(a.ready))
	for _, route := range a.inContexts() {
		mux.Handle(route.method+" "+route.path, a.serve(route.handler))
		mux.Handle(route.method+" /contexts/{context}"+route.path, a.serve(route.handler))
	}
	return mux
}

type route struct {
	method, path string
	handler      handler
}

// inContexts is the table of what is served for the default context, and below
// /contexts/{context} for another one.
func (a *api) inContexts() []route {
	return []route{
		{"GET", "/schemas", a.schemas},
		{"GET", "/schemas/types", a.schemaTypes},
		{"GET", "/schemas/ids/{id}", a.schemaByID},
		{"GET", "/schemas/ids/{id}/schema", a.schemaTextByID},
		{"GET", "/schemas/ids/{id}/subjects", a.subjectsByID},
		{"GET", "/schemas/ids/{id}/versions", a.versionsByID},
		{"GET", "/schemas/guids/{guid}", a.schemaByGUID},
		{"GET", "/schemas/guids/{guid}/ids", a.idsByGUID},

		{"GET", "/subjects", a.subjects},
		{"POST", "/subjects/{subject}", a.lookup},
		{"DELETE", "/subjects/{subject}", a.deleteSubject},
		{"GET", "/subjects/{subject}/metadata", a.versionByMetadata},
		{"GET", "/subjects/{subject}/versions", a.versions},
		{"POST", "/subjects/{subject}/versions", a.register},
		{"GET", "/subjects/{subject}/versions/{version}", a.version},
		{"DELETE", "/subjects/{subject}/versions/{version}", a.deleteVersion},
		{"GET", "/subjects/{subject}/versions/{version}/schema", a.versionText},
		{"GET", "/subjects/{subject}/versions/{version}/referencedby", a.referencedBy},
		{"POST", "/subjects/{subject}/versions/{version}/tags", a.tag},

		{"POST", "/compatibility/subjects/{subject}/versions", a.check},
		{"POST", "/compatibility/subjects/{subject}/versions/{version}", a.check},

		{"GET", "/config", a.readConfig},
		{"PUT", "/config", a.setConfig},
		{"DELETE", "/config", a.deleteConfig},
		{"GET", "/config/{subject}", a.readConfig},
		{"PUT", "/config/{subject}", a.setConfig},
		{"DELETE", "/config/{subject}", a.deleteConfig},

		{"GET", "/mode", a.mode},
		{"PUT", "/mode", a.setMode},
		{"DELETE", "/mode", a.deleteMode},
		{"GET", "/mode/{subject}", a.mode},
		{"PUT", "/mode/{subject}", a.setMode},
		{"DELETE", "/mode/{subject}", a.deleteMode},
	}
}
