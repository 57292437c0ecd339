// Package deadletter keeps the records that a consumer group could not handle, in
// a topic beside their own: reads them, has them replayed, discards them.
//
// [Topic] names it. It has the partitions of its source and is compacted. A
// letter's key is its [ID], where the record lies in the source, its value is the
// record's value, and its headers are [Letter]'s fields and then the record's own;
// a tombstone resolves it. Requests to replay lie in the same topic: the consumer
// that owns the partition carries them out, so no second process handles a key.
//
// Package stream writes letters (stream.WithDeadLetters), [Box] is for people and
// their tools: `schemactl dlq`.
package deadletter
