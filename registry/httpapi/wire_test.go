package httpapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

var update = flag.Bool("update", false, "write the answers of a registry in memory into testdata/wire, where they differ: read the change before you keep it")

// exchange is one request of a file in testdata/wire and the answer that it
// has to get. The exchanges of a file run in order on an empty registry.
type exchange struct {
	Do     string            `json:"do"` // method and path
	Header map[string]string `json:"header,omitempty"`
	Body   any               `json:"body,omitempty"` // JSON, or a text that is sent as it is
	Status int               `json:"status"`
	// Want is compared with the answer member by member. The text "*" stands for
	// any value; a text that begins and ends with it for one that contains the rest.
	Want any               `json:"want"`
	Type string            `json:"type,omitempty"` // media type of the answer
	Has  map[string]string `json:"has,omitempty"`  // headers of the answer
}

func newServer(t *testing.T, s registry.Store, opts ...httpapi.Option) *httptest.Server {
	t.Helper()
	reg, err := registry.New(s)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(httpapi.NewHandler(reg, opts...))
	t.Cleanup(srv.Close)
	return srv
}

// TestWire runs the exchanges on every store, by HTTP and, where a call has such a
// form, as calls of the library: both have to answer the same.
func TestWire(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/wire/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	if *update {
		for _, file := range files {
			updateExchanges(t, file)
		}
		return
	}
	for kind, open := range stores() {
		for _, file := range files {
			name := kind + "/" + strings.TrimSuffix(filepath.Base(file), ".json")
			t.Run(name+"/http", func(t *testing.T) {
				t.Parallel()
				srv := newWireServer(t, open(t))
				for _, x := range readExchanges(t, file) {
					resp := x.send(t, srv)
					x.compare(t, resp)
				}
			})
			t.Run(name+"/library", func(t *testing.T) {
				t.Parallel()
				reg, err := registry.New(open(t), registry.WithMaxSchemaBytes(9_000))
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range readExchanges(t, file) {
					if resp, ok := x.call(t, reg); ok {
						x.compare(t, resp)
					}
				}
			})
		}
	}
}

func newWireServer(t *testing.T, s registry.Store) *httptest.Server {
	t.Helper()
	return newServer(t, s, httpapi.WithVersion("1.2.3", "abc"), httpapi.WithCluster("sr", "kafka"), httpapi.WithMaxBodyBytes(10_000))
}

func readExchanges(t *testing.T, file string) []exchange {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []exchange
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return list
}

// response is an answer by either way.
type response struct {
	status int
	body   any // nil when there is none
	header http.Header
}

func (x exchange) send(t *testing.T, srv *httptest.Server) response {
	t.Helper()
	method, path, _ := strings.Cut(x.Do, " ")
	req, err := http.NewRequestWithContext(t.Context(), method, srv.URL+path, strings.NewReader(x.body(t)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range x.Header {
		req.Header.Set(name, value)
	}
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := response{status: resp.StatusCode, header: resp.Header}
	if len(text) == 0 {
		return out
	}
	if err := json.Unmarshal(text, &out.body); err != nil {
		t.Errorf("%s: answer %q: %v", x.Do, text, err)
	}
	return out
}

func (x exchange) compare(t *testing.T, got response) {
	t.Helper()
	if got.status != x.Status {
		t.Errorf("%s %v: status %d, want %d: %v", x.Do, x.Body, got.status, x.Status, got.body)
		return
	}
	if diff := cmp.Diff(x.Want, loosen(x.Want, got.body)); diff != "" {
		t.Errorf("%s %v (-want +got):\n%s", x.Do, x.Body, diff)
	}
	if got.header == nil {
		return
	}
	if x.Type != "" && got.header.Get("Content-Type") != x.Type {
		t.Errorf("%s: type %q, want %q", x.Do, got.header.Get("Content-Type"), x.Type)
	}
	for name, value := range x.Has {
		if got.header.Get(name) != value {
			t.Errorf("%s: header %s is %q, want %q", x.Do, name, got.header.Get(name), value)
		}
	}
}

// hideChanging puts "*" in the place of what differs from run to run, and of what is
// for people to read.
func hideChanging(v any) {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			hideChanging(item)
		}
	case map[string]any:
		for name, value := range v {
			switch text, isText := value.(string); {
			case isText && strings.HasPrefix(text, "*"):
				continue
			case name == "message" || name == "ts":
				v[name] = "*"
				continue
			}
			hideChanging(value)
		}
	}
}

// updateExchanges writes what a registry in memory answers into a file.
func updateExchanges(t *testing.T, file string) {
	t.Helper()
	srv, list := newWireServer(t, memory.New()), readExchanges(t, file)
	for i, x := range list {
		got := x.send(t, srv)
		list[i].Status = got.status
		loose := loosen(x.Want, got.body)
		if hideChanging(loose); !cmp.Equal(x.Want, loose) {
			list[i].Want = loose
		}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(list); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (x exchange) body(t *testing.T) string {
	t.Helper()
	if text, ok := x.Body.(string); ok || x.Body == nil {
		return text
	}
	b, err := json.Marshal(x.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// loosen puts the wanted value in the place of one that is as good.
func loosen(want, got any) any {
	switch w := want.(type) {
	case string:
		g, isText := got.(string)
		part := strings.Trim(w, "*")
		if w == "*" || isText && w == "*"+part+"*" && strings.Contains(g, part) {
			return want
		}
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		out := map[string]any{}
		for name, value := range g {
			out[name] = loosen(w[name], value)
		}
		return out
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			break
		}
		out := make([]any, len(g))
		for i := range g {
			out[i] = loosen(w[i], g[i])
		}
		return out
	}
	return got
}
