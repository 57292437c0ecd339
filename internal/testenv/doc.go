// Package testenv gives tests real databases and a real broker. Each call hands
// out something of the test's own: an empty database, a topic prefix.
//
// A server comes from an environment variable (SCHEMACTL_TEST_POSTGRES_URL,
// SCHEMACTL_TEST_MARIADB_URL, SCHEMACTL_TEST_MYSQL_DSN,
// SCHEMACTL_TEST_KAFKA_BROKERS), else it is started from what is installed,
// once per test process and only when asked for, and ends with the process,
// however that ends. When neither is possible the test is skipped with a line
// that says what to set or to install; with REQUIRE_REAL=1 it fails instead.
//
// `go run ./internal/testenv/run -- go test ./...` starts the servers once for
// all packages and installs what is missing, where it may.
//
// Tests that need no particular server begin with [Databases], and one that kills
// its server with [Own].
package testenv
