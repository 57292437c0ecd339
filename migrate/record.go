package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	goosedb "github.com/pressly/goose/v3/database"
)

// newRecord describes a run of the job that begins now.
func (r *run) newRecord(j *job) (*record, error) {
	sum, err := j.file.checksum()
	if err != nil {
		return nil, err
	}
	rec := &record{
		key: j.file.key(), direction: j.direction, file: j.file.File, checksum: sum,
		application: r.cfg.application, moduleVersion: r.cfg.moduleVersion, host: r.host,
		startedAt: time.Now(),
	}
	if j.script != nil {
		rec.statements = len(j.script.statements)
	}
	return rec, nil
}

// finish turns rec into the record of a run that went through.
func (rec *record) finish() {
	rec.state, rec.started, rec.done = rowApplied, rec.statements, rec.statements
	rec.prefixChecksum, rec.message = "", ""
	rec.updatedAt = time.Now()
	rec.duration = rec.updatedAt.Sub(rec.startedAt)
}

// historyRow gives the columns, placeholders and values of a row.
func (r *run) historyRow(rec *record) (columns, places string, args []any) {
	var names, marks []string
	for _, c := range historyColumns() {
		names = append(names, c.name)
		marks = append(marks, r.dialect.cast(c.kind))
		args = append(args, c.get(rec, r.dialect))
	}
	return strings.Join(names, ", "), strings.Join(marks, ", "), args
}

// recordRun writes goose's version row and the history's, and does so only if
// the lock is still ours: on PostgreSQL in one statement, elsewhere in two.
func (r *run) recordRun(ctx context.Context, tx *sql.Tx, j *job, rec *record) error {
	rec.finish()
	if r.name != "postgres" {
		if err := r.insertHistory(ctx, tx, rec); err != nil {
			return err
		}
		return r.recordVersion(ctx, tx, j)
	}
	version := fmt.Sprintf("INSERT INTO %s (version_id, is_applied) SELECT ?::bigint, true WHERE %s RETURNING 1",
		j.file.src.table, r.lock.Condition())
	if j.direction == DirectionDown {
		version = fmt.Sprintf("DELETE FROM %s WHERE version_id = ?::bigint AND %s RETURNING 1",
			j.file.src.table, r.lock.Condition())
	}
	columns, places, args := r.historyRow(rec)
	query := fmt.Sprintf("WITH version AS (%s) INSERT INTO %s (%s) SELECT %s WHERE EXISTS (SELECT 1 FROM version)",
		version, historyTable, columns, places)
	args = append([]any{j.file.Version}, args...)
	return r.execOne(ctx, tx, query, args)
}

// recordVersion writes or removes goose's row.
func (r *run) recordVersion(ctx context.Context, tx *sql.Tx, j *job) error {
	store, err := j.file.src.store()
	if err != nil {
		return err
	}
	if j.direction == DirectionDown {
		return store.Delete(ctx, tx, j.file.Version)
	}
	return store.Insert(ctx, tx, goosedb.InsertRequest{Version: j.file.Version})
}

// insertHistory adds a row, if the lock is still ours.
func (r *run) insertHistory(ctx context.Context, tx execer, rec *record) error {
	columns, places, args := r.historyRow(rec)
	return r.execOne(ctx, tx, fmt.Sprintf("INSERT INTO %s (%s) SELECT %s%s WHERE %s",
		historyTable, columns, places, r.dialect.dual(), r.lock.Condition()), args)
}

// updateHistory writes how far a file's run has come, if the lock is still ours.
// The time is always new, so MySQL counts the row as changed.
func (r *run) updateHistory(ctx context.Context, tx execer, rec *record) error {
	rec.updatedAt = time.Now()
	query := fmt.Sprintf(`UPDATE %s SET state = ?, statements_started = ?, statements_done = ?, prefix_checksum = ?,
duration_us = ?, updated_at = ?, message = ?, file = ?, checksum = ?, statements = ? WHERE id = ? AND %s`,
		historyTable, r.lock.Condition())
	return r.execOne(ctx, tx, query, []any{
		rec.state, rec.started, rec.done, rec.prefixChecksum,
		rec.duration.Microseconds(), r.dialect.time(rec.updatedAt), clip(rec.message), clip(rec.file), rec.checksum,
		rec.statements, rec.id,
	})
}

// execer is a *sql.Conn or a *sql.Tx.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// execOne runs a statement that changes one row while the lock is ours and
// none when it is lost.
func (r *run) execOne(ctx context.Context, q execer, query string, args []any) error {
	if r.lock.Conn() == nil { // no SQL can tell
		if err := r.lock.Check(ctx); err != nil {
			return err
		}
	}
	res, err := q.ExecContext(ctx, r.dialect.bind(query), args...)
	if err != nil {
		return fmt.Errorf("record the migration: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("record the migration: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("record the migration: %w", ErrLockLost)
	}
	return nil
}
