package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strings"
	"time"
)

// mysql is MySQL and MariaDB.
type mysql struct{}

func (mysql) createHistory() string {
	return `CREATE TABLE IF NOT EXISTS schemactl_history (
	id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY,
	source varchar(64) NOT NULL,
	version bigint NOT NULL,
	direction varchar(8) NOT NULL,
	state varchar(16) NOT NULL,
	file varchar(255) NOT NULL,
	checksum varchar(64) NOT NULL,
	prefix_checksum varchar(64) NOT NULL,
	application varchar(255) NOT NULL,
	module_version varchar(255) NOT NULL,
	host varchar(255) NOT NULL,
	statements bigint NOT NULL,
	statements_started bigint NOT NULL,
	statements_done bigint NOT NULL,
	duration_us bigint NOT NULL,
	started_at datetime(6) NOT NULL,
	updated_at datetime(6) NOT NULL,
	message varchar(255) NOT NULL
) CHARACTER SET utf8mb4`
}

func (mysql) listTables(tables []string) string {
	return "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN (" +
		quoteList(tables) + ")"
}

func (mysql) micros(column string) string {
	return "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', " + column + ")"
}

// goose's column was filled by the server, in the session's time zone.
func (mysql) gooseMicros() string {
	return "COALESCE(CAST(UNIX_TIMESTAMP(tstamp) AS SIGNED) * 1000000, 0)"
}
func (mysql) isApplied() string { return "is_applied" }

func (mysql) join(columns []string) string {
	return "CONCAT_WS(CHAR(31 USING utf8mb4), " + strings.Join(columns, ", ") + ")"
}

// time prints UTC itself: the driver would use the zone of its settings.
func (mysql) time(t time.Time) any { return t.UTC().Format("2006-01-02 15:04:05.000000") }

func (mysql) bind(query string) string { return query }
func (mysql) cast(columnKind) string   { return "?" }

func (m mysql) settings(ctx context.Context, c *sql.Conn, cfg *config) (func(context.Context) error, error) {
	keep := func(context.Context) error { return nil } // the session is closed with its lock
	if _, err := c.ExecContext(ctx, m.lockTimeout(cfg.lockTimeout)+", SESSION autocommit = 1"); err != nil {
		return nil, err
	}
	if cfg.statementTimeout == 0 {
		return keep, nil
	}
	var version string
	if err := c.QueryRowContext(ctx, "SELECT VERSION()").Scan(&version); err != nil {
		return nil, err
	}
	if !strings.Contains(strings.ToLower(version), "mariadb") {
		return keep, nil // MySQL limits reading statements only
	}
	set := fmt.Sprintf("SET SESSION max_statement_time = %.3f", max(cfg.statementTimeout.Seconds(), 0.001))
	_, err := c.ExecContext(ctx, set)
	return keep, err
}

func (mysql) dual() string { return " FROM DUAL" }

func (mysql) inOneText() bool { return false }

func (mysql) compounds() bool { return true }

func (mysql) bundles() bool { return false }

func (mysql) prepares() bool { return true }

func (mysql) returning() bool { return false }

func (mysql) transactionalDDL() bool { return false }

func (mysql) lexis() lexis {
	return lexis{backslash: true, doubleQuotes: true, hash: true, executable: true, single: true, implicitCommit: true}
}

func (mysql) mayRollBack(statement string) bool { return isData(statement) }

// retryable knows the errors 1205 (lock wait timeout) and 1213 (deadlock).
func (m mysql) retryable(err error) bool {
	code := m.code(err)
	return code == "1205" || code == "1213"
}

// code reads the driver's text, as this package links no driver.
func (mysql) code(err error) string {
	if err == nil {
		return ""
	}
	for cause := errors.Unwrap(err); cause != nil; cause = errors.Unwrap(cause) {
		err = cause
	}
	if m := mysqlCode.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	return ""
}

var mysqlCode = regexp.MustCompile(`\bError (\d+) \(`)

func (mysql) waitsHarmlessly(string) bool { return false }

func (mysql) leftovers(string) string { return "" }

func (mysql) lockTimeout(d time.Duration) string {
	seconds := int64(math.Ceil(d.Seconds()))
	if d == 0 {
		seconds = 31536000 // the most that the servers take: a year
	}
	return fmt.Sprintf("SET SESSION lock_wait_timeout = %d, SESSION innodb_lock_wait_timeout = %d", seconds, seconds)
}
