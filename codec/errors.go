package codec

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Errors of decoding. Every one of them reaches the caller inside an [*Error].
var (
	// ErrTruncated says that the input ends before the value does.
	ErrTruncated = errors.New("input ends early")
	// ErrMalformed says that bytes are no Avro binary of the schema: a varint
	// that is too long, an int above 32 bits, a boolean that is neither 0 nor 1,
	// a negative length, a branch or an ordinal that the schema does not have.
	ErrMalformed = errors.New("malformed value")
	// ErrTrailing says that bytes follow where the input must end.
	ErrTrailing = errors.New("bytes follow the value")
)

// ErrLimit says that a value is nested deeper than [MaxDepth], that an array has
// more than [MaxEmptyItems] items that take no bytes, or that a big-decimal is
// beyond [MaxBigSize] or [MaxBigScale].
var ErrLimit = errors.New("value is beyond a limit")

// ErrRange says that a Go value does not fit its schema, such as a decimal of
// too many digits or an enum value that is no symbol.
var ErrRange = errors.New("value does not fit the schema")

// ErrUnresolved says that a writer's value has no place in the reader's schema,
// such as a branch or a symbol that the reader does not have. Other values of
// the same writer may have one.
var ErrUnresolved = errors.New("value has no place in the reader's schema")

// ErrReader says that a plan is for another type than the one it was given to.
var ErrReader = errors.New("plan is for another type")

// Error says which part of a value could not be encoded or decoded.
// errors.Is finds the reason: [ErrTruncated], [ErrMalformed], [ErrTrailing],
// [ErrLimit], [ErrUnresolved], [ErrReader] or [ErrRange].
type Error struct {
	// Record is the full name of the record that was encoded or decoded.
	Record string
	// Path leads from the record to the part, such as attachments[3].size_bytes.
	// Of a path of more than 480 bytes the middle may be left out.
	Path string
	// Offset is where in the input the part begins, in bytes; -1 when encoding.
	Offset int
	// Err is the reason.
	Err error
}

// maxPath bounds what Error shows of a path, and twice of it what is kept: a
// value nested a thousand deep has a path of many thousand bytes, which would be
// copied for every level.
const maxPath = 240

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Record)
	path := e.Path
	if len(path) > maxPath {
		path = cutPath(path)
	}
	if e.Record != "" && path != "" && path[0] != '[' {
		b.WriteByte('.')
	}
	b.WriteString(path)
	if b.Len() > 0 {
		b.WriteString(": ")
	}
	b.WriteString(e.Err.Error())
	if e.Offset >= 0 {
		b.WriteString(" at offset ")
		b.WriteString(strconv.Itoa(e.Offset))
	}
	return b.String()
}

// cutPath leaves the middle of a path out. Steps that are put in front later
// change nothing about the end, so that cutting early shows no other path.
func cutPath(path string) string {
	return strings.ToValidUTF8(path[:maxPath/2]+"…"+path[len(path)-maxPath/2:], "")
}

func (e *Error) Unwrap() error { return e.Err }

// readError is a decoding error whose text names what was being read.
func readError(offset int, reason error, format string, args ...any) error {
	return &Error{Offset: offset, Err: fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), reason)}
}

// rangeError is an encoding error.
func rangeError(format string, args ...any) error {
	return &Error{Offset: -1, Err: fmt.Errorf("%w: %s", ErrRange, fmt.Sprintf(format, args...))}
}

// AtField puts a record's field in front of an error's path; the record that is
// named last is the one that was encoded or decoded. Generated code calls it,
// and AtIndex, AtKey and AtRecord, only when something went wrong.
func AtField(err error, in *Schema, field string) error {
	return AtRecord(prepend(err, field), in)
}

// AtIndex puts an array index in front of an error's path.
func AtIndex(err error, index int) error { return prepend(err, "["+strconv.Itoa(index)+"]") }

// AtKey puts a map key in front of an error's path. Long keys are cut.
func AtKey(err error, key string) error {
	const most = 40
	if len(key) > most {
		key = strings.ToValidUTF8(key[:most], "") + "…"
	}
	return prepend(err, "["+strconv.Quote(key)+"]")
}

// AtRecord names the type that was encoded or decoded.
func AtRecord(err error, in *Schema) error {
	if e, ok := errors.AsType[*Error](err); ok {
		e.Record = in.Name()
		return err
	}
	return &Error{Record: in.Name(), Offset: -1, Err: err}
}

func prepend(err error, step string) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return &Error{Path: step, Offset: -1, Err: err}
	}
	if e.Path != "" && e.Path[0] != '[' {
		step += "."
	}
	e.Path = step + e.Path
	if len(e.Path) > 2*maxPath {
		e.Path = cutPath(e.Path)
	}
	return err
}

// reason is the sentinel inside an error of a read function.
func reason(err error) error {
	if errors.Is(err, ErrTruncated) {
		return ErrTruncated
	}
	return ErrMalformed
}

// UnknownSymbol is the error of an enum's parse function.
func UnknownSymbol(fullName, symbol string) error {
	return fmt.Errorf("%w: %.40q is no symbol of %s", ErrRange, symbol, fullName)
}

// UnknownOrdinal is the error of writing an enum value that is no symbol.
func UnknownOrdinal(fullName string, ordinal int) error {
	return fmt.Errorf("%w: %d is no ordinal of %s", ErrRange, ordinal, fullName)
}
