// Package relay moves the events that package outbox wrote from the database to
// Kafka: it reads the waiting rows in order, produces them, and deletes what the
// broker has acknowledged.
//
// Start with [OpenQueue] and [New], and run the relay beside the application or
// as a process of its own. Any number may run on one database: one owns the
// queue, the others wait and take over when it stops or dies.
//
// # What is promised
//
// Every event of a committed transaction is produced at least once, also across
// crashes of the relay, the broker and the database connection. First occurrences
// of the events of one key appear in the order in which they were published; an
// event that is produced again keeps its id header. This rests on the writers'
// rule (see package outbox) and on a producer that is idempotent, waits for all
// replicas and partitions by key, as stream.ClientOptions sets it up.
//
// There is one exception. When the broker refuses a batch for good (a record that
// it holds invalid, not one that it cannot take now), the client sends what it has
// behind that batch all the same. The relay stops and sends the refused events
// again, so none is lost, but later events of their keys may be on the topic
// before them. The sequence header shows it.
//
// There is no cursor. Ids are drawn before their transactions commit, so any
// cursor passes rows that become visible later; reading what is visible and
// deleting what is done does not. On PostgreSQL a lower bound lets the reads skip
// the dead entries of deleted rows, and it moves only over ids that can no longer
// appear.
package relay
