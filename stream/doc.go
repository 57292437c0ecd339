// Package stream produces and consumes events with their Go types over Kafka.
//
// [NewConsumer] runs handlers, one per event type, made with [On]. Handlers of
// one partition run one after another in the order of the log, so events of one
// key are never handled side by side. An event is handled at least once: offsets
// are committed only behind what is finished, so after a crash some are handled
// again. outbox.Once makes a handler's writes happen once all the same.
//
// [NewProducer] writes events straight to Kafka, for those that belong to no
// database transaction; the others go through package outbox. [NewTransactor]
// makes several of them visible together. [ClientOptions]
// are the client settings that the promises of this module rest on.
package stream
