package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
)

// BenchmarkQueue takes rows of 200 bytes out of the outbox by thousands and
// deletes them, without a broker: `ours` by the relay's queue; by hand one SELECT
// of the same columns and a DELETE of everything up to the last id (`range`, right
// only with one writer) or of the ids that were read (`list`). The servers wait
// for their disk.
func BenchmarkQueue(b *testing.B) {
	mariadb := mariadbOnDisk(b)
	for _, kind := range []struct {
		name string
		url  func(*testing.B) string
	}{{"sqlite", sqliteFile}, {"mariadb", mariadb}, {"postgres", postgresOnDisk}} {
		b.Run(kind.name, func(b *testing.B) {
			url := kind.url(b)
			withOutbox(b, url)
			db := open(b, url)
			install(b, db)
			n := short(20_000, 100_000)
			way := func(take func(context.Context, *gorm.DB, int) error) func(*testing.B) []float64 {
				return rate(func(b *testing.B) float64 {
					fillByPublish(b, db, n)
					begin := time.Now()
					check(b, take(b.Context(), db, n))
					return float64(n) / time.Since(begin).Seconds()
				})
			}
			turns(b, []string{"rows/s"}, []side{
				{"ours", way(takeByQueue)},
				{"range", way(func(ctx context.Context, db *gorm.DB, n int) error { return takeByHand(ctx, db, n, deleteRange) })},
				{"list", way(func(ctx context.Context, db *gorm.DB, n int) error { return takeByHand(ctx, db, n, deleteList) })},
			}, "ours/range", "ours/list")
		})
	}
}

// fillByPublish empties the outbox and puts n events into it.
func fillByPublish(b *testing.B, db *gorm.DB, n int) {
	b.Helper()
	statement := "TRUNCATE outbox_events"
	if db.Name() == database.SQLite {
		statement = "DELETE FROM outbox_events"
	}
	check(b, db.Exec(statement).Error)
	all := make([]codec.Event, relayBatch)
	for i := range all {
		all[i] = messageCreated()
	}
	for range n / relayBatch {
		check(b, db.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, all...) }))
	}
}

func takeByQueue(ctx context.Context, db *gorm.DB, n int) (err error) {
	q, err := relay.OpenQueue(db)
	if err != nil {
		return err
	}
	for batch := 0; n > 0; batch++ {
		rows, err := q.Fetch(ctx, relayBatch, nil)
		if err != nil {
			return err
		}
		if err := q.Delete(ctx, rowIDs(rows)); err != nil {
			return err
		}
		n -= len(rows)
		if batch%10 == 9 {
			if err := q.Advance(ctx); err != nil {
				return err
			}
		}
	}
	return q.Close()
}

// handRow has the columns that a relay needs.
type handRow struct {
	id                  int64
	eventID, typ, topic string
	sequence            sql.NullInt64
	headers             sql.NullString
	key, payload        []byte
	createdAt           any
}

// takeByHand reads and deletes on one connection of the pool.
func takeByHand(ctx context.Context, db *gorm.DB, n int, remove func(context.Context, *sql.Conn, string, []handRow) error) error {
	pool, err := db.DB()
	if err != nil {
		return err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // goes back to the pool
	for n > 0 {
		rows, err := selectByHand(ctx, conn)
		if err != nil {
			return err
		}
		if err := remove(ctx, conn, db.Name(), rows); err != nil {
			return err
		}
		n -= len(rows)
	}
	return nil
}

func selectByHand(ctx context.Context, conn *sql.Conn) (all []handRow, err error) {
	rows, err := conn.QueryContext(ctx, fmt.Sprintf(`
SELECT id, event_id, type, sequence, topic, event_key, headers, payload, created_at
FROM outbox_events ORDER BY id LIMIT %d`, relayBatch))
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // Err tells
	all = make([]handRow, 0, relayBatch)
	for rows.Next() {
		var r handRow
		if err := rows.Scan(&r.id, &r.eventID, &r.typ, &r.sequence, &r.topic, &r.key, &r.headers, &r.payload, &r.createdAt); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

func deleteRange(ctx context.Context, conn *sql.Conn, dialect string, rows []handRow) error {
	mark := "?"
	if dialect == database.Postgres {
		mark = "$1"
	}
	_, err := conn.ExecContext(ctx, "DELETE FROM outbox_events WHERE id <= "+mark, rows[len(rows)-1].id)
	return err
}

func deleteList(ctx context.Context, conn *sql.Conn, dialect string, rows []handRow) error {
	ids, marks := make([]any, len(rows)), make([]string, len(rows))
	for i := range rows {
		ids[i], marks[i] = rows[i].id, "?"
		if dialect == database.Postgres {
			marks[i] = fmt.Sprintf("$%d", i+1)
		}
	}
	_, err := conn.ExecContext(ctx, "DELETE FROM outbox_events WHERE id IN ("+strings.Join(marks, ",")+")", ids...)
	return err
}
