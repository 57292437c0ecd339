package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry/httpapi"
)

// A name with a slash in it must not make a change look like a question.
func TestAccessOf(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]httpapi.Access{
		"GET /healthz":                            httpapi.AccessNone,
		"GET /subjects":                           httpapi.AccessRead,
		"POST /":                                  httpapi.AccessRead,
		"POST /subjects/a":                        httpapi.AccessRead,
		"POST /subjects/a%2Fversions":             httpapi.AccessRead,
		"POST /contexts/.eu/subjects/a":           httpapi.AccessRead,
		"POST /compatibility/subjects/a/versions": httpapi.AccessRead,
		"POST /contexts/.eu/compatibility/subjects/a/versions/1":     httpapi.AccessRead,
		"POST /subjects/a/versions":                                  httpapi.AccessWrite,
		"POST /subjects/a/%76ersions":                                httpapi.AccessWrite,
		"POST /subjects/compatibility/versions":                      httpapi.AccessWrite,
		"POST /contexts/.eu/subjects/a/versions":                     httpapi.AccessWrite,
		"POST /contexts/x%2Fcompatibility/subjects/a/versions":       httpapi.AccessWrite,
		"POST /contexts/x%2Fsubjects%2Fy/subjects/a/versions/1/tags": httpapi.AccessWrite,
		"PUT /config":          httpapi.AccessWrite,
		"DELETE /contexts/.eu": httpapi.AccessWrite,
	} {
		method, path, _ := strings.Cut(request, " ")
		if got := httpapi.AccessOf(httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody)); got != want {
			t.Errorf("%s needs %d, want %d", request, got, want)
		}
	}
}
