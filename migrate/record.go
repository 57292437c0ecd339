package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
)

// newRecord describes a run of the job that begins now.
func (r *run) newRecord(j *job) (*record, error) {
	rec := &record{
		key: j.file.key(), direction: j.direction, file: j.file.File,
		application: r.cfg.application, moduleVersion: r.cfg.moduleVersion, host: r.host,
		startedAt: time.Now(),
	}
	if j.script != nil { // what is recorded is the text that runs
		rec.statements, rec.checksum = len(j.script.statements), j.script.checksum
		return rec, nil
	}
	var err error
	rec.statements = 1 // the function
	rec.checksum, err = j.file.checksum()
	return rec, err
}

// finish turns rec into the record of a run that went through.
func (rec *record) finish() {
	rec.state, rec.started, rec.done = rowApplied, rec.statements, rec.statements
	rec.prefixChecksum, rec.message = "", ""
	rec.updatedAt = time.Now()
	rec.duration = rec.updatedAt.Sub(rec.startedAt)
}

// historyValues gives the columns, placeholders and values of a row.
func (r *run) historyValues(rec *record) (columns, places string, args []any) {
	var names, marks []string
	for _, c := range historyColumns() {
		names = append(names, c.name)
		if c.name == "message" && rec.note != "" {
			marks, args = append(marks, rec.note), append(args, rec.noteArgs...)
			continue
		}
		marks = append(marks, r.dialect.cast(c.kind))
		args = append(args, c.get(rec, r.dialect))
	}
	return strings.Join(names, ", "), strings.Join(marks, ", "), args
}

// change is a write of the bookkeeping, which takes effect only while the lock is
// ours.
type change struct {
	query string
	args  []any
}

// recordRun writes goose's version row and the history's, and does so only if
// the lock is still ours: in one round trip where the server can.
func (r *run) recordRun(ctx context.Context, tx execer, j *job, rec *record) error {
	if r.dialect.inOneText() {
		return r.newEntry(j, rec).send(ctx, tx)
	}
	rec.finish()
	return r.changeAll(ctx, tx, r.historyRow(rec), r.versionRow(j))
}

// recordVersion writes or removes goose's row, if the lock is still ours.
func (r *run) recordVersion(ctx context.Context, q execer, j *job) error {
	return r.changeOne(ctx, q, r.versionRow(j))
}

func (r *run) versionRow(j *job) change {
	return change{r.versionChange(j, r.dialect.cast(kindNumber)), []any{j.file.Version}}
}

// versionChange writes or removes goose's row while the lock is ours. The version
// is the placeholder's.
func (r *run) versionChange(j *job, version string) string {
	if j.direction == DirectionDown {
		return fmt.Sprintf("DELETE FROM %s WHERE version_id = %s AND %s", j.file.src.table, version, r.lock.Condition())
	}
	return fmt.Sprintf("INSERT INTO %s (version_id, is_applied) SELECT %s, true%s WHERE %s",
		j.file.src.table, version, r.dialect.dual(), r.lock.Condition())
}

// insertHistory adds a row, if the lock is still ours.
func (r *run) insertHistory(ctx context.Context, tx execer, rec *record) error {
	return r.changeOne(ctx, tx, r.historyRow(rec))
}

func (r *run) historyRow(rec *record) change {
	columns, places, args := r.historyValues(rec)
	return change{fmt.Sprintf("INSERT INTO %s (%s) SELECT %s%s WHERE %s",
		historyTable, columns, places, r.dialect.dual(), r.lock.Condition()), args}
}

