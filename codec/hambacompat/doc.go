// Package hambacompat keeps the calls of code that was written for
// github.com/hamba/avro/v2 and gives them the generated codecs: [Marshal],
// [Unmarshal], [NewEncoder] and [NewDecoder] take hamba's avro.Schema and a
// generated type. hamba is archived and has open advisories on input that it
// decodes, so it never sees a value's bytes here: it only holds schemas.
//
//	schema := avro.MustParse(text)                // once, as with hamba
//	data, err := hambacompat.Marshal(schema, &event)
//	err = hambacompat.Unmarshal(schema, data, &event)
//
// Schemas that evolve are resolved by [Config.Plans]; package codec/plan has one:
//
//	api := hambacompat.Config{Plans: plan.NewCache()}.Freeze()
//	err := api.Unmarshal(writer, data, &event)    // no SchemaCompatibility.Resolve
//
// # What differs from hamba
//
//   - Values that are no generated types are [ErrForeign], in both directions.
//   - Marshal does not write by another schema than the type's own ([ErrSchema]).
//     Schemas are the same when they agree in names, fields and their order,
//     symbols, sizes, branches and logical types; docs, defaults, aliases and other
//     properties do not count. Never are bytes written or read by a schema that
//     differs.
//   - Unmarshal resolves the writer's schema itself, and refuses what hamba's
//     Resolve has made ([ErrResolved]).
//   - Input that ends early is [codec.ErrTruncated], and bytes after the value are
//     [codec.ErrTrailing]: hamba reads both without an error. Arrays, maps and text
//     are bounded by the input.
//   - NewEncoder and NewDecoder parse a schema by itself. hamba.Parse finds types
//     that any earlier Parse of the process has defined; give such a schema to
//     [NewEncoderForSchema] or [NewDecoderForSchema].
//   - A schema is told by its identity, not by its text: parse it once and keep it.
//     Parsed anew for every message it is compared anew.
//
// # hamba's own API on generated types
//
// Types that are generated with the options Optional "pointer", Decimal "rat" and
// UUID "string", Maps left as they are, carry tags by which hamba v2.31 itself
// reads and writes them. Only for bytes of one's own making: see above. Works
// means that it writes the same bytes, once Config.DisableBlockSizeHeader is set
// and blocks are long enough, and reads them into an equal value. Tests check every
// line but the last.
//
//	Avro                               Go                hamba's own API
//	null, boolean, numbers             struct{}, bool, … works
//	bytes, string                      []byte, string    works, up to Config.MaxByteSliceSize
//	enum                               ordinal type      works, by MarshalText
//	fixed                              [n]byte type      works
//	array, map                         []T, map          works
//	record, also recursive             struct            works
//	null and T, T being any of these   *T                works
//	date                               time.Time         works for 1970 and later, in UTC (1)
//	time-millis, time-micros           time.Duration     works (2)
//	timestamp-millis, -micros          time.Time         works
//	local-timestamp-millis, -micros    time.Time         works for times in time.Local (3)
//	timestamp-nanos, local …-nanos     time.Time         error: unknown to hamba
//	decimal in bytes                   *big.Rat          works, but nil panics (4)
//	decimal in a fixed                 *big.Rat          works, but nil panics
//	null and decimal in bytes          **big.Rat         works: hamba reads *big.Rat as 0
//	null and decimal in a fixed        **big.Rat         works
//	big-decimal                        *big.Rat          error: unknown to hamba
//	uuid in a string                   string            works (codec.UUID does too)
//	uuid in a fixed                    codec.UUID        works
//	duration                           codec.Duration    works
//	any other union                    struct            error (5)
//	map, Maps "pairs"                  codec.Pairs       error
//	null and T, Optional "opt"         codec.Opt[T]      error
//	decimal, Decimal "decimal"         codec.Decimal     READS WILD MEMORY (6)
//
// The calls of this package take every line of the table.
//
//  1. hamba takes the day in UTC, the generated codec the one that the time shows
//     in its own location; and before 1970 a time of day moves hamba's a day on.
//  2. hamba does not refuse a time of day outside of 24 hours.
//  3. hamba writes the wall clock of the process's zone, the generated codec that
//     of the time's own location. Within hours of a change of the clocks hamba
//     reads an hour off.
//  4. hamba writes -128 and its like in a byte more than needed, which generated
//     codecs read; digits beyond the scale it cuts off in silence.
//  5. hamba takes unions as any, as a map of one entry, or as a pointer to an
//     avro.UnionConverter. A union that is a field by value cannot be one: hamba
//     would write a pointer over its first word.
//  6. hamba takes any struct for a *big.Rat where the schema says decimal. Never
//     give it a type that was generated without Decimal "rat".
//
// Some schemas hamba does not even parse: a union with a default that is not of
// its first branch, which Avro allows since 1.12. Take such defaults out of the
// text for it: they decide no bytes. Resolving two recursive schemas ends the
// process by a stack overflow.
package hambacompat
