package cli

import (
	"errors"
	"fmt"

	"github.com/schemactl/schemactl/database"
)

// Exit codes of every command, the same that `schemactl help exit-codes` shows.
const (
	ExitDone    = 0 // it is done
	ExitFailure = 1 // something failed; an unreachable server too
	ExitUsage   = 2 // the command line, the environment or schemactl.yaml is wrong
	ExitFound   = 3 // a check ran and found something
)

// UsageError says that the caller asked wrongly, not that the work failed.
type UsageError struct{ err error }

// Usagef makes a UsageError.
func Usagef(format string, args ...any) error {
	return &UsageError{err: fmt.Errorf(format, args...)}
}

// Error is the text of what is wrong.
func (e *UsageError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *UsageError) Unwrap() error { return e.err }

// FoundError says that a check did its work and found something: pending
// migrations, stale generated code, an incompatible schema.
type FoundError struct{ err error }

// Foundf makes a FoundError.
func Foundf(format string, args ...any) error {
	return &FoundError{err: fmt.Errorf(format, args...)}
}

// Error is the finding in one line.
func (e *FoundError) Error() string { return e.err.Error() }

// Unwrap gives what was found, where that is an error.
func (e *FoundError) Unwrap() error { return e.err }

// ExitCode maps a command's error to the process's exit code.
func ExitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	if _, ok := errors.AsType[*UsageError](err); ok || errors.Is(err, database.ErrURL) {
		return ExitUsage
	}
	if _, ok := errors.AsType[*FoundError](err); ok {
		return ExitFound
	}
	return ExitFailure
}
