package migrate

import (
	"context"
	"database/sql"
	"strings"
)

func (mysql) observer() observer { return &mysqlObserver{} }

// mysqlObserver reads MySQL's and MariaDB's list of sessions, and what else the
// server has and the user may read.
type mysqlObserver struct {
	asked   bool // the next two are known
	mariadb bool
	schema  bool            // the performance schema is on
	refused map[string]bool // queries that the server refused
}

const (
	mariadbProgress = `SELECT COALESCE(STATE, ''), STAGE, MAX_STAGE, PROGRESS FROM information_schema.PROCESSLIST WHERE ID = ?`
	mysqlState      = `SELECT COALESCE(STATE, ''), 0, 0, 0 FROM information_schema.PROCESSLIST WHERE ID = ?`
	mysqlWork       = `SELECT SUBSTRING_INDEX(s.EVENT_NAME, '/', -1), s.WORK_COMPLETED, s.WORK_ESTIMATED
FROM performance_schema.events_stages_current AS s JOIN performance_schema.threads AS t ON t.THREAD_ID = s.THREAD_ID
WHERE t.PROCESSLIST_ID = ? AND s.WORK_ESTIMATED > 0`

	// Who has a row that the session waits for, as InnoDB says and, on MySQL 8,
	// the performance schema.
	mariadbRows = `SELECT b.trx_mysql_thread_id, ` + mysqlSession + `
FROM information_schema.INNODB_LOCK_WAITS AS w
JOIN information_schema.INNODB_TRX AS r ON r.trx_id = w.requesting_trx_id
JOIN information_schema.INNODB_TRX AS b ON b.trx_id = w.blocking_trx_id
LEFT JOIN information_schema.PROCESSLIST AS p ON p.ID = b.trx_mysql_thread_id
WHERE r.trx_mysql_thread_id = ? GROUP BY b.trx_mysql_thread_id, p.USER, p.HOST, p.COMMAND, b.trx_started`
	mysqlRows = `SELECT b.trx_mysql_thread_id, ` + mysqlSession + `
FROM performance_schema.data_lock_waits AS w
JOIN information_schema.INNODB_TRX AS r ON r.trx_id = w.REQUESTING_ENGINE_TRANSACTION_ID
JOIN information_schema.INNODB_TRX AS b ON b.trx_id = w.BLOCKING_ENGINE_TRANSACTION_ID
LEFT JOIN information_schema.PROCESSLIST AS p ON p.ID = b.trx_mysql_thread_id
WHERE r.trx_mysql_thread_id = ? GROUP BY b.trx_mysql_thread_id, p.USER, p.HOST, p.COMMAND, b.trx_started`

	// Who has a lock on the table that the session waits for. To hold one is not
	// always to be in the way, but it is when either of the two wants the table for
	// itself, as all do that change its definition.
	mysqlTables = `SELECT o.PROCESSLIST_ID, ` + mysqlSession + `
FROM performance_schema.metadata_locks AS w
JOIN performance_schema.threads AS t ON t.THREAD_ID = w.OWNER_THREAD_ID
JOIN performance_schema.metadata_locks AS h ON h.OBJECT_TYPE = w.OBJECT_TYPE AND h.OBJECT_SCHEMA = w.OBJECT_SCHEMA
	AND h.OBJECT_NAME = w.OBJECT_NAME AND h.LOCK_STATUS = 'GRANTED' AND h.OWNER_THREAD_ID <> w.OWNER_THREAD_ID
JOIN performance_schema.threads AS o ON o.THREAD_ID = h.OWNER_THREAD_ID
LEFT JOIN information_schema.PROCESSLIST AS p ON p.ID = o.PROCESSLIST_ID
LEFT JOIN information_schema.INNODB_TRX AS b ON b.trx_mysql_thread_id = o.PROCESSLIST_ID
WHERE w.LOCK_STATUS = 'PENDING' AND t.PROCESSLIST_ID = ? AND o.PROCESSLIST_ID IS NOT NULL
	AND (w.LOCK_TYPE = 'EXCLUSIVE' OR h.LOCK_TYPE IN ('EXCLUSIVE', 'SHARED_NO_READ_WRITE'))
GROUP BY o.PROCESSLIST_ID, p.USER, p.HOST, p.COMMAND, b.trx_started`

	mysqlSession = `COALESCE(CONCAT(p.USER, '@', p.HOST), ''), COALESCE(LOWER(p.COMMAND), ''),
	COALESCE(TIMESTAMPDIFF(MICROSECOND, b.trx_started, NOW(6)), 0)`
)

