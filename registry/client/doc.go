// Package client speaks to a schema registry: over HTTP to any that follows
// Confluent's REST contract ([New]), or to one in the same process ([Local]).
// Both give the same answers and the same errors, the sentinels of package
// registry.
//
// A [Client] is a codec.IDSource for producers and a codec.SchemaSource for
// consumers, with a cache in front of each. A [LockFile], which `schema push` writes,
// answers the same without a registry, or in front of one ([WithLock]).
package client
