package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/schemactl/schemactl/registry"
)

// text is an answer that is printed as it is: a schema.
type text string

// serve turns a handler into an http.Handler: it settles the media types, bounds
// the body, prints the answer and gives errors their form.
func (a *api) serve(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		media, ok := negotiate(r.Header.Values("Accept"))
		if !ok {
			a.fail(w, r, registry.FromWire(http.StatusNotAcceptable, http.StatusNotAcceptable,
				"none of the accepted media types is served: use "+strings.Join(served(), ", ")))
			return
		}
		w.Header().Set("Content-Type", media)
		if hasBody(r) && !isTaken(r.Header.Get("Content-Type")) {
			a.fail(w, r, registry.FromWire(http.StatusUnsupportedMediaType, http.StatusUnsupportedMediaType,
				"the body's media type is not taken: use "+strings.Join(served(), ", ")))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, a.config.maxBody)
		answer, err := h(r)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		if schema, ok := answer.(text); ok {
			_, err = io.WriteString(w, string(schema))
		} else {
			err = writeJSON(w, answer)
		}
		if err != nil {
			a.config.log.DebugContext(r.Context(), "answer not delivered", "error", err)
		}
	})
}

func hasBody(r *http.Request) bool {
	return r.Method == http.MethodPost || r.Method == http.MethodPut
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
	w.WriteHeader(wire.Status)
	if err := writeJSON(w, errorBody{wire.Code, wire.Message}); err != nil {
		a.config.log.DebugContext(r.Context(), "answer not delivered", "error", err)
	}
}

// errorBody has two members and never more: clients broke on a third.
type errorBody struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

func writeJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	return err
}

// readJSON reads a body that holds exactly one object.
func readJSON(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return fmt.Errorf("%w: the body has more than %d bytes", registry.ErrSchemaTooLarge, tooLarge.Limit)
	case err != nil:
		return badRequest("the body cannot be read")
	}
	err = json.Unmarshal(body, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return registry.FromWire(http.StatusUnprocessableEntity, http.StatusUnprocessableEntity,
			fmt.Sprintf("member %q of the body cannot be a %s", wrong.Field, wrong.Value))
	}
	if err != nil {
		return badRequest("the body is not one JSON value: " + err.Error())
	}
	return nil
}

func badRequest(message string) error {
	return registry.FromWire(http.StatusBadRequest, http.StatusBadRequest, message)
}

// contained answers in the contract's form what no route matches, and what
// panics.
func (a *api) contained(mux *http.ServeMux) http.Handler {
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
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		missed := &statusOnly{header: http.Header{}}
		h.ServeHTTP(missed, r)
		if missed.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", missed.header.Get("Allow"))
			a.fail(w, r, registry.FromWire(missed.status, missed.status, r.Method+" is not served at "+r.URL.Path))
			return
		}
		a.fail(w, r, registry.FromWire(http.StatusNotFound, http.StatusNotFound, "nothing is served at "+r.URL.Path))
	})
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
