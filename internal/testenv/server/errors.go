package server

import (
	"errors"
	"fmt"
)

// errStranger says that somebody else answers on the port: another process took
// it between our look and the server's start.
var errStranger = errors.New("another server answers on this port")

// UnavailableError says that this machine has not what a part needs.
type UnavailableError struct {
	Part   Part
	Reason string // what was looked for and not found
	Hint   string // what to install
}

// Error names the part, what is missing, and the ways out.
func (e *UnavailableError) Error() string {
	return fmt.Sprintf("no %s: %s; %s, or set %s", e.Part, e.Reason, e.Hint, e.Part.Variable())
}

// StartError says that a server was found but did not come up.
type StartError struct {
	Part  Part
	Log   string // the end of what the server printed, possibly empty
	cause error
}

// Error names the part and the cause, and shows the end of the server's log.
func (e *StartError) Error() string {
	if e.Log == "" {
		return fmt.Sprintf("start %s: %v", e.Part, e.cause)
	}
	return fmt.Sprintf("start %s: %v; the end of its log:\n%s", e.Part, e.cause, e.Log)
}

// Unwrap gives the cause.
func (e *StartError) Unwrap() error { return e.cause }
