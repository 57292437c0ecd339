package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Registry applies the contract's rules over a [Store]. It holds no state that
// counts: any number of them, in any number of processes, may share one store.
// It is safe for concurrent use.
type Registry struct {
	store  Store
	config config
	parsed *parsedCache
}

// New makes a registry over a store, which the caller goes on owning.
func New(store Store, opts ...Option) (*Registry, error) {
	if store == nil {
		return nil, errors.New("a registry needs a store")
	}
	c := config{maxSchemaBytes: DefaultMaxSchemaBytes, maxParsed: 1000}
	for _, opt := range opts {
		if err := opt.apply(&c); err != nil {
			return nil, err
		}
	}
	return &Registry{store: store, config: c, parsed: newParsedCache(c.maxParsed)}, nil
}

// Ready tells whether the store can be read.
func (r *Registry) Ready(ctx context.Context) error {
	if err := r.store.Ping(ctx); err != nil {
		return fmt.Errorf("registry store: %w", err)
	}
	return nil
}

// maxSubjectBytes is what every store can index.
const maxSubjectBytes = 1024

// checkSubject refuses names that the contract keeps for itself. It guards
// writes; a read of such a name finds nothing.
func checkSubject(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: it is empty", ErrInvalidSubject)
	case len(name) > maxSubjectBytes:
		return fmt.Errorf("%w: it has %d bytes, the most is %d", ErrInvalidSubject, len(name), maxSubjectBytes)
	case name == "__GLOBAL" || name == "__EMPTY":
		return fmt.Errorf("%w: %s is reserved", ErrInvalidSubject, name)
	case strings.HasPrefix(name, ":.") || strings.HasPrefix(name, ":*:"):
		return fmt.Errorf("%w: %q begins with a context, and this registry has none", ErrInvalidSubject, name)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl):
		return fmt.Errorf("%w: %q has control characters or is no UTF-8", ErrInvalidSubject, name)
	}
	return nil
}
