package outbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// ErrInboxAge says that notes cannot be removed by such an age: it is not positive.
var ErrInboxAge = errors.New("inbox: want an age above 0, longer than an event can take to be delivered again")

const (
	// DefaultPruneBatch is how many notes one statement of PruneInbox removes.
	DefaultPruneBatch = 1000
	maxPruneBatch     = 100_000
	// longestPruneRest bounds the rest after a batch.
	longestPruneRest = time.Second
)

// PruneOptions are the settings of one call of PruneInbox.
type PruneOptions struct {
	// Batch is how many notes one statement removes, 1 to 100,000; 0 means
	// DefaultPruneBatch.
	Batch int
}

// PruneInbox removes notes of Once that are older than the age, by the database's
// clock, and says how many, also beside an error. An event whose note is gone is
// applied again when it is delivered again. So the age must be longer than anything
// that can still come: the retention of the topics, and whatever the outbox of a
// publisher that stood still may hold. On a compacted topic, which keeps events for
// ever, guard the effect by the event's sequence as well.
//
// It works in batches, each a short transaction of its own, and rests after each for
// as long as it took, so that consumers and replicas keep up. Several may run at once,
// and beside any number of consumers; what was removed stays so when ctx ends. db
// must not be a transaction. options may be nil.
func PruneInbox(ctx context.Context, db *gorm.DB, olderThan time.Duration, options *PruneOptions) (removed int64, err error) {
	if olderThan <= 0 {
		return 0, fmt.Errorf("%w: %s", ErrInboxAge, olderThan)
	}
	batch := DefaultPruneBatch
	if options != nil && options.Batch != 0 {
		batch = options.Batch
	}
	if batch < 1 || batch > maxPruneBatch {
		return 0, fmt.Errorf("prune the inbox: a batch of %d: want 1 to %d", batch, maxPruneBatch)
	}
	d, ok := inboxDialects[db.Name()]
	if !ok {
		return 0, fmt.Errorf("prune the inbox: dialect %q is not supported: use postgres, mysql or sqlite", db.Name())
	}
	if _, ok := db.Statement.ConnPool.(gorm.TxCommitter); ok {
		return 0, errors.New("prune the inbox: want a database, not a transaction")
	}
	pool, err := db.DB()
	if err != nil {
		return 0, fmt.Errorf("prune the inbox: %w", err)
	}
	for {
		begin := time.Now()
		n, err := d.prune(ctx, pool, olderThan, batch)
		removed += n
		switch {
		case err != nil:
			return removed, fmt.Errorf("prune the inbox (are the migrations of outbox.Source applied?): %w", err)
		case n < int64(batch):
			return removed, nil
		}
		if err := rest(ctx, min(time.Since(begin), longestPruneRest)); err != nil {
			return removed, fmt.Errorf("prune the inbox: %w", err)
		}
	}
}

// rest waits, unless ctx ends.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// inboxDialect is what the databases differ in when notes are counted and removed.
type inboxDialect struct {
	// take is one statement that removes a batch (age in seconds, batch), or reads
	// the keys of one when remove is there, which then takes them.
	take, remove string
	count        string // age in seconds
	isolation    sql.IsolationLevel
	// polls: the database's own waiting for a lock would last for ever behind busy
	// writers.
	polls bool
}

