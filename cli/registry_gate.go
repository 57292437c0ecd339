package cli

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
)

// gate answers until the handler behind it is there: the process lives, and nothing
// else can be asked yet.
type gate struct{ next atomic.Pointer[http.Handler] }

func (g *gate) open(h http.Handler) { g.next.Store(&h) }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if next := g.next.Load(); next != nil {
		(*next).ServeHTTP(w, r)
		return
	}
	status, body := http.StatusServiceUnavailable, map[string]any{
		"error_code": http.StatusServiceUnavailable, "message": "the registry is reading its store",
	}
	if strings.TrimSuffix(r.URL.Path, "/") == "/healthz" {
		status, body = http.StatusOK, map[string]any{"status": "ok"}
	}
	w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	w.Header().Set("Retry-After", "1")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have left
}
