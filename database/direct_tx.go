package database

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/schemactl/schemactl/internal/direct"
)

func init() { direct.Offer(begin) } //nolint:gochecknoinits // as drivers do

// directTx implements [direct.Tx], beside a connection that is kept for it.
type directTx struct {
	*sql.Tx
	ctx   context.Context //nolint:containedctx // as in sql.Tx: COMMIT has none of its own
	conn  *sql.Conn
	pg    *pgx.Conn // touched inside conn.Raw alone
	stale bool      // what is prepared on the connection is of no use any more
}

var commit = direct.Statement{Name: "schemactl_commit", Query: "COMMIT"}

// begin implements [direct.Beginner].
func begin(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (direct.Tx, error) {
	if _, ok := pool.Driver().(*stdlib.Driver); !ok {
		return nil, ErrNotDirect
	}
	const tries = 3 // as database/sql: a connection may turn out to be closed
	for i := 1; ; i++ {
		t, err := beginDirect(ctx, pool, opts)
		switch {
		case err == nil:
			return t, nil
		case i == tries || !errors.Is(err, driver.ErrBadConn):
			return nil, err
		}
	}
}

func beginDirect(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (*directTx, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	t := &directTx{ctx: ctx, conn: conn}
	err = conn.Raw(func(driverConn any) error {
		// At the end of a transaction's context database/sql drops a connection that is
		// no Validator. One that is it would give to others, and we could not tell.
		_, kept := driverConn.(driver.Validator)
		c, ok := driverConn.(*stdlib.Conn)
		if !ok || kept || !suits(c.Conn()) {
			return ErrNotDirect
		}
		t.pg = c.Conn()
		return nil
	})
	if err == nil {
		t.Tx, err = conn.BeginTx(ctx, opts)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	return t, nil
}

// suits tells connections on which statements may be prepared, and need not be traced.
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

// Err implements direct.Tx.
func (t *directTx) Err() error { return t.ctx.Err() }

// FailedRow implements direct.Tx. A sql.Row gets an error of our own by nothing else.
func (t *directTx) FailedRow(ctx context.Context, err error) *sql.Row {
	return t.QueryRowContext(ctx, "SELECT 1", failing{err})
}

// failing is an argument with which a query of pgx's fails and is not sent.
type failing struct{ err error }

// RewriteQuery implements pgx.QueryRewriter.
func (f failing) RewriteQuery(context.Context, *pgx.Conn, string, []any) (string, []any, error) {
	return "", nil, f.err
}

// Commit commits.
func (t *directTx) Commit() error {
	defer t.release()
	return t.Tx.Commit()
}

// Rollback rolls back.
func (t *directTx) Rollback() error {
	defer t.release()
	return t.Tx.Rollback()
}

// Run implements direct.Tx.
func (t *directTx) Run(ctx context.Context, statements ...direct.Statement) error {
	p, err := t.run(ctx, statements)
	if p != nil { // somebody has ended the transaction by SQL
		_ = t.raw(p.Close)
	}
	return err
}

// CommitAfter implements direct.Tx.
func (t *directTx) CommitAfter(statements ...direct.Statement) error {
	defer t.release()
	if err := t.ctx.Err(); err != nil {
		_ = t.Tx.Rollback() // which its context does as well
		return err
	}
	open, err := t.run(t.ctx, append(statements, commit))
	if open == nil {
		_ = t.Tx.Rollback() // its error tells nothing more
		return err
	}
	// The server has no transaction any more, only sql.Tx does not know. What that sends
	// to end its own is refused as long as the pipeline is open: it would be one more
	// round trip, for the server to warn that there is no transaction.
	_ = t.Tx.Commit()
	if t.raw(open.Close) != nil {
		_ = open.Close() // the end of the context took the connection away, and closed it
	}
	return err
}

// run sends statements and reads what the server answers. It leaves the pipeline open
// when the server has no transaction any more.
func (t *directTx) run(ctx context.Context, statements []direct.Statement) (open *pgconn.Pipeline, err error) {
	var panicked any
	// Raw is given no error and no panic: it might end the connection, and wait for the
	// transaction to end before that (golang/go#81606).
	gone := t.raw(func() error {
		defer func() { panicked = recover() }() // of who is told of the server's notices
		var p *pgconn.Pipeline
		if p, err = t.send(ctx, statements); p == nil {
			return nil
		}
		if err == nil {
			err = results(p, statements)
		}
		if t.pg.PgConn().TxStatus() == 'I' {
			open = p
			return nil
		}
		_ = p.Close()
		return nil
	})
	if panicked != nil {
		t.stale = true
		_ = t.Tx.Rollback() // on a connection that is in the middle of something: it ends
		panic(panicked)
	}
	if gone != nil {
		err = gone
	}
	t.stale = t.stale || isStale(err)
	if end := ctx.Err(); err != nil && end != nil && !errors.Is(err, end) {
		err = fmt.Errorf("%w: %w", end, err)
	}
	return open, err
}

// isStale tells errors after which what is prepared is of no use: it is not there, or the
// table is another one.
func isStale(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(refused.Code, "26") || strings.HasPrefix(refused.Code, "42"))
}

// release gives the connection back once the transaction has ended.
func (t *directTx) release() {
	switch {
	case t.ctx.Err() != nil:
		// Then database/sql may still be about to end it, for which it waits until rows
		// are closed: nobody waits for that here.
		go t.drop()
	case t.stale:
		t.drop()
	default:
		_ = t.conn.Close()
	}
}

// drop ends the connection. Nobody may get one that is broken.
func (t *directTx) drop() {
	_ = t.raw(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), time.Second)
		defer cancel()
		_ = t.pg.Close(ctx) // the pool may be one that keeps what database/sql drops
		return driver.ErrBadConn
	})
}

// raw is conn.Raw. The end of the context may close conn as Raw begins, which then falls
// over a pointer that is nil.
func (t *directTx) raw(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = sql.ErrConnDone
		}
	}()
	return t.conn.Raw(func(any) error { return f() })
}

// send gives no pipeline when it failed before it began one.
func (t *directTx) send(ctx context.Context, statements []direct.Statement) (*pgconn.Pipeline, error) {
	prepared := make([]*pgconn.StatementDescription, len(statements))
	for i := range statements {
		var err error
		if prepared[i], err = t.pg.Prepare(ctx, statements[i].Name, statements[i].Query); err != nil {
			return nil, failed(&statements[i], err)
		}
	}
	p := t.pg.PgConn().StartPipeline(ctx)
	for i := range statements {
		p.SendQueryStatement(prepared[i], statements[i].Values, statements[i].Formats, nil)
	}
	return p, p.Sync()
}

func failed(s *direct.Statement, err error) error {
	if s.What == "" {
		return err
	}
	return fmt.Errorf("%s: %w", s.What, err)
}

// results reads all answers, until the server is ready for the next query, and gives the
// first error.
func results(p *pgconn.Pipeline, statements []direct.Statement) (first error) {
	for i := range len(statements) + 1 { // and that it is ready
		result, err := p.GetResults()
		switch result := result.(type) {
		case *pgconn.PipelineSync:
			return first
		case *pgconn.ResultReader:
			_, err = result.Close()
		}
		if err != nil && first == nil {
			first = err
			if i < len(statements) {
				first = failed(&statements[i], err)
			}
		}
	}
	if first == nil {
		first = errors.New("the server did not answer all that was sent")
	}
	return first
}
