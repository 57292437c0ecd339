package migrate

import (
	"context"
	"fmt"
	"runtime/debug"
)

// PanicError is a migration written in Go that panicked. Its transaction, if it
// has one, was rolled back, and it was not recorded.
type PanicError struct {
	// Value is what it panicked with, Stack where.
	Value any
	Stack []byte
}

func (e *PanicError) Error() string { return fmt.Sprintf("the Go migration panicked: %v", e.Value) }

// Unwrap gives the value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// guarded turns a panic of a Go migration into an error, so that the lock is
// freed, the result says what was applied before, and the process lives on.
func (r *run) guarded(ctx context.Context, f *file, do func() error) (err error) {
	defer func() {
		value := recover()
		if value == nil {
			return
		}
		e := &PanicError{Value: value, Stack: debug.Stack()}
		r.cfg.logger.ErrorContext(ctx, "migration panicked", "source", f.Source, "file", f.label(), "panic", fmt.Sprint(value), "stack", string(e.Stack))
		err = e
	}()
	return do()
}
