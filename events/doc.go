// Package events holds the events of the reference domain, generated from the
// schemas in schemas/avro: a message is created, paid for and delivered, and
// every change of an account is published as its whole state.
//
// Everything but this file is generated. After a change of a schema run
//
//	go generate ./events
//
// and commit both; "schemactl codegen --check" fails when they do not agree.
package events

//go:generate go run ../cmd/schemactl codegen --schemas ../schemas/avro --out . --package events
