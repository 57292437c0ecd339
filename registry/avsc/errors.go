package avsc

import (
	"errors"
	"fmt"
)

// ErrInvalid is wrapped by every error of this package: the text is not a
// valid Avro schema.
var ErrInvalid = errors.New("not a valid Avro schema")

func invalidf(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(format, args...))
}
