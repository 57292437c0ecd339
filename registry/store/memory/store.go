package memory

import (
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// Store is a registry.Store that ends with the process. It is safe for
// concurrent use.
type Store struct{ *replica.Store }

var _ registry.Store = (*Store)(nil)

// Option changes a Store.
type Option interface{ apply(*replica.Options) }

type optionFunc func(*replica.Options)

func (f optionFunc) apply(o *replica.Options) { f(o) }

// WithMaxRecordBytes bounds a record, a version with its metadata and rules or the
// whole of a setting, below what every store takes, which is 4 MiB. What is larger is
// refused with a [registry.SizeError], as a store with such a bound does, so that a
// test can meet it.
func WithMaxRecordBytes(n int) Option {
	return optionFunc(func(o *replica.Options) {
		o.Scale = func(key, value []byte) (size, most int) { return len(key) + len(value), n }
	})
}

// New makes an empty store.
func New(opts ...Option) *Store {
	var o replica.Options
	for _, opt := range opts {
		opt.apply(&o)
	}
	return &Store{replica.New(o)}
}
