package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	if j.half != nil {
		if err := r.setAgain(ctx, j, rec.done); err != nil {
			return r.stopSteps(ctx, j, rec, false, err)
		}
	}
	for _, b := range j.script.blocks {
		if b.end <= rec.done {
			continue // by the run that this one continues
		}
		if doubt, err := r.block(ctx, j, rec, b); err != nil {
			return r.stopSteps(ctx, j, rec, doubt, err)
		}
	}
	return r.finishSteps(ctx, j, rec)
}

// finishSteps writes goose's row first, for with that alone the migration counts
// as done, and the next run completes the history. The history's first would
// read as if goose had undone it.
func (r *run) finishSteps(ctx context.Context, j *job, rec *record) error {
	rec.finish()
	return r.changeOn(ctx, j.next, r.versionRow(j), r.historyUpdate(rec))
}

// beginSteps makes the row, or takes up the one of a former run.
func (r *run) beginSteps(ctx context.Context, j *job) (*record, error) {
	if rec := r.begun; rec != nil {
		r.begun = nil
		return rec, nil
	}
	rec, err := r.newSteps(ctx, j)
	if err != nil {
		return nil, err
	}
	if j.half != nil {
		return rec, r.updateHistory(ctx, r.conn, rec) // with what the catalogue has told
	}
	err = r.insertBegun(ctx, rec)
	rec.note = ""
	return rec, err
}

// newSteps is the record with which a job begins.
func (r *run) newSteps(ctx context.Context, j *job) (*record, error) {
	rec, err := r.newRecord(j)
	if err != nil {
		return nil, err
	}
	rec.state = rowRunning
	if j.half != nil {
		rec.id, rec.started = j.half.id, j.half.done
		rec.came(j, j.half.done)
		return rec, nil
	}
	rec.came(j, 0)
	rec.updatedAt = rec.startedAt
	if blocks := j.script.blocks; len(blocks) > 0 && !r.undoable(j, blocks[0]) {
		rec.started = blocks[0].end // it begins next
		r.noteBefore(ctx, j, rec, blocks[0])
	}
	return rec, nil
}

// setAgain sets this session up as the first n statements, which ran in another
// one, have left that.
func (r *run) setAgain(ctx context.Context, j *job, n int) error {
	for _, i := range r.dialect.lexis().again(j.script, n) {
		if err := r.send(ctx, r.conn, j, i); err != nil {
			return fmt.Errorf("set the session up again: %w", err)
		}
	}
	return nil
}

// undoable reports whether a rollback undoes all of a block, so that it is
// committed together with its record.
func (r *run) undoable(j *job, b block) bool {
	if b.own {
		return r.dialect.lexis().takesRecord(j.script, b, r.dialect.mayRollBack)
	}
	return r.dialect.mayRollBack(j.script.statements[b.first])
}

// came notes that the first n statements are done.
func (rec *record) came(j *job, n int) {
	rec.done, rec.prefixChecksum = n, j.script.prefix(n)
}

// block runs a block and counts it in rec. What a rollback undoes is committed
// with its count. Before anything else the count of begun statements is written,
// in the statement that checks the lock; doubt says of an error that some of the
// block may have taken effect all the same.
func (r *run) block(ctx context.Context, j *job, rec *record, b block) (doubt bool, err error) {
	text := j.script.statements[b.first]
	if r.undoable(j, b) {
		return false, r.counted(ctx, j, rec, b)
	}
	if rec.started != b.end { // the row was made with the first block begun
		rec.started = b.end
		r.noteBefore(ctx, j, rec, b)
		err := r.updateHistory(ctx, r.conn, rec)
		rec.note = ""
		if err != nil {
			return false, err
		}
	}
	if b.own {
		doubt, err = r.own(ctx, j, b, nil)
	} else if err = r.direct(ctx, j, b.first); errors.As(err, new(*StatementError)) {
		doubt = !r.dialect.lexis().whole(text)
	}
	if err == nil {
		rec.came(j, b.end)
	}
	return doubt, err
}

