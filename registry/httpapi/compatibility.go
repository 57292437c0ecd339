package httpapi

import (
	"net/http"

	"github.com/schemactl/schemactl/registry"
)

// POST /compatibility/subjects/{subject}/versions
// POST /compatibility/subjects/{subject}/versions/{version}
func (a *api) check(r *http.Request) (any, error) {
	number, err := version(r)
	if err != nil {
		return nil, err
	}
	var b schemaRequest
	if err := readJSON(r, &b); err != nil {
		return nil, err
	}
	verbose := flag(r, "verbose")
	result, err := a.reg.Check(r.Context(), registry.CheckRequest{
		Subject: r.PathValue("subject"), Schema: b.schema(), Version: number, Verbose: verbose,
	})
	answer := checkBody{Compatible: result.Compatible}
	if verbose {
		messages := list(result.Messages)
		answer.Messages = &messages
	}
	return answer, err
}
