package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/direct"
)

// pool is the database of a GORM handle, whose transactions tell when events that
// were published in them are committed.
type pool struct {
	gorm.ConnPool
	ob     *Outbox
	notify *notifier // nil where the database has no such thing
}

// watch puts a pool in front of the handle's own.
func (ob *Outbox) watch(db *gorm.DB) error {
	inner := db.ConnPool
	prepared, isPrepared := inner.(*gorm.PreparedStmtDB) // which others look for
	if isPrepared {
		inner = prepared.ConnPool
	}
	if _, ok := inner.(*pool); ok {
		return nil
	}
	p := &pool{ConnPool: inner, ob: ob}
	if db.Name() == "postgres" {
		sqlDB, err := db.DB()
		if err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
		p.notify = &notifier{db: sqlDB}
	}
	if isPrepared {
		prepared.ConnPool = p
		return nil
	}
	db.ConnPool = p
	if db.Statement != nil {
		db.Statement.ConnPool = p
	}
	return nil
}

// BeginTx implements gorm.ConnPoolBeginner.
func (p *pool) BeginTx(ctx context.Context, opts *sql.TxOptions) (gorm.ConnPool, error) {
	if inner, ok := p.ConnPool.(*sql.DB); ok {
		tx, err := direct.Begin(ctx, inner, opts)
		if err == nil {
			return &transaction{Tx: tx, pool: p, direct: tx}, nil
		}
		if !errors.Is(err, direct.ErrNot) {
			return nil, err
		}
	}
	switch beginner := p.ConnPool.(type) {
	case gorm.TxBeginner:
		tx, err := beginner.BeginTx(ctx, opts)
		if err != nil {
			return nil, err
		}
		return &transaction{Tx: tx, pool: p}, nil
	case gorm.ConnPoolBeginner:
		inner, err := beginner.BeginTx(ctx, opts)
		if err != nil {
			return nil, err
		}
		if tx, ok := inner.(gorm.Tx); ok {
			return &transaction{Tx: tx, pool: p}, nil
		}
		return inner, nil
	}
	return nil, gorm.ErrInvalidTransaction
}

// GetDBConn implements gorm.GetDBConnector.
func (p *pool) GetDBConn() (*sql.DB, error) {
	switch inner := p.ConnPool.(type) {
	case *sql.DB:
		return inner, nil
	case gorm.GetDBConnector:
		return inner.GetDBConn()
	}
	return nil, gorm.ErrInvalidDB
}

func (p *pool) committed(ctx context.Context) {
	if !p.ob.tell() && p.notify != nil {
		p.notify.committed(context.WithoutCancel(ctx))
	}
}
