// Package plan reads values of one schema into Go types that were generated
// from another: schemas evolve, and a consumer meets values of every version
// that was ever written.
//
// [Cache.Plan] compares a writer's schema with the reader's once, [Plan.Decode]
// then runs for every value. When both schemas say the same, decoding is a
// direct call of the generated decoder. Otherwise the value is resolved as
// Avro's rules for schema resolution have it (fields by name or alias,
// defaults, promoted numbers), written again in the reader's schema and given
// to the generated decoder. Logical types are left as their base types on that
// way, so that no number is rounded and no time shifted.
//
// The order of arguments is always writer, reader.
package plan
