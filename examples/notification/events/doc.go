// Package events holds the event of the example, generated from ../schemas:
//
//	go generate ./examples/notification/events
package events

//go:generate go run ../../../cmd/schemactl codegen --schemas ../schemas --out . --package events
