package server

import (
	"context"
	"errors"
	"path/filepath"
)

// DebeziumVersion is the version of Debezium that reads our outbox in tests.
const DebeziumVersion = "3.6.1.Final"

// Versions that Debezium was built with.
const (
	connectVersion = "4.3.0" // of Kafka Connect
	slf4jVersion   = "1.7.36"
)

// The folder of the cache.
const debezium = "debezium-" + DebeziumVersion + "-" + connectVersion + "-" + slf4jVersion

// Debezium is how to run Kafka Connect with Debezium's connector for PostgreSQL:
// the Java runtime and the class path. The jars, 38 MB, are brought into the cache
// by Maven if they are not there yet. What the machine lacks is a *MissingError.
func Debezium(ctx context.Context) (java, classes string, err error) {
	missing := &MissingError{What: "Debezium"}
	java, err = Java(ctx)
	if none, ok := errors.AsType[*UnavailableError](err); ok {
		missing.Reason, missing.Hint = none.Reason, none.Hint
		return "", "", missing
	}
	if err != nil {
		return "", "", err
	}
	dir, err := fetchOnce(debezium, func(work string) error {
		return copyJars(ctx, work, "io.debezium:debezium-connector-postgres:"+DebeziumVersion,
			"org.apache.kafka:connect-runtime:"+connectVersion, "org.slf4j:slf4j-simple:"+slf4jVersion)
	})
	if err != nil {
		missing.Reason, missing.Hint = err.Error(), "install the package maven"
		return "", "", missing
	}
	return java, filepath.Join(dir, "*"), nil
}
