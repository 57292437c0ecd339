// Command run gives a command real servers: it starts PostgreSQL, MariaDB and
// Apache Kafka once, names them in the environment variables that package
// testenv reads, runs the command, and stops the servers again, whatever happens.
//
//	go run ./internal/testenv/run [flags] -- go test ./...
//
// A server that a variable names already is left alone. What is missing is
// installed, when we are root or sudo asks for no password: Debian packages by
// apt-get, Kafka's jars, Apache Avro, the clients of others and Debezium by Maven, pip
// and npm into the user's cache folder. A server that is not to be had is named and left
// out, and its tests are skipped; with REQUIRE_REAL=1 the command is not run then.
// Avro or a client that is not to be had is only named: the tests decide.
// Everything that run says is on standard error.
//
// It exits with the command's code, 128 and the signal's number after a signal,
// 1 when it could not do its own work, 2 for wrong usage.
package main