var inboxDialects = map[string]inboxDialect{
	// Rows of the inbox are never updated, so that ctid stays. SKIP LOCKED lets several
	// prune side by side.
	"postgres": {
		take: `DELETE FROM outbox_inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM outbox_inbox
WHERE processed_at < now() - $1 * interval '1 second' ORDER BY processed_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
		count: `SELECT consumer, count(*) AS notes, count(*) FILTER (WHERE processed_at < now() - @age * interval '1 second') AS older,
extract(epoch FROM now() - min(processed_at))::float8 AS oldest FROM outbox_inbox GROUP BY consumer ORDER BY consumer`,
	},
	// READ COMMITTED locks the rows and not the gaps behind them, where consumers
	// insert. A DELETE cannot skip what is locked, so it gets the keys, and the join
	// that finds each by the primary key.
	"mysql": {
		take: `SELECT HEX(consumer), HEX(event_id) FROM outbox_inbox
WHERE processed_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND ORDER BY processed_at LIMIT ? FOR UPDATE SKIP LOCKED`,
		remove: `DELETE i FROM JSON_TABLE(?, '$[*]' COLUMNS (consumer varchar(510) PATH '$[0]', event_id varchar(510) PATH '$[1]')) AS old
STRAIGHT_JOIN outbox_inbox i ON i.consumer = UNHEX(old.consumer) AND i.event_id = UNHEX(old.event_id)`,
		count: `SELECT CAST(consumer AS CHAR) AS consumer, count(*) AS notes, CAST(sum(processed_at < UTC_TIMESTAMP(6) - INTERVAL @age SECOND) AS SIGNED) AS older,
TIMESTAMPDIFF(MICROSECOND, min(processed_at), UTC_TIMESTAMP(6)) / 1000000.0 AS oldest FROM outbox_inbox GROUP BY consumer ORDER BY consumer`,
		isolation: sql.LevelReadCommitted,
	},
	// Times are text of one form, which sorts as they do.
	"sqlite": {
		polls: true,
		take: `DELETE FROM outbox_inbox WHERE rowid IN (SELECT rowid FROM outbox_inbox
WHERE processed_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', printf('-%.3f seconds', ?)) ORDER BY processed_at LIMIT ?)`,
		count: `SELECT consumer, count(*) AS notes, sum(processed_at < strftime('%Y-%m-%dT%H:%M:%fZ', 'now', printf('-%.3f seconds', @age))) AS older,
(julianday('now') - julianday(min(processed_at))) * 86400.0 AS oldest FROM outbox_inbox GROUP BY consumer ORDER BY consumer`,
	},
}

// prune removes one batch.
func (d inboxDialect) prune(ctx context.Context, pool *sql.DB, olderThan time.Duration, batch int) (n int64, err error) {
	if d.polls {
		return pollDelete(ctx, pool, d.take, olderThan.Seconds(), batch)
	}
	tx, err := pool.BeginTx(ctx, &sql.TxOptions{Isolation: d.isolation})
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // nothing after a commit
	query, args := d.take, []any{olderThan.Seconds(), batch}
	if d.remove != "" {
		keys, err := d.keys(ctx, tx, args)
		if err != nil || keys == "[]" {
			return 0, err
		}
		query, args = d.remove, []any{keys}
	}
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	if n, err = res.RowsAffected(); err != nil {
		return 0, err
	}
	if err := tx.Commit(); err != nil {
		return 0, err
	}
	return n, nil
}

// keys locks the rows of a batch and gives their keys as JSON.
func (d inboxDialect) keys(ctx context.Context, tx *sql.Tx, args []any) (string, error) {
	rows, err := tx.QueryContext(ctx, d.take, args...)
	if err != nil {
		return "", err
	}
	defer func() { _ = rows.Close() }()
	keys := [][2]string{}
	for rows.Next() {
		var k [2]string
		if err := rows.Scan(&k[0], &k[1]); err != nil {
			return "", err
		}
		keys = append(keys, k)
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	text, err := json.Marshal(keys)
	return string(text), err
}

// InboxConsumer is what one consumer has in the inbox.
type InboxConsumer struct {
	Consumer string
	Notes    int64
	// Older is how many of them are older than the age that was asked for.
	Older int64
	// Oldest is how old the first is, by the database's clock.
	Oldest time.Duration
}

// InboxStatus counts the notes of each consumer, sorted by name, and those that
// PruneInbox would remove at this age. It reads the whole table.
func InboxStatus(ctx context.Context, db *gorm.DB, olderThan time.Duration) ([]InboxConsumer, error) {
	d, ok := inboxDialects[db.Name()]
	if !ok {
		return nil, fmt.Errorf("inbox status: dialect %q is not supported: use postgres, mysql or sqlite", db.Name())
	}
	var rows []struct {
		Consumer     string
		Notes, Older int64
		Oldest       float64
	}
	if err := db.WithContext(ctx).Raw(d.count, sql.Named("age", olderThan.Seconds())).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("inbox status (are the migrations of outbox.Source applied?): %w", err)
	}
	out := make([]InboxConsumer, len(rows))
	for i, r := range rows {
		out[i] = InboxConsumer{r.Consumer, r.Notes, r.Older, max(0, time.Duration(r.Oldest*float64(time.Second)))}
	}
	return out, nil
}
