package replica

import (
	"context"
	"errors"

	"github.com/schemactl/schemactl/registry/store/internal/record"
)

// Log is where records last, in one order for all who share it. It is used by one
// goroutine at a time.
type Log interface {
	// Read hands over what was appended since the last Read or Append, in order,
	// and returns when there is no more. [ErrRestart] when what was handed over
	// before can no longer be brought up to date: the next Read then begins anew, and
	// so does the one after a Read that began anew and failed.
	Read(ctx context.Context, apply func([]record.Record)) error
	// Sync hands over, as Read does, at least what was appended by anyone when it was
	// called. It is asked often, and mostly there is nothing.
	Sync(ctx context.Context, apply func([]record.Record)) error
	// Append keeps all others from appending, hands over what they have appended,
	// runs change, and appends the records that it answers, all or none of them.
	// It then hands over these too, each in its place among those of others. It may
	// have to begin again, so change may run more than once; what it answered last
	// is what was appended. After an error it is not known whether they were; the
	// next Read tells. An [ErrRefused] says that they were not.
	Append(ctx context.Context, apply func([]record.Record), change func() []record.Record) error
	// Scale tells how many bytes a record counts that Append would write, and how many
	// it may, so that what is too large for the log is refused before. Append and
	// Scale's caller are one goroutine.
	Scale(key, value []byte) (size, most int)
	// Ping tells whether the log can be appended to, without doing so.
	Ping(ctx context.Context) error
	Close() error
}

// ErrRefused is wrapped by an error of [Log.Append] that the records themselves are
// the cause of: nothing was appended, and no other try of the same would end better.
var ErrRefused = errors.New("the store refuses what is to be written")

// ErrRestart is an answer of [Log.Read] and [Log.Sync].
var ErrRestart = errors.New("the log has forgotten what was missed: it is read anew")
