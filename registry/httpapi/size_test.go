package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// What the store has no room for is the client's to mend, whichever call it comes by,
// and by whichever way it grows.
func TestTooLargeForTheStore(t *testing.T) {
	t.Parallel()
	reg, err := registry.New(memory.New(memory.WithMaxRecordBytes(2000)))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httpapi.NewHandler(reg))
	t.Cleanup(server.Close)
	long := strings.Repeat("\U0001F69A", 100) // 400 bytes, and 1200 in a record
	for _, step := range []struct {
		method, path, body, want string
		status                   int
	}{
		{"PUT", "/config/a", `{"defaultMetadata":{"properties":{"p":"` + long + `"}}}`, "", 200},
		{"PUT", "/config/a", `{"overrideMetadata":{"properties":{"p":"` + long + `"}}}`, `the setting of \"a\" has `, 422},
		{"POST", "/subjects/a/versions", `{"schema":"\"int\""}`, "", 200},
		{"POST", "/subjects/a/versions", `{"schema":"\"long\"","metadata":{"properties":{"q":"` + long + `"}}}`, `version 2 of subject \"a\" has `, 422},
		{"POST", "/subjects/a/versions", `{"schema":"\"long\""}`, `"id":2,"version":2,`, 200},
	} {
		status, body := sendTo(t, step.method, server.URL+step.path, step.body)
		if status != step.status || !strings.Contains(body, step.want) {
			t.Errorf("%s %s: %d %s, want %d and %q", step.method, step.path, status, body, step.status, step.want)
		}
		if status == http.StatusUnprocessableEntity && (!strings.Contains(body, `"error_code":42209`) || !strings.Contains(body, "the most is 2000")) {
			t.Errorf("%s %s: %s", step.method, step.path, body)
		}
	}
}

// sendTo sends a body and answers what comes.
func sendTo(t *testing.T, method, url, body string) (status int, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, http.DefaultClient, req)
}
