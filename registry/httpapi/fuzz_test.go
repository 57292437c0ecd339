package httpapi_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
)

const (
	// fuzzBodyBytes bounds bodies, so that the bound is met by inputs of a fuzzer.
	fuzzBodyBytes = 256 << 10
	// fuzzRecordBytes bounds what the store keeps, for the same reason.
	fuzzRecordBytes = 2 << 10
	// longestRequest is far above what any request takes, also on a busy machine.
	longestRequest = 10 * time.Second
	// requestsTogether bounds the requests of one input, grownFor the inputs that one
	// registry answers.
	requestsTogether = 8
	grownFor         = 300
)

// grown is a registry over which many inputs pass.
type grown struct {
	handler http.Handler
	log     *buffer
	inputs  int
}

func newGrown(tb testing.TB) *grown {
	tb.Helper()
	reg, err := registry.New(memory.New(memory.WithMaxRecordBytes(fuzzRecordBytes)))
	if err != nil {
		tb.Fatal(err)
	}
	log := &buffer{}
	handler := httpapi.NewHandler(reg, httpapi.WithMaxBodyBytes(fuzzBodyBytes),
		httpapi.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	return &grown{handler: handler, log: log}
}

// FuzzRequests sends requests that are made of the input's bytes to a new registry,
// where what fails fails again, and to one that other inputs have filled.
func FuzzRequests(f *testing.F) {
	for i := range httpapi.Patterns() {
		one, other := byte(i)%bodyKinds, (byte(i)/2+3)%bodyKinds
		f.Add([]byte{byte(i), 0, 3, 0, one, 1, 2, 3, byte(i), 1, 4, 0, other, 4, 5, 6, byte(i), 2, 5})
	}
	for _, head := range []string{
		"GET * HTTP/1.1", "OPTIONS * HTTP/1.1", "POST * HTTP/1.0", "CONNECT a:1 HTTP/1.1", "CONNECT /subjects HTTP/1.1", "GET http://a/subjects HTTP/1.1\r\nHost: b",
		"GET http://a HTTP/1.1", "GET /subjects?a;b HTTP/1.0", "HEAD /schemas/ids/1 HTTP/1.1", "GET /%2e%2e/subjects HTTP/1.1", "GET /subjects/../config HTTP/1.1",
		"POST /subjects/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5", "GET subjects HTTP/1.1", "GET /subjects#a HTTP/1.1", `GET /%2e/" HTTP/1.1`,
	} {
		f.Add(append([]byte{255, byte(len(head))}, head...))
	}
	f.Add(aboveRecordBound())
	old := newGrown(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		if old.inputs++; old.inputs > grownFor {
			old = newGrown(t)
		}
		anew, s := newGrown(t), source{input}
		for range requestsTogether {
			raw := s.request()
			for _, g := range []*grown{anew, old} {
				if !g.send(t, raw) {
					return
				}
			}
			if len(s.rest) == 0 {
				return
			}
		}
	})
}

// send lets a handler answer a request as it is on the wire and checks the answer's
// form. It is false for what a server of HTTP would not let through.
func (g *grown) send(t *testing.T, raw []byte) bool {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return false
	}
	w, begin := httptest.NewRecorder(), time.Now()
	g.handler.ServeHTTP(w, r.WithContext(t.Context()))
	if took := time.Since(begin); took > longestRequest {
		t.Errorf("the answer took %s", took)
	}
	g.check(t, r, w.Result(), w.Body.Bytes())
	if t.Failed() {
		t.Fatalf("request %.2000q\nstatus %d, %.2000q\nlog %s", raw, w.Code, w.Body, g.log)
	}
	return true
}

func (*grown) check(t *testing.T, r *http.Request, resp *http.Response, body []byte) {
	t.Helper()
	if resp.StatusCode >= http.StatusInternalServerError {
		t.Error("a client's input is no failure of the server")
	}
	media := resp.Header.Get("Content-Type")
	switch {
	case resp.StatusCode == http.StatusNoContent:
		if media != "" || len(body) != 0 {
			t.Errorf("an answer without a body has %q", media)
		}
		return
	case !slices.Contains(mediaTypes, media):
		t.Errorf("content type %q", media)
	case resp.StatusCode < 300 && !isProbe(r) && !isAccepted(r.Header["Accept"], media):
		t.Errorf("content type %q for %q", media, r.Header["Accept"])
	}
	if resp.StatusCode < 300 {
		if !json.Valid(body) && !strings.HasSuffix(strings.TrimSuffix(r.URL.Path, "/"), "/schema") {
			t.Error("the answer is not JSON")
		}
		return
	}
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil || len(members) != 2 {
		t.Errorf("an error has other members than two: %v", err)
		return
	}
	code, _ := members["error_code"].(float64)
	if message, _ := members["message"].(string); message == "" || (int(code) != resp.StatusCode && int(code)/100 != resp.StatusCode) {
		t.Errorf("error_code %v, message %q for status %d", code, message, resp.StatusCode)
	}
}

var mediaTypes = []string{"application/vnd.schemaregistry.v1+json", "application/vnd.schemaregistry+json", "application/json"}

// isProbe tells whether a request is answered whatever it accepts.
func isProbe(r *http.Request) bool {
	path := strings.TrimSuffix(r.URL.Path, "/")
	return path == "/healthz" || path == "/readyz"
}

// isAccepted is sure of plain headers alone.
func isAccepted(accept []string, media string) bool {
	text := strings.Join(accept, ",")
	return text == "" || strings.ContainsAny(text, "*,;") || strings.EqualFold(strings.TrimSpace(text), media)
}

// What the fuzzer's bytes choose between are the routes that there are.
func TestPatterns(t *testing.T) {
	t.Parallel()
	reg, err := registry.New(memory.New())
	if err != nil {
		t.Fatal(err)
	}
	var route string
	handler := httpapi.NewHandler(reg, httpapi.WithObserver(func(o httpapi.Observation) { route = o.Route }))
	for i, pattern := range httpapi.Patterns() {
		s := source{[]byte{byte(i)}}
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(s.request())))
		if err != nil {
			t.Fatal(err)
		}
		handler.ServeHTTP(httptest.NewRecorder(), r.WithContext(t.Context()))
		if got := strings.TrimSuffix(route, "{$}"); got != pattern {
			t.Errorf("%s %s is answered by %q, want %q", r.Method, r.URL, got, pattern)
		}
	}
}

// aboveRecordBound sets a config that the store does not take: metadata twice.
func aboveRecordBound() []byte {
	route := byte(slices.Index(httpapi.Patterns(), "PUT /config/{subject}"))
	return []byte{route, 1, 0, 0, 6, 0, 2, 0, 2, 7, 0, 2, 8, 1, 0}
}

// Inputs of the fuzzer reach the store's bound.
func TestFuzzMeetsRecordBound(t *testing.T) {
	t.Parallel()
	g, s := newGrown(t), source{aboveRecordBound()}
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(s.request())))
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r.WithContext(t.Context()))
	if body := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(body, "the most is 2048") {
		t.Errorf("%d %s", w.Code, body)
	}
}
