package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/registry"
)

// page reads offset and limit. What is no number asks for nothing.
func page(r *http.Request) registry.Page {
	number := func(name string, otherwise int) int {
		n, err := strconv.Atoi(r.URL.Query().Get(name))
		if err != nil {
			return otherwise
		}
		return n
	}
	return registry.Page{Offset: number("offset", 0), Limit: number("limit", -1)}
}

// flag reads a parameter that is true or false, false when it is not given.
func flag(r *http.Request, name string) bool {
	return strings.EqualFold(r.URL.Query().Get(name), "true")
}

// deleted reads whether deleted versions are asked for too.
func deleted(r *http.Request) registry.Deleted {
	if flag(r, "deleted") {
		return registry.WithDeleted
	}
	return registry.WithoutDeleted
}

// deletedInList is deleted for lists, which may also be of deleted ones alone.
func deletedInList(r *http.Request) registry.Deleted {
	if flag(r, "deletedOnly") {
		return registry.OnlyDeleted
	}
	return deleted(r)
}

// isResolved tells whether the client wants references written out.
func isResolved(r *http.Request) bool { return r.URL.Query().Get("format") == "resolved" }

// schemaID reads the id in the path. One that cannot be an id is not found.
func schemaID(r *http.Request) (uint32, error) {
	text := r.PathValue("id")
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, registry.FromWire(http.StatusNotFound, http.StatusNotFound, fmt.Sprintf("%.40q is not a schema id", text))
	}
	if n < 1 || n > math.MaxUint32 {
		return 0, fmt.Errorf("read schema %d: %w", n, registry.ErrSchemaNotFound)
	}
	return uint32(n), nil
}

// version reads the version in the path; 0 when the path has none.
func version(r *http.Request) (int, error) {
	text := r.PathValue("version")
	if text == "" {
		return 0, nil
	}
	return registry.ParseVersion(text)
}
