package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
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

type reader struct{}

func (reader) Allowed(name, _ string) (httpapi.Access, bool) {
	return httpapi.AccessRead, name == "reader"
}

// Requests that are refused for want of a right are observed too, and once, and the
// others are left to the handler's own observer.
func TestWithUsersObserves(t *testing.T) {
	t.Parallel()
	var seen []int
	observer := httpapi.WithObserver(func(o httpapi.Observation) {
		if o.Route != "" || o.Duration <= 0 {
			t.Errorf("%+v", o)
		}
		seen = append(seen, o.Status)
	})
	h := httpapi.WithUsers(http.NotFoundHandler(), reader{}, observer)
	for _, request := range []string{"GET nobody", "PUT reader", "GET reader", "PUT nobody"} {
		method, name, _ := strings.Cut(request, " ")
		r := httptest.NewRequestWithContext(t.Context(), method, "/config", http.NoBody)
		r.SetBasicAuth(name, "")
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	if want := []int{401, 403, 401}; !slices.Equal(seen, want) {
		t.Errorf("observed %v, want %v", seen, want)
	}
}
