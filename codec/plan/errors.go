package plan

import "errors"

// ErrIncompatible says that values of the writer's schema cannot be read with
// the reader's.
var ErrIncompatible = errors.New("schemas are incompatible")

// ErrSchema says that a writer's schema is no Avro schema.
var ErrSchema = errors.New("invalid writer schema")

// ErrReader says that a value's type does not have the plan's reader schema.
var ErrReader = errors.New("plan is for another type")
