package sqlstore

import (
	"context"
	"log/slog"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// Store is a registry.Store over a database. It is safe for concurrent use, and
// any number of stores, in any number of processes, may share the database.
type Store struct{ *replica.Store }

var _ registry.Store = (*Store)(nil)

// Option changes a Store.
type Option interface{ apply(*options) }

type options struct{ logger *slog.Logger }

type optionFunc func(*options)

func (f optionFunc) apply(o *options) { f(o) }

// WithLogger hears of a database that does not answer or whose commits do not last,
// and of records that cannot be read. The default discards it.
func WithLogger(l *slog.Logger) Option {
	return optionFunc(func(o *options) { o.logger = l })
}

// New creates or upgrades the tables, reads all schemas, and answers a store, which
// has to be closed before db, which the caller goes on owning.
func New(ctx context.Context, db *gorm.DB, opts ...Option) (*Store, error) {
	var o options
	for _, opt := range opts {
		opt.apply(&o)
	}
	if err := warnUndurable(ctx, db, o.logger); err != nil {
		return nil, err
	}
	if err := upgrade(ctx, db); err != nil {
		return nil, err
	}
	most, err := mostBytes(ctx, db)
	if err != nil {
		return nil, err
	}
	s, err := replica.Open(ctx, &table{db: db, most: most}, replica.Options{Logger: o.logger})
	if err != nil {
		return nil, err
	}
	return &Store{s}, nil
}
