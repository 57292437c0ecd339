package bench_test

import (
	"context"
	"database/sql"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/outbox/relay"
)

const relayBatch = 1000

// BenchmarkRelay moves rows of 200 bytes from a PostgreSQL with fsync to a broker
// in a process of its own, until all are acknowledged and done with: one relay
// with batches of 1000; the plain loop by hand, which locks rows, produces,
// deletes and commits, with the same records (`plain`) and with bare ones, key and
// value only (`bare`); Watermill's forwarder with batches of 1000; and River with
// one job for each event. The last two get fewer rows.
func BenchmarkRelay(b *testing.B) {
	url := postgresOnDisk(b)
	withOutbox(b, url)
	r := &relaying{db: open(b, url), url: url, broker: broker(b), rows: short(50_000, 100_000), few: short(10_000, 30_000)}
	r.client = client(b, r.broker)
	r.relayClient = relayClient(b, r.client)
	turns(b, watched, []side{
		{"ours", r.ours},
		{"plain", func(b *testing.B) []float64 { return r.plain(b, plainQuery, plainRecord) }},
		{"bare", func(b *testing.B) []float64 { return r.plain(b, bareQuery, bareRecord) }},
		{"watermill", r.watermill},
		{"river", r.river},
	}, "ours/plain", "ours/bare", "ours/watermill", "ours/river")
}

// relaying is what the sides have in common.
type relaying struct {
	db        *gorm.DB
	url       string
	broker    string
	client    *kgo.Client
	rows, few int
	// relayClient is the relay's own.
	relayClient *kgo.Client
}

// fill puts n rows of 200 bytes and 1000 keys into the outbox; statistics, hints
// and the checkpoint are those of a server that had the time for them.
func (r *relaying) fill(b *testing.B, topic string, n int) {
	b.Helper()
	check(b, r.db.Exec("TRUNCATE outbox_events").Error)
	fillOutbox(b, r.db, topic, n)
	check(b, r.db.Exec("CHECKPOINT").Error)
}

func fillOutbox(b *testing.B, db *gorm.DB, topic string, n int) {
	b.Helper()
	check(b, db.Exec(`
INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, payload)
SELECT gen_random_uuid(), 'schemactl.events.MessageCreated', n, ?, convert_to((n % 1000)::text, 'UTF8'),
	convert_to(rpad(format('{"id":%s,"author":"%s","text":"%s","more":"', n, md5(n::text), md5((-n)::text)), 198, ' lorem ipsum') || '"}', 'UTF8')
FROM generate_series(1, ?) AS n`, topic, n).Error)
	check(b, db.Exec("VACUUM ANALYZE outbox_events").Error)
}

// finished checks that n records are on the topic.
func (r *relaying) finished(b *testing.B, topic string, n int) {
	b.Helper()
	if got := records(b, r.client, topic); got < n {
		b.Fatalf("%d records, want %d", got, n)
	}
	dropTopic(b, r.client, topic)
}

func (r *relaying) ours(b *testing.B) []float64 {
	name := topic(b, r.client)
	r.fill(b, name, r.rows)
	q, err := relay.OpenQueue(r.db)
	check(b, err)
	done, relayed := make(chan struct{}), 0
	re, err := relay.New(r.db, q, r.relayClient, relay.WithBatch(relayBatch), relay.WithOnRelayed(func(n int) {
		if relayed += n; relayed == r.rows {
			close(done)
		}
	}))
	check(b, err)
	w := startWatch()
	stop := running(b, re)
	<-done
	figures := w.per(r.rows)
	stop()
	r.finished(b, name, r.rows)
	return figures
}

// running runs a relay until stop is called, which waits for its end.
func running(b *testing.B, re *relay.Relay) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- re.Run(ctx) }()
	return func() {
		cancel()
		check(b, <-ended)
	}
}

const (
	plainQuery = `
SELECT id, topic, event_key, payload, event_id::text, type, sequence, created_at
FROM outbox_events ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`
	bareQuery   = `SELECT id, topic, event_key, payload FROM outbox_events ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`
	plainDelete = `DELETE FROM outbox_events WHERE id = ANY($1)`
)

// plainRecord has the headers and the time that the relay gives its records.
func plainRecord(rows pgx.Rows) (id int64, rec *kgo.Record, err error) {
	var eventID, typ string
	var sequence sql.NullInt64
	rec = &kgo.Record{}
	if err := rows.Scan(&id, &rec.Topic, &rec.Key, &rec.Value, &eventID, &typ, &sequence, &rec.Timestamp); err != nil {
		return 0, nil, err
	}
	rec.Headers = []kgo.RecordHeader{
		{Key: codec.HeaderID, Value: []byte(eventID)},
		{Key: codec.HeaderType, Value: []byte(typ)},
		{Key: codec.HeaderSequence, Value: strconv.AppendInt(nil, sequence.Int64, 10)},
	}
	return id, rec, nil
}

func bareRecord(rows pgx.Rows) (id int64, rec *kgo.Record, err error) {
	rec = &kgo.Record{}
	return id, rec, rows.Scan(&id, &rec.Topic, &rec.Key, &rec.Value)
}

func (r *relaying) plain(b *testing.B, query string, record func(pgx.Rows) (int64, *kgo.Record, error)) []float64 {
	name := topic(b, r.client)
	r.fill(b, name, r.rows)
	w := startWatch()
	conn, err := pgx.Connect(b.Context(), r.url)
	check(b, err)
	defer conn.Close(b.Context()) //nolint:errcheck // only measured
	for left := r.rows; left > 0; {
		n, err := plainBatch(b.Context(), conn, r.client, query, record)
		check(b, err)
		left -= n
	}
	figures := w.per(r.rows)
	r.finished(b, name, r.rows)
	return figures
}

// plainBatch is the relay that one writes on the first day.
func plainBatch(ctx context.Context, conn *pgx.Conn, cl *kgo.Client, query string, record func(pgx.Rows) (int64, *kgo.Record, error)) (int, error) {
	ids, recs := make([]int64, 0, relayBatch), make([]*kgo.Record, 0, relayBatch)
	err := pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, relayBatch)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			id, rec, err := record(rows)
			if err != nil {
				return err
			}
			ids, recs = append(ids, id), append(recs, rec)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if err := cl.ProduceSync(ctx, recs...).FirstErr(); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, plainDelete, ids)
		return err
	})
	return len(ids), err
}
