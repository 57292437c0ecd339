package relay

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Row is one event that waits in outbox_events.
type Row struct {
	ID        int64  // order of publishing for events of one key
	EventID   string // UUID in text form
	Type      string // full name of the event's schema
	Sequence  sql.NullInt64
	Topic     string
	Key       []byte
	Headers   map[string]string // beyond id, type and sequence; mostly nil
	Payload   []byte            // framed Avro; empty for a tombstone
	CreatedAt time.Time
}

// IsTombstone reports whether the row's record is to have no value.
func (r *Row) IsTombstone() bool { return len(r.Payload) == 0 }

// maxFetchBytes bounds what one Fetch holds in memory: it stops after the row that
// reaches this. Rows in order of their ids may end anywhere, so the rest simply
// comes with the next call.
const maxFetchBytes = 16 << 20

// size is about the memory of a row, in bytes.
func (r *Row) size() int {
	n := len(r.Key) + len(r.Payload)
	for name, value := range r.Headers {
		n += len(name) + len(value)
	}
	return n
}

// Queue is the relay's view of the table outbox_events, one implementation per
// dialect behind OpenQueue. It is an interface so that a program can wrap it,
// for instance to count or to inject faults. The relay calls it from one
// goroutine at a time, but for Delete, which may run beside Fetch, and Listen.
type Queue interface {
	// Fetch returns up to limit visible rows in order of their ids, leaving out
	// those in flight; fewer when they reach about 16 MiB, but at least one when
	// there is one. It must not skip a row for good: what it leaves out now
	// because it is not committed yet comes with a later call.
	Fetch(ctx context.Context, limit int, inFlight []int64) ([]Row, error)
	// Delete removes rows whose records are acknowledged. Rows that are gone
	// already are no error. It may run beside Fetch, which leaves them out anyway.
	Delete(ctx context.Context, ids []int64) error
	// Advance moves the lower bound of Fetch over ids that can no longer appear.
	// The relay calls it about ten times a second while it is busy. It does
	// nothing where no bound is needed.
	Advance(ctx context.Context) error

	// Own says who owns the queue from now on; nil is whoever calls. Park, DeleteParked and
	// Repark change nothing when the ownership is lost, and say so: a relay that goes on
	// after a pause must not park what the next owner sends.
	Own(o Owner)
	// Park moves rows to outbox_parked, all or none.
	Park(ctx context.Context, p Parking) error
	// Parked gives the topics that wait as a whole and the keys of others that have
	// parked events in the queue's shard; more than limit are an error. Events that
	// were parked while their key was told to be relayed again are told so too, and
	// those that wait behind nothing any more.
	Parked(ctx context.Context, limit int) (ParkedKeys, error)
	// FetchParked is Fetch for what is parked and to be relayed again.
	FetchParked(ctx context.Context, limit int) ([]ParkedRow, error)
	// DeleteParked is Delete for parked rows.
	DeleteParked(ctx context.Context, ids []int64) error
	// Repark writes down that a parked event was refused again. It and what waits
	// behind it wait to be told once more.
	Repark(ctx context.Context, r *Row, reason string) error

	// Listen calls wake when other processes may have committed events, on a
	// connection of its own, until ctx ends or something fails. Where a database
	// cannot tell it returns nil at once. It runs beside the others.
	Listen(ctx context.Context, wake func()) error

	// Shard is the part of the keys that the queue gives the rows of.
	Shard() Shard

	// Close gives up the database session and forgets the bound. A queue may be
	// used again afterwards.
	Close() error
}

// OpenQueue gives the queue of a database: PostgreSQL, MySQL or MariaDB, SQLite.
// It does not connect. On the servers the queue takes two connections of the pool while
// the relay owns it, one to read and one to delete, the ownership a third, and on
// PostgreSQL a fourth is told of new events.
//
// Relays can share the keys of a server's outbox: with Shard{1, 2} and Shard{2, 2} two
// of them work at once, each with any number of others that wait to take over. All of
// a database must agree on the number; one that does not waits until the others have
// ended. SQLite has one writer at a time, so there is nothing to share.
func OpenQueue(db *gorm.DB, shard ...Shard) (Queue, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, fmt.Errorf("outbox queue: %w", err)
	}
	var s Shard
	switch len(shard) {
	case 0:
	case 1:
		s = shard[0]
	default:
		return nil, fmt.Errorf("outbox queue: %d shards: want one", len(shard))
	}
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("outbox queue: %w", err)
	}
	switch name := db.Name(); name {
	case "postgres":
		return newPostgresQueue(pool, s), nil
	case "mysql":
		return newMySQLQueue(pool, s), nil
	case "sqlite":
		if !s.whole() {
			return nil, fmt.Errorf("outbox queue: %s: SQLite has one writer at a time, so one relay is enough", s)
		}
		return &sqliteQueue{db: pool}, nil
	default:
		return nil, fmt.Errorf("outbox queue: dialect %q is not supported: use postgres, mysql or sqlite", name)
	}
}

// querier is a pool or a session of it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// fetch runs a query for rows; createdAt turns what the driver gives for
// created_at into a time.
func fetch(ctx context.Context, q querier, limit int, query string, args ...any) (_ []Row, err error) {
	res, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read outbox_events: %w", err)
	}
	defer func() {
		if cerr := res.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("read outbox_events: %w", cerr)
		}
	}()
	rows := make([]Row, 0, min(limit, 64))
	for size := 0; size < maxFetchBytes && res.Next(); {
		var r Row
		if err := r.scan(res); err != nil {
			return nil, fmt.Errorf("read outbox_events: %w", err)
		}
		rows = append(rows, r)
		size += r.size()
	}
	if err := res.Err(); err != nil {
		return nil, fmt.Errorf("read outbox_events: %w", err)
	}
	return rows, nil
}

// scan reads a row's columns in the order of [Row], and others after them.
func (r *Row) scan(res *sql.Rows, others ...any) error {
	var headers, eventID sql.NullString
	to := append([]any{&r.ID, &eventID, &r.Type, &r.Sequence, &r.Topic, &r.Key, &headers, &r.Payload, (*timestamp)(&r.CreatedAt)}, others...)
	if err := res.Scan(to...); err != nil {
		return err
	}
	r.EventID = eventID.String
	if !headers.Valid {
		return nil
	}
	if err := json.Unmarshal([]byte(headers.String), &r.Headers); err != nil {
		return fmt.Errorf("headers of row %d: %w", r.ID, err)
	}
	return nil
}

// timestamp scans created_at: the servers' drivers give a time, SQLite the text
// that the table's default wrote.
type timestamp time.Time

// Scan implements sql.Scanner.
func (t *timestamp) Scan(v any) error {
	switch v := v.(type) {
	case time.Time:
		*t = timestamp(v)
	case string:
		at, err := time.Parse(time.RFC3339Nano, v)
		if err != nil {
			return err
		}
		*t = timestamp(at)
	default:
		return fmt.Errorf("created_at is a %T: open the database with parseTime=true", v)
	}
	return nil
}
