package httpapi_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

// exchange is one request of a file in testdata/wire and the answer that it
// has to get. The exchanges of a file run in order on an empty registry.
type exchange struct {
	Do     string            `json:"do"` // method and path
	Header map[string]string `json:"header"`
	Body   any               `json:"body"` // JSON, or a text that is sent as it is
	Status int               `json:"status"`
	// Want is compared with the answer member by member. The text "*" stands for
	// any value; a text that begins and ends with it for one that contains the rest.
	Want any               `json:"want"`
	Type string            `json:"type"` // media type of the answer
	Has  map[string]string `json:"has"`  // headers of the answer
}

func stores() map[string]func(t *testing.T) registry.Store {
	return map[string]func(t *testing.T) registry.Store{
		"memory": func(*testing.T) registry.Store { return memory.New() },
		"sqlite": func(t *testing.T) registry.Store {
			t.Helper()
			db, err := database.Open(t.Context(), testenv.SQLite(t))
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := database.Close(db); err != nil {
					t.Error(err)
				}
			})
			s, err := sqlstore.New(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
	}
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

func TestWire(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/wire/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for kind, open := range stores() {
		for _, file := range files {
			t.Run(kind+"/"+strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
				t.Parallel()
				srv := newServer(t, open(t), httpapi.WithVersion("1.2.3", "abc"), httpapi.WithMaxBodyBytes(10_000))
				for _, x := range readExchanges(t, file) {
					x.run(t, srv)
				}
			})
		}
	}
}

func readExchanges(t *testing.T, file string) []exchange {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var list []exchange
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func (x exchange) run(t *testing.T, srv *httptest.Server) {
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
	if resp.StatusCode != x.Status {
		t.Errorf("%s: status %d, want %d: %s", x.Do, resp.StatusCode, x.Status, text)
		return
	}
	if x.Type != "" && resp.Header.Get("Content-Type") != x.Type {
		t.Errorf("%s: type %q, want %q", x.Do, resp.Header.Get("Content-Type"), x.Type)
	}
	for name, value := range x.Has {
		if resp.Header.Get(name) != value {
			t.Errorf("%s: header %s is %q, want %q", x.Do, name, resp.Header.Get(name), value)
		}
	}
	var got any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Errorf("%s: answer %q: %v", x.Do, text, err)
	}
	if diff := cmp.Diff(x.Want, loosen(x.Want, got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", x.Do, diff)
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
