package registry

import (
	"errors"
	"fmt"
	"strings"
)

// What callers branch on. Something that is asked for is not there:
var (
	ErrSubjectNotFound = errors.New("subject not found")
	ErrVersionNotFound = errors.New("version not found")
	ErrSchemaNotFound  = errors.New("schema not found")
	ErrConfigNotSet    = errors.New("no configuration is set for the subject")
	ErrModeNotSet      = errors.New("no mode is set for the subject")
)

// What was given cannot be taken:
var (
	ErrInvalidSchema  = errors.New("schema is not valid")
	ErrInvalidVersion = errors.New("version is not valid")
	ErrInvalidLevel   = errors.New("compatibility level is not valid")
	ErrInvalidSubject = errors.New("subject name is not valid")
	ErrSchemaTooLarge = errors.New("schema is too large")
	ErrInvalidMode    = errors.New("mode is not valid")
	ErrInvalidRules   = errors.New("rule set is not valid")
	ErrNotPermitted   = errors.New("operation is not permitted")
	// These are about numbers that come with a schema.
	ErrIDTaken      = fmt.Errorf("%w: the id has another schema", ErrNotPermitted)
	ErrOtherID      = errors.New("the schema has another id")
	ErrVersionTaken = fmt.Errorf("%w: the subject has a version of that number", ErrNotPermitted)
	// ErrIncompatible is wrapped by [IncompatibleError].
	ErrIncompatible = errors.New("schema is incompatible with an earlier one")
)

// What a delete asks for does not fit the state of what it names:
var (
	ErrSubjectDeleted    = errors.New("subject is deleted already, only a permanent delete is left")
	ErrSubjectNotDeleted = errors.New("subject is not deleted yet, do so before deleting it permanently")
	ErrVersionDeleted    = errors.New("version is deleted already, only a permanent delete is left")
	ErrVersionNotDeleted = errors.New("version is not deleted yet, do so before deleting it permanently")
	ErrReferenced        = errors.New("another schema refers to it")
	ErrContextNotEmpty   = errors.New("the context has subjects")
)

// ErrStore says that a registry could not read or write what it keeps. In
// process, errors of a store come as they are; this one stands for them on the wire.
var ErrStore = errors.New("the registry's store failed, its log says why")

// The statuses of the wire. They are numbers here because this package knows no
// HTTP.
const (
	statusNotFound = 404
	statusConflict = 409
	statusRefused  = 422
	statusInternal = 500
)

// condition ties a sentinel to its form on the wire.
type condition struct {
	err    error
	status int
	code   int
}

// conditions is the one table of wire codes. The first sentinel that an error
// wraps decides; what wraps none is the last line's.
func conditions() []condition {
	return []condition{
		{ErrInvalidSubject, statusRefused, 42208},
		{ErrSchemaTooLarge, statusRefused, 42209},
		{ErrInvalidSchema, statusRefused, 42201},
		{ErrInvalidVersion, statusRefused, 42202},
		{ErrInvalidLevel, statusRefused, 42203},
		{ErrInvalidMode, statusRefused, 42204},
		{ErrOtherID, statusRefused, 42207},
		{ErrNotPermitted, statusRefused, 42205},
		{ErrReferenced, statusRefused, 42206},
		{ErrInvalidRules, statusRefused, 42210},
		{ErrContextNotEmpty, statusRefused, 42211},
		{ErrIncompatible, statusConflict, 40901},
		{ErrIncompatible, statusConflict, statusConflict}, // older servers
		{ErrSubjectNotFound, statusNotFound, 40401},
		{ErrVersionNotFound, statusNotFound, 40402},
		{ErrSchemaNotFound, statusNotFound, 40403},
		{ErrSubjectDeleted, statusNotFound, 40404},
		{ErrSubjectNotDeleted, statusNotFound, 40405},
		{ErrVersionDeleted, statusNotFound, 40406},
		{ErrVersionNotDeleted, statusNotFound, 40407},
		{ErrConfigNotSet, statusNotFound, 40408},
		{ErrModeNotSet, statusNotFound, 40409},
		{ErrStore, statusInternal, 50001},
	}
}

// WireError is an error in the form that the wire knows.
type WireError struct {
	// Status is the HTTP status.
	Status int
	// Code is the contract's error_code.
	Code    int
	Message string
	err     error
}

// Error is the message.
func (e *WireError) Error() string { return e.Message }

// Unwrap is the sentinel that the code stands for, nil when there is none.
func (e *WireError) Unwrap() error { return e.err }

// ToWire gives an error its form on the wire. What is no condition of the
// contract becomes a plain 500 that tells nothing of the cause.
func ToWire(err error) *WireError {
	table := conditions()
	for _, c := range table {
		if errors.Is(err, c.err) {
			return &WireError{Status: c.status, Code: c.code, Message: err.Error(), err: c.err}
		}
	}
	last := table[len(table)-1]
	return &WireError{Status: last.status, Code: last.code, Message: last.err.Error(), err: last.err}
}

// FromWire turns an answer of a registry back into an error that wraps the
// same sentinel as in process.
func FromWire(status, code int, message string) *WireError {
	e := &WireError{Status: status, Code: code, Message: message}
	for _, c := range conditions() {
		if c.code == code {
			e.err = c.err
			break
		}
	}
	if e.Message == "" {
		e.Message = fmt.Sprintf("registry answered %d", status)
	}
	return e
}

// IncompatibleError says why a schema was refused. It wraps [ErrIncompatible].
type IncompatibleError struct {
	Subject string
	Conflict
}

// Error names the subject and all reasons.
func (e *IncompatibleError) Error() string {
	return fmt.Sprintf("the schema is incompatible with an earlier schema of subject %q, details: [%s]",
		e.Subject, strings.Join(e.Messages(), ", "))
}

// Unwrap is [ErrIncompatible].
func (e *IncompatibleError) Unwrap() error { return ErrIncompatible }

// SizeError says that a store does not take a record: a version with its metadata
// and rules, also those that it inherits, or a setting as a whole. It wraps
// [ErrSchemaTooLarge].
type SizeError struct {
	// What is what the record says, in words.
	What string
	// Size is what the record counts in bytes as the store keeps it, and Most what it
	// may; Size is 0 where the store alone knows, and Most too.
	Size, Most int
}

// Error names the size and the bound.
func (e *SizeError) Error() string {
	if e.Size == 0 {
		return e.What + " is too large for the registry's store"
	}
	return fmt.Sprintf("%s has %d bytes as the registry's store keeps it, with all metadata and rules, the most is %d", e.What, e.Size, e.Most)
}

// Unwrap is [ErrSchemaTooLarge].
func (e *SizeError) Unwrap() error { return ErrSchemaTooLarge }

// schemaError says that a schema's own text cannot be taken, which a verbose
// check reports as an answer. It wraps [ErrInvalidSchema].
type schemaError struct{ cause error }

func (e *schemaError) Error() string { return ErrInvalidSchema.Error() + ": " + e.cause.Error() }

func (e *schemaError) Unwrap() []error { return []error{ErrInvalidSchema, e.cause} }
