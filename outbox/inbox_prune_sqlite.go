package outbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	// busyPoll is how often pollDelete asks for SQLite's write lock, and busyLimit how
	// long.
	busyPoll  = time.Millisecond
	busyLimit = 10 * time.Second
)

// pollDelete runs one DELETE on SQLite. SQLite's own waiting for the write lock asks
// ever more rarely, and steady writers always come first: a batch stood for seconds. So
// it asks by itself, often.
func pollDelete(ctx context.Context, pool *sql.DB, query string, args ...any) (n int64, err error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	var timeout int
	if err := conn.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&timeout); err != nil {
		return 0, err
	}
	if _, err := conn.ExecContext(ctx, "PRAGMA busy_timeout = 0"); err != nil {
		return 0, err
	}
	defer func() {
		// A pragma takes no parameters; timeout is a number.
		_, undo := conn.ExecContext(context.WithoutCancel(ctx), fmt.Sprintf("PRAGMA busy_timeout = %d", timeout))
		err = errors.Join(err, undo)
	}()
	for deadline := time.Now().Add(busyLimit); ; {
		res, err := conn.ExecContext(ctx, query, args...)
		if err == nil {
			return res.RowsAffected()
		}
		if !isBusy(err) || time.Now().After(deadline) || rest(ctx, busyPoll) != nil {
			return 0, err
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
