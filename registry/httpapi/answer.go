package httpapi

import (
	"net/http"
	"strconv"
	"sync"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/internal/jsonwrite"
)

// answer prints the body of an answer. A nil one has none.
type answer func(w *jsonwrite.Writer)

// text is an answer that is printed as it is: a schema.
func text(schema string) answer {
	return func(w *jsonwrite.Writer) { w.B = append(w.B, schema...) }
}

// object is an answer of some members.
func object(members func(w *jsonwrite.Writer)) answer {
	return func(w *jsonwrite.Writer) {
		w.Open()
		members(w)
		w.Close()
	}
}

func textList(list []string) answer {
	return func(w *jsonwrite.Writer) { w.TextList(list) }
}

func numberList[T int | uint32](list []T) answer {
	return func(w *jsonwrite.Writer) {
		jsonwrite.List(w, list, func(w *jsonwrite.Writer, n T) { w.B = strconv.AppendInt(w.B, int64(n), 10) })
	}
}

// errorBody has two members and never more: clients broke on a third.
func errorBody(e *registry.WireError) answer {
	return object(func(w *jsonwrite.Writer) {
		w.Number("error_code", int64(e.Code))
		w.Text("message", e.Message)
	})
}

// buffers are lent to one answer each.
var buffers = sync.Pool{New: func() any { return new(jsonwrite.Writer) }}

// maxKept is the size above which a buffer is not kept: one large answer must not
// hold memory for ever.
const maxKept = 64 << 10

// deliver sends an answer. Its length is told, so that it goes out in one piece.
func deliver(w http.ResponseWriter, status int, body answer) error {
	if body == nil {
		w.Header().Del("Content-Type")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	b, _ := buffers.Get().(*jsonwrite.Writer)
	b.B = b.B[:0]
	body(b)
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(b.B))}
	w.WriteHeader(status)
	_, err := w.Write(b.B)
	if cap(b.B) <= maxKept {
		buffers.Put(b)
	}
	return err
}

// registered is the answer to a registration, in the order of members that others
// have.
func registered(e registry.Entry) answer {
	return object(func(w *jsonwrite.Writer) {
		w.Number("id", int64(e.ID))
		w.Number("version", int64(e.Version))
		appendContent(w, e)
		w.Text("subject", e.Subject)
		appendTime(w, e)
	})
}

// entry is a version of a subject. What does not apply is left out.
func entry(e registry.Entry) answer {
	return func(w *jsonwrite.Writer) { appendEntry(w, e) }
}

func appendEntry(w *jsonwrite.Writer, e registry.Entry) {
	w.Open()
	w.Text("subject", e.Subject)
	w.Number("version", int64(e.Version))
	w.Number("id", int64(e.ID))
	appendContent(w, e)
	appendTime(w, e)
	w.Texts("aliases", e.Aliases)
	w.Close()
}

// ofID is the schema of an id, which the client knows.
func ofID(e registry.Entry, lastID *uint32) answer {
	return object(func(w *jsonwrite.Writer) {
		w.Text("subject", e.Subject)
		w.Number("version", int64(e.Version))
		appendContent(w, e)
		if lastID != nil {
			w.Number("maxId", int64(*lastID))
		}
		appendTime(w, e)
	})
}

func appendContent(w *jsonwrite.Writer, e registry.Entry) {
	w.Member("guid")
	w.B = append(w.B, '"')
	w.B = append(e.GUID.Append(w.B), '"')
	w.Text("schemaType", string(e.Type))
	w.References(e.References)
	w.Metadata("metadata", e.Metadata)
	w.Rules("ruleSet", e.Rules)
	w.Text("schema", e.Text)
	if len(e.Tags) > 0 {
		w.Member("schemaTags")
		jsonwrite.List(w, e.Tags, appendTagged)
	}
}

func appendTagged(w *jsonwrite.Writer, t registry.Tagged) {
	w.Open()
	w.Member("schemaEntity")
	w.Open()
	w.Text("entityPath", t.Path)
	w.Text("entityType", entityType(t))
	w.Close()
	w.Texts("tags", t.Tags)
	w.Close()
}

// appendTime writes when a version was made, in milliseconds since 1970, and whether
// it is deleted.
func appendTime(w *jsonwrite.Writer, e registry.Entry) {
	if !e.Created.IsZero() {
		w.Number("ts", e.Created.UnixMilli())
	}
	if e.Deleted {
		w.Truth("deleted", true)
	}
}
