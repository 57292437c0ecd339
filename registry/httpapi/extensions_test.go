package httpapi_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

func TestUndelete(t *testing.T) {
	t.Parallel()
	srv := newServer(t, memory.New())
	for _, step := range []struct {
		do, body string
		status   int
		want     string
	}{
		{"POST /subjects/a%2Fb/versions", `{"schema":"\"string\""}`, 200, `"version":1`},
		{"POST /schemactl/v1/subjects/a%2Fb/undelete", "", 404, `"error_code":40402`},
		{"DELETE /subjects/a%2Fb", "", 200, `[1]`},
		{"POST /schemactl/v1/subjects/a%2Fb/undelete?version=2", "", 404, `"error_code":40402`},
		{"POST /schemactl/v1/subjects/a%2Fb/undelete?version=x", "", 422, `"error_code":42202`},
		{"POST /schemactl/v1/subjects/a%2Fb/undelete?version=latest", "", 404, `"error_code":40402`},
		{"POST /schemactl/v1/subjects/a%2Fb/undelete?version=1", "", 200, `[1]`},
		{"GET /subjects/a%2Fb/versions", "", 200, `[1]`},
		{"DELETE /subjects/a%2Fb", "", 200, `[1]`},
		{"POST /schemactl/v1/subjects/a%2Fb/undelete", "", 200, `[1]`},
		{"GET /schemactl/v1/subjects/a%2Fb/undelete", "", 405, `"error_code":405`},
		{"POST /schemactl/v1/subjects/a%2Fb", "", 404, `"error_code":404`},
	} {
		method, path, _ := strings.Cut(step.do, " ")
		req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(step.body))
		if err != nil {
			t.Fatal(err)
		}
		if needed := httpapi.AccessOf(req); strings.HasPrefix(path, "/schemactl") && method == "POST" && needed != httpapi.AccessWrite {
			t.Errorf("%s: needs %d", step.do, needed)
		}
		resp, err := srv.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close() // it was read
		if err != nil || resp.StatusCode != step.status || !strings.Contains(string(text), step.want) {
			t.Errorf("%s: %d %s, %v; want %d and %s", step.do, resp.StatusCode, text, err, step.status, step.want)
		}
	}
}
