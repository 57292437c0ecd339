// Package writelock takes SQLite's write lock from steady writers.
package writelock

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// poll is how often the lock is asked for.
const poll = time.Millisecond

// Run runs work in a transaction of one connection that has SQLite's write lock, which it
// waits for no longer than limit. SQLite's own waiting asks ever more rarely, up to ten
// times a second, and busy writers always come first: others stood still for seconds. So
// this asks by itself, often.
func Run(ctx context.Context, pool *sql.DB, limit time.Duration, work func(*sql.Conn) error) (err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var timeout int
	if err := conn.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&timeout); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return err
	}
	defer func() {
		// A pragma takes no parameters; timeout is a number.
		_, rerr := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA busy_timeout = %d", timeout))
		err = errors.Join(err, rerr)
	}()
	if err := begin(ctx, conn, limit); err != nil {
		return err
	}
	if err = work(conn); err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
	}
	if err != nil {
		_, rerr := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		err = errors.Join(err, rerr)
	}
	return err
}

// begin asks for the lock until it is there.
func begin(ctx context.Context, conn *sql.Conn, limit time.Duration) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for deadline := time.Now().Add(limit); ; {
		// It waits for nobody, and ctx does not cut it off: the driver says that ctx has
		// ended also when it has begun all the same, and nobody would end that.
		_, err := conn.ExecContext(context.WithoutCancel(ctx), "BEGIN IMMEDIATE")
		if err == nil || !isBusy(err) || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return err
		}
	}
}

// isBusy reports whether another connection has the write lock (SQLITE_BUSY and its
// extended codes).
func isBusy(err error) bool {
	var coded interface {
		error
		Code() int
	}
	return errors.As(err, &coded) && coded.Code()&0xff == 5
}
