package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// nowhere takes an answer and keeps its status.
type nowhere struct {
	header http.Header
	status int
}

func (w *nowhere) Header() http.Header         { return w.header }
func (w *nowhere) WriteHeader(status int)      { w.status = status }
func (w *nowhere) Write(b []byte) (int, error) { return len(b), nil }

// benchSchema has 20 fields.
func benchSchema(n int) string {
	fields := make([]string, 20)
	for i := range fields {
		fields[i] = fmt.Sprintf(`{"name":"field_%d","type":["null","string"],"default":null}`, i)
	}
	return fmt.Sprintf(`{"type":"record","name":"Event%d","namespace":"shop.events","fields":[%s]}`, n, strings.Join(fields, ","))
}

// BenchmarkHandler shows what the handler takes of a request, without a network.
func BenchmarkHandler(b *testing.B) {
	reg, err := registry.New(memory.New())
	if err != nil {
		b.Fatal(err)
	}
	for i := range 500 {
		req := registry.RegisterRequest{Subject: fmt.Sprintf("events-%d-value", i), Schema: registry.Schema{Text: benchSchema(i)}}
		if _, err := reg.Register(b.Context(), req); err != nil {
			b.Fatal(err)
		}
	}
	handler := httpapi.NewHandler(reg)
	body := `{"schema":` + strconv.Quote(benchSchema(7)) + `}`
	for _, bc := range []struct{ name, method, path, body string }{
		{"root", "GET", "/", ""},
		{"by id", "GET", "/schemas/ids/8", ""},
		{"latest", "GET", "/subjects/events-7-value/versions/latest", ""},
		{"lookup", "POST", "/subjects/events-7-value", body},
		{"same again", "POST", "/subjects/events-7-value/versions", body},
		{"check", "POST", "/compatibility/subjects/events-7-value/versions/latest", body},
		{"page of 100", "GET", "/subjects?offset=100&limit=100", ""},
		{"page of 100 schemas", "GET", "/schemas?offset=100&limit=100", ""},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			w := &nowhere{header: http.Header{}}
			req := httptest.NewRequestWithContext(b.Context(), bc.method, bc.path, strings.NewReader(bc.body))
			req.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
			req.Header.Set("Accept", "application/vnd.schemaregistry.v1+json")
			for b.Loop() {
				again := *req
				again.Body = io.NopCloser(strings.NewReader(bc.body))
				clear(w.header)
				w.status = 0
				handler.ServeHTTP(w, &again)
				if w.status != http.StatusOK {
					b.Fatalf("status %d", w.status)
				}
			}
		})
	}
}
