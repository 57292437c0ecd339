package httpapi

import (
	"log/slog"
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
	c := config{
		maxBody: DefaultMaxBodyBytes,
		log:     slog.New(slog.DiscardHandler),
		observe: func(Observation) {},
	}
	for _, opt := range opts {
		if err := opt.apply(&c); err != nil {
			panic("httpapi: " + err.Error())
		}
	}
	a := &api{reg: reg, config: c}
	return a.observed(a.contained(a.routes()))
}

// handler answers a request with a value to be printed as JSON, or an error.
type handler func(*http.Request) (any, error)

// routes is the table of all that is served.
func (a *api) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /{$}":                 a.root,
		"POST /{$}":                a.root,
		"GET /healthz":             a.healthy,
		"GET /readyz":              a.ready,
		"GET /v1/metadata/version": a.serverVersion,

		"GET /schemas/types":             a.schemaTypes,
		"GET /schemas/ids/{id}":          a.schemaByID,
		"GET /schemas/ids/{id}/schema":   a.schemaTextByID,
		"GET /schemas/ids/{id}/subjects": a.subjectsByID,
		"GET /schemas/ids/{id}/versions": a.versionsByID,

		"GET /subjects":                                           a.subjects,
		"POST /subjects/{subject}":                                a.lookup,
		"DELETE /subjects/{subject}":                              a.deleteSubject,
		"GET /subjects/{subject}/versions":                        a.versions,
		"POST /subjects/{subject}/versions":                       a.register,
		"GET /subjects/{subject}/versions/{version}":              a.version,
		"DELETE /subjects/{subject}/versions/{version}":           a.deleteVersion,
		"GET /subjects/{subject}/versions/{version}/schema":       a.versionText,
		"GET /subjects/{subject}/versions/{version}/referencedby": a.referencedBy,

		"POST /compatibility/subjects/{subject}/versions":           a.check,
		"POST /compatibility/subjects/{subject}/versions/{version}": a.check,

		"GET /config":              a.level,
		"PUT /config":              a.setLevel,
		"DELETE /config":           a.deleteLevel,
		"GET /config/{subject}":    a.level,
		"PUT /config/{subject}":    a.setLevel,
		"DELETE /config/{subject}": a.deleteLevel,
	} {
		mux.Handle(pattern, a.serve(h))
	}
	return mux
}
