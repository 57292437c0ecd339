// Package tree keeps a folder of schema files and a registry in step: [Tree.Check]
// says what a registry would make of each schema, [Tree.Push] registers them all or
// none, with references and in order, and [Pull] writes a registry's schemas as
// files.
//
// The files are read by package codegen, so what is pushed is what code is generated
// from. Events go to the subjects that producers ask for ([Naming]), other types to
// the subject of their full name; the file subjects.json beside the schemas says
// otherwise where need be.
package tree
