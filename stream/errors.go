package stream

import (
	"errors"
	"fmt"
	"strings"

	"github.com/schemactl/schemactl/stream/deadletter"
)

var (
	// ErrNoBroker says that none of the brokers answered, or let the client in.
	ErrNoBroker = errors.New("no Kafka broker answers")
	// ErrRunning says that Run was called a second time. A Consumer runs once.
	ErrRunning = errors.New("stream: consumer has been run already")
	// ErrStuck says that a handler did not return although its context had ended
	// long before.
	ErrStuck = errors.New("stream: a handler does not return")
	// ErrNotOwned says that another member has the partition, or nobody yet.
	ErrNotOwned = errors.New("stream: the partition is not this consumer's")
)

// BrokersError says which brokers were asked in vain. It matches ErrNoBroker.
type BrokersError struct {
	Brokers []string
	// Refused is what to look at where one was there and did not let the client in,
	// such as its password; "" where none was there.
	Refused string
	Err     error
}

// Error names the brokers.
func (e *BrokersError) Error() string {
	what, look := ErrNoBroker.Error(), "is it running, and are the addresses right?"
	if e.Refused != "" {
		what, look = "no Kafka broker lets the client in", e.Refused
	}
	return fmt.Sprintf("%s at %s (%s): %v", what, strings.Join(e.Brokers, ", "), look, e.Err)
}

// Is makes errors.Is(err, ErrNoBroker) hold.
func (e *BrokersError) Is(target error) bool { return target == ErrNoBroker }

// Unwrap gives the client's error.
func (e *BrokersError) Unwrap() error { return e.Err }

// Retryable marks a handler's error as one that passes by itself, such as a database
// that is down: the handler is called again for as long as it returns such errors,
// whatever WithMaxAttempts says, and the record never becomes a dead letter. It
// returns nil for nil.
func Retryable(err error) error {
	if err == nil {
		return nil
	}
	return &RetryableError{err}
}

// RetryableError is what Retryable makes.
type RetryableError struct{ Err error }

// Error is the cause's text.
func (e *RetryableError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *RetryableError) Unwrap() error { return e.Err }

// Permanent marks a handler's error as one that no further attempt can mend: where
// attempts are bounded (WithMaxAttempts, WithDeadLetters) there are no more. It
// returns nil for nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &PermanentError{err}
}

// PermanentError is what Permanent makes.
type PermanentError struct{ Err error }

// Error is the cause's text.
func (e *PermanentError) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *PermanentError) Unwrap() error { return e.Err }

// HandlerError ends Run when a handler has failed as often as WithMaxAttempts
// allows and there are no dead letters. Nothing of the partition is committed from
// this record on; of a batch it is the first.
type HandlerError struct {
	Topic     string
	Partition int32
	Offset    int64
	Type      string // full name of the event's schema
	Attempts  int
	Err       error
}

// Error names the record.
func (e *HandlerError) Error() string {
	return fmt.Sprintf("handle %s at %s/%d offset %d: attempt %d: %v", e.Type, e.Topic, e.Partition, e.Offset, e.Attempts, e.Err)
}

// Unwrap gives the handler's error.
func (e *HandlerError) Unwrap() error { return e.Err }

// RecordError ends Run, where there are no dead letters, at a record that no attempt
// can make readable: it is not a
// framed Avro value, its schema id is unknown, its schema cannot be read as the
// route's type, or its bytes do not fit their schema. Nothing of the partition is
// committed from this record on, so the record is met again after a restart.
type RecordError struct {
	Topic     string
	Partition int32
	Offset    int64
	SchemaID  uint32 // 0 when there is none
	Kind      deadletter.Kind
	Err       error
}

// Error names the record.
func (e *RecordError) Error() string {
	return fmt.Sprintf("record at %s/%d offset %d (schema id %d) cannot be read: %v", e.Topic, e.Partition, e.Offset, e.SchemaID, e.Err)
}

// Unwrap gives the cause.
func (e *RecordError) Unwrap() error { return e.Err }
