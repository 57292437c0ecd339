// Package outbox writes events into the database inside the caller's own GORM
// transaction, so that a change and the events that tell of it are committed
// together or not at all. Package outbox/relay moves them to Kafka afterwards;
// this package links no Kafka client.
//
// Start with [New], install the result as a plugin (db.Use), and call [Publish]
// inside a transaction, and [Tombstone] where a key of a compacted topic is deleted.
// [Once] is the other end: it makes a consumer's effect happen once although events
// are delivered at least once. [Source] gives the tables' migrations.
//
// # The one rule
//
// Publish an event after the row that it tells of has been locked or its version
// has been checked in the same transaction: after the UPDATE, the INSERT or the
// SELECT … FOR UPDATE of that row. Writers of one key then take turns, ids
// follow the order of their commits, and the relay keeps that order per key. An
// event that is published first and locks its row later can overtake another.
//
// # What is promised
//
// An event of a committed transaction reaches its topic at least once. Events of
// one key reach it in the order in which they were published, as long as the
// rule above is kept. An event of a transaction or savepoint that was rolled back
// is never seen. Consumers tell repeated events by their id.
package outbox
