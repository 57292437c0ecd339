package cli

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/schemactl/schemactl/registry/store/memory"
)

// Who asks the server for its version hears that of the binary.
func TestServedVersion(t *testing.T) {
	t.Parallel()
	o := &serveOptions{clusterName: "c"}
	handler, err := o.handler(slog.New(slog.DiscardHandler), memory.New(), nil)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/metadata/version", http.NoBody))
	var got struct{ Version, CommitID string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if want := readVersion(); got.Version != want.Version || got.Version == "" || got.CommitID != want.Revision {
		t.Errorf("it answers %s, and is %+v", w.Body, want)
	}
}
