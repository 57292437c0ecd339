package hambacompat

import "errors"

// ErrForeign says that a value is no generated type. Decoding such a value would
// be hamba's work, which never sees bytes from outside here; for encoding one
// avro.Marshal stays as it is:
//
//	data, err := hambacompat.Marshal(schema, v)
//	if errors.Is(err, hambacompat.ErrForeign) {
//		data, err = avro.Marshal(schema, v)
//	}
//
// Never give hamba a value that holds a [codec.Decimal] or another struct for a
// decimal: v2.31 takes any struct there for a *big.Rat and reads wild memory.
var ErrForeign = errors.New("no generated type")

// ErrSchema says that the given schema is another one than the type was
// generated from, where that cannot be: in Marshal always, in Unmarshal without
// [Config.Plans]. The error names the first place that differs.
var ErrSchema = errors.New("schema is not the type's own")

// ErrResolved says that a schema comes from hamba's SchemaCompatibility.Resolve.
// It is neither the writer's nor the reader's. Give the writer's schema, and let
// [Config.Plans] resolve.
var ErrResolved = errors.New("schema was resolved by hamba: give the writer's own")

// ErrTooLong says that a [Decoder] has read [Config.MaxValue] bytes and found no
// end of the value.
var ErrTooLong = errors.New("value is too long")
