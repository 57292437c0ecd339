package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

type sqlite struct{}

func (sqlite) createHistory() string {
	return `CREATE TABLE IF NOT EXISTS schemactl_history (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	source text NOT NULL,
	version integer NOT NULL,
	direction text NOT NULL,
	state text NOT NULL,
	file text NOT NULL,
	checksum text NOT NULL,
	prefix_checksum text NOT NULL,
	application text NOT NULL,
	module_version text NOT NULL,
	host text NOT NULL,
	statements integer NOT NULL,
	statements_started integer NOT NULL,
	statements_done integer NOT NULL,
	duration_us integer NOT NULL,
	started_at datetime NOT NULL,
	updated_at datetime NOT NULL,
	message text NOT NULL
)`
}

func (sqlite) listTables(tables []string) string {
	return "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN (" + quoteList(tables) + ")"
}

func (sqlite) micros(column string) string {
	return "CAST(COALESCE(unixepoch(" + column + ", 'subsec'), 0) * 1000000 AS INTEGER)"
}

func (s sqlite) gooseMicros() string { return s.micros("tstamp") }
func (sqlite) isApplied() string     { return "is_applied" }

func (sqlite) join(columns []string) string { return strings.Join(columns, " || char(31) || ") }

func (sqlite) time(t time.Time) any { return t.UTC().Format("2006-01-02 15:04:05.000") }

func (sqlite) bind(query string) string { return query }
func (sqlite) cast(columnKind) string   { return "?" }

// settings uses SQLite's only timeout, which is for the database's one lock.
// The statement timeout has no counterpart.
func (s sqlite) settings(ctx context.Context, c *sql.Conn, cfg *config) (func(context.Context) error, error) {
	var before int64
	if err := c.QueryRowContext(ctx, "PRAGMA busy_timeout").Scan(&before); err != nil {
		return nil, err
	}
	if _, err := c.ExecContext(ctx, s.lockTimeout(cfg.lockTimeout)); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		_, err := c.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", before))
		return err
	}, nil
}

func (sqlite) dual() string { return "" }

func (sqlite) inOneText() bool { return false }

// bundles is true as a database has one lock for all who write, whatever they
// write.
func (sqlite) compounds() bool { return false }

func (sqlite) bundles() bool { return true }

func (sqlite) prepares() bool { return false }

func (sqlite) returning() bool { return true }

func (sqlite) transactionalDDL() bool { return true }

func (sqlite) lexis() lexis { return lexis{brackets: true, savepoints: true} }

func (sqlite) mayRollBack(statement string) bool {
	switch firstWord(statement) {
	case "CREATE", "ALTER", "DROP":
		return true
	}
	return isData(statement)
}

// retryable knows SQLITE_BUSY (5) and SQLITE_LOCKED (6) with their variants,
// by the method that drivers give their errors.
func (s sqlite) retryable(err error) bool {
	code := s.code(err)
	return code == "5" || code == "6"
}

// code is without the variant, but for those of constraints.
func (sqlite) code(err error) string {
	const constraint = 19
	coded, ok := errors.AsType[interface {
		error
		Code() int
	}](err)
	switch {
	case !ok:
		return ""
	case coded.Code()&0xff == constraint:
		return strconv.Itoa(coded.Code())
	}
	return strconv.Itoa(coded.Code() & 0xff)
}

func (sqlite) waitsHarmlessly(string) bool { return false }

func (sqlite) leftovers(string) string { return "" }

func (sqlite) lockTimeout(d time.Duration) string {
	ms := d.Milliseconds()
	if d == 0 {
		ms = 1 << 30 // twelve days: zero would mean not to wait at all
	}
	return fmt.Sprintf("PRAGMA busy_timeout = %d", ms)
}

// observer is nil: the database is in this process, and tells nobody how far a
// statement is.
func (sqlite) observer() observer { return nil }
