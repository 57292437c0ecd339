package relay

import (
	"context"
	"database/sql"
	"errors"
)

// onServer is what queues with sessions do alike.
type onServer struct {
	session session // that reads
	removal session // of Delete
	owner   Owner   // nil is whoever calls
	sqls    parkedSQL
	shard   string // a condition
}

// Own implements Queue.
func (q *onServer) Own(o Owner) { q.owner = o }

// Close implements Queue.
func (q *onServer) Close() error { return errors.Join(q.session.Close(), q.removal.Close()) }

// reading is called before rows are read. A session to delete them is opened now, or not
// as long as rows are in flight: one that is opened after a row was read may be another
// server after a failover, where another row has its id.
func (q *onServer) reading(ctx context.Context, inFlight []int64) error {
	if len(inFlight) > 0 || q.removal.conn != nil {
		return nil
	}
	return q.removal.open(ctx)
}

// remove deletes rows that were read, beside a read. Without a session that is older than
// those it is done by the owner's, which ends with the ownership.
func (q *onServer) remove(ctx context.Context, work func(context.Context, querier) error) error {
	if q.owner != nil && q.removal.conn == nil {
		return q.ownWrite(ctx, work)
	}
	return q.removal.use(ctx, func(c querier) error { return work(ctx, c) })
}

// write changes what is parked in a transaction, of the owner's session when there is an
// owner.
func (q *onServer) write(ctx context.Context, work func(context.Context, querier) error) (err error) {
	defer wrapParked(&err)
	if q.owner != nil {
		return q.ownWrite(ctx, work)
	}
	return q.session.use(ctx, func(c querier) error {
		// After an error the session is closed, and so rolled back.
		if _, err := c.ExecContext(ctx, "START TRANSACTION"); err != nil {
			return err
		}
		if err := work(ctx, c); err != nil {
			return err
		}
		_, err := c.ExecContext(ctx, "COMMIT")
		return err
	})
}

func (q *onServer) ownWrite(ctx context.Context, work func(context.Context, querier) error) error {
	return q.owner.Write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if q.sqls.patience != "" {
			if _, err := tx.ExecContext(ctx, q.sqls.patience); err != nil {
				return err
			}
		}
		return work(ctx, tx)
	})
}

// Parked implements Queue.
func (q *onServer) Parked(ctx context.Context, limit int) (found ParkedKeys, err error) {
	err = q.session.use(ctx, func(c querier) (err error) {
		var late []ParkedKey
		if found, late, err = q.sqls.found(ctx, c, q.shard, limit); err != nil {
			return err
		}
		return q.sqls.tellLate(ctx, c, late)
	})
	return found, err
}

// FetchParked implements Queue.
func (q *onServer) FetchParked(ctx context.Context, limit int) (rows []ParkedRow, err error) {
	err = q.session.use(ctx, func(c querier) (err error) {
		rows, err = q.sqls.list(ctx, c, limit, "retry"+q.shard)
		return err
	})
	return rows, err
}

// Repark implements Queue.
func (q *onServer) Repark(ctx context.Context, r *Row, reason string) error {
	return q.write(ctx, func(ctx context.Context, c querier) error { return q.sqls.repark(ctx, c, r, reason) })
}
