package httpapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/registry/store/memory"
)

// goldenCall is a call that another registry answered, and the start of its answer.
type goldenCall struct {
	method, path, body string
	status             int
	answer             string
}

func goldenCalls(t *testing.T, file string) []goldenCall {
	t.Helper()
	text, err := os.ReadFile("testdata/golden/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var calls []goldenCall
	for line := range strings.Lines(string(text)) {
		request, answer, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " -> ")
		if !ok {
			t.Fatalf("not a call: %s", line)
		}
		var c goldenCall
		c.method, c.path, _ = strings.Cut(request, " ")
		c.path, c.body, _ = strings.Cut(c.path, " ")
		status, answer, _ := strings.Cut(answer, " ")
		c.answer = answer
		if c.status, err = strconv.Atoi(status); err != nil {
			t.Fatal(err)
		}
		calls = append(calls, c)
	}
	return calls
}

func (c goldenCall) send(t *testing.T, srv *httptest.Server) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), c.method, srv.URL+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	return do(t, srv.Client(), req)
}

// TestGolden sends what was sent to other registries. Confluent's answered the same
// text, as far as it was kept. Of Karapace's the statuses count: it has no modes and
// no aliases, and takes no notice of ids.
func TestGolden(t *testing.T) {
	t.Parallel()
	t.Run("confluent", func(t *testing.T) {
		t.Parallel()
		srv := newServer(t, memory.New())
		for _, c := range goldenCalls(t, "confluent-8.5.calls.txt") {
			status, body := c.send(t, srv)
			if status != c.status {
				t.Errorf("%s %s: status %d, want %d: %s", c.method, c.path, status, c.status, body)
				continue
			}
			if json.Valid([]byte(c.answer)) && body != c.answer || !strings.HasPrefix(body, c.answer) {
				t.Errorf("%s %s (-want +got):\n%s", c.method, c.path, cmp.Diff(c.answer, body))
			}
		}
	})
	t.Run("karapace", func(t *testing.T) {
		t.Parallel()
		srv := newServer(t, memory.New())
		for _, c := range goldenCalls(t, "karapace-2026-06.calls.txt") {
			isUnknownThere := strings.HasPrefix(c.path, "/mode/") || strings.Contains(c.body, `"alias"`)
			want := c.status
			if isUnknownThere {
				want = http.StatusOK
			}
			if status, body := c.send(t, srv); status != want {
				t.Errorf("%s %s: status %d, want %d: %s", c.method, c.path, status, want, body)
			}
		}
	})
}
