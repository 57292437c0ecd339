// Package kafkastore keeps a registry's schemas in a compacted topic of Apache
// Kafka, in the records of Confluent's `_schemas`, byte for byte: it takes over a
// topic that Confluent Schema Registry or Karapace wrote, and they read what it
// writes. [New] opens a store; the topic has one partition and is compacted, and
// anything else is refused.
//
// # What holds
//
// Each store holds all schemas in memory and answers reads from there. Any number
// of stores may share a topic, there is no leader, and every one of them may be
// asked. Changes are linearizable over all of them: each is made on a state that has
// everything that was answered before, by whomever, and is answered once it is
// committed to all in-sync replicas of the topic, read from there and applied. A store reads its own
// changes at once and those of another store within 200 ms: it polls each 50 ms, which
// is enough unless the cluster or the machine is overloaded. A
// change that cannot be committed within 5 s fails, and then it is not known whether
// it was made; the store goes on as soon as the cluster does.
//
// An id is given once. The topic forgets the highest ones when the schemas that had
// them are removed and compacted away, so a NOOP record, whose value others ignore,
// keeps the last id of each context. It is written with each removal, and again by
// the next change when another program has put a NOOP without a value in its place or
// has removed a version.
//
// # How it works
//
// All stores of a topic share one transactional id, which is the right to append.
// Who has it goes on appending without reading. Who has not reads to the end, tries
// the change, takes the id over, which ends whatever the former owner had begun and
// locks it out, reads what came in between, makes the change, and appends it as one
// transaction. Stores that take the id from each other pause for a random time that
// grows. Changes that come to one store at the same time share a transaction.
//
// A transaction is committed only if its records landed right behind the last record
// that the change knew of; the broker's answer says so before the commit. Else it is
// given up and the change is made again. So nothing is built on the assumption that
// nobody else writes.
//
//   - A store that dies before it commits has changed nothing: the next writer, or
//     the cluster after 10 s, gives its transaction up.
//   - A store that is suspended and goes on finds itself locked out, and begins again.
//   - When a broker's crash leaves readers waiting for a transaction that nobody ends,
//     some store takes the id over within a second, which frees them.
//   - When the answer to a commit is lost, the store takes the id over, which makes the
//     outcome final, reads to the end, and finds its records there or not.
//   - A store that was away for half of the topic's delete.retention.ms reads the
//     topic anew, since it may have missed tombstones.
//
// A record that is larger than the topic's max.message.bytes, also when it is
// compressed, is refused with a [registry.SizeError] and nothing is written. The
// setting is read at the start and each 30 s.
//
// # Keys that are spelled in more than one way
//
// A broker compacts by the bytes of keys, and some programs write members of a key in
// another order, or "subject":null. The store reads all of that, remembers which
// spellings of a key have a value, and writes a change in these, and in no other. A
// key that another program has removed in one spelling alone is removed in the others
// with the next change. Empty values are tombstones, as Karapace writes them.
// Redpanda's keys, which have a number of their own, are read and, when the version
// is changed, written in the spelling that is there. Records of unknown kinds
// (associations of 8.0.4, exporters) are left alone. Two texts under one id that mean
// the same are one; the first one stays.
//
// # Other programs on the same topic
//
// Confluent or Karapace may read while these stores write. Karapace reads what is
// committed. Confluent by default also reads what was not committed or was given up:
// set kafkastore.isolation.level=read_committed there, so that it does not show
// versions that nobody has registered.
//
// When others also write at the same time, what remains is theirs: they do not wait
// for a transaction, so a registration of theirs that was decided before they read
// ours may give the id, or the version, that we have just given. All of us read the
// topic in the order of its offsets: of two schemas of one id the first one holds,
// the other record is not applied and is logged as an error, while Confluent may show
// the other one; of two records of one key the later one holds. And ids that they
// remove, and compact away while no store of this package runs, can be given again.
// So let one kind of registry write: point the others' clients here first, or set
// them to READONLY.
//
// A record that cannot be read at all is skipped and logged as an error; the version
// that it took the place of stays until the broker compacts it away.
//
// The store writes no NOOP at its start, which Confluent needs to learn the end of
// the topic. It needs the rights to read, write, describe and create the topic,
// to describe its configs, and to write and describe the transactional id; the
// cluster needs its topic of transactions, which on a single broker wants
// transaction.state.log.replication.factor=1. [New] fails within seconds when the
// cluster does not answer: whoever starts a server decides whether to try again.
package kafkastore
