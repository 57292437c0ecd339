// Package shapes holds the shapes of data that the codecs are compared on: their
// schemas, one value of each in Avro binary, and the types that this module's
// generator makes of them.
//
//	small    6 scalar fields, 61 bytes
//	event    22 fields, 8 of them nullable, an enum, a nested record, 10 items, a map of 6, a decimal, 761 bytes
//	strings  8 strings and 20 tags, 2,415 bytes
//	batch    1000 records and a recursive tree, 34,856 bytes
//	evolve   written with fields that the reader dropped, added, promoted and reordered, 134 bytes
//
// EvoSame has those fields of evolve that its writer has too, as the reader has
// them: reading it needs no resolution.
package shapes

import "embed"

//go:generate go -C ../../.. run ./cmd/schemactl codegen --schemas bench/codec/shapes/schemas --out bench/codec/shapes --package shapes

//go:embed schemas/*.avsc values
var files embed.FS

// Schema is a schema of the folder schemas, as JSON, by the file's name without
// its ending. It panics when there is none.
func Schema(name string) string { return read("schemas/" + name + ".avsc") }

// EvolveWriter is the schema that the value "evolve_writer" was written with.
func EvolveWriter() string { return read("values/evolve_writer.avsc") }

// Value is a value of the folder values in Avro binary, by the file's name
// without its ending. It panics when there is none.
func Value(name string) []byte { return []byte(read("values/" + name + ".bin")) }

func read(path string) string {
	text, err := files.ReadFile(path)
	if err != nil {
		panic(err) // the files are part of the program
	}
	return string(text)
}
