package plan

import "errors"

// ErrIncompatible says that values of the writer's schema cannot be read with
// the reader's. The error names both and lists the reasons, each with its path,
// such as customer.email or lines[].amount.
var ErrIncompatible = errors.New("schemas are incompatible")

// ErrSchema says that a writer's schema is no Avro schema, or beyond a limit:
// 4 MiB of text, 512 levels of JSON, and what Compile says.
var ErrSchema = errors.New("invalid writer schema")
