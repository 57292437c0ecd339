package relay

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
)

// mysqlQueue serves MySQL 8 and MariaDB 10.6 and later, which have JSON_TABLE.
// READ COMMITTED keeps the deletes from locking gaps at the end of the index,
// where the writers insert.
type mysqlQueue struct {
	onServer
	shard Shard
}

const mysqlHash = "CRC32(event_key)"

// mysqlPatience is 2 seconds, not the default of 50.
const mysqlPatience = "SET SESSION innodb_lock_wait_timeout = 2"

func newMySQLQueue(db *sql.DB, shard Shard) *mysqlQueue {
	own := session{
		db: db,
		setup: []string{
			"SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
			mysqlPatience,
		},
		opened: func() {},
	}
	return &mysqlQueue{
		onServer: onServer{session: own, removal: own, sqls: parkedDialects["mysql"], shard: shard.condition(mysqlHash)},
		shard:    shard,
	}
}

// Fetch implements Queue.
func (q *mysqlQueue) Fetch(ctx context.Context, limit int, inFlight []int64) (rows []Row, err error) {
	if err := q.reading(ctx, inFlight); err != nil {
		return nil, err
	}
	where, args := "id NOT IN (SELECT id FROM JSON_TABLE(?, '$[*]' COLUMNS (id bigint PATH '$')) AS x)", []any{jsonArray(inFlight)}
	if runs, ok := runsOf(inFlight); ok {
		where, args = outsideRuns(runs)
		where = "TRUE" + where
	}
	err = q.session.use(ctx, func(c querier) (err error) {
		rows, err = fetch(ctx, c, limit, `
SELECT id, event_id, type, sequence, topic, event_key, headers, payload, created_at FROM outbox_events
WHERE `+where+q.shard.condition(mysqlHash)+` ORDER BY id LIMIT ?`, append(args, limit)...)
		return err
	})
	return rows, err
}

// Delete implements Queue. The join takes the rows one by one by their key. With
// id IN (…) the optimizer may scan the table instead, and a scan waits for every
// transaction that has an event not committed yet. So does a range when rows of it are
// gone already: it looks for them behind its end.
func (q *mysqlQueue) Delete(ctx context.Context, ids []int64) error {
	return q.remove(ctx, func(ctx context.Context, c querier) error {
		if _, err := c.ExecContext(ctx, deleteMySQL("outbox_events"), jsonArray(ids)); err != nil {
			return fmt.Errorf("delete from outbox_events: %w", err)
		}
		return nil
	})
}

func deleteMySQL(table string) string {
	return "DELETE e FROM JSON_TABLE(?, '$[*]' COLUMNS (id bigint PATH '$')) AS x STRAIGHT_JOIN " + table + " AS e ON e.id = x.id"
}

// Park implements Queue.
func (q *mysqlQueue) Park(ctx context.Context, p Parking) error {
	const columns = "id, event_id, type, sequence, topic, event_key, headers, payload, created_at"
	return q.write(ctx, func(ctx context.Context, c querier) error {
		_, err := c.ExecContext(ctx, "INSERT INTO outbox_parked ("+columns+`, scope, reason, attempts, retry)
SELECT e.id, event_id, type, sequence, topic, event_key, headers, payload, created_at, ?, ?, ?, ?
FROM JSON_TABLE(?, '$[*]' COLUMNS (id bigint PATH '$')) AS x STRAIGHT_JOIN outbox_events AS e ON e.id = x.id`,
			p.Scope, p.Reason, p.Attempts, p.Retry, jsonArray(p.IDs))
		if err != nil {
			return err
		}
		_, err = c.ExecContext(ctx, deleteMySQL("outbox_events"), jsonArray(p.IDs))
		return err
	})
}

// DeleteParked implements Queue.
func (q *mysqlQueue) DeleteParked(ctx context.Context, ids []int64) error {
	return q.write(ctx, func(ctx context.Context, c querier) error {
		_, err := c.ExecContext(ctx, deleteMySQL("outbox_parked"), jsonArray(ids))
		return err
	})
}

// Advance implements Queue: there is no bound, because no function tells which
// transactions are still open.
func (q *mysqlQueue) Advance(context.Context) error { return nil }

// Shard implements Queue.
func (q *mysqlQueue) Shard() Shard { return q.shard }

// Listen implements Queue: this database tells nobody.
func (q *mysqlQueue) Listen(context.Context, func()) error { return nil }

// jsonArray passes a list of any length as one parameter.
func jsonArray(ids []int64) string {
	b := make([]byte, 0, 2+len(ids)*8)
	b = append(b, '[')
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(append(b, ']'))
}
