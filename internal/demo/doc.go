// Package demo runs the whole idea end to end and then checks it: it starts the
// two example applications at the same moment as two processes on one database,
// lets them migrate it, exchange events through outbox, broker and consumer
// groups, kills one of them half-way, and audits what they left behind.
//
// [Run] is the supervisor; [RunApp] is what the processes that it starts run.
// The audit reads the databases and the topics with a client of its own and
// trusts nothing that the applications believe of themselves.
package demo
