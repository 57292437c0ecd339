package registry

import (
	"context"
	"errors"
	"fmt"
)

// Registry applies the contract's rules over a [Store]. It holds no state that
// counts: any number of them, in any number of processes, may share one store.
// It is safe for concurrent use.
type Registry struct {
	store    Store
	config   config
	parsed   *parsedCache
	meanings *recent[Hash] // of contents, by the sum of their keys
	senses   *senseIndex
	texts    *recent[knownText]
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
	return &Registry{
		store: store, config: c, parsed: newParsedCache(c.maxParsed), senses: newSenseIndex(),
		meanings: newRecent[Hash](maxMeanings), texts: newRecent[knownText](maxTexts),
	}, nil
}

// Ready tells whether the store can be read.
func (r *Registry) Ready(ctx context.Context) error {
	if err := r.store.Ping(ctx); err != nil {
		return fmt.Errorf("registry store: %w", err)
	}
	return nil
}
