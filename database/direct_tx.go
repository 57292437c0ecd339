package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// DirectTx is a transaction on PostgreSQL that can send its last statements and COMMIT
// in one message, see [DirectTx.CommitAfter]. Everything else is as with [sql.Tx]. It
// ends with Commit, Rollback, CommitAfter or its context, and keeps a connection until then.
type DirectTx struct {
	*sql.Tx
	ctx  context.Context //nolint:containedctx // as in sql.Tx: COMMIT has none of its own
	conn *sql.Conn
	pg   *pgx.Conn   // nil where CommitAfter cannot be used; touched inside conn.Raw alone
	stop func() bool // of giving the connection back when ctx ends
}

// DirectStatement is a statement without result for [DirectTx.CommitAfter]. Each text
// stays prepared on the connection, so there should be few of them.
type DirectStatement struct {
	What    string // it does, for errors
	Query   string // with $1, $2, …
	Values  [][]byte
	Formats []int16 // of the values: 0 is text, 1 binary
}

// IsDirect says whether [BeginDirect] can be used: the pool's driver is pgx.
func IsDirect(pool *sql.DB) bool {
	_, ok := pool.Driver().(*stdlib.Driver)
	return ok
}

// BeginDirect begins a transaction, as sql.DB.BeginTx does.
func BeginDirect(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (*DirectTx, error) {
	const tries = 3 // as database/sql: a connection may turn out to be closed
	for i := 1; ; i++ {
		t, err := beginDirect(ctx, pool, opts)
		if err == nil || i == tries || !errors.Is(err, driver.ErrBadConn) {
			return t, err
		}
	}
}

func beginDirect(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (*DirectTx, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	t := &DirectTx{ctx: ctx, conn: conn}
	t.Tx, err = conn.BeginTx(ctx, opts)
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	_ = conn.Raw(func(driverConn any) error {
		if c, ok := driverConn.(*stdlib.Conn); ok && suits(c.Conn()) {
			t.pg = c.Conn()
		}
		return nil
	})
	// The end of the context rolls back a sql.Tx, for which Close waits. Today database/sql
	// also drops the connection then, because pgx's cannot be asked whether they are valid.
	t.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return t, nil
}

// suits tells connections on which pgx may prepare statements, which some poolers do not
// pass on, and whose user does not want to be told of each statement.
func suits(c *pgx.Conn) bool {
	known := c.PgConn().CustomData()
	suit, ok := known[suitsKey].(bool)
	if !ok { // for the first time: Config makes a deep copy
		cfg := c.Config()
		suit = cfg.DefaultQueryExecMode == pgx.QueryExecModeCacheStatement && cfg.Tracer == nil
		known[suitsKey] = suit
	}
	return suit
}

const suitsKey = "schemactl/database: suits"

// CanCommitAfter says whether [DirectTx.CommitAfter] may be called.
func (t *DirectTx) CanCommitAfter() bool { return t.pg != nil }

// Commit commits.
func (t *DirectTx) Commit() error {
	defer t.release()
	return t.Tx.Commit()
}

// Rollback rolls back.
func (t *DirectTx) Rollback() error {
	defer t.release()
	return t.Tx.Rollback()
}

func (t *DirectTx) release() {
	t.stop()
	_ = t.conn.Close()
}

// CommitAfter runs the statements and COMMIT in one round trip. When one of them fails
// the transaction is rolled back, and the error tells of the first that did. As with
// COMMIT alone, nobody knows what became of the transaction when the connection or the
// context ends meanwhile. It may be called where [DirectTx.CanCommitAfter] and no
// statement was prepared by the transaction.
func (t *DirectTx) CommitAfter(statements ...DirectStatement) error {
	if !t.stop() { // it has ended, or its context has
		return t.Commit()
	}
	var run *pgconn.Pipeline
	over := false
	err := t.conn.Raw(func(any) (err error) {
		if run, err = t.send(statements); run == nil {
			return err
		}
		if err == nil {
			err = results(run, statements)
		}
		if over = t.pg.PgConn().TxStatus() == 'I'; !over {
			_ = run.Close()
		}
		return err
	})
	if over {
		// The server has no transaction any more, only sql.Tx does not know. What that
		// sends to end its own is refused as long as the pipeline is open: it would be
		// one more round trip, for the server to warn that there is no transaction.
		_ = t.Tx.Commit()
		_ = t.conn.Raw(func(any) error { return run.Close() })
	} else {
		_ = t.Tx.Rollback() // its error tells nothing more
	}
	if stale(err) {
		_ = t.conn.Raw(func(any) error { return driver.ErrBadConn }) // so a pool drops it
	}
	_ = t.conn.Close()
	return err
}

// stale tells errors after which what is prepared on the connection is of no use: it is
// not there, or the table is another one.
func stale(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(refused.Code, "26") || strings.HasPrefix(refused.Code, "42"))
}

// send gives no pipeline when it failed before it began one.
func (t *DirectTx) send(statements []DirectStatement) (*pgconn.Pipeline, error) {
	prepared := make([]*pgconn.StatementDescription, len(statements)+1)
	for i := range prepared {
		query, what := "COMMIT", "commit"
		if i < len(statements) {
			query, what = statements[i].Query, statements[i].What
		}
		var err error
		if prepared[i], err = t.pg.Prepare(t.ctx, query, query); err != nil {
			return nil, fmt.Errorf("%s: %w", what, err)
		}
	}
	run := t.pg.PgConn().StartPipeline(t.ctx)
	for i := range statements {
		run.SendQueryStatement(prepared[i], statements[i].Values, statements[i].Formats, nil)
	}
	run.SendQueryStatement(prepared[len(statements)], nil, nil, nil)
	return run, run.Sync()
}

// results reads all answers, until the server is ready for the next query, and gives the
// first error.
func results(run *pgconn.Pipeline, statements []DirectStatement) (first error) {
	for i := range len(statements) + 2 { // and COMMIT, and that it is ready
		result, err := run.GetResults()
		switch result := result.(type) {
		case *pgconn.PipelineSync:
			return first
		case *pgconn.ResultReader:
			_, err = result.Close()
		}
		if err != nil && first == nil {
			first = err
			if i < len(statements) {
				first = fmt.Errorf("%s: %w", statements[i].What, err)
			}
		}
	}
	if first == nil {
		first = errors.New("the server did not answer all that was sent")
	}
	return first
}
