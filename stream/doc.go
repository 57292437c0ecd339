// Package stream produces and consumes events with their Go types over Kafka.
//
// [NewConsumer] runs handlers: one per event ([On]), in batches ([OnBatch]), or for
// whatever a topic holds ([OnRaw]), with [Middleware] around them. Handlers of one
// partition run one after another in the order of the log, or with [WithParallelism]
// side by side for different keys, so events of one key are never handled side by
// side. An event is handled at least once: offsets are committed only behind what is
// finished, without a gap, so after a crash some are handled again. outbox.Once makes
// a handler's writes happen once all the same.
//
// # Errors
//
// A handler's error is retried in place with a growing wait, and so is a registry that
// cannot be reached. What never passes ends Run, or, with [WithDeadLetters], becomes a
// dead letter: a record that cannot be read, and one whose handler has failed
// [WithMaxAttempts] times. [Retryable] marks errors that are retried without end,
// [Permanent] those that are not worth another attempt.
//
// A letter lies in the topic SOURCE.GROUP.dlq, byte for byte what the record was, with
// the reason in headers (package deadletter). The offset is committed after the
// letter is acknowledged. While a key has a letter, its later records become letters
// too, of kind "waits", so that effects of a key never overtake one another; records
// without a key are alone. A request to replay, by `schemactl dlq` or deadletter.Box,
// is carried out by the member that owns the partition, through the same handlers:
// the key's letters in order, each once, until one fails; new records of the key wait
// until it is drained.
//
// When a process dies: before the letter is acknowledged, the record comes again and
// is tried anew; between letter and commit, it comes again and is passed over; in the
// middle of a replay, the next owner goes on with the first letter that has no
// tombstone, so that one alone may be handled twice.
//
// A member that gets a partition reads that partition of the dead letter topic from its
// start before it handles anything. Compaction keeps that about as long as the list of
// open letters, which is in memory: about 150 bytes and the key each, at most as many
// as WithDeadLetters says.
//
// # Control
//
// [Consumer.Pause], [Consumer.Resume] and [Consumer.Seek] work while it runs;
// [WithManualCommit] leaves commits to the handlers. A handler may take as long as it
// needs: the member stays in its group meanwhile. Only when its partition has to move
// is it cut off, after [WithStopTimeout].
//
// [NewProducer] writes events straight to Kafka, for those that belong to no
// database transaction; the others go through package outbox. [NewTransactor]
// makes several of them visible together. [ClientOptions]
// are the client settings that the promises of this module rest on.
package stream
