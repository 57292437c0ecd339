package migrate

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// applySteps runs a file that cannot run in one transaction. The history has a
// row from the beginning, which counts the statements begun and those done, so
// that a run that ends in between can be continued, or told from one that
// cannot.
func (r *run) applySteps(ctx context.Context, j *job) error {
	rec, err := r.beginSteps(ctx, j)
	if err != nil {
		return err
	}
	// A file with BEGIN and COMMIT of its own is left to itself.
	own := slices.ContainsFunc(j.script.statements, controlsTransaction)
	for i := rec.done; i < len(j.script.statements); i++ {
		if err := r.step(ctx, j, rec, i, own); err != nil {
			return r.stopSteps(ctx, j, rec, err)
		}
	}
	return r.inTx(ctx, func(tx *sql.Tx) error {
		rec.finish()
		if err := r.updateHistory(ctx, tx, rec); err != nil {
			return err
		}
		return r.recordVersion(ctx, tx, j)
	})
}

// beginSteps makes the row, or takes up the one of a former run.
func (r *run) beginSteps(ctx context.Context, j *job) (*record, error) {
	rec, err := r.newRecord(j)
	if err != nil {
		return nil, err
	}
	rec.state = rowRunning
	if j.half != nil {
		rec.id, rec.done, rec.started = j.half.id, j.half.done, j.half.done
		rec.prefixChecksum = prefix(j.script.statements, rec.done)
		return rec, nil
	}
	rec.prefixChecksum = prefix(nil, 0)
	rec.updatedAt = rec.startedAt
	if err := r.insertHistory(ctx, r.conn, rec); err != nil {
		return nil, err
	}
	query := r.dialect.bind(`SELECT MAX(id) FROM ` + historyTable + ` WHERE source = ? AND version = ?`)
	if err := r.conn.QueryRowContext(ctx, query, rec.key.source, rec.key.version).Scan(&rec.id); err != nil {
		return nil, fmt.Errorf("record the migration: %w", err)
	}
	return rec, nil
}

// step runs statement i. One whose effect a rollback undoes is committed with
// its count; before any other the count of begun statements is written, in the
// statement that checks the lock.
func (r *run) step(ctx context.Context, j *job, rec *record, i int, own bool) error {
	text := j.script.statements[i]
	if !own && r.dialect.mayRollBack(text) {
		return r.retry(ctx, j.file, func() error {
			return r.inTx(ctx, func(tx *sql.Tx) error {
				if err := r.exec(ctx, tx, j, i); err != nil {
					return err
				}
				next := *rec
				next.started, next.done, next.prefixChecksum = i+1, i+1, prefix(j.script.statements, i+1)
				if err := r.updateHistory(ctx, tx, &next); err != nil {
					return err
				}
				*rec = next
				return nil
			})
		})
	}
	rec.started, rec.prefixChecksum = i+1, prefix(j.script.statements, i+1)
	if err := r.updateHistory(ctx, r.conn, rec); err != nil {
		return err
	}
	if err := r.direct(ctx, j, i); err != nil {
		return err
	}
	rec.done = i + 1
	return nil
}

// direct runs statement i outside a transaction.
func (r *run) direct(ctx context.Context, j *job, i int) (err error) {
	text := j.script.statements[i]
	if r.dialect.waitsHarmlessly(text) && r.cfg.lockTimeout > 0 {
		if _, err := r.conn.ExecContext(ctx, r.dialect.lockTimeout(0)); err != nil {
			return err
		}
		defer func() {
			_, rerr := r.conn.ExecContext(ctx, r.dialect.lockTimeout(r.cfg.lockTimeout))
			err = firstError(err, rerr)
		}()
		return r.exec(ctx, r.conn, j, i)
	}
	return r.retry(ctx, j.file, func() error { return r.exec(ctx, r.conn, j, i) })
}

