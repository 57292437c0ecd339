// Package direct has package outbox use transactions that package database makes, without
// linking its drivers. A program that links database has them; in others outbox goes
// without.
package direct

import (
	"context"
	"database/sql"
	"errors"
)

// ErrNot says that a connection is not one of GORM's own driver for PostgreSQL.
var ErrNot = errors.New("the connection is not pgx's")

// Tx is a transaction on PostgreSQL that can send several statements in one message, and
// COMMIT with them. Everything else is as with [sql.Tx]. It ends with Commit, Rollback,
// CommitAfter or its context.
type Tx interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	StmtContext(ctx context.Context, stmt *sql.Stmt) *sql.Stmt
	Commit() error
	Rollback() error

	// Run runs statements in one round trip. The error tells of the first that failed,
	// and then the transaction has.
	Run(ctx context.Context, statements ...Statement) error
	// CommitAfter runs statements and COMMIT in one round trip. When one of them fails
	// the transaction is rolled back, and the error tells of the first that did. As with
	// COMMIT alone, nobody knows what became of the transaction when the connection or
	// the context ends meanwhile. It is not for transactions that have prepared
	// statements of their own: those would stay on the server.
	CommitAfter(statements ...Statement) error
	// Err tells a transaction whose context has ended.
	Err() error
	// FailedRow gives a row whose Scan fails with what wraps err.
	FailedRow(ctx context.Context, err error) *sql.Row
}

// Statement is a statement without result.
type Statement struct {
	Name    string // under which it stays prepared on the connection
	Query   string // with $1, $2, …
	Values  [][]byte
	Formats []int16 // of the values: 0 is text, 1 binary
	What    string  // it does, for errors
}

// Beginner begins a transaction, as sql.DB.BeginTx does. It is [ErrNot] when the pool is
// not one of pgx's connections, or when these have settings with which nothing may be
// prepared, or a tracer, who wants to be told of each statement.
type Beginner func(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (Tx, error)

var beginner Beginner

// Offer is called while the program starts, by who has a Beginner.
func Offer(b Beginner) { beginner = b }

// Begin uses the one that was offered.
func Begin(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (Tx, error) {
	if beginner == nil {
		return nil, ErrNot
	}
	return beginner(ctx, pool, opts)
}