func (o *mysqlObserver) look(ctx context.Context, c *sql.Conn, session int64) (a Activity, waits bool, err error) {
	if err := o.ask(ctx, c); err != nil {
		return a, false, err
	}
	query := mysqlState
	if o.mariadb {
		query = mariadbProgress
	}
	var percent float64
	if err := c.QueryRowContext(ctx, query, session).Scan(&a.Stage, &a.Part, &a.Parts, &percent); err != nil {
		return a, false, err
	}
	if a.Parts > 0 {
		a.counted(int64(percent), 100, UnitPercent)
	}
	if a.BlockedBy, waits, err = o.wait(ctx, c, session, a.Stage); err != nil || waits {
		return a, waits, err
	}
	return a, false, o.work(ctx, c, session, &a)
}

// ask finds out once what kind of server it is.
func (o *mysqlObserver) ask(ctx context.Context, c *sql.Conn) error {
	if o.asked {
		return nil
	}
	var version string
	if err := c.QueryRowContext(ctx, `SELECT VERSION(), @@performance_schema`).Scan(&version, &o.schema); err != nil {
		return err
	}
	o.mariadb = strings.Contains(strings.ToLower(version), "mariadb")
	o.asked, o.refused = true, map[string]bool{}
	return nil
}

// work is what the performance schema counts, where it is told to.
func (o *mysqlObserver) work(ctx context.Context, c *sql.Conn, session int64, a *Activity) error {
	if a.Total > 0 || !o.schema {
		return nil
	}
	return o.may(ctx, mysqlWork, func() error {
		rows, err := c.QueryContext(ctx, mysqlWork, session)
		if err != nil {
			return err
		}
		defer func() { _ = rows.Close() }() // read to its end
		for rows.Next() {
			var done, total int64
			if err := rows.Scan(&a.Stage, &done, &total); err != nil {
				return err
			}
			a.counted(done, total, UnitWork)
		}
		return rows.Err()
	})
}

// wait finds out whether the session waits, and for whom. The state names locks
// on tables and the like; a lock on a row shows only among InnoDB's.
func (o *mysqlObserver) wait(ctx context.Context, c *sql.Conn, session int64, state string) (by []Blocker, waits bool, err error) {
	query := mysqlRows
	if o.mariadb {
		query = mariadbRows
	}
	if waits = waitsByState(state); waits {
		query = mysqlTables
	}
	if !o.schema && query != mariadbRows {
		return nil, waits, nil
	}
	err = o.may(ctx, query, func() error {
		by, err = blockers(ctx, c, query, session)
		return err
	})
	return by, waits || len(by) > 0, err
}

func waitsByState(state string) bool {
	return state == "User lock" ||
		strings.HasPrefix(state, "Waiting for ") && (strings.HasSuffix(state, " lock") || strings.HasSuffix(state, " flush"))
}

// may asks what not every server has and not every user may read. Once refused
// it is not asked again, and counts as no answer.
func (o *mysqlObserver) may(ctx context.Context, query string, ask func() error) error {
	if o.refused[query] {
		return nil
	}
	err := ask()
	if err == nil || ctx.Err() != nil {
		return err
	}
	o.refused[query] = true
	return nil
}
