package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/placeholder"
	"github.com/schemactl/schemactl/outbox"
)

// rescanEvery is how often the lower bound is given up and found anew. It costs
// one walk over dead entries and heals what the bound cannot know of, such as a
// restored table.
const rescanEvery = time.Minute

// postgresQueue reads from a lower bound: every id up to it is decided, that is
// deleted, rolled back or never used. Without it, while some snapshot is held in
// the cluster, each read would walk over all entries deleted since.
//
// An id can still appear as long as the transaction that drew it runs. A row
// takes its transaction's id before it draws its own (the column order of the
// table), so any id up to M, the highest seen, belongs to a transaction id below
// one that is drawn after M was seen. Once pg_snapshot_xmin is past that, the
// ids up to M are decided but for the rows that are still there.
type postgresQueue struct {
	onServer
	shard   Shard
	bound   int64 // ids up to here are never asked for again
	highest int64 // M for the next note: the highest id fetched
	noted   int64 // M of the pending note, 0 when there is none
	noteXID int64 // drawn after noted was seen
	scanned time.Time
}

// An array of ids is compared by a hash only when the planner sees it; a generic plan
// makes the statement quadratic.
const (
	customPlan  = "SET plan_cache_mode = force_custom_plan"
	genericPlan = "SET plan_cache_mode = force_generic_plan"
)

// postgresHash is a number of a key that is the same for all versions.
const postgresHash = "get_byte(sha256(event_key), 0)"

func newPostgresQueue(db *sql.DB, shard Shard) *postgresQueue {
	q := &postgresQueue{shard: shard}
	// Whatever a database's default is: reads need no more, and do not fail with less.
	const isolation = "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED"
	q.onServer = onServer{
		session: session{
			db: db,
			// To plan a read of one row takes half as long as the read. There is one plan:
			// along the primary key, whatever the table looked like when it was made. Where
			// there is no index the cost of what is off would bring in the compiler.
			setup: []string{isolation, genericPlan, "SET enable_seqscan = off", "SET enable_bitmapscan = off", "SET jit = off"},
			// Another session may be another server after a failover, whose sequence
			// can be behind.
			opened: q.forget,
		},
		removal: session{db: db, setup: []string{isolation, customPlan}, opened: func() {}},
		sqls:    parkedDialects["postgres"],
		shard:   shard.condition(postgresHash),
	}
	return q
}

func (q *postgresQueue) forget() {
	q.bound, q.highest, q.noted, q.scanned = 0, 0, 0, time.Now()
}

// Fetch implements Queue.
func (q *postgresQueue) Fetch(ctx context.Context, limit int, inFlight []int64) (rows []Row, err error) {
	if err := q.reading(ctx, inFlight); err != nil {
		return nil, err
	}
	args := []any{q.bound}
	without := " AND id <> ALL(?::bigint[])"
	runs, ok := runsOf(inFlight)
	if ok {
		without, args = outsideRuns(runs, args...)
	} else {
		args = append(args, inFlight)
	}
	query := func(eventID string) string {
		return placeholder.Numbered(`
SELECT id, ` + eventID + `, type, sequence, topic, event_key, headers::text, payload, created_at
FROM outbox_events WHERE id > ?` + without + q.shard.condition(postgresHash) + ` ORDER BY id LIMIT ?`)
	}
	args = append(args, limit)
	err = q.session.use(ctx, func(c querier) error {
		return planned(ctx, c, !ok, func() error {
			rows, err = fetchDirect(ctx, c, limit, query("event_id"), args...)
			if errors.Is(err, database.ErrNotDirect) {
				rows, err = fetch(ctx, c, limit, query("event_id::text"), args...)
			}
			return err
		})
	})
	if n := len(rows); n > 0 {
		q.highest = max(q.highest, rows[n-1].ID)
	}
	return rows, err
}

