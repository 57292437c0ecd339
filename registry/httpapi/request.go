package httpapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/schemactl/schemactl/registry"
)

// request is what a handler reads: the path and the query with their meaning.
type request struct {
	*http.Request
	writer  http.ResponseWriter
	maxBody int64
	query   url.Values // read when first asked for
}

func (r *request) param(name string) string {
	if r.URL.RawQuery == "" {
		return ""
	}
	return r.params().Get(name)
}

func (r *request) params() url.Values {
	if r.query == nil {
		r.query = r.URL.Query()
	}
	return r.query
}

// flag reads a parameter that is true or false, false when it is not given.
func (r *request) flag(name string) bool { return strings.EqualFold(r.param(name), "true") }

// page reads offset and limit. What is no number asks for nothing.
func (r *request) page() registry.Page {
	number := func(name string, otherwise int) int {
		n, err := strconv.Atoi(r.param(name))
		if err != nil {
			return otherwise
		}
		return n
	}
	return registry.Page{Offset: number("offset", 0), Limit: number("limit", -1)}
}

// inContext is the whole name of a subject: one in the path's context, where the
// path has one.
func (r *request) inContext(subject string) string {
	text := r.PathValue("context")
	if text == "" {
		return subject
	}
	contextName := registry.ContextName(text)
	if subject == "" { // the context itself
		return ":" + contextName + ":"
	}
	return registry.Qualify(contextName, subject)
}

// subject is the subject in the path, or where there is none what stands for the
// path's context.
func (r *request) subject() string { return r.inContext(r.PathValue("subject")) }

// prefix reads which names a list is about. Without the parameter they are all of
// the path's context; without that too, those of otherwise.
func (r *request) prefix(otherwise string) (prefix string, defaultOnly bool) {
	given := r.param("subjectPrefix")
	switch {
	case r.PathValue("context") != "":
		return r.inContext(given), false
	case given != "":
		return given, false
	case otherwise != "" && !r.params().Has("subjectPrefix"):
		return otherwise, false
	}
	return "", true
}

// deleted reads whether deleted versions are asked for too.
func (r *request) deleted() registry.Deleted {
	if r.flag("deleted") {
		return registry.WithDeleted
	}
	return registry.WithoutDeleted
}

// deletedInList is deleted for lists, which may also be of deleted ones alone.
func (r *request) deletedInList() registry.Deleted {
	if r.flag("deletedOnly") {
		return registry.OnlyDeleted
	}
	return r.deleted()
}

// isResolved tells whether the client wants references written out.
func (r *request) isResolved() bool { return r.param("format") == "resolved" }

// isQualified tells whether the client wants the whole names of referred subjects.
func (r *request) isQualified() bool { return r.param("referenceFormat") == "qualified" }

// schemaID reads the id in the path. One that cannot be an id is not found.
func (r *request) schemaID() (uint32, error) {
	text := r.PathValue("id")
	n, err := strconv.ParseInt(text, 10, 64)
	if errors.Is(err, strconv.ErrSyntax) {
		return 0, wireError(http.StatusNotFound, fmt.Sprintf("%.40q is not a schema id", text))
	}
	if err != nil || n < 1 || n > math.MaxUint32 {
		return 0, fmt.Errorf("read schema %.40s: %w", text, registry.ErrSchemaNotFound)
	}
	return uint32(n), nil
}

// guid reads the GUID in the path. What cannot be one is not found.
func (r *request) guid() (registry.Hash, error) {
	guid, err := registry.ParseHash(r.PathValue("guid"))
	if err != nil {
		return registry.Hash{}, fmt.Errorf("read schema %.60q: %w", r.PathValue("guid"), registry.ErrSchemaNotFound)
	}
	return guid, nil
}

// version reads the version in the path; 0 when the path has none.
func (r *request) version() (int, error) {
	text := r.PathValue("version")
	if text == "" {
		return 0, nil
	}
	return registry.ParseVersion(text)
}

// readJSON reads a body that holds exactly one object.
func (r *request) readJSON(into any) error {
	body, err := r.body()
	if err != nil {
		return err
	}
	return parseJSON(body, into)
}

// body reads a body that gives no schema.
func (r *request) body() ([]byte, error) { return r.bodyUpTo(min(r.maxBody, maxBeside), nil) }

// bodyUpTo reads a body, into room when that is enough.
func (r *request) bodyUpTo(most int64, room []byte) ([]byte, error) {
	body, err := r.readAll(most, room)
	if err != nil {
		return nil, wireError(http.StatusBadRequest, "the body cannot be read")
	}
	if r.ContentLength > most || int64(len(body)) > most {
		r.drain()
		return nil, fmt.Errorf("%w: the body has more than %d bytes", registry.ErrSchemaTooLarge, most)
	}
	return body, nil
}

// readAll reads a body, and no more than shows that it is too large. Its length is
// mostly known.
func (r *request) readAll(most int64, room []byte) ([]byte, error) {
	n := r.ContentLength
	if n > most {
		return nil, nil
	}
	if n > 0 && n <= usualBody {
		if int(n) > cap(room) {
			room = make([]byte, n)
		}
		body := room[:n]
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	return io.ReadAll(io.LimitReader(r.Body, most+1))
}

// usualBody is the size up to which there is room for a body before it comes.
const usualBody = 1 << 16

// bodies has room for bodies that give a schema: nothing of them is kept once they
// are read.
var bodies = sync.Pool{New: func() any { return new([usualBody]byte) }}

const (
	// mostDrained is how much of a body is read and dropped that is too large, and
	// drainFor how long that may take.
	mostDrained = 16 << 20
	drainFor    = 10 * time.Second
)

// drain reads on in a body that is not wanted: most clients write all of it before
// they read, and would not hear why it is refused. One that waits to be told to go on
// is answered without, and so is one that has far too much.
func (r *request) drain() {
	if r.Header.Get("Expect") == "" && r.ContentLength <= mostDrained {
		// A writer that has no deadlines, as in a test, is no reason not to answer.
		_ = http.NewResponseController(r.writer).SetReadDeadline(time.Now().Add(drainFor))
		if n, err := io.CopyN(io.Discard, r.Body, mostDrained); n < mostDrained && errors.Is(err, io.EOF) {
			return
		}
	}
	r.writer.Header().Set("Connection", "close")
}

func parseJSON(body []byte, into any) error {
	err := readMembers(body, reflect.ValueOf(into).Elem())
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		what := "the body"
		if wrong.Field != "" {
			what = fmt.Sprintf("member %q of the body", wrong.Field)
		}
		return wireError(http.StatusUnprocessableEntity, what+" cannot be "+withArticle(wrong.Value))
	}
	if err != nil {
		return wireError(http.StatusBadRequest, "the body is not one JSON value: "+err.Error())
	}
	return nil
}

// withArticle puts a or an before what JSON calls a value.
func withArticle(value string) string {
	if value == "array" || value == "object" {
		return "an " + value
	}
	return "a " + value
}

// wireError is an error that has no code of its own in the contract.
func wireError(status int, message string) error { return registry.FromWire(status, status, message) }
