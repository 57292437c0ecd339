package outbox

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/schemactl/schemactl/internal/direct"
)

const (
	// maxWaiting and maxWaitingBytes bound what waits for COMMIT: more rows gain nothing
	// from a round trip less.
	maxWaiting      = 128
	maxWaitingBytes = 256 << 10
)

// transaction is used by one goroutine at a time, as GORM has it; one that publishes
// nothing by several, as those of database/sql.
//
// Where it is direct, rows that are published wait until the transaction's next
// statement, ahead of which they are written, or until COMMIT, with which they go in one
// message. So no statement can tell that they have waited: each finds the rows that were
// published before it, and a savepoint holds those that came after it.
type transaction struct {
	gorm.Tx
	pool   *pool
	direct direct.Tx   // nil: rows do not wait
	held   atomic.Bool // somebody holds a statement, which runs without coming by here
	ended  bool

	waiting      []row
	waitingBytes int
	refused      error // why the server did not take them, after which it takes nothing
	log          logger.Interface
	ctx          context.Context // of the last Publish; nil before //nolint:containedctx // the commit has none
}

// publish has rows wait, if it may. Otherwise they can be written now.
func (t *transaction) publish(tx *gorm.DB, rows []row, wait bool) (waits bool, err error) {
	ctx := tx.Statement.Context
	if err := t.over(ctx); err != nil {
		return false, fmt.Errorf("%s: %w", rows[0].what(), err)
	}
	t.ctx, t.log = ctx, tx.Logger
	n := size(rows)
	if !wait || t.direct == nil || t.held.Load() || len(t.waiting)+len(rows) > maxWaiting || t.waitingBytes+n > maxWaitingBytes {
		return false, t.write(ctx)
	}
	for i := range rows {
		rows[i].key = bytes.Clone(rows[i].key) // it may be a part of what the caller goes on using
	}
	t.waiting = append(t.waiting, rows...)
	t.waitingBytes += n
	return true, nil
}

// over says why nothing can be written any more.
func (t *transaction) over(ctx context.Context) error {
	switch {
	case t.ended:
		return sql.ErrTxDone
	case t.direct != nil && t.direct.Err() != nil:
		return t.direct.Err()
	}
	return ctx.Err()
}

func size(rows []row) (n int) {
	for i := range rows {
		n += rows[i].size()
	}
	return n
}

// write writes what waits. What cannot be written still waits: its transaction fails
// at COMMIT at the latest, unless the rows are rolled back before.
func (t *transaction) write(ctx context.Context) error {
	if len(t.waiting) == 0 || t.refused != nil {
		return t.refused // GORM passes over the first error of a nested transaction
	}
	begin := time.Now()
	err := t.direct.Run(ctx, statements(t.waiting)...)
	traced(ctx, t.log, begin, len(t.waiting), "", err)
	if err == nil {
		t.forget()
	} else if refused(err) {
		t.refused = err
	}
	return err
}

// refused tells the server's answer, after which its transaction takes nothing but a
// ROLLBACK, from all that may go wrong on the way.
func refused(err error) bool {
	_, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	return ok
}

func (t *transaction) forget() { t.waiting, t.waitingBytes, t.refused = nil, 0, nil }

// ahead writes what waits ahead of a statement, but for one that takes it back, whichever
// savepoint it names: that must not fail because of what could not be written.
func (t *transaction) ahead(ctx context.Context, query string) error {
	if len(t.waiting) == 0 || takesBack(query) {
		return nil
	}
	return t.write(ctx)
}

// ran notes that a statement took back what waits.
func (t *transaction) ran(query string, err error) {
	if err == nil && len(t.waiting) > 0 && takesBack(query) {
		t.forget()
	}
}

// ExecContext implements gorm.ConnPool.
func (t *transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := t.ahead(ctx, query); err != nil {
		return nil, err
	}
	result, err := t.Tx.ExecContext(ctx, query, args...)
	t.ran(query, err)
	return result, err
}

// QueryContext implements gorm.ConnPool.
func (t *transaction) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.ahead(ctx, query); err != nil {
		return nil, err
	}
	rows, err := t.Tx.QueryContext(ctx, query, args...)
	t.ran(query, err)
	return rows, err
}

// QueryRowContext implements gorm.ConnPool.
func (t *transaction) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if err := t.ahead(ctx, query); err != nil {
		return t.direct.FailedRow(ctx, err)
	}
	row := t.Tx.QueryRowContext(ctx, query, args...)
	t.ran(query, row.Err())
	return row
}

// PrepareContext implements gorm.ConnPool.
func (t *transaction) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := t.write(ctx); err != nil {
		return nil, err
	}
	t.held.Store(true)
	return t.Tx.PrepareContext(ctx, query)
}

// StmtContext implements gorm.Tx. When the rows before it cannot be written the
// statement fails as well, because the transaction has or ctx has ended.
func (t *transaction) StmtContext(ctx context.Context, stmt *sql.Stmt) *sql.Stmt {
	_ = t.write(ctx)
	t.held.Store(true)
	return t.Tx.StmtContext(ctx, stmt)
}

// Commit writes what waits, and tells of published events once they are there.
func (t *transaction) Commit() error {
	err := t.commit()
	if err == nil && t.ctx != nil {
		t.pool.committed(t.ctx)
	}
	return err
}

func (t *transaction) commit() error {
	ended := t.ended
	t.ended = true
	if len(t.waiting) == 0 || ended {
		return t.Tx.Commit()
	}
	if t.held.Load() || t.refused != nil { // CommitAfter is not for what StmtContext could not write
		if err := t.write(t.ctx); err != nil {
			_ = t.Tx.Rollback()
			return err
		}
		return t.Tx.Commit()
	}
	begin := time.Now()
	err := t.direct.CommitAfter(statements(t.waiting)...)
	traced(t.ctx, t.log, begin, len(t.waiting), ", COMMIT", err)
	return err
}

// Rollback takes back what waits, too.
func (t *transaction) Rollback() error {
	t.ended = true
	return t.Tx.Rollback()
}

// GetDBConn lets tx.DB() find the database, as without the plugin.
func (t *transaction) GetDBConn() (*sql.DB, error) { return t.pool.GetDBConn() }
