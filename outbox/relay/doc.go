// Package relay moves the events that package outbox wrote from the database to
// Kafka: it reads the waiting rows in order, produces them, and deletes what the
// broker has acknowledged.
//
// Start with [OpenQueue] and [New], and run the relay beside the application or
// as a process of its own. Any number may run on one database: one owns the
// queue, the others wait and take over when it stops or dies. Several can share the
// keys (see [Shard]).
//
// # What is promised
//
// Every event of a committed transaction is produced at least once, also across
// crashes of the relay, the broker and the database connection. First occurrences
// of the events of one key appear in the order in which they were published; an
// event that is produced again keeps its id header. This rests on the writers'
// rule (see package outbox) and on a producer that is idempotent, waits for all
// replicas and partitions by key, as [NewClient] sets it up. A relay that is paused,
// loses the ownership and then goes on may repeat events that another one has sent
// by then, but sends none before its turn.
//
// A record that the broker refuses for good is sent again alone, and parked when it
// is refused then too: it moves to the table outbox_parked, and later events of its
// key wait there behind it, until [Retry] or [Discard]. So do a topic's events when
// that is not there. Records are handed over in waves, of which a partition gets one
// batch at most, so that nothing of a key is behind a batch that is refused. What
// waiting may mend, an outage, is waited for and parks nothing.
//
// There is no cursor. Ids are drawn before their transactions commit, so any
// cursor passes rows that become visible later; reading what is visible and
// deleting what is done does not. On PostgreSQL a lower bound lets the reads skip
// the dead entries of deleted rows, and it moves only over ids that can no longer
// appear.
package relay
