// Package record is a registry's history as records with keys, of which the last
// one of each key counts: what stores write and read again. [Key] and [Value]
// print them in the form of the `_schemas` topic, byte for byte, since a broker
// compacts by the bytes of keys.
package record

import (
	"time"

	"github.com/schemactl/schemactl/registry"
)

// Kind is what a record is about.
type Kind string

// The kinds, as keys spell them.
const (
	// Schema is a version of a subject.
	Schema Kind = "SCHEMA"
	// Config and Mode are settings.
	Config Kind = "CONFIG"
	Mode   Kind = "MODE"
	// DeleteSubject hides all versions of a subject up to a number.
	DeleteSubject Kind = "DELETE_SUBJECT"
	// ClearSubject forgets what is hidden in a scope.
	ClearSubject Kind = "CLEAR_SUBJECT"
	// Context is a context that has or had subjects.
	Context Kind = "CONTEXT"
	// Noop says nothing to others. Its value keeps the last ids of contexts, which
	// no schema shows once the last one of them is removed.
	Noop Kind = "NOOP"
)

// Record is one record.
type Record struct {
	Kind Kind
	// Subject is the whole name of a subject or the name of a setting's scope.
	Subject string
	// Version is that of a Schema, or the last one that DeleteSubject hides.
	Version int
	// Context is that of a Context.
	Context string
	// Gone makes it a tombstone: the key has no value any more.
	Gone bool

	// ID, Deleted and Content are those of a Schema.
	ID      uint32
	Deleted bool
	Content registry.Schema
	// Settings and ModeValue are those of Config and Mode.
	Settings  registry.Config
	ModeValue registry.Mode
	// LastIDs are those of a Noop, by context.
	LastIDs map[string]uint32
	// Time is when it was written, in milliseconds since 1970 as far as stores
	// keep it. For a Schema it is when the version was registered.
	Time time.Time
	// Printed, when it is not nil, is what [Value] prints of all this.
	Printed []byte
}

// MostBytes is how many bytes the key and the value of a record may have, in every
// store: enough for a text of the largest size that a registry takes by default,
// when each of its characters is escaped, and for metadata and rules beside it.
const MostBytes = 4<<20 - 4<<10
