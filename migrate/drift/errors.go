package drift

import (
	"errors"
	"fmt"
)

// ErrScratchUsed says that the database given as scratch holds something, or is
// the one to be compared: nothing was changed in it.
var ErrScratchUsed = errors.New("the scratch database is not empty")

// RightError says that no scratch database can be made, for want of a right.
type RightError struct {
	// User is who asked, as the server knows it.
	User string
	// Right is what is missing.
	Right string
	cause error
}

// Error names the right, and the way around it.
func (e *RightError) Error() string {
	return fmt.Sprintf("no scratch database can be made on this server: %s lacks %s; grant it, or name an empty "+
		"database with --scratch-url: %v", e.User, e.Right, e.cause)
}

// Unwrap gives the server's answer.
func (e *RightError) Unwrap() error { return e.cause }

// QualifiedError says that a migration names the live schema, so that running
// it in a temporary one beside it would change the live one.
type QualifiedError struct {
	// File is the migration.
	File string
	// Schema is the live schema or database that it names.
	Schema string
}

// Error says how to go on.
func (e *QualifiedError) Error() string {
	return fmt.Sprintf("%s names the live schema %q: it cannot be tried beside it. Write the name without the schema, "+
		"or name an empty database on another server with --scratch-url (on PostgreSQL the right CREATEDB is enough)", e.File, e.Schema)
}
