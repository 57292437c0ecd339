package outbox

import (
	"fmt"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
)

// Tombstone writes a tombstone for the key of each event into the outbox: a record
// with the key and without a value, by which a compacted topic forgets the key. Of the
// events only type, key and sequence are used; the sequence is best the version that
// the deletion would have had, so that consumers can tell it from states before and
// after it.
//
// Everything else is as with Publish: the transaction, the errors, the headers, and the
// order, so that a tombstone comes after what was published for the key before it and
// ahead of what is published later. Call it in the transaction that deletes the row,
// after the DELETE. An event without a key is ErrNoKey.
func Tombstone(tx *gorm.DB, events ...codec.Event) error {
	return write(tx, "tombstone", events, noValue)
}

// noValue is the payload by which the relay knows a tombstone: the column takes no NULL,
// and a value has at least its frame.
func noValue(t *eventType, e codec.Event) ([]byte, error) {
	if len(e.EventKey()) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNoKey, t.schema.Name())
	}
	return []byte{}, nil
}
