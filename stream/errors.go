package stream

import (
	"errors"
	"fmt"
	"strings"
)

var (
	// ErrNoBroker says that none of the brokers answered.
	ErrNoBroker = errors.New("no Kafka broker answers")
	// ErrRunning says that Run was called a second time. A Consumer runs once.
	ErrRunning = errors.New("stream: consumer has been run already")
	// ErrStuck says that a handler did not return although its context had ended
	// long before.
	ErrStuck = errors.New("stream: a handler does not return")
)

// BrokersError says which brokers were asked in vain. It matches ErrNoBroker.
type BrokersError struct {
	Brokers []string
	Err     error
}

// Error names the brokers.
func (e *BrokersError) Error() string {
	return fmt.Sprintf("%v at %s (is it running, and are the addresses right?): %v", ErrNoBroker, strings.Join(e.Brokers, ", "), e.Err)
}

// Is makes errors.Is(err, ErrNoBroker) hold.
func (e *BrokersError) Is(target error) bool { return target == ErrNoBroker }

// Unwrap gives the client's error.
func (e *BrokersError) Unwrap() error { return e.Err }

// HandlerError ends Run when a handler has failed as often as WithMaxAttempts
// allows. Nothing of the partition is committed from this record on.
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

// RecordError ends Run at a record that no attempt can make readable: it is not a
// framed Avro value, its schema id is unknown, its schema cannot be read as the
// route's type, or its bytes do not fit their schema. Nothing of the partition is
// committed from this record on, so the record is met again after a restart.
type RecordError struct {
	Topic     string
	Partition int32
	Offset    int64
	SchemaID  uint32 // 0 when there is none
	Err       error
}

// Error names the record.
func (e *RecordError) Error() string {
	return fmt.Sprintf("record at %s/%d offset %d (schema id %d) cannot be read: %v", e.Topic, e.Partition, e.Offset, e.SchemaID, e.Err)
}

// Unwrap gives the cause.
func (e *RecordError) Unwrap() error { return e.Err }