// counted runs a block in one transaction with its record. It counts only once
// that is committed: a constraint may be checked as late as then. What is done
// before and not yet written is written first: the block may last, and if the
// run ended in it, that would be in doubt.
func (r *run) counted(ctx context.Context, j *job, rec *record, b block) error {
	if rec.stored.done != rec.done {
		if err := r.updateHistory(ctx, r.conn, rec); err != nil {
			return err
		}
	}
	next := *rec
	next.started = b.end
	next.came(j, b.end)
	var err error
	if b.own {
		_, err = r.own(ctx, j, b, &next)
	} else {
		err = r.retry(ctx, j.file, func() error {
			return r.inTx(ctx, func(tx *sql.Tx) error {
				if err := r.exec(ctx, tx, j, b.first); err != nil {
					return err
				}
				return r.updateHistory(ctx, tx, &next)
			})
		})
	}
	if err == nil {
		*rec = next
	}
	return err
}

// direct runs statement i outside a transaction.
func (r *run) direct(ctx context.Context, j *job, i int) (err error) {
	text := j.script.statements[i]
	if r.dialect.waitsHarmlessly(text) {
		if _, err := r.conn.ExecContext(ctx, r.dialect.lockTimeout(0)); err != nil {
			return err
		}
		defer func() {
			_, rerr := r.conn.ExecContext(ctx, r.dialect.lockTimeout(r.cfg.lockTimeout))
			err = firstError(err, rerr)
		}()
		return r.retry(ctx, j.file, func() error {
			if err := r.clear(ctx, j, i); err != nil {
				return err
			}
			return r.exec(ctx, r.conn, j, i)
		})
	}
	if !r.dialect.lexis().whole(text) {
		return r.exec(ctx, r.conn, j, i)
	}
	return r.retry(ctx, j.file, func() error { return r.exec(ctx, r.conn, j, i) })
}

// own runs a block that controls transactions or locks itself. Inside nothing
// is tried again, as a deadlock has undone the statements before, too. A record
// is written before the last statement, which commits it.
func (r *run) own(ctx context.Context, j *job, b block, rec *record) (doubt bool, err error) {
	opening := true
	err = func() error {
		if b.open != "" {
			if _, err := r.conn.ExecContext(ctx, b.open); err != nil {
				return err
			}
		}
		for i := b.first; i < b.end; i++ {
			run := func() error { return r.exec(ctx, r.conn, j, i) }
			if opening = b.opener(i, r.dialect.lexis(), j.script.statements[i]); opening {
				if err := r.retry(ctx, j.file, run); err != nil {
					return err
				}
				continue
			}
			if rec != nil && i == b.end-1 {
				if err := r.updateHistory(ctx, r.conn, rec); err != nil {
					return err
				}
			}
			if err := run(); err != nil {
				return err
			}
		}
		if b.shut != "" {
			_, err := r.conn.ExecContext(ctx, b.shut)
			return err
		}
		return nil
	}()
	if err == nil {
		return false, nil
	}
	undone := r.backOut(ctx) && b.undone
	return !opening && !undone, err
}

// backOut takes the session out of a transaction and out of locks that a file
// has left it in, so that the history can be written, and reports whether the
// transaction was rolled back.
func (r *run) backOut(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	_, err := r.conn.ExecContext(ctx, "ROLLBACK")
	if r.dialect.lexis().implicitCommit {
		// Whether they work shows when the history is written.
		_, _ = r.conn.ExecContext(ctx, "UNLOCK TABLES")
		_, _ = r.conn.ExecContext(ctx, "SET autocommit = 1")
	}
	return err == nil
}

// stopSteps records how far the file came. It uses the run's own session: if
// that still answers, the failed statement was refused and had no effect, but
// for those that may have committed on their way; if not, the row keeps saying
// that the statement was begun.
func (r *run) stopSteps(ctx context.Context, j *job, rec *record, doubt bool, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	stored := rec.stored
	rec.message = oneLine(cause)
	if !doubt {
		rec.state, rec.started = rowFailed, rec.done
	}
	var err error
	if rec.started == 0 {
		err = r.forget(ctx, rec)
	} else {
		err = r.recordStop(ctx, rec)
	}
	if err != nil {
		return fmt.Errorf("%w; how far it came is in %s as %d statements begun, %d done, as nothing more "+
			"could be recorded: %w", cause, historyTable, stored.started, stored.done, err)
	}
	if failed, ok := errors.AsType[*StatementError](cause); ok {
		failed.Done, failed.InDoubt = rec.done, rec.started-rec.done
		next := *j
		next.half = rec
		failed.Stops, _ = errors.AsType[*HalfDoneError](r.checkHalf(&next))
		failed.Hint = r.dialect.leftovers(j.script.statements[failed.Statement-1])
	}
	return cause
}
