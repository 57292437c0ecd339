package migrate

import (
	"context"
	"errors"
	"fmt"
)

// commitError is a COMMIT that was not answered, or refused.
type commitError struct{ err error }

func (e *commitError) Error() string { return "commit: " + e.err.Error() }
func (e *commitError) Unwrap() error { return e.err }

// committing marks the error of a COMMIT.
func committing(err error) error {
	if err == nil {
		return nil
	}
	return &commitError{err}
}

// lost says of a job's failure that the session has ended with it, if it has,
// and what that means for the file. The error then matches [ErrLockLost].
func (r *run) lost(ctx context.Context, j *job, cause error) error {
	if ctx.Err() != nil || errors.Is(cause, ErrLockLost) {
		return cause // the session was given up, or the cause says it
	}
	ctx, cancel := context.WithTimeout(ctx, cleanUp)
	defer cancel()
	if err := r.lock.Check(ctx); !errors.Is(err, ErrLockLost) {
		return cause
	}
	text := "the connection is gone"
	switch {
	case j.script == nil || j.half != nil || !r.atomic(j.script):
	case errors.As(cause, new(*commitError)):
		text += ", and whether the file took effect is not known: migrate status tells, and the next run goes on from there"
	default:
		text += ", and nothing of the file stays"
	}
	return fmt.Errorf("%w; %w: %s", cause, ErrLockLost, text)
}
