// Package codec is what generated Avro code calls, and the few types by which
// the other packages speak of schemas and events: [Schema], [Record], [Event],
// [IDSource], [SchemaSource]. It needs only the standard library, so a program
// that imports generated events links nothing else.
package codec
