package relay

import (
	"errors"
	"fmt"
)

var (
	// ErrRunning says that Run was called while it was running already.
	ErrRunning = errors.New("relay: already running")

	// errStopped is the cause that ends what a stop with a full time-out leaves over.
	errStopped = errors.New("relay: the time to drain is over")
	// errAborted is the cause that drops buffered records after one has failed.
	errAborted = errors.New("relay: an earlier record failed")
)

// ProduceError says that the broker or the client refused a record. The relay
// logs it, waits and reads the event again.
type ProduceError struct {
	ID      int64  // of the row in outbox_events
	EventID string // the record's id header
	Topic   string
	Err     error
}

// Error names the event and the topic.
func (e *ProduceError) Error() string {
	return fmt.Sprintf("produce event %s (row %d) to %s: %v", e.EventID, e.ID, e.Topic, e.Err)
}

// Unwrap gives the client's error.
func (e *ProduceError) Unwrap() error { return e.Err }
