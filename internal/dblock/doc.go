// Package dblock is the one lock that migrations and the outbox relay take on a
// database, so that of many processes exactly one works at a time: a session
// advisory lock on PostgreSQL, GET_LOCK on MySQL and MariaDB, and a locked file
// beside an SQLite database. The holder leaves its application, host, process
// and current work where those who wait can read it.
//
// The lock lives and dies with a session (a file descriptor on SQLite), so it
// needs no lease and no clock: a process that is killed frees it, at once on
// SQLite, and as soon as the server notices the lost connection elsewhere. Work
// done on [Lock.Conn] cannot outlive the lock. Start at [Wait], or at [Try] to
// ask without waiting.
//
// It imports no other package of this module.
package dblock
