package dblock

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// postgres holds a session advisory lock. Its key is a hash, so the parts of
// the key under which pg_locks lists it are known once it has been asked for.
type postgres struct {
	key int64
}

// The lock is tried, never waited for, inside the server: see [Wait]. It is taken
// twice, as the server counts: see [postgres.held].
const postgresTry = `SELECT pg_try_advisory_lock(k) AND pg_try_advisory_lock(k), k, pg_backend_pid()
FROM (SELECT hashtextextended('schemactl.' || $1::text || '.' || current_database(), 0) AS k) AS keys`

func (p *postgres) acquire(ctx context.Context, c *sql.Conn, name string) (ok bool, session int64, err error) {
	err = c.QueryRowContext(ctx, postgresTry, name).Scan(&ok, &p.key, &session)
	return ok, session, err
}

func (p *postgres) release(ctx context.Context, c *sql.Conn) (ok bool, err error) {
	err = c.QueryRowContext(ctx, `SELECT pg_advisory_unlock($1) AND pg_advisory_unlock($1)`, p.key).Scan(&ok)
	return ok, err
}

func (p *postgres) session() string { return "pg_backend_pid()" }

// held gives back one of the two and takes it again: only a session that has the
// lock can give one back, and as the other one stays, nobody else gets it in
// between. That looks at nothing but the session itself, while to read pg_locks
// takes all locks of the server's lock table.
func (p *postgres) held() string {
	return fmt.Sprintf("CASE WHEN pg_advisory_unlock(%[1]d) THEN pg_try_advisory_lock(%[1]d) ELSE false END", p.key)
}

// entry is the condition that picks this lock out of pg_locks AS l. The
// numbers come from the server and are printed as numbers.
func (p *postgres) entry() string {
	return fmt.Sprintf("l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "+
		"AND l.classid = '%d'::oid AND l.objid = '%d'::oid "+
		"AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())",
		uint32(uint64(p.key)>>32), uint32(uint64(p.key)))
}

func (p *postgres) owner(ctx context.Context, c *sql.Conn) (int64, Holder, error) {
	query := `SELECT l.pid, COALESCE(a.application_name, ''), COALESCE(host(a.client_addr), ''), a.backend_start
FROM pg_locks AS l LEFT JOIN pg_stat_activity AS a ON a.pid = l.pid WHERE ` + p.entry()
	var id int64
	var h Holder
	var since sql.NullTime
	if err := c.QueryRowContext(ctx, query).Scan(&id, &h.Application, &h.Host, &since); err != nil {
		return 0, Holder{}, err
	}
	if h.Application == "" {
		h.Application = fmt.Sprintf("server session %d", id)
	}
	h.Since = since.Time
	return id, h, nil
}

func (p *postgres) time(t time.Time) any { return t }

func (p *postgres) createTable() string {
	return `CREATE TABLE IF NOT EXISTS schemactl_lock (
	name text PRIMARY KEY,
	session bigint NOT NULL,
	application text NOT NULL,
	host text NOT NULL,
	pid bigint NOT NULL,
	since timestamptz NOT NULL,
	doing text NOT NULL
)`
}

func (p *postgres) upsert() string {
	return `INSERT INTO schemactl_lock (name, session, application, host, pid, since, doing)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name) DO UPDATE SET session = excluded.session,
application = excluded.application, host = excluded.host, pid = excluded.pid, since = excluded.since, doing = excluded.doing`
}

func (p *postgres) update() string {
	return `UPDATE schemactl_lock SET doing = $1 WHERE name = $2 AND session = $3`
}

func (p *postgres) find() string {
	return `SELECT application, host, pid, (extract(epoch FROM since) * 1000000)::bigint, doing
FROM schemactl_lock WHERE name = $1 AND session = $2`
}

func (p *postgres) remove() string {
	return `DELETE FROM schemactl_lock WHERE name = $1 AND session = $2`
}
