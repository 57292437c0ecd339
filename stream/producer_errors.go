package stream

import (
	"errors"
	"fmt"
)

// Errors of a Producer.
var (
	// ErrBufferFull says that the brokers have not acknowledged as many events as
	// the buffer holds (WithBuffer, WithRefuseWhenFull). The event was not sent.
	ErrBufferFull = errors.New("the producer's buffer is full")
	// ErrTooLarge says that an event is larger than the limit, or that the broker has
	// refused the batch that it was in. It was not written.
	ErrTooLarge = errors.New("event is too large")
	// ErrProducerClosed says that the producer takes no events any more.
	ErrProducerClosed = errors.New("the producer is closed")
	// ErrNotConfirmed says that the wait for the brokers' acknowledgement was ended.
	// The event may be written, now or later.
	ErrNotConfirmed = errors.New("not acknowledged yet, the event may still be written")
)

// Errors of transactions.
var (
	// ErrNoTransaction says that the client is transactional and the event belongs to
	// no open transaction: produce inside Transactor.Do, with the context that it gives.
	ErrNoTransaction = errors.New("the client is transactional: produce inside Transactor.Do, with the context that it gives")
	// ErrTransactionAborted says that no event of the transaction is seen by
	// consumers that read what is committed.
	ErrTransactionAborted = errors.New("transaction aborted")
	// ErrTransactionUnknown says that the answer to the commit, or to the abort, is
	// lost. After a commit that is lost the events are there either all or not at all.
	ErrTransactionUnknown = errors.New("outcome of the transaction is unknown")
	// ErrFenced says that this producer may write no more: a newer one has the same
	// transactional id, or a transaction was open longer than its time-out. End the
	// process, or make a new client when it is certain that there is no newer one.
	ErrFenced = errors.New("the transactional producer is fenced: a newer one has its transactional id, or its transaction timed out")
)

// ProduceError says which events of a call of Produce or Tombstone were not written.
type ProduceError struct {
	Topic string
	// Errors has an entry for each event of the call, in order, nil for one that was
	// written.
	Errors []error
}

// Error has the first failure.
func (e *ProduceError) Error() string {
	failed := e.Unwrap()
	if len(e.Errors) == 1 {
		return fmt.Sprintf("produce to %s: %v", e.Topic, failed[0])
	}
	return fmt.Sprintf("produce to %s: %d of %d events were not written: %v", e.Topic, len(failed), len(e.Errors), failed[0])
}

// Unwrap gives the failures.
func (e *ProduceError) Unwrap() []error {
	var failed []error
	for _, err := range e.Errors {
		if err != nil {
			failed = append(failed, err)
		}
	}
	return failed
}

// UndeliveredError says what the brokers had not acknowledged when Close had to
// end.
type UndeliveredError struct {
	Topic  string
	Events []Undelivered // in the order of the calls
	Err    error         // why Close ended
}

// Undelivered is an event that was taken and not acknowledged. Its bytes must not
// be changed.
type Undelivered struct {
	ID    string // of the record's id header
	Key   []byte
	Value []byte // framed; nil for a tombstone
	// MayBeWritten says that the event was under way, so that it may be on the topic
	// or still get there. Else it is not written.
	MayBeWritten bool
}

// Error counts the events and names the first.
func (e *UndeliveredError) Error() string {
	return fmt.Sprintf("close the producer of %s: %d events are not delivered, the first has id %s and key %q: %v",
		e.Topic, len(e.Events), e.Events[0].ID, e.Events[0].Key, e.Err)
}

// Unwrap gives why Close ended.
func (e *UndeliveredError) Unwrap() error { return e.Err }
