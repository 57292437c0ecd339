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
)

// DirectTx is a transaction on PostgreSQL that can send several statements in one
// message, and COMMIT with them. Everything else is as with [sql.Tx]: it is one, on a
// connection that is kept beside it. It ends with Commit, Rollback, CommitAfter or its
// context.
type DirectTx struct {
	*sql.Tx
	ctx   context.Context //nolint:containedctx // as in sql.Tx: COMMIT has none of its own
	conn  *sql.Conn
	pg    *pgx.Conn // touched inside conn.Raw alone
	stale bool      // what is prepared on the connection is of no use any more
}

// DirectStatement is a statement without result for a [DirectTx].
type DirectStatement struct {
	Name    string // under which it stays prepared on the connection
	Query   string // with $1, $2, …
	Values  [][]byte
	Formats []int16 // of the values: 0 is text, 1 binary
	What    string  // it does, for errors
}

var commit = DirectStatement{Name: "schemactl_commit", Query: "COMMIT"}

// BeginDirect begins a transaction, as sql.DB.BeginTx does. It is [ErrNotDirect] when the
// pool is not one of pgx's connections, or when these have settings with which nothing
// may be prepared, or a tracer, who wants to be told of each statement.
func BeginDirect(ctx context.Context, pool *sql.DB, opts *sql.TxOptions) (*DirectTx, error) {
	if _, ok := pool.Driver().(*stdlib.Driver); !ok {
		return nil, ErrNotDirect
	}
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

// Err tells a transaction whose context has ended.
func (t *DirectTx) Err() error { return t.ctx.Err() }

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

// Run runs statements in one round trip. The error tells of the first that failed, and
// then the transaction has.
func (t *DirectTx) Run(ctx context.Context, statements ...DirectStatement) error {
	_, err := t.run(ctx, statements)
	return err
}

// CommitAfter runs statements and COMMIT in one round trip. When one of them fails the
// transaction is rolled back, and the error tells of the first that did. As with COMMIT
// alone, nobody knows what became of the transaction when the connection or the context
// ends meanwhile. It is not for transactions that have prepared statements of their own:
// those would stay on the server.
func (t *DirectTx) CommitAfter(statements ...DirectStatement) error {
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
func (t *DirectTx) run(ctx context.Context, statements []DirectStatement) (open *pgconn.Pipeline, err error) {
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

// Refused says whether err is PostgreSQL's answer, after which a transaction takes nothing
// but a ROLLBACK.
func Refused(err error) bool {
	_, ok := errors.AsType[*pgconn.PgError](err)
	return ok
}

// isStale tells errors after which what is prepared is of no use: it is not there, or the
// table is another one.
func isStale(err error) bool {
	refused, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(refused.Code, "26") || strings.HasPrefix(refused.Code, "42"))
}

// release gives the connection back once the transaction has ended.
func (t *DirectTx) release() {
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
func (t *DirectTx) drop() {
	_ = t.raw(func() error {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.ctx), time.Second)
		defer cancel()
		_ = t.pg.Close(ctx) // the pool may be one that keeps what database/sql drops
		return driver.ErrBadConn
	})
}

// raw is conn.Raw. The end of the context may close conn as Raw begins, which then falls
// over a pointer that is nil.
func (t *DirectTx) raw(f func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = sql.ErrConnDone
		}
	}()
	return t.conn.Raw(func(any) error { return f() })
}

// send gives no pipeline when it failed before it began one.
func (t *DirectTx) send(ctx context.Context, statements []DirectStatement) (*pgconn.Pipeline, error) {
	prepared := make([]*pgconn.StatementDescription, len(statements))
	for i := range statements {
		var err error
		if prepared[i], err = t.pg.Prepare(ctx, statements[i].Name, statements[i].Query); err != nil {
			return nil, statements[i].failed(err)
		}
	}
	p := t.pg.PgConn().StartPipeline(ctx)
	for i := range statements {
		p.SendQueryStatement(prepared[i], statements[i].Values, statements[i].Formats, nil)
	}
	return p, p.Sync()
}

func (s *DirectStatement) failed(err error) error {
	if s.What == "" {
		return err
	}
	return fmt.Errorf("%s: %w", s.What, err)
}

// results reads all answers, until the server is ready for the next query, and gives the
// first error.
func results(p *pgconn.Pipeline, statements []DirectStatement) (first error) {
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
				first = statements[i].failed(err)
			}
		}
	}
	if first == nil {
		first = errors.New("the server did not answer all that was sent")
	}
	return first
}
