// Package server starts the real servers that tests talk to: PostgreSQL,
// MariaDB and Apache Kafka, each from what is installed on this machine, on
// loopback, on a free port and in a temporary folder of its own.
//
// A server never outlives the process that started it: a small shell script,
// the keeper, is its parent and holds the reading end of a pipe. When the pipe
// closes, because [Server.Stop] was called or because the starting process is
// gone for whatever reason, the keeper ends the server and removes the folder.
//
// Tests use package testenv, which wraps this one; the runner beside it starts
// the servers once for many packages. Nothing here installs system packages.
package server
