package migrate

import (
	"context"
	"database/sql"
	"errors"
	"slices"
)

// job is one file to be run in one direction.
type job struct {
	file      *file
	script    *script // nil for Go migrations
	direction Direction
	// half is the record of a run that ended inside this file, and which this
	// one continues.
	half         *record
	index, total int
}

// apply runs a job in the way that suits its file and the database.
func (r *run) apply(ctx context.Context, j *job) error {
	stop := r.lock.Announce(ctx, j.file.String())
	defer stop()
	switch {
	case j.file.goRun != nil:
		return r.applyGo(ctx, j)
	case j.half == nil && r.atomic(j.script):
		return r.retry(ctx, j.file, func() error { return r.applyTx(ctx, j) })
	default:
		return r.applySteps(ctx, j)
	}
}

// atomic reports whether a script can run in one transaction together with the
// rows that record it. One that ends the transaction itself cannot.
func (r *run) atomic(s *script) bool {
	if !s.transaction || s.controls {
		return false
	}
	return r.dialect.transactionalDDL() || !slices.ContainsFunc(s.statements, func(text string) bool { return !isData(text) })
}

func (r *run) applyTx(ctx context.Context, j *job) error {
	rec, err := r.newRecord(j)
	if err != nil {
		return err
	}
	return r.inTx(ctx, func(tx *sql.Tx) error {
		for i := range j.script.statements {
			if err := r.exec(ctx, tx, j, i); err != nil {
				return err
			}
		}
		return r.recordRun(ctx, tx, j, rec)
	})
}

// exec runs statement i (from 0) of the job.
func (r *run) exec(ctx context.Context, q execer, j *job, i int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	text := j.script.statements[i]
	r.tell(j, i+1, len(j.script.statements))
	if _, err := q.ExecContext(ctx, text); err != nil {
		return &StatementError{
			File: j.file.String(), Line: j.script.lines[i], Statement: i + 1, Statements: len(j.script.statements),
			Excerpt: r.dialect.lexis().excerpt(text), Err: r.dialect.lexis().refusal(err, text),
		}
	}
	return nil
}

func (r *run) tell(j *job, statement, statements int) {
	r.cfg.progress(Progress{
		Phase: PhaseStatement, Migration: j.file.Migration, Direction: j.direction,
		Index: j.index, Total: j.total, Statement: statement, Statements: statements,
	})
}

// applyGo runs a migration written in Go. It is not tried again after a lock
// timeout: what it did outside the database is not known.
func (r *run) applyGo(ctx context.Context, j *job) error {
	rec, err := r.newRecord(j)
	if err != nil {
		return err
	}
	r.tell(j, 1, 1)
	inTx, onPool := j.file.goRun.UpFnContext, j.file.goRun.UpFnNoTxContext
	if j.direction == DirectionDown {
		inTx, onPool = j.file.goRun.DownFnContext, j.file.goRun.DownFnNoTxContext
	}
	if onPool != nil {
		if r.db.Stats().MaxOpenConnections == 1 {
			return errors.New("a Go migration without a transaction needs a second connection: raise SetMaxOpenConns")
		}
		if err := r.lock.Check(ctx); err != nil {
			return err
		}
		if err := onPool(ctx, r.db); err != nil {
			return err
		}
	}
	return r.inTx(ctx, func(tx *sql.Tx) error {
		if onPool == nil && inTx != nil {
			if err := inTx(ctx, tx); err != nil {
				return err
			}
		}
		return r.recordRun(ctx, tx, j, rec)
	})
}
