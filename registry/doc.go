// Package registry keeps the schemas of subjects: versions, ids, compatibility
// levels. Its rules are those of Confluent's REST contract, so that the clients
// and serializers of that contract find what they expect, but it needs no HTTP:
// a program may hold a [Registry] over a [Store] and call it.
//
// Start with [New] and a store (registry/store/memory, registry/store/sql).
// Package registry/httpapi serves a Registry, registry/client speaks to one,
// over HTTP or in process.
//
// This package knows no HTTP and no SQL. Only Avro schemas are taken.
package registry
