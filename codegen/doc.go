// Package codegen turns Avro schema files into Go: structs whose encoders and
// decoders use no reflection, on the primitives of package codec.
//
// [Generate] writes a folder of Go files from a file system of .avsc files,
// [Check] says whether that folder is up to date. Both work in three stages.
// Parse reads every file and resolves references across them, plan takes all
// decisions on names and types, print writes the text and decides nothing.
// All of it happens in memory: a schema that cannot be generated is an error,
// a [*SchemaError] with every problem found, and no file changes.
//
// All of Avro 1.12 is supported; docs/codegen.md has the table of what becomes
// what, and [Options] what can be chosen. A logical type that is unknown, or that
// does not fit its base, is read as its base type, as Avro demands.
//
// Custom attributes of a record say where it goes as an event:
//
//	"schemactl.topic": "messages"       the topic
//	"schemactl.key": "message_id"       the field whose text is the record's key
//	"schemactl.sequence": "version"     the field that counts the aggregate's changes
//
// Key and sequence may be dotted paths through nested records.
package codegen
