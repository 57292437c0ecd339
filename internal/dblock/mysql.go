package dblock

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"regexp"
	"time"
)

// mysql holds a lock of MySQL's or MariaDB's GET_LOCK. Such names are known to
// the whole server, so the database is part of it.
type mysql struct {
	id   int64
	lock string // safe to print between quotes
	// changed says that the session is not as it came from the pool.
	changed bool
}

var plainLock = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// mysqlLock is the server's name for the lock, which may have 64 characters.
func mysqlLock(database, name string) string {
	plain := "schemactl." + name + "." + database
	if plainLock.MatchString(plain) {
		return plain
	}
	sum := sha256.Sum256([]byte(plain))
	return "schemactl." + hex.EncodeToString(sum[:])[:48]
}

func (m *mysql) acquire(ctx context.Context, c *sql.Conn, name string) (bool, int64, error) {
	if m.lock == "" {
		var database sql.NullString
		var autocommit bool
		if err := c.QueryRowContext(ctx, `SELECT DATABASE(), CONNECTION_ID(), @@SESSION.autocommit`).Scan(&database, &m.id, &autocommit); err != nil {
			return false, 0, err
		}
		if !autocommit {
			// What is read while waiting would be all that is seen afterwards.
			if _, err := c.ExecContext(ctx, `SET SESSION autocommit = 1`); err != nil {
				return false, 0, err
			}
			m.changed = true
		}
		if !database.Valid {
			return false, 0, fmt.Errorf("the session has no database: name one in the URL")
		}
		m.lock = mysqlLock(database.String, name)
	}
	var ok sql.NullBool // NULL: the server could not tell, for want of memory or after a kill
	err := c.QueryRowContext(ctx, fmt.Sprintf(`SELECT GET_LOCK('%s', 0)`, m.lock)).Scan(&ok)
	return ok.Bool, m.id, err
}

func (m *mysql) release(ctx context.Context, c *sql.Conn) (bool, error) {
	var ok sql.NullBool
	err := c.QueryRowContext(ctx, fmt.Sprintf(`SELECT RELEASE_LOCK('%s')`, m.lock)).Scan(&ok)
	return ok.Bool, err
}

func (m *mysql) session() string { return "CONNECTION_ID()" }

func (m *mysql) held() string {
	return fmt.Sprintf("COALESCE(IS_USED_LOCK('%s') = CONNECTION_ID(), FALSE)", m.lock)
}

func (m *mysql) owner(ctx context.Context, c *sql.Conn) (int64, Holder, error) {
	var id sql.NullInt64
	if err := c.QueryRowContext(ctx, fmt.Sprintf(`SELECT IS_USED_LOCK('%s')`, m.lock)).Scan(&id); err != nil {
		return 0, Holder{}, err
	}
	if !id.Valid {
		return 0, Holder{}, nil
	}
	h := Holder{Application: fmt.Sprintf("server session %d", id.Int64)}
	query := `SELECT HOST FROM information_schema.PROCESSLIST WHERE ID = ?`
	// Other users' sessions are hidden without the PROCESS right; the number
	// alone is something too. What the session runs is not asked: its SQL may
	// have secrets in it.
	_ = c.QueryRowContext(ctx, query, id.Int64).Scan(&h.Host)
	return id.Int64, h, nil
}

// time prints UTC itself: the driver would use the zone of its settings.
func (m *mysql) time(t time.Time) any { return t.UTC().Format("2006-01-02 15:04:05.000000") }

func (m *mysql) createTable() string {
	return `CREATE TABLE IF NOT EXISTS schemactl_lock (
	name varchar(64) NOT NULL PRIMARY KEY,
	session bigint NOT NULL,
	application varchar(255) NOT NULL,
	host varchar(255) NOT NULL,
	pid bigint NOT NULL,
	since datetime(6) NOT NULL,
	doing text NOT NULL
) CHARACTER SET utf8mb4`
}

func (m *mysql) upsert() string {
	return `REPLACE INTO schemactl_lock (name, session, application, host, pid, since, doing) VALUES (?, ?, ?, ?, ?, ?, ?)`
}

func (m *mysql) update() string {
	return `UPDATE schemactl_lock SET doing = ? WHERE name = ? AND session = ?`
}

func (m *mysql) find() string {
	return `SELECT application, host, pid, TIMESTAMPDIFF(MICROSECOND, '1970-01-01', since), doing
FROM schemactl_lock WHERE name = ? AND session = ?`
}

func (m *mysql) remove() string { return `DELETE FROM schemactl_lock WHERE name = ? AND session = ?` }
