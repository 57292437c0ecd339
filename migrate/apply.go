package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	next         *job // the one that runs after it, if any
	index, total int
}

// does reports whether there is anything to run in the job's direction.
func (j *job) does() bool {
	if j.script != nil {
		return len(j.script.statements) > 0
	}
	inTx, onPool := j.goFuncs()
	return inTx != nil || onPool != nil
}

// goFuncs are the functions of a Go migration for the job's direction, at most
// one of which is there.
func (j *job) goFuncs() (inTx func(context.Context, *sql.Tx) error, onPool func(context.Context, *sql.DB) error) {
	if j.direction == DirectionDown {
		return j.file.goRun.DownFnContext, j.file.goRun.DownFnNoTxContext
	}
	return j.file.goRun.UpFnContext, j.file.goRun.UpFnNoTxContext
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
	if r.dialect.inOneText() && len(j.script.statements) > 0 {
		return r.applyText(ctx, j, rec)
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
	r.tell(j, i+1, len(j.script.statements))
	return r.send(ctx, q, j, i)
}

// send is exec without telling.
func (r *run) send(ctx context.Context, q execer, j *job, i int) error {
	return r.sendWithin(ctx, q, j, i, "", "")
}

// sendWithin sends statement i in one text with others before and after it. An
// error is taken for one of the statement.
func (r *run) sendWithin(ctx context.Context, q execer, j *job, i int, before, after string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	text := j.script.statements[i]
	err := r.watched(ctx, j, i+1, func() error {
		_, err := q.ExecContext(ctx, before+text+after)
		return err
	})
	if err != nil {
		if ended := ctx.Err(); ended != nil && !errors.Is(err, ended) {
			err = fmt.Errorf("%w: %w", ended, err) // the driver tells of its connection only
		}
		line, at := j.script.lines[i], 0
		if n := lineOf(err, before, text); n > 0 && line > 0 {
			at = line + n - 1
		}
		return &StatementError{
			File: j.file.String(), Line: line, At: at, Statement: i + 1, Statements: len(j.script.statements),
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
