package relay

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/schemactl/schemactl/internal/writelock"
)

// busyLimit is how long a write waits for SQLite's write lock.
const busyLimit = 5 * time.Second

// sqliteQueue serves SQLite, which has one writer at a time: ids become visible
// in order, and deleted entries leave the index at once. It keeps no connection
// between calls, so that a pool of one is enough.
type sqliteQueue struct {
	db    *sql.DB
	owner Owner // nil is whoever calls
}

// Own implements Queue.
func (q *sqliteQueue) Own(o Owner) { q.owner = o }

// Fetch implements Queue.
func (q *sqliteQueue) Fetch(ctx context.Context, limit int, inFlight []int64) ([]Row, error) {
	where, args := "id NOT IN (SELECT value FROM json_each(?))", []any{jsonArray(inFlight)}
	if runs, ok := runsOf(inFlight); ok {
		where, args = outsideRuns(runs)
		where = "1" + where
	}
	return fetch(ctx, q.db, limit, `
SELECT id, event_id, type, sequence, topic, event_key, headers, payload, created_at
FROM outbox_events WHERE `+where+` ORDER BY id LIMIT ?`, append(args, limit)...)
}

// Delete implements Queue.
func (q *sqliteQueue) Delete(ctx context.Context, ids []int64) error {
	where, args := "id IN (SELECT value FROM json_each(?))", []any{jsonArray(ids)}
	if runs, ok := runsOf(ids); ok && len(runs) > 0 {
		where, args = inRuns(runs)
	}
	return q.write(ctx, "delete from outbox_events", func(c querier) error {
		_, err := c.ExecContext(ctx, "DELETE FROM outbox_events WHERE "+where, args...)
		return err
	})
}

// Park implements Queue.
func (q *sqliteQueue) Park(ctx context.Context, p Parking) error {
	const columns = "id, event_id, type, sequence, topic, event_key, headers, payload, created_at"
	return q.park(ctx, func(c querier) error {
		list := jsonArray(p.IDs)
		_, err := c.ExecContext(ctx, `INSERT INTO outbox_parked (`+columns+`, scope, reason, attempts, retry)
SELECT `+columns+`, ?, ?, ?, ? FROM outbox_events WHERE id IN (SELECT value FROM json_each(?))`, p.Scope, p.Reason, p.Attempts, p.Retry, list)
		if err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, `DELETE FROM outbox_events WHERE id IN (SELECT value FROM json_each(?))`, list)
		return err
	})
}

// Parked implements Queue.
func (q *sqliteQueue) Parked(ctx context.Context, limit int) (ParkedKeys, error) {
	sqls := parkedDialects["sqlite"]
	found, late, err := sqls.found(ctx, q.db, "", limit)
	if err != nil || len(late) == 0 {
		return found, err
	}
	return found, q.write(ctx, "outbox_parked", func(c querier) error { return sqls.tellLate(ctx, c, late) })
}

// FetchParked implements Queue.
func (q *sqliteQueue) FetchParked(ctx context.Context, limit int) ([]ParkedRow, error) {
	return parkedDialects["sqlite"].list(ctx, q.db, limit, "retry")
}

// DeleteParked implements Queue.
func (q *sqliteQueue) DeleteParked(ctx context.Context, ids []int64) error {
	return q.park(ctx, func(c querier) error {
		_, err := c.ExecContext(ctx, `DELETE FROM outbox_parked WHERE id IN (SELECT value FROM json_each(?))`, jsonArray(ids))
		return err
	})
}

// Repark implements Queue.
func (q *sqliteQueue) Repark(ctx context.Context, r *Row, reason string) error {
	return q.park(ctx, func(c querier) error { return parkedDialects["sqlite"].repark(ctx, c, r, reason) })
}

// park writes to outbox_parked as long as the ownership stands. The lock is a file that
// the database knows nothing of, so it is asked for once nobody else can write.
func (q *sqliteQueue) park(ctx context.Context, work func(querier) error) error {
	return q.write(ctx, "outbox_parked", func(c querier) error {
		if q.owner != nil {
			if err := q.owner.Check(ctx); err != nil {
				return err
			}
		}
		return work(c)
	})
}

// write runs work in a transaction.
func (q *sqliteQueue) write(ctx context.Context, what string, work func(querier) error) error {
	if err := writelock.Run(ctx, q.db, busyLimit, func(c *sql.Conn) error { return work(c) }); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// Advance implements Queue: there is no bound.
func (q *sqliteQueue) Advance(context.Context) error { return nil }

// Shard implements Queue.
func (q *sqliteQueue) Shard() Shard { return Shard{} }

// Listen implements Queue: this database tells nobody.
func (q *sqliteQueue) Listen(context.Context, func()) error { return nil }

// Close implements Queue: there is nothing to give up.
func (q *sqliteQueue) Close() error { return nil }
