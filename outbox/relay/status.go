package relay

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Backlog says how far the relay of a database is behind.
type Backlog struct {
	// Waiting is how many committed events have not been relayed.
	Waiting int64
	// Oldest is how long ago the first of them was published, by the database's
	// clock; zero when none waits.
	Oldest time.Duration
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
	var b Backlog
	db = db.WithContext(ctx)
	if err := db.Raw("SELECT count(*) FROM outbox_events").Scan(&b.Waiting).Error; err != nil {
		return Backlog{}, fmt.Errorf("outbox status (are the migrations of outbox.Source applied?): %w", err)
	}
	var seconds sql.NullFloat64
	if err := db.Raw(age).Scan(&seconds).Error; err != nil {
		return Backlog{}, fmt.Errorf("outbox status: %w", err)
	}
	if seconds.Valid && b.Waiting > 0 {
		b.Oldest = max(0, time.Duration(seconds.Float64*float64(time.Second)))
	}
	return b, nil
}
