// Package codec is what generated Avro code calls, and the few types by which
// the other packages speak of schemas and events: [Schema], [Record], [Event],
// [IDSource], [SchemaSource]. It needs only the standard library, so a program
// that imports generated events links nothing else.
//
// Users need the types of fields ([Opt], [Decimal], [BigDecimal], [UUID],
// [Duration], [Pairs]), how to read ([ReadOptions], [Mode], [Plan]), frames
// ([AppendFramed], [ParseFrame], [AppendSingleObject]) and errors ([Error]).
// Everything that takes a position in the input or a [Decoder], the Append
// functions, and At…, Equal… and …Branch are there for generated code: they may
// change with it from one version to the next.
package codec
