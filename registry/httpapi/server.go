package httpapi

import (
	"net/http"

	"github.com/schemactl/schemactl/registry/internal/jsonwrite"
)

// GET /
// POST /
func (a *api) root(*request) (answer, error) { return object(func(*jsonwrite.Writer) {}), nil }

func ok(w *jsonwrite.Writer) { w.Text("status", "ok") }

// GET /healthz
func (a *api) healthy(*request) (answer, error) { return object(ok), nil }

// GET /readyz
func (a *api) ready(r *request) (answer, error) {
	if err := a.reg.Ready(r.Context()); err != nil {
		a.config.log.ErrorContext(r.Context(), "not ready", "error", err)
		return nil, wireError(http.StatusServiceUnavailable, "the registry's store does not answer")
	}
	return object(ok), nil
}

// GET /v1/metadata/id
func (a *api) clusterID(*request) (answer, error) {
	return object(func(w *jsonwrite.Writer) {
		w.Text("id", "")
		w.Member("scope")
		w.Open()
		w.Member("path")
		w.TextList(nil)
		w.Member("clusters")
		w.Open()
		w.Text("kafka-cluster", a.config.kafkaCluster)
		w.Text("schema-registry-cluster", a.config.cluster)
		w.Close()
		w.Close()
	}), nil
}

// GET /v1/metadata/version
func (a *api) serverVersion(*request) (answer, error) {
	return object(func(w *jsonwrite.Writer) {
		w.Text("version", a.config.version)
		w.Text("commitId", a.config.commit)
	}), nil
}

// GET /v1/metadata/deployment
func (a *api) deployment(*request) (answer, error) {
	return object(func(w *jsonwrite.Writer) {
		w.Member("attributes")
		w.TextList([]string{"opensource"})
	}), nil
}
