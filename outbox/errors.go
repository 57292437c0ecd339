package outbox

import "errors"

// Errors of Publish and Tombstone.
var (
	// ErrNoTransaction says that they were called outside a transaction. Call
	// them inside db.Transaction, or on what db.Begin returned.
	ErrNoTransaction = errors.New("not inside a transaction: publish within db.Transaction, so that the event is committed with the change it tells of")
	// ErrNotInstalled says that the database handle has no Outbox. Install it
	// once after opening: db.Use(ob).
	ErrNotInstalled = errors.New("no outbox is installed on this database: make one with outbox.New and install it with db.Use")
	// ErrUnknownEvent says that the event's type was not given to New, which
	// looks the schema ids up before the first transaction.
	ErrUnknownEvent = errors.New("event type was not given to outbox.New")
	// ErrTooLarge says that an event is larger than the limit (WithMaxEventBytes).
	ErrTooLarge = errors.New("event is too large")
	// ErrNoKey says that Tombstone was given an event without a key: there is nothing
	// that a topic could forget.
	ErrNoKey = errors.New("event has no key, so there is nothing to write a tombstone for")
)

// ErrInboxName says that a consumer's name or an event's id cannot be kept in the
// inbox: it is empty or longer than 255 bytes.
var ErrInboxName = errors.New("inbox: want 1 to 255 bytes")