// insertBegun is insertHistory outside a transaction, and finds the row's number.
func (r *run) insertBegun(ctx context.Context, rec *record) error {
	row := r.historyRow(rec)
	if err := r.checkLock(ctx); err != nil {
		return err
	}
	rec.stored.started, rec.stored.done = rec.started, rec.done
	if !r.dialect.returning() {
		res, err := r.execKept(ctx, r.conn, row.query, row.args)
		if err != nil {
			return fmt.Errorf("record the migration: %w", err)
		}
		if rec.id, err = res.LastInsertId(); err != nil {
			return fmt.Errorf("record the migration: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n != 1 {
			return fmt.Errorf("record the migration: %w", firstError(err, ErrLockLost))
		}
		return nil
	}
	insert := func() error {
		return r.conn.QueryRowContext(ctx, r.dialect.bind(row.query+" RETURNING id"), row.args...).Scan(&rec.id)
	}
	err := insert()
	if r.forgotten(err) {
		err = insert()
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrLockLost
	}
	if err != nil {
		return fmt.Errorf("record the migration: %w", err)
	}
	return nil
}

// updateHistory writes how far a file's run has come, if the lock is still ours.
func (r *run) updateHistory(ctx context.Context, tx execer, rec *record) error {
	if err := r.changeOne(ctx, tx, r.historyUpdate(rec)); err != nil {
		return err
	}
	rec.stored.started, rec.stored.done = rec.started, rec.done
	return nil
}

// historyUpdate writes the time anew, so MySQL counts the row as changed.
func (r *run) historyUpdate(rec *record) change {
	rec.updatedAt = time.Now()
	message, messageArgs := "?", []any{clip(rec.message)}
	if rec.note != "" {
		message, messageArgs = rec.note, rec.noteArgs
	}
	query := fmt.Sprintf(`UPDATE %s SET state = ?, statements_started = ?, statements_done = ?, prefix_checksum = ?,
duration_us = ?, updated_at = ?, file = ?, checksum = ?, statements = ?, message = %s WHERE id = ? AND %s`,
		historyTable, message, r.lock.Condition())
	args := append([]any{
		rec.state, rec.started, rec.done, rec.prefixChecksum,
		rec.duration.Microseconds(), r.dialect.time(rec.updatedAt), clip(rec.file), rec.checksum, rec.statements,
	}, messageArgs...)
	return change{query, append(args, rec.id)}
}

// recordStop is updateHistory for a run that stops. What the column cannot hold
// of the message, in a database that is not in Unicode, is worth less than that
// the row is written.
func (r *run) recordStop(ctx context.Context, rec *record) error {
	err := r.updateHistory(ctx, r.conn, rec)
	plain := strings.Map(func(c rune) rune {
		if c > unicode.MaxASCII {
			return '?'
		}
		return c
	}, clip(rec.message))
	if err == nil || errors.Is(err, ErrLockLost) || plain == rec.message {
		return err
	}
	rec.message = plain
	return r.updateHistory(ctx, r.conn, rec)
}

// execer is a *sql.Conn or a *sql.Tx.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// changeOne changes a row (or removes those of a version, which goose may have
// several of) while the lock is ours.
func (r *run) changeOne(ctx context.Context, q execer, c change) error {
	if err := r.checkLock(ctx); err != nil {
		return err
	}
	res, err := r.execKept(ctx, q, c.query, c.args)
	if r.forgotten(err) { // outside a transaction that is all; inside one the whole is tried again
		if again, aerr := r.execKept(ctx, q, c.query, c.args); aerr == nil {
			res, err = again, nil
		}
	}
	if err != nil {
		return fmt.Errorf("record the migration: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return fmt.Errorf("record the migration: %w", err)
	}
	if n < 1 {
		return fmt.Errorf("record the migration: %w", ErrLockLost)
	}
	return nil
}

// forgotten says of an error that the server does not know a statement any more
// that the driver has prepared: DEALLOCATE ALL and DISCARD ALL in a migration do
// that. The driver prepares it anew the next time.
func (r *run) forgotten(err error) bool {
	return r.name == "postgres" && r.dialect.code(err) == unknownStatement && !errors.As(err, new(*StatementError))
}

// checkLock asks for the lock where no SQL can tell.
func (r *run) checkLock(ctx context.Context) error {
	if r.lock.Conn() != nil {
		return nil
	}
	return r.lock.Check(ctx)
}

// execKept runs a statement of the bookkeeping. Where a driver would prepare it
// anew each time, it is prepared once for the run; q is on the run's session too.
func (r *run) execKept(ctx context.Context, q execer, query string, args []any) (sql.Result, error) {
	if !r.dialect.prepares() {
		return q.ExecContext(ctx, r.dialect.bind(query), args...)
	}
	stmt, err := r.keptAs(ctx, query) //nolint:sqlclosecheck // kept for the run
	if err != nil {
		return nil, err
	}
	return stmt.ExecContext(ctx, args...)
}

func (r *run) keptAs(ctx context.Context, query string) (*sql.Stmt, error) {
	if stmt, ok := r.kept[query]; ok {
		return stmt, nil
	}
	stmt, err := r.conn.PrepareContext(ctx, r.dialect.bind(query))
	if err != nil {
		return nil, err
	}
	if r.kept == nil {
		r.kept = map[string]*sql.Stmt{}
	}
	r.kept[query] = stmt
	return stmt, nil
}
