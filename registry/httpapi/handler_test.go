package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// brokenStore fails or panics where it is read.
type brokenStore struct {
	registry.Store
	panics bool
}

func (s brokenStore) Subjects(context.Context, registry.SubjectsRequest) ([]string, error) {
	if s.panics {
		panic("secret")
	}
	return nil, errors.New("secret: disk on fire")
}

func (brokenStore) Ping(context.Context) error { return errors.New("secret: no connection") }

// buffer is a bytes.Buffer for several goroutines.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func get(t *testing.T, client *http.Client, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return do(t, client, req)
}

func do(t *testing.T, client *http.Client, req *http.Request) (status int, body string) {
	t.Helper()
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestFailingStore(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, path string
		panics     bool
		status     int
		code       int
	}{
		{name: "error", path: "/subjects", status: 500, code: 50001},
		{name: "panic", path: "/subjects", panics: true, status: 500, code: 50001},
		{name: "not ready", path: "/readyz", status: 503, code: 503},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var log buffer
			srv := newServer(t, brokenStore{memory.New(), tc.panics}, httpapi.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
			status, body := get(t, srv.Client(), srv.URL+tc.path)
			var got struct {
				Code    int    `json:"error_code"`
				Message string `json:"message"`
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil {
				t.Fatal(err)
			}
			if status != tc.status || got.Code != tc.code || got.Message == "" {
				t.Errorf("status %d, body %s", status, body)
			}
			if strings.Contains(body, "secret") || !strings.Contains(log.String(), "secret") {
				t.Errorf("the cause belongs in the log alone; body %s, log %s", body, log.String())
			}
		})
	}
	t.Run("alive all the same", func(t *testing.T) {
		t.Parallel()
		srv := newServer(t, brokenStore{memory.New(), true})
		if status, body := get(t, srv.Client(), srv.URL+"/healthz"); status != http.StatusOK {
			t.Errorf("status %d, body %s", status, body)
		}
	})
}

func TestObserver(t *testing.T) {
	t.Parallel()
	seen := make(chan httpapi.Observation, 3)
	srv := newServer(t, memory.New(), httpapi.WithObserver(func(o httpapi.Observation) { seen <- o }))
	for _, path := range []string{"/subjects", "/subjects/x/versions", "/nothing"} {
		get(t, srv.Client(), srv.URL+path)
	}
	var got []httpapi.Observation
	for range 3 {
		o := <-seen
		if o.Duration <= 0 {
			t.Errorf("%s took %s", o.Route, o.Duration)
		}
		o.Duration = 0
		got = append(got, o)
	}
	want := []httpapi.Observation{
		{Route: "GET /subjects", Status: 200},
		{Route: "GET /subjects/{subject}/versions", Status: 404},
		{Route: "", Status: 404},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("observations (-want +got):\n%s", diff)
	}
}
