package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
)

// serve answers every request by fn and counts them.
func serve(t *testing.T, fn http.HandlerFunc) (url string, requests *atomic.Int64) {
	t.Helper()
	requests = new(atomic.Int64)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		fn(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, requests
}

func answer(t *testing.T, w http.ResponseWriter, status int, body string) {
	t.Helper()
	w.WriteHeader(status)
	if _, err := w.Write([]byte(body)); err != nil {
		t.Log(err) // the client may have left
	}
}

func TestURL(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "localhost:8081", "ftp://host", "http://", "://secret@", "http://user:secret@ho st"} {
		_, err := client.New(url)
		if err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: error %v", url, err)
		}
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.NotFoundHandler())
	address := strings.TrimPrefix(srv.URL, "http://")
	srv.Close()
	c := newHTTP(t, "http://someone:secret@"+address+"/base/", client.WithRetries(1, time.Millisecond))
	_, err := c.Subjects(t.Context(), registry.SubjectsRequest{})
	if !errors.Is(err, client.ErrUnreachable) {
		t.Fatalf("error %v", err)
	}
	if text := err.Error(); !strings.Contains(text, "http://"+address+"/base:") || strings.Contains(text, "secret") || strings.Contains(text, "someone") || strings.Contains(text, "\n") {
		t.Errorf("error %q", text)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		statuses []int // of the answers, the last one again and again
		requests int64
		ok       bool
	}{
		{"fine at once", []int{200}, 1, true},
		{"fine after failures", []int{503, 500, 502, 504, 200}, 5, true},
		{"never fine", []int{503}, 5, false},
		{"no use to repeat", []int{501}, 1, false},
		{"refused", []int{422}, 1, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			url, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				i := min(int(n.Add(1)), len(tc.statuses)) - 1
				answer(t, w, tc.statuses[i], `["a"]`)
			})
			c := newHTTP(t, url, client.WithRetries(4, time.Millisecond))
			_, err := c.Subjects(t.Context(), registry.SubjectsRequest{})
			if (err == nil) != tc.ok || requests.Load() != tc.requests {
				t.Errorf("%d requests, error %v", requests.Load(), err)
			}
			if err != nil && !strings.Contains(err.Error(), url) {
				t.Errorf("error %v does not name the registry", err)
			}
		})
	}
}

// A delete whose answer was lost may have happened: the same request again could
// mean another version.
func TestDeletesAreSentOnce(t *testing.T) {
	t.Parallel()
	url, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, 503, "") })
	c := newHTTP(t, url, client.WithRetries(4, time.Millisecond))
	if _, err := c.DeleteSubject(t.Context(), registry.DeleteSubjectRequest{Subject: "a"}); err == nil || !strings.Contains(err.Error(), "503 Service Unavailable") {
		t.Errorf("subject: error %v", err)
	}
	if _, err := c.DeleteVersion(t.Context(), registry.DeleteVersionRequest{Subject: "a", Version: registry.Latest}); err == nil {
		t.Error("version: no error")
	}
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestRetriesEndWithContext(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, 503, "") })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := newHTTP(t, url, client.WithRetries(1_000_000, time.Hour)).Subjects(ctx, registry.SubjectsRequest{})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "503") {
		t.Errorf("error %v", err)
	}
}

func TestAnswerIsBounded(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, 200, `["`+strings.Repeat("a", 2000)+`"]`) })
	_, err := newHTTP(t, url, client.WithMaxAnswerBytes(1000)).Subjects(t.Context(), registry.SubjectsRequest{})
	if err == nil || !strings.Contains(err.Error(), "1000 bytes") {
		t.Errorf("error %v", err)
	}
}

