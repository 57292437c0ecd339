// Package statetransfer is an example of event-carried state transfer: each change of
// an account is published as the account's whole state, on a compacted topic, and who
// needs accounts keeps a copy of its own, which it builds from the start of the topic
// and for which it asks nobody.
//
// The accounts application owns the accounts. It publishes their states through the
// outbox, and in the transaction that deletes an account its tombstone, a record without
// a value, so that the topic forgets the account. The directory builds the copy. It has no
// consumer group: it keeps its position in its own database and moves it in the
// transaction that changes the copy, so that a crash at any point neither loses nor
// repeats anything.
package statetransfer
