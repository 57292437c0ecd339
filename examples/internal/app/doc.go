// Package app is what the example applications do alike: open the shared
// database, run what is pending, install the outbox, and then serve, relay and
// consume until they are told to stop. A real application writes these lines
// once in its main function.
package app
