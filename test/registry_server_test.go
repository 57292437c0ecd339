package test_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
)

// registryRounds is how often a soak test of the registry kills a server.
func registryRounds() int {
	if os.Getenv("SOAK") == "full" {
		return 20
	}
	return 2
}

// durableStores runs a test on a store of its own of every durable kind.
func durableStores(t *testing.T, run func(t *testing.T, store string)) {
	t.Helper()
	for name, store := range map[string]func(testing.TB) string{"sqlite": testenv.SQLite, "postgres": testenv.Postgres, "kafka": kafkaStore} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, store(t))
		})
	}
}

func kafkaStore(tb testing.TB) string {
	tb.Helper()
	return "kafka://" + strings.Join(testenv.Kafka(tb), ",") + "/" + testenv.TopicPrefix(tb) + "schemas"
}

// registryServer is a running `schemactl registry serve`.
type registryServer struct {
	*running
	url  string
	http *http.Client
}

// newServer starts one and waits until it says its address, which it does when
// it is ready.
func newServer(t *testing.T, store string, args ...string) *registryServer {
	t.Helper()
	s := startRegistry(t, store, "127.0.0.1:0", args...)
	s.url = "http://127.0.0.1:" + s.after(t, "http://127.0.0.1:")
	return s
}

// startRegistry does not wait.
func startRegistry(t *testing.T, store, listen string, args ...string) *registryServer {
	t.Helper()
	p := schemactl(t, append([]string{"registry", "serve", "--listen", listen, "--store", store}, args...)...)
	p.limit = 10 * time.Minute
	transport := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(transport.CloseIdleConnections)
	return &registryServer{
		running: p.start(t), url: "http://" + listen,
		http: &http.Client{Transport: transport, Timeout: 45 * time.Second},
	}
}

// kill ends it as a crash would, and waits for that.
func (s *registryServer) kill(t *testing.T) {
	t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		t.Error(err)
		return
	}
	<-s.exited
	s.http.CloseIdleConnections()
}

// reply is an answer of a registry.
type reply struct {
	status int
	header http.Header
	body   string
}

// ask sends a request with a body of JSON, or none.
func (s *registryServer) ask(ctx context.Context, method, path, body string, change ...func(*http.Request)) (r reply, err error) {
	req, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return r, err
	}
	req.Header.Set("Content-Type", "application/json")
	for _, f := range change {
		f(req)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	text, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, resp.Header, string(text)}, err
}

// must is ask for what has to be answered with 200, into what v points to.
func (s *registryServer) must(t *testing.T, v any, method, path, body string) {
	t.Helper()
	r, err := s.ask(t.Context(), method, path, body)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", method, path, err, s.said())
	}
	if r.status != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, r.status, r.body)
	}
	if v != nil {
		if err := json.Unmarshal([]byte(r.body), v); err != nil {
			t.Fatalf("%s %s: %v in %q", method, path, err, r.body)
		}
	}
}

// wireEntry is a version as the registry answers it.
type wireEntry struct {
	ID      uint32 `json:"id"`
	Subject string `json:"subject"`
	Version int    `json:"version"`
	Schema  string `json:"schema"`
	Deleted bool   `json:"deleted"`
}

func subjectPath(subject string) string { return "/subjects/" + url.PathEscape(subject) }

// numbered is a schema unlike that of any other number.
func numbered(n int) string { return fmt.Sprintf(`{"type":"fixed","name":"F","size":%d}`, n) }

func schemaBody(text string) string {
	var b bytes.Buffer
	_ = json.NewEncoder(&b).Encode(map[string]string{"schema": text}) // of texts it never fails
	return b.String()
}

// register is a registration; one that was not answered with 200 is an error.
func (s *registryServer) register(ctx context.Context, subject, text string) (e wireEntry, err error) {
	r, err := s.ask(ctx, http.MethodPost, subjectPath(subject)+"/versions", schemaBody(text))
	if err != nil {
		return e, err
	}
	if r.status != http.StatusOK {
		return e, fmt.Errorf("register %s: %d %s", subject, r.status, r.body)
	}
	return e, json.Unmarshal([]byte(r.body), &e)
}

// all are all versions of a registry, deleted ones too.
func (s *registryServer) all(t *testing.T) []wireEntry {
	t.Helper()
	var list []wireEntry
	for {
		var page []wireEntry
		s.must(t, &page, http.MethodGet, fmt.Sprintf("/schemas?deleted=true&subjectPrefix=:*:&limit=1000&offset=%d", len(list)), "")
		if len(page) == 0 {
			return list
		}
		list = append(list, page...)
	}
}