func TestAnswerOfSomethingElse(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		body   string
	}{"a page": {200, "<html>"}, "a page that is not found": {404, "<html>"}, "redirect to nowhere": {301, ""}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(t, w, tc.status, tc.body) })
			_, err := newHTTP(t, url, client.WithRetries(0, time.Second)).Versions(t.Context(), "a", registry.Page{})
			if err == nil || errors.Is(err, registry.ErrSubjectNotFound) || !strings.Contains(err.Error(), url) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestBasicAuth(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, pass, _ := r.BasicAuth()
		answer(t, w, 200, `["`+user+`:`+pass+`"]`)
	})
	host := strings.TrimPrefix(url, "http://")
	for _, tc := range []struct {
		name, url string
		opts      []client.Option
		want      string
	}{
		{"none", "http://" + host, nil, ":"},
		{"in the URL", "http://u:p%2Fq@" + host, nil, "u:p/q"},
		{"by option", "http://u:p@" + host, []client.Option{client.WithBasicAuth("x", "y")}, "x:y"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := newHTTP(t, tc.url, tc.opts...).Subjects(t.Context(), registry.SubjectsRequest{})
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "credentials", []string{tc.want}, got)
		})
	}
}

func TestSourcesAskOnce(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	url, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		<-release
		answer(t, w, 200, `{"id":5,"version":1,"schema":"\"int\""}`)
	})
	c := newHTTP(t, url)
	s := codec.NewSchema("x", `"int"`, codec.Fingerprints{})
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if id, err := c.ID(t.Context(), "a", s); id != 5 || err != nil {
				t.Errorf("id %d, error %v", id, err)
			}
		})
		wg.Go(func() {
			if text, err := c.Schema(t.Context(), 5); text != `"int"` || err != nil {
				t.Errorf("text %s, error %v", text, err)
			}
		})
	}
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Schema(impatient, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that left: %v", err)
	}
	close(release)
	wg.Wait()
	if n := requests.Load(); n != 2 {
		t.Errorf("%d requests, want 2", n)
	}
}

func TestErrorsAreNotKept(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	url, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n.Add(1) == 1 {
			answer(t, w, 404, `{"error_code":40403,"message":"no"}`)
			return
		}
		answer(t, w, 200, `{"schema":"\"int\""}`)
	})
	c := newHTTP(t, url)
	if _, err := c.Schema(t.Context(), 5); !errors.Is(err, registry.ErrSchemaNotFound) {
		t.Errorf("error %v", err)
	}
	if text, err := c.Schema(t.Context(), 5); text != `"int"` || err != nil {
		t.Errorf("text %s, error %v", text, err)
	}
}

// Old servers answer an id alone to a registration, leave out AVRO and do not
// write references out.
func TestOldServer(t *testing.T) {
	t.Parallel()
	url, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/subjects/a/versions":
			answer(t, w, 200, `{"id":7}`)
		case "/schemas/ids/7":
			answer(t, w, 200, `{"schema":"{\"type\":\"array\",\"items\":\"F\"}","references":[{"name":"F","subject":"f","version":1}]}`)
		case "/subjects/f/versions/1":
			answer(t, w, 200, `{"subject":"f","version":1,"id":6,"schema":"{\"type\":\"fixed\",\"name\":\"F\",\"size\":2}"}`)
		default:
			answer(t, w, 404, `{"error_code":404,"message":"HTTP 404 Not Found"}`)
		}
	})
	c := newHTTP(t, url)
	e := register(t, c, "a", avro(`"int"`))
	equal(t, "registered", registry.Entry{Schema: avro(`"int"`), Subject: "a", ID: 7}, e)
	text, err := c.Schema(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "resolved", `{"type":"array","items":{"type":"fixed","name":"F","size":2}}`, text)
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for name, opt := range map[string]client.Option{
		"WithHTTPClient":     client.WithHTTPClient(nil),
		"WithBasicAuth":      client.WithBasicAuth("", "x"),
		"WithRetries":        client.WithRetries(-1, time.Second),
		"WithTimeout":        client.WithTimeout(0),
		"WithMaxAnswerBytes": client.WithMaxAnswerBytes(0),
	} {
		if _, err := client.New("http://localhost", opt); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}
