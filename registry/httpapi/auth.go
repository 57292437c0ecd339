package httpapi

import (
	"net/http"
	"time"

	"github.com/schemactl/schemactl/registry"
)

// Users tells what whoever has a name and a password may do. It must take as long
// for a name that it does not know as for one that it does.
type Users interface {
	// Allowed answers the most that they may do, and whether name and password are
	// right. A request without either comes as two empty texts.
	Allowed(name, password string) (most Access, known bool)
}

// WithUsers puts basic authentication in front of a handler. Who is unknown is
// answered 401, who may not do what the request needs 403, both in the contract's
// form. Of the options [WithObserver] has a meaning here: f is called for the requests
// that are refused, which next does not see. They have no route.
func WithUsers(next http.Handler, users Users, opts ...Option) http.Handler {
	observe := newConfig(opts).observe
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		needed := AccessOf(r)
		if needed == AccessNone {
			next.ServeHTTP(w, r)
			return
		}
		start := time.Now()
		refuse := func(status int, message string) {
			refuse(w, status, message)
			observe(Observation{Status: status, Duration: time.Since(start)})
		}
		name, password, _ := r.BasicAuth()
		most, known := users.Allowed(name, password)
		switch {
		case known && most >= needed:
			next.ServeHTTP(w, r)
		case known:
			refuse(http.StatusForbidden, "this user may read and not write")
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="schema registry", charset="UTF-8"`)
			refuse(http.StatusUnauthorized, "a user's name and password are needed")
		}
	})
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", served()[0])
	_ = deliver(w, status, errorBody(registry.FromWire(status, status, message))) // the client may have left
}
