package app

import (
	"encoding/json"
	"errors"
	"net/http"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
)

// ErrInput marks what the caller of an API got wrong.
var ErrInput = errors.New("bad input")

// Handle turns a function from request to answer into an HTTP handler: the
// answer becomes JSON, an error a status and {"error": text}.
func Handle[Q, A any](status int, fn func(*http.Request, Q) (A, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in Q
		if r.Method == http.MethodPost {
			dec := json.NewDecoder(r.Body)
			dec.DisallowUnknownFields()
			if err := dec.Decode(&in); err != nil {
				write(w, http.StatusBadRequest, map[string]string{"error": "request body: " + err.Error()})
				return
			}
		}
		answer, err := fn(r, in)
		switch {
		case err == nil:
			write(w, status, answer)
		case errors.Is(err, ErrInput):
			write(w, http.StatusUnprocessableEntity, map[string]string{"error": err.Error()})
		case errors.Is(err, gorm.ErrRecordNotFound):
			write(w, http.StatusNotFound, map[string]string{"error": "not found"})
		case database.IsBusy(err):
			write(w, http.StatusServiceUnavailable, map[string]string{"error": err.Error()})
		default:
			write(w, http.StatusInternalServerError, map[string]string{"error": err.Error()})
		}
	}
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The caller is gone when this fails; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(v)
}
