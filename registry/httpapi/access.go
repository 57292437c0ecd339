package httpapi

import (
	"net/http"
	"net/url"
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
	case r.Method == http.MethodPost && isQuestion(r.URL):
		return AccessRead
	}
	return AccessWrite
}

// isQuestion tells the paths to which a question is posted: a check, the lookup of
// a schema in a subject, and the root. It goes by the steps that the routes go by: a
// slash that is part of a name does not end one.
func isQuestion(u *url.URL) bool {
	steps := strings.Split(strings.TrimPrefix(u.EscapedPath(), "/"), "/")
	for i, step := range steps {
		name, err := url.PathUnescape(step)
		if err != nil {
			return false
		}
		steps[i] = name
	}
	if steps[0] == "contexts" && len(steps) > 2 {
		steps = steps[2:]
	}
	switch steps[0] {
	case "":
		return len(steps) == 1
	case "compatibility":
		return true
	case "subjects":
		return len(steps) == 2
	}
	return false
}
