package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

const (
	// busyPoll is how often a delete asks for SQLite's write lock, and busyLimit
	// how long.
	busyPoll  = time.Millisecond
	busyLimit = 5 * time.Second
)

// sqliteQueue serves SQLite, which has one writer at a time: ids become visible
// in order, and deleted entries leave the index at once. It keeps no connection
// between calls, so that a pool of one is enough.
type sqliteQueue struct {
	db *sql.DB
}

// Fetch implements Queue.
func (q *sqliteQueue) Fetch(ctx context.Context, limit int, inFlight []int64) ([]Row, error) {
	return fetch(ctx, q.db, limit, `
SELECT id, event_id, type, sequence, topic, event_key, headers, payload, created_at
FROM outbox_events WHERE id NOT IN (SELECT value FROM json_each(?)) ORDER BY id LIMIT ?`, jsonArray(inFlight), limit)
}

// Delete implements Queue. SQLite's own waiting for the write lock asks ever more
// rarely, up to ten times a second, and busy writers always come first: the
// relay stood still for seconds. So it asks by itself, often.
func (q *sqliteQueue) Delete(ctx context.Context, ids []int64) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("delete from outbox_events: %w", err)
		}
	}()
	conn, err := q.db.Conn(ctx)
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
	list := jsonArray(ids)
	for deadline := time.Now().Add(busyLimit); ; {
		_, err := conn.ExecContext(ctx, `DELETE FROM outbox_events WHERE id IN (SELECT value FROM json_each(?))`, list)
		if !isBusy(err) || time.Now().After(deadline) || !sleep(ctx, busyPoll) {
			return err
		}
	}
}

// isBusy reports whether another connection has the write lock (SQLITE_BUSY and
// its extended codes).
func isBusy(err error) bool {
	var coded interface {
		error
		Code() int
	}
	return errors.As(err, &coded) && coded.Code()&0xff == 5
}

// Advance implements Queue: there is no bound.
func (q *sqliteQueue) Advance(context.Context) error { return nil }

// Close implements Queue: there is nothing to give up.
func (q *sqliteQueue) Close() error { return nil }