// planned runs a read on the reading session, whose plans are generic, with a custom one
// where it needs that. After an error the session is thrown away.
func planned(ctx context.Context, c querier, custom bool, read func() error) error {
	if !custom {
		return read()
	}
	if _, err := c.ExecContext(ctx, customPlan); err != nil {
		return err
	}
	if err := read(); err != nil {
		return err
	}
	_, err := c.ExecContext(ctx, genericPlan)
	return err
}

// Delete implements Queue.
func (q *postgresQueue) Delete(ctx context.Context, ids []int64) error {
	where, args := "id = ANY(?::bigint[])", []any{ids}
	if runs, ok := runsOf(ids); ok && len(runs) > 0 {
		where, args = inRuns(runs)
	}
	return q.remove(ctx, func(ctx context.Context, c querier) error {
		if _, err := c.ExecContext(ctx, placeholder.Numbered("DELETE FROM outbox_events WHERE "+where), args...); err != nil {
			return fmt.Errorf("delete from outbox_events: %w", err)
		}
		return nil
	})
}

// Park implements Queue.
func (q *postgresQueue) Park(ctx context.Context, p Parking) error {
	return q.write(ctx, func(ctx context.Context, c querier) error {
		const columns = "id, event_id, type, sequence, topic, event_key, headers, payload, created_at"
		_, err := c.ExecContext(ctx, `
WITH gone AS (DELETE FROM outbox_events WHERE id = ANY($1::bigint[]) RETURNING `+columns+`)
INSERT INTO outbox_parked (`+columns+`, scope, reason, attempts, retry) SELECT `+columns+`, $2, $3, $4::int, $5::bool FROM gone`,
			p.IDs, p.Scope, p.Reason, p.Attempts, p.Retry)
		return err
	})
}

// DeleteParked implements Queue.
func (q *postgresQueue) DeleteParked(ctx context.Context, ids []int64) error {
	return q.write(ctx, func(ctx context.Context, c querier) error {
		_, err := c.ExecContext(ctx, `DELETE FROM outbox_parked WHERE id = ANY($1::bigint[])`, ids)
		return err
	})
}

// Advance implements Queue.
func (q *postgresQueue) Advance(ctx context.Context) error {
	if time.Since(q.scanned) > rescanEvery {
		q.forget()
		return nil
	}
	if q.noted == 0 {
		return q.note(ctx)
	}
	var decided bool
	var first sql.NullInt64
	err := q.session.use(ctx, func(c querier) error {
		// One statement, so one snapshot: what it calls decided and what it sees
		// below M belong together.
		return c.QueryRowContext(ctx, `
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint > $1::bigint,
	(SELECT min(id) FROM outbox_events WHERE id > $2 AND id <= $3`+q.shard.condition(postgresHash)+`)`, q.noteXID, q.bound, q.noted).Scan(&decided, &first)
	})
	if err != nil {
		return fmt.Errorf("lower bound of outbox_events: %w", err)
	}
	if !decided {
		return nil
	}
	q.bound = q.noted
	if first.Valid {
		q.bound = first.Int64 - 1
	}
	q.noted = 0
	return nil
}

// note remembers the highest id seen and a transaction id that is younger.
func (q *postgresQueue) note(ctx context.Context) error {
	if q.highest <= q.bound {
		return nil
	}
	highest := q.highest
	err := q.session.use(ctx, func(c querier) error {
		return c.QueryRowContext(ctx, `SELECT pg_current_xact_id()::text::bigint`).Scan(&q.noteXID)
	})
	if err != nil {
		return fmt.Errorf("lower bound of outbox_events: %w", err)
	}
	q.noted = highest
	return nil
}

// Shard implements Queue.
func (q *postgresQueue) Shard() Shard { return q.shard }

// Listen implements Queue.
func (q *postgresQueue) Listen(ctx context.Context, wake func()) error {
	return database.Listen(ctx, q.session.db, outbox.Channel, wake)
}
