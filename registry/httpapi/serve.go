package httpapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/schemactl/schemactl/registry"
)

// serve turns a handler into an http.Handler: it settles the media types, bounds
// the body, prints the answer and gives errors their form.
func (a *api) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		media, ok := negotiate(r.Header["Accept"])
		if !ok {
			a.fail(w, r, wireError(http.StatusNotAcceptable, "none of the accepted media types is served: use "+strings.Join(served(), ", ")))
			return
		}
		w.Header()["Content-Type"] = []string{media}
		if hasBody(r) {
			if !isTaken(r.Header.Get("Content-Type")) {
				a.fail(w, r, wireError(http.StatusUnsupportedMediaType, "the body's media type is not taken: use "+strings.Join(served(), ", ")))
				return
			}
		}
		body, err := h(&request{Request: r, writer: w, maxBody: a.config.maxBody})
		if err != nil {
			a.fail(w, r, err)
			return
		}
		a.deliver(w, r, http.StatusOK, body)
	})
}

// probe is serve for who asks whether the server is well: the status is the answer,
// whatever media types a probe says that it takes.
func (a *api) probe(h handler) http.Handler {
	next := a.serve(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := negotiate(r.Header["Accept"]); !ok {
			r = r.Clone(r.Context())
			r.Header.Del("Accept")
		}
		next.ServeHTTP(w, r)
	})
}

func hasBody(r *http.Request) bool {
	return r.Method == http.MethodPost || r.Method == http.MethodPut
}

func (a *api) deliver(w http.ResponseWriter, r *http.Request, status int, body answer) {
	if err := deliver(w, status, body); err != nil {
		a.config.log.DebugContext(r.Context(), "answer not delivered", "error", err)
	}
}

// fail answers an error. What the caller has no part in goes to the log.
func (a *api) fail(w http.ResponseWriter, r *http.Request, err error) {
	wire, ok := errors.AsType[*registry.WireError](err)
	if !ok {
		wire = registry.ToWire(err)
	}
	if wire.Status >= http.StatusInternalServerError && r.Context().Err() == nil {
		a.config.log.ErrorContext(r.Context(), "request failed", "method", r.Method, "path", r.URL.Path, "error", err)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", served()[0])
	}
	a.deliver(w, r, wire.Status, errorBody(wire))
}

// contained answers in the contract's form what no route matches, and what
// panics.
func (a *api) contained(mux *http.ServeMux) http.Handler {
	missed := a.routes() // it knows the methods of a path, as it has no route that takes all
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = ""
		a.missing(w, r, missed)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch cause := recover(); cause {
			case nil:
			case http.ErrAbortHandler:
				panic(cause)
			default:
				a.fail(w, r, fmt.Errorf("panic: %v", cause))
			}
		}()
		if !isClean(r.URL) { // the mux would send the client elsewhere
			a.fail(w, r, wireError(http.StatusNotFound, "nothing is served at "+r.URL.Path))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// isClean tells whether there is a path, as the mux reads it, no step of which is
// empty or leads nowhere or up.
func isClean(u *url.URL) bool {
	path := u.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		return false
	}
	if !strings.Contains(path, "//") && !strings.Contains(path, "/.") {
		return true
	}
	for step := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if step == "" || step == "." || step == ".." {
			return false
		}
	}
	return !strings.HasPrefix(path, "//") && !strings.HasSuffix(path, "//")
}

// missing answers a request that has no route: its path has none, or not by that
// method.
func (a *api) missing(w http.ResponseWriter, r *http.Request, routes *http.ServeMux) {
	h, _ := routes.Handler(r)
	would := &statusOnly{header: http.Header{}}
	h.ServeHTTP(would, r)
	if would.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", would.header.Get("Allow"))
		a.fail(w, r, wireError(would.status, r.Method+" is not served at "+r.URL.Path))
		return
	}
	a.fail(w, r, wireError(http.StatusNotFound, "nothing is served at "+r.URL.Path))
}

// statusOnly learns what the mux would have answered.
type statusOnly struct {
	header http.Header
	status int
}

func (s *statusOnly) Header() http.Header         { return s.header }
func (s *statusOnly) WriteHeader(status int)      { s.status = status }
func (s *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

// observed tells the observer and the log of each request.
func (a *api) observed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start, counted := time.Now(), &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(counted, r)
		o := Observation{Route: r.Pattern, Status: counted.status, Duration: time.Since(start)}
		a.config.observe(o)
		if !a.config.log.Enabled(r.Context(), slog.LevelDebug) {
			return
		}
		a.config.log.DebugContext(r.Context(), "request", "method", r.Method, "path", r.URL.Path, "status", o.Status, "duration", o.Duration)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (s *statusWriter) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the writer below.
func (s *statusWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }
