package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/internal/dblock"
)

// Backlog says how far the relay of a database is behind.
type Backlog struct {
	// Waiting is how many committed events have not been relayed, without the parked.
	Waiting int64
	// Oldest is how long ago the first of them was published, by the database's
	// clock; zero when none waits.
	Oldest time.Duration
	// Parked is how many events are parked, and ParkedKeys how many keys they have.
	Parked, ParkedKeys int64
	// Held is how many of the parked nobody has told to go on.
	Held int64
	// Owners say who relays, one for each shard; "" is nobody.
	Owners []string
	// Postgres is what else PostgreSQL knows; nil elsewhere.
	Postgres *PostgresBacklog
}

// PostgresBacklog is what slows reads of the outbox down on PostgreSQL.
type PostgresBacklog struct {
	// DeadRows are deleted ones that the table still holds, as the server last
	// counted them.
	DeadRows int64
	// Horizon is the session whose snapshot keeps dead rows in all tables for the
	// longest, by its process id on the server, its application_name, and how long it
	// has had its transaction; zero values when none does for over a second.
	HorizonPID         int64
	HorizonApplication string
	HorizonAge         time.Duration
}

// oldestAge is the age of the row with the lowest id, in seconds.
var oldestAge = map[string]string{
	"postgres": `SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 FROM outbox_events ORDER BY id LIMIT 1`,
	"mysql":    `SELECT TIMESTAMPDIFF(MICROSECOND, created_at, UTC_TIMESTAMP(6)) / 1000000.0 FROM outbox_events ORDER BY id LIMIT 1`,
	"sqlite":   `SELECT (julianday('now') - julianday(created_at)) * 86400.0 FROM outbox_events ORDER BY id LIMIT 1`,
}

// Status reads the backlog of db's outbox, whether a relay runs or not. Counting
// reads the table's whole index, which is short as long as a relay keeps up.
func Status(ctx context.Context, db *gorm.DB) (Backlog, error) {
	age, ok := oldestAge[db.Name()]
	if !ok {
		return Backlog{}, fmt.Errorf("outbox status: dialect %q is not supported: use postgres, mysql or sqlite", db.Name())
	}
	pool, err := db.DB()
	if err != nil {
		return Backlog{}, fmt.Errorf("outbox status: %w", err)
	}
	var b Backlog
	for _, one := range []struct {
		query string
		to    []any
	}{
		{"SELECT count(*) FROM outbox_events", []any{&b.Waiting}},
		{"SELECT count(*) FROM outbox_parked WHERE event_id IS NOT NULL", []any{&b.Parked}},
		{"SELECT count(*) FROM outbox_parked WHERE event_id IS NOT NULL AND NOT retry", []any{&b.Held}},
		{"SELECT count(*) FROM (SELECT DISTINCT topic, event_key FROM outbox_parked) AS k", []any{&b.ParkedKeys}},
	} {
		if err := pool.QueryRowContext(ctx, one.query).Scan(one.to...); err != nil {
			return Backlog{}, fmt.Errorf("outbox status (are the migrations of outbox.Source applied?): %w", err)
		}
	}
	var seconds sql.NullFloat64
	if err := pool.QueryRowContext(ctx, age).Scan(&seconds); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Backlog{}, fmt.Errorf("outbox status: %w", err)
	}
	if seconds.Valid && b.Waiting > 0 {
		b.Oldest = max(0, time.Duration(seconds.Float64*float64(time.Second)))
	}
	shards, err := storedShards(ctx, pool)
	if err != nil {
		return Backlog{}, fmt.Errorf("outbox status: %w", err)
	}
	b.Owners = make([]string, shards)
	for i := range shards {
		if holder, held := dblock.Who(ctx, pool, db.Name(), Shard{i + 1, shards}.lockName()); held {
			b.Owners[i] = holder.String()
		}
	}
	if db.Name() == "postgres" {
		if b.Postgres, err = postgresBacklog(ctx, pool); err != nil {
			return Backlog{}, fmt.Errorf("outbox status: %w", err)
		}
	}
	return b, nil
}

func postgresBacklog(ctx context.Context, pool *sql.DB) (*PostgresBacklog, error) {
	var b PostgresBacklog
	if err := pool.QueryRowContext(ctx, `SELECT COALESCE(sum(n_dead_tup), 0)::bigint FROM pg_stat_user_tables WHERE relname = 'outbox_events'`).
		Scan(&b.DeadRows); err != nil {
		return nil, err
	}
	// Sessions of other users show no more than that they are there.
	var application sql.NullString
	var seconds sql.NullFloat64
	err := pool.QueryRowContext(ctx, `
SELECT pid, application_name, extract(epoch FROM clock_timestamp() - xact_start)::float8 FROM pg_stat_activity
WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start < clock_timestamp() - interval '1 second'
ORDER BY age(backend_xmin) DESC, xact_start LIMIT 1`).Scan(&b.HorizonPID, &application, &seconds)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	b.HorizonApplication = application.String
	b.HorizonAge = time.Duration(seconds.Float64 * float64(time.Second))
	return &b, nil
}
