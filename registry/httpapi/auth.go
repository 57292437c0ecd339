package httpapi

import (
	"net/http"

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
// form.
func WithUsers(next http.Handler, users Users) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		needed := AccessOf(r)
		if needed == AccessNone {
			next.ServeHTTP(w, r)
			return
		}
		name, password, _ := r.BasicAuth()
		most, known := users.Allowed(name, password)
		switch {
		case known && most >= needed:
			next.ServeHTTP(w, r)
		case known:
			refuse(w, http.StatusForbidden, "this user may read and not write")
		default:
			w.Header().Set("WWW-Authenticate", `Basic realm="schema registry", charset="UTF-8"`)
			refuse(w, http.StatusUnauthorized, "a user's name and password are needed")
		}
	})
}

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", served()[0])
	_ = deliver(w, status, errorBody(registry.FromWire(status, status, message))) // the client may have left
}
