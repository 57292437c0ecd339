package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// applyGo runs a migration written in Go. It is not tried again after a lock
// timeout: what it did outside the database is not known.
//
// What a transaction may not undo is in the history before it runs, so that a run
// that ends in between leaves a half-done migration and not one that the next run
// does again. On MySQL, where data definition commits on its way, that row is
// written within the transaction: it lasts when, and only when, something did.
func (r *run) applyGo(ctx context.Context, j *job) error {
	rec, err := r.newRecord(j)
	if err != nil {
		return err
	}
	r.tell(j, 1, 1)
	inTx, onPool := j.goFuncs()
	if onPool != nil {
		return r.applyPool(ctx, j, rec, onPool)
	}
	begins := inTx != nil && !r.dialect.transactionalDDL()
	err = r.inTx(ctx, func(tx *sql.Tx) error {
		if begins {
			if err := r.beginGo(ctx, rec); err != nil {
				return err
			}
		}
		if inTx != nil {
			guarded := func() error { return r.guarded(ctx, j.file, func() error { return inTx(ctx, tx) }) }
			if err := r.watched(ctx, j, 1, guarded); err != nil {
				return err
			}
		}
		if begins {
			return r.endGo(ctx, tx, j, rec)
		}
		return r.recordRun(ctx, tx, j, rec)
	})
	if err != nil && begins {
		return r.stopGo(ctx, j, rec, err)
	}
	return err
}

// stopGo says of a function that failed in a transaction whether that was rolled
// back, and the row that says it was begun with it.
func (r *run) stopGo(ctx context.Context, j *job, rec *record, cause error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	rec.message = oneLine(cause)
	if err := r.recordStop(ctx, rec); err != nil {
		return cause // there is no such row, or no session to look with
	}
	next := *j
	next.half = rec
	return fmt.Errorf("%w; what it did before stays, as data definition has committed it: %w", cause, r.checkHalf(&next))
}

// applyPool runs a function that has no transaction. When it returns an error it
// may run again, as with goose: it is written so that it can. Of one that has not
// returned nobody knows.
func (r *run) applyPool(ctx context.Context, j *job, rec *record, do func(context.Context, *sql.DB) error) error {
	if r.db.Stats().MaxOpenConnections == 1 {
		return errors.New("a Go migration without a transaction needs a second connection: raise SetMaxOpenConns")
	}
	if err := r.beginGo(ctx, rec); err != nil {
		return err
	}
	if err := r.guarded(ctx, j.file, func() error { return do(ctx, r.db) }); err != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
		defer cancel()
		if ferr := r.forget(ctx, rec); ferr != nil {
			return fmt.Errorf("%w; it counts as half done: %w", err, ferr)
		}
		return err
	}
	// That it has returned is worth writing down also for one who gives up now.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	if err := r.inTx(ctx, func(tx *sql.Tx) error { return r.endGo(ctx, tx, j, rec) }); err != nil {
		return fmt.Errorf("the function has returned without an error, so say %s: %w", repairCommand(rec.key, "--applied"), err)
	}
	return nil
}

// beginGo makes the row of a function that is about to run.
func (r *run) beginGo(ctx context.Context, rec *record) error {
	rec.state, rec.started, rec.done, rec.updatedAt = rowRunning, rec.statements, 0, rec.startedAt
	return r.insertBegun(ctx, rec)
}

// endGo writes goose's row, and that the function has returned.
func (r *run) endGo(ctx context.Context, tx *sql.Tx, j *job, rec *record) error {
	if err := r.recordVersion(ctx, tx, j); err != nil {
		return err
	}
	rec.finish()
	return r.updateHistory(ctx, tx, rec)
}

// forget removes a row that says nothing.
func (r *run) forget(ctx context.Context, rec *record) error {
	query := fmt.Sprintf("DELETE FROM %s WHERE id = ? AND %s", historyTable, r.lock.Condition())
	return r.changeOne(ctx, r.conn, change{query, []any{rec.id}})
}
