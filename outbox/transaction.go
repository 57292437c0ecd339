package outbox

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/schemactl/schemactl/database"
)

const (
	// maxWaiting and maxWaitingBytes bound what waits for COMMIT: more rows gain nothing
	// from a round trip less.
	maxWaiting      = 128
	maxWaitingBytes = 256 << 10
)

// transaction is used by one goroutine at a time, as GORM has it.
//
// Where the connection is direct, rows that are published wait until the transaction's
// next statement, ahead of which they are written, or until COMMIT, with which they go
// in one message. So no statement can tell that they have waited: each finds the rows
// that were published before it, and a savepoint holds those that came after it.
type transaction struct {
	gorm.Tx
	pool   *pool
	direct *database.DirectTx // nil: rows do not wait

	waiting      []row
	waitingBytes int
	d            dialect
	log          logger.Interface
	ctx          context.Context // of the last Publish; nil before //nolint:containedctx // the commit has none
}

// transactionOf gives nil for a transaction that was begun past the plugin.
func transactionOf(tx *gorm.DB) *transaction {
	conn := tx.Statement.ConnPool
	if prepared, ok := conn.(*gorm.PreparedStmtTX); ok {
		conn = prepared.Tx
	}
	t, _ := conn.(*transaction)
	return t
}

func (t *transaction) publish(tx *gorm.DB, d dialect, rows []row) error {
	ctx := tx.Statement.Context
	t.ctx, t.d, t.log = ctx, d, tx.Logger
	t.waitingBytes += size(rows)
	if t.direct != nil && len(t.waiting)+len(rows) <= maxWaiting && t.waitingBytes <= maxWaitingBytes {
		t.waiting = append(t.waiting, rows...)
		return nil
	}
	if err := t.write(ctx); err != nil {
		return err
	}
	_, err := d.insert(ctx, t.Tx, tx.Logger, rows)
	return err
}

func size(rows []row) (n int) {
	for i := range rows {
		n += len(rows[i].payload) + len(rows[i].key)
	}
	return n
}

// write writes what waits. What cannot be written still waits: its transaction fails
// at COMMIT at the latest, unless the rows are rolled back before.
func (t *transaction) write(ctx context.Context) error {
	if len(t.waiting) == 0 {
		return nil
	}
	written, err := t.d.insert(ctx, t.Tx, t.log, t.waiting)
	t.waiting = slices.Delete(t.waiting, 0, written)
	t.waitingBytes = size(t.waiting)
	return err
}

// ExecContext implements gorm.ConnPool.
func (t *transaction) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if len(query) >= len(rollback) && strings.EqualFold(query[:len(rollback)], rollback) {
		// It takes back what was published since the last statement, whichever savepoint
		// it names, and it must not fail because that could not be written.
		done, err := t.Tx.ExecContext(ctx, query, args...)
		if err == nil {
			t.waiting, t.waitingBytes = nil, 0
		}
		return done, err
	}
	if err := t.write(ctx); err != nil {
		return nil, err
	}
	return t.Tx.ExecContext(ctx, query, args...)
}

const rollback = "ROLLBACK"

// QueryContext implements gorm.ConnPool.
func (t *transaction) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.write(ctx); err != nil {
		return nil, err
	}
	return t.Tx.QueryContext(ctx, query, args...)
}

// QueryRowContext implements gorm.ConnPool. When the rows before it cannot be written
// it fails as well: the transaction has, or ctx has ended.
func (t *transaction) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	_ = t.write(ctx)
	return t.Tx.QueryRowContext(ctx, query, args...)
}

// PrepareContext implements gorm.ConnPool. A statement that somebody holds runs without
// coming by here: rows do not wait any more.
func (t *transaction) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	if err := t.write(ctx); err != nil {
		return nil, err
	}
	t.direct = nil
	return t.Tx.PrepareContext(ctx, query)
}

// StmtContext implements gorm.Tx, as PrepareContext and QueryRowContext do.
func (t *transaction) StmtContext(ctx context.Context, stmt *sql.Stmt) *sql.Stmt {
	_ = t.write(ctx)
	t.direct = nil
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
	if len(t.waiting) == 0 {
		return t.Tx.Commit()
	}
	if t.direct == nil { // StmtContext could not write them
		if err := t.write(t.ctx); err != nil {
			_ = t.Tx.Rollback()
			return err
		}
		return t.Tx.Commit()
	}
	begin := time.Now()
	err := t.direct.CommitAfter(statements(t.waiting)...)
	traced(t.ctx, t.log, begin, len(t.waiting), err)
	t.waiting = nil
	return err
}

// GetDBConn lets tx.DB() find the database, as without the plugin.
func (t *transaction) GetDBConn() (*sql.DB, error) { return t.pool.GetDBConn() }
