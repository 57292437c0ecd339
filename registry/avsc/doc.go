// Package avsc reads Avro schema text the way a registry has to: it keeps what
// the text says (docs, defaults, aliases, properties and their order), resolves
// names against referenced schemas, and prints the result as one canonical text.
//
// Start with [Parse]; [Schema.Canonical] is the text that a registry stores and
// hashes, [Schema.Resolved] the same schema complete in itself, and
// [Schema.Comparable] the text by which two spellings of one schema are equal.
//
// Parse is lenient, because stored schemas of any age have to be read: it does
// not look at names, symbols or defaults closely. [Schema.Validate] does.
// The package neither encodes nor decodes data.
package avsc
