package dblock

import (
	"errors"
	"fmt"
	"time"
)

var (
	// ErrHeld says that someone else has the lock. Errors that match it are
	// [*HeldError] values.
	ErrHeld = errors.New("lock is held by someone else")
	// ErrNeedless says that a wait ended early: see [WaitRequest.Needless].
	ErrNeedless = errors.New("lock is not needed any more")
	// ErrLost says that a lock once taken is no longer this process's own: its
	// session has ended, it was released, or its file was removed.
	ErrLost = errors.New("lock is no longer ours")
)

// HeldError is the reason why a lock was not to be had. It matches [ErrHeld].
type HeldError struct {
	// Name is the lock's name.
	Name string
	// Holder is who has it; the zero value when that could not be found out.
	Holder Holder
	// Waited is how long [Wait] tried before it gave up; zero from [Try].
	Waited time.Duration
}

func (e *HeldError) Error() string {
	text := fmt.Sprintf("lock %q is held by %s", e.Name, e.Holder)
	if e.Waited > 0 {
		text += fmt.Sprintf("; gave up after %s", e.Waited.Round(time.Millisecond))
	}
	return text
}

// Is makes errors.Is(err, ErrHeld) hold.
func (e *HeldError) Is(target error) bool { return target == ErrHeld }
