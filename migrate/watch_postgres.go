package migrate

import (
	"context"
	"database/sql"
)

func (postgres) observer() observer { return postgresObserver{} }

// postgresObserver reads PostgreSQL's views of progress. A session has a row in
// one of them at most.
type postgresObserver struct{}

// postgresProgress takes from each view what its phase counts. CREATE INDEX
// counts blocks, tuples and those it waits for side by side, and says by the
// phase which of them moves.
const postgresProgress = `SELECT a.wait_event_type IS NOT DISTINCT FROM 'Lock', COALESCE(p.stage, ''), COALESCE(p.unit, ''),
	COALESCE(p.done, 0), COALESCE(p.total, 0), COALESCE(p.part, 0), COALESCE(p.parts, 0)
FROM pg_stat_activity AS a LEFT JOIN (
	SELECT pid, phase AS stage,
		CASE WHEN phase LIKE 'waiting for %' THEN 'sessions' WHEN phase LIKE '%tuples%' THEN 'tuples' ELSE 'blocks' END AS unit,
		CASE WHEN phase LIKE 'waiting for %' THEN lockers_done WHEN phase LIKE '%tuples%' THEN tuples_done ELSE blocks_done END AS done,
		CASE WHEN phase LIKE 'waiting for %' THEN lockers_total WHEN phase LIKE '%tuples%' THEN tuples_total ELSE blocks_total END AS total,
		CASE WHEN partitions_total > 0 THEN LEAST(partitions_done + 1, partitions_total) ELSE 0 END AS part, partitions_total AS parts
	FROM pg_stat_progress_create_index
	UNION ALL
	SELECT pid, phase, 'blocks', heap_blks_scanned, CASE WHEN phase = 'seq scanning heap' THEN heap_blks_total ELSE 0 END, 0, 0
	FROM pg_stat_progress_cluster
	UNION ALL
	SELECT pid, phase, 'blocks', CASE WHEN phase = 'vacuuming heap' THEN heap_blks_vacuumed ELSE heap_blks_scanned END,
		CASE WHEN phase IN ('scanning heap', 'vacuuming heap') THEN heap_blks_total ELSE 0 END, 0, 0
	FROM pg_stat_progress_vacuum
	UNION ALL
	SELECT pid, phase, 'blocks', sample_blks_scanned, CASE WHEN phase LIKE 'acquiring %' THEN sample_blks_total ELSE 0 END, 0, 0
	FROM pg_stat_progress_analyze
	UNION ALL
	SELECT pid, lower(command), 'bytes', bytes_processed, bytes_total, 0, 0 FROM pg_stat_progress_copy
) AS p ON p.pid = a.pid
WHERE a.pid = $1`

// postgresBlockers is asked only of a session that waits: to find out looks
// through the server's lock table. Of other users' sessions the server may hide
// all but the name.
const postgresBlockers = `SELECT b.pid, COALESCE(NULLIF(a.application_name, ''), a.usename, a.backend_type, ''), COALESCE(a.state, ''),
	COALESCE((extract(epoch FROM clock_timestamp() - a.xact_start) * 1000000)::bigint, 0)
FROM (SELECT DISTINCT unnest(pg_blocking_pids($1)) AS pid) AS b LEFT JOIN pg_stat_activity AS a ON a.pid = b.pid
ORDER BY a.xact_start, b.pid`

func (postgresObserver) look(ctx context.Context, c *sql.Conn, session int64) (a Activity, waits bool, err error) {
	var done, total int64
	var unit Unit
	err = c.QueryRowContext(ctx, postgresProgress, session).
		Scan(&waits, &a.Stage, &unit, &done, &total, &a.Part, &a.Parts)
	if err != nil || !waits {
		a.counted(done, total, unit)
		return a, false, err
	}
	a.counted(done, total, unit)
	a.BlockedBy, err = blockers(ctx, c, postgresBlockers, session)
	return a, true, err
}
