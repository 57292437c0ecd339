// Package httpapi serves a registry.Registry under the paths, bodies and codes
// of Confluent's REST contract, so that the clients of that contract need only
// another URL. [NewHandler] is the whole of it: listening, TLS and signals are
// the caller's.
//
// Beside the contract there are /healthz, which answers while the process
// lives, and /readyz, which asks the store.
package httpapi
