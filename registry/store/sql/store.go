package sqlstore

import (
	"context"
	"database/sql"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/registry"
)

// Store is a registry.Store over a database. It is safe for concurrent use, and
// any number of stores, in any number of processes, may share the database.
type Store struct {
	reader
	// writing lets one change at a time go to the database: they would only
	// wait there, each with a connection in hand.
	writing chan struct{}
}

var _ registry.Store = (*Store)(nil)

// New creates or upgrades the tables and answers a store. The caller goes on
// owning db.
func New(ctx context.Context, db *gorm.DB) (*Store, error) {
	if err := upgrade(ctx, db); err != nil {
		return nil, err
	}
	return &Store{reader: reader{db}, writing: make(chan struct{}, 1)}, nil
}

// Update implements registry.Store: one transaction, which holds the row of the
// id counter from its start to its end.
func (s *Store) Update(ctx context.Context, fn func(registry.Tx) error) error {
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.db.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		if err := lock(db); err != nil {
			return err
		}
		return fn(&tx{reader{db}})
	}, s.isolation())
}

// isolation makes each statement see what was committed before it. SQLite has
// one writer at a time and no levels.
func (s *Store) isolation() *sql.TxOptions {
	if s.db.Dialector.Name() == "sqlite" {
		return nil
	}
	return &sql.TxOptions{Isolation: sql.LevelReadCommitted}
}

// lock makes changes wait for each other, in all processes. SQLite does so by
// beginning a transaction.
func lock(db *gorm.DB) error {
	var row counterRow
	err := db.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}).
		Take(&row, "context = ?", registry.DefaultContext).Error
	if err != nil {
		return fmt.Errorf("lock the registry's id counter: %w", err)
	}
	return nil
}

// Ping reads one row.
func (s *Store) Ping(ctx context.Context) error {
	var row counterRow
	return s.db.WithContext(ctx).Take(&row, "context = ?", registry.DefaultContext).Error
}
