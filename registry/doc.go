// Package registry keeps the schemas of subjects: versions, ids, compatibility
// levels. Its rules are those of Confluent's REST contract, so that the clients
// and serializers of that contract find what they expect, but it needs no HTTP:
// a program may hold a [Registry] over a [Store] and call it.
//
// Start with [New] and a store: registry/store/memory, registry/store/sql for SQLite,
// PostgreSQL and MySQL or MariaDB, or registry/store/kafka.
// Package registry/httpapi serves a Registry, registry/client speaks to one,
// over HTTP or in process.
//
// This package knows no HTTP and no SQL. Avro schemas are read, compared and brought
// into form. JSON Schema and Protobuf are stored as they are; whether two of them are
// compatible is not told, so the second version of a subject needs the level NONE.
package registry
