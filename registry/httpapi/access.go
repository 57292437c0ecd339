package httpapi

import (
	"net/http"
	"strings"
)

// Access is what a request needs to be allowed to do.
type Access int

const (
	// AccessNone is for what anyone may ask: whether the process lives and is ready.
	AccessNone Access = iota
	// AccessRead is for questions. Looking a schema up and checking one are
	// questions, although their requests have bodies.
	AccessRead
	// AccessWrite is for everything that changes something.
	AccessWrite
)

// AccessOf tells what a request needs. It goes by method and path alone, so that it
// can be asked before anything else is done.
func AccessOf(r *http.Request) Access {
	path := strings.TrimSuffix(r.URL.Path, "/")
	switch {
	case path == "/healthz" || path == "/readyz":
		return AccessNone
	case r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions:
		return AccessRead
	case r.Method == http.MethodPost && isQuestion(path):
		return AccessRead
	}
	return AccessWrite
}

// isQuestion tells the paths to which a question is posted: a check, the lookup of
// a schema in a subject, and the root.
func isQuestion(path string) bool {
	if rest, ok := strings.CutPrefix(path, "/contexts/"); ok {
		_, path, _ = strings.Cut(rest, "/")
		path = "/" + path
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch parts[0] {
	case "", "compatibility":
		return true
	case "subjects":
		// A subject may have slashes; what changes something ends with these words.
		last := parts[len(parts)-1]
		return len(parts) >= 2 && last != "versions" && last != "tags"
	}
	return false
}
