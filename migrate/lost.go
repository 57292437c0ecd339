package migrate

import (
	"context"
	"errors"
	"fmt"
)

// commitError is a COMMIT that was not answered, or refused. When the text has
// other statements within, it may be one of those instead.
type commitError struct {
	err    error
	within bool
}

func (e *commitError) Error() string {
	if e.within {
		return e.err.Error()
	}
	return "commit: " + e.err.Error()
}
func (e *commitError) Unwrap() error { return e.err }

// committing marks the error of a COMMIT.
func committing(err error) error {
	if err == nil {
		return nil
	}
	return &commitError{err: err}
}

const unknown = "whether the file took effect is not known: migrate status tells, and the next run goes on from there"

// inOne reports whether the job is recorded in the transaction that it runs in.
func (j *job) inOne(r *run) bool {
	if j.script != nil {
		return j.half == nil && r.atomic(j.script)
	}
	_, onPool := j.goFuncs()
	return onPool == nil
}

// lost says of a job's failure that the session has ended with it, if it has,
// and what that means for the file. The error then matches [ErrLockLost].
func (r *run) lost(ctx context.Context, j *job, cause error) error {
	if errors.Is(cause, ErrLockLost) {
		return cause
	}
	// What the database refuses has a code, and is undone.
	unanswered := errors.As(cause, new(*commitError)) && r.dialect.code(cause) == "" && j.inOne(r)
	if ctx.Err() != nil { // the session was given up
		if unanswered {
			return fmt.Errorf("%w; %s", cause, unknown)
		}
		return cause
	}
	ctx, cancel := context.WithTimeout(ctx, cleanUp)
	defer cancel()
	if err := r.lock.Check(ctx); !errors.Is(err, ErrLockLost) {
		return cause
	}
	text := "the connection is gone"
	switch {
	case errors.As(cause, new(*commitError)) && j.inOne(r):
		text += ", and " + unknown
	case j.script == nil || !j.inOne(r):
	default:
		text += ", and nothing of the file stays"
	}
	return fmt.Errorf("%w; %w: %s", cause, ErrLockLost, text)
}
