package database

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// connectWithin is how long [Connecting] lets work wait.
const connectWithin = 5 * time.Second

// Connect takes a connection of a pool, as [Connecting] does.
func Connect(ctx context.Context, pool *sql.DB) (conn *sql.Conn, err error) {
	err = Connecting(ctx, pool, func(ctx context.Context) (err error) {
		conn, err = pool.Conn(ctx)
		return err
	})
	return conn, err
}

// Connecting runs work that has to get a connection of a pool, and little more, under a
// context that ends after five seconds. A pool whose connections are all taken has those
// who want another one wait for ever, and without a word: the error then says so.
func Connecting(ctx context.Context, pool *sql.DB, work func(ctx context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, connectWithin)
	defer cancel()
	err := work(bounded)
	if err == nil || ctx.Err() != nil || bounded.Err() == nil {
		return err
	}
	s := pool.Stats()
	if s.MaxOpenConnections == 0 || s.InUse < s.MaxOpenConnections {
		return err
	}
	return fmt.Errorf("all %d connections of the database's pool are in use, and none came free for %s: "+
		"raise SetMaxOpenConns (database.WithMaxOpenConns), or end what keeps them: %w", s.MaxOpenConnections, connectWithin, err)
}
