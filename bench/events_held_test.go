package bench_test

import (
	"context"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/outbox/relay"
)

// BenchmarkHeldSnapshot takes and deletes rows by thousands while another session
// holds a snapshot, so that all of them stay in the table and its index as dead
// entries: 400,000 rows, with -short 100,000. It reports the median time of the
// first and the last ten reads, with the queue's lower bound and without it.
func BenchmarkHeldSnapshot(b *testing.B) {
	url := postgresOnDisk(b)
	withOutbox(b, url)
	db := open(b, url)
	n := short(100_000, 400_000)
	way := func(bound bool) func(*testing.B) []float64 {
		return func(b *testing.B) []float64 { return held(b, db, n, bound) }
	}
	turnsOf(b, short(1, 2), []string{"first-ms", "last-ms", "last/first"}, []side{{"bound", way(true)}, {"none", way(false)}}, "none/bound")
}

func held(b *testing.B, db *gorm.DB, n int, bound bool) []float64 {
	b.Helper()
	check(b, db.Exec("TRUNCATE outbox_events").Error)
	fillOutbox(b, db, "held", n)
	pool, err := db.DB()
	check(b, err)
	holder, err := pool.Conn(b.Context())
	check(b, err)
	defer holder.Close() //nolint:errcheck // nothing was written
	for _, statement := range []string{"BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT count(*) FROM outbox_events"} {
		_, err := holder.ExecContext(b.Context(), statement)
		check(b, err)
	}
	q, err := relay.OpenQueue(db)
	check(b, err)
	reads, err := readAll(b.Context(), q, n, bound)
	check(b, err)
	check(b, q.Close())
	_, err = holder.ExecContext(b.Context(), "ROLLBACK")
	check(b, err)
	first, last := median(reads[:10]), median(reads[len(reads)-10:])
	return []float64{first, last, last / first}
}

// readAll takes all rows out and gives the time of each read in milliseconds.
// The bound moves after every tenth batch.
func readAll(ctx context.Context, q relay.Queue, n int, bound bool) ([]float64, error) {
	var reads []float64
	for left := n; left > 0; {
		begin := time.Now()
		rows, err := q.Fetch(ctx, relayBatch, nil)
		if err != nil {
			return nil, err
		}
		reads = append(reads, float64(time.Since(begin).Microseconds())/1000)
		if err := q.Delete(ctx, rowIDs(rows)); err != nil {
			return nil, err
		}
		left -= len(rows)
		if bound && len(reads)%10 == 0 {
			if err := q.Advance(ctx); err != nil {
				return nil, err
			}
		}
	}
	return reads, nil
}

func rowIDs(rows []relay.Row) []int64 {
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return ids
}
