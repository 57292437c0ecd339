package migrate

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
)

// tape is a database that executes nothing and remembers what it was told. It
// is used by one goroutine at a time; the mutex is for database/sql, which may
// close connections from another.
type tape struct {
	mu          sync.Mutex // guards the fields below
	statements  []string
	transaction bool
}

var errTape = errors.New("not supported while reading a migration file")

func (t *tape) rewind() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.statements, t.transaction = nil, false
}

// Connect and Driver make the tape a driver.Connector, Open a driver.Driver.
func (t *tape) Connect(context.Context) (driver.Conn, error) { return &tapeConn{t}, nil }
func (t *tape) Driver() driver.Driver                        { return t }
func (t *tape) Open(string) (driver.Conn, error)             { return &tapeConn{t}, nil }

// tapeConn is a connection and its own transaction.
type tapeConn struct{ *tape }

func (c *tapeConn) Prepare(string) (driver.Stmt, error) { return nil, errTape }
func (c *tapeConn) Begin() (driver.Tx, error)           { return nil, errTape }
func (c *tapeConn) Close() error                        { return nil }
func (c *tapeConn) Commit() error                       { return nil }
func (c *tapeConn) Rollback() error                     { return nil }

func (c *tapeConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.transaction = true
	return c, nil
}

func (c *tapeConn) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if len(args) > 0 {
		return nil, errTape
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.statements = append(c.statements, query)
	return driver.RowsAffected(0), nil
}
