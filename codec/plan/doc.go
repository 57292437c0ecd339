// Package plan compiles a writer's schema and a reader's into a [codec.Plan]:
// schemas evolve, and a consumer meets values of every version that was ever
// written.
//
// [Cache.Plan] and [Compile] compare the schemas once, as Avro 1.12's rules for
// schema resolution have it; the generated decoder of the reader's type then
// reads every value by the plan, straight from the writer's bytes. Nothing is
// written again or converted on the way.
//
// # Rules
//
// Fields go by name, else by the reader's aliases: an exact name wins over an
// alias, an earlier alias over a later one. The reader's fields that the writer
// lacks need a default; the writer's that the reader lacks are skipped. Numbers
// are promoted, string and bytes take each other, enums go by symbol and take
// the reader's default for symbols that it lacks. A symbol without a place is
// [codec.ErrUnresolved] when it comes; an enum none of whose symbols has one is
// incompatible.
//
// Records, enums and fixed match when their names without namespace are equal,
// or when one of the reader's aliases is the writer's full name. That is what
// package registry/compat asks for too.
//
// A branch of the writer's union that the reader cannot take is ErrUnresolved
// when it comes. A union none of whose branches has a place is incompatible.
//
// Where the reader has a union, its branch is chosen as Avro's Java library
// does. Types without a name take the branch of the same type, and where there
// is none the first one that they can be promoted to. Named types take the first
// that fits of: the branch of the same full name; one that has it as an alias;
// branches of the same name in another namespace, that in the same position of a
// union of equal length first, else the last. A record whose full name no branch
// has then takes the first branch that is a record at all, whatever its name, if
// the fields fit.
//
// Unlike Java's, which finds out value by value, Compile refuses a pair
// where a place outside of unions cannot be read: an array of the wrong type,
// though it may be empty in every value.
//
// # Where it is stricter than the reference
//
// The reference ignores logical types and reads the bare number: decimals of
// another precision or scale, times of another unit, or a decimal for a UUID,
// would be wrong amounts and instants without an error. Here such pairs are
// incompatible. A logical type and its bare base are read as each other.
//
// The order of arguments is always writer, reader.
package plan