// stopSteps records for certain how far the file came. It uses the run's own
// session: if that still answers, the failed statement was refused and had no
// effect; if not, the row keeps saying that the statement was begun.
func (r *run) stopSteps(ctx context.Context, j *job, rec *record, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	begun := rec.started
	rec.state, rec.started, rec.message = rowFailed, rec.done, oneLine(cause)
	rec.prefixChecksum = prefix(j.script.statements, rec.done)
	var err error
	if rec.done == 0 {
		query := fmt.Sprintf("DELETE FROM %s WHERE id = ? AND %s", historyTable, r.lock.Condition())
		err = r.execOne(ctx, r.conn, query, []any{rec.id})
	} else {
		err = r.updateHistory(ctx, r.conn, rec)
	}
	if err != nil {
		return fmt.Errorf("%w; how far it came is in %s as %d statements begun, %d done, since the session did not "+
			"answer any more: %w", cause, historyTable, begun, rec.done, err)
	}
	if failed, ok := errors.AsType[*StatementError](cause); ok {
		failed.Done = rec.done
		failed.Hint = r.dialect.leftovers(j.script.statements[failed.Statement-1])
	}
	return cause
}

// prefix identifies the first n statements.
func prefix(statements []string, n int) string {
	h := sha256.New()
	for _, s := range statements[:n] {
		_, _ = fmt.Fprintf(h, "%d:%s\n", len(s), s) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}

// checkHalf decides whether a run that ended inside the job's file may be
// continued: only if nothing could run twice, nor anything be left out.
func (r *run) checkHalf(j *job) error {
	h := j.half
	if h == nil || j.script == nil {
		return nil
	}
	e := halfDone(j.file, h)
	byHand := fmt.Sprintf("or finish it by hand and set its row to done: UPDATE %s SET state = 'applied' WHERE id = %d; %s",
		historyTable, h.id, versionSQL(j))
	switch {
	case h.direction != j.direction:
		e.Reason = "it has to be finished in that direction first"
		e.Mend = fmt.Sprintf("run %s again", h.direction)
	case h.started != h.done && h.started <= len(j.script.statements):
		e.InDoubt = h.started
		e.Reason = fmt.Sprintf("whether statement %d (%s) took effect is not known", h.started,
			excerpt(j.script.statements[h.started-1]))
		e.Mend = fmt.Sprintf("look, and if it did: UPDATE %[1]s SET statements_done = %[2]d WHERE id = %[4]d; "+
			"if it did not: UPDATE %[1]s SET statements_started = %[3]d WHERE id = %[4]d; then run again; %[5]s",
			historyTable, h.started, h.done, h.id, byHand)
	case !samePrefix(h, j.script.statements):
		e.Reason = "the statements that are done are not those of the file any more"
		e.Mend = "bring their text back and run again, " + byHand
	case slices.ContainsFunc(j.script.statements[:h.done], setsSession):
		e.Reason = "those that are done set up a session that is gone"
		e.Mend = "undo what was done and delete the row, " + byHand
	default:
		return nil
	}
	return e
}

// samePrefix compares the statements done then with the file's. The row's
// checksum covers those begun, which may be one more.
func samePrefix(h *record, statements []string) bool {
	if h.done > len(statements) {
		return false
	}
	return h.prefixChecksum == prefix(statements, h.done) ||
		h.done < len(statements) && h.prefixChecksum == prefix(statements, h.done+1)
}

func versionSQL(j *job) string {
	if j.direction == DirectionDown {
		return fmt.Sprintf("DELETE FROM %s WHERE version_id = %d", j.file.src.table, j.file.Version)
	}
	return fmt.Sprintf("INSERT INTO %s (version_id, is_applied) VALUES (%d, true)", j.file.src.table, j.file.Version)
}

// checkHalfUndone refuses an up while a down has ended inside a file.
func (r *run) checkHalfUndone() error {
	for _, f := range r.files() {
		if h := r.state.half(f.key()); h != nil && h.direction == DirectionDown {
			e := halfDone(f, h)
			e.Reason, e.Mend = "it has to be undone to the end first", "run down again"
			return e
		}
	}
	return nil
}

func halfDone(f *file, h *record) *HalfDoneError {
	return &HalfDoneError{
		Migration: f.Migration, Direction: h.direction, Done: h.done, Statements: h.statements,
		Application: h.application, Host: h.host, At: h.updatedAt,
	}
}
