package server

import (
	"context"
	"path/filepath"
)

// DebeziumVersion is the version of Debezium that reads our outbox in tests. Its
// logging facade is of slf4j 1.7, so is the printer.
const (
	DebeziumVersion = "3.6.1.Final"
	slf4jVersion    = "1.7.36"
)

const debezium = "debezium-" + DebeziumVersion

// Debezium is how to run a program with Debezium's embedded engine and its
// PostgreSQL connector, from its source: the Java runtime, which must have a
// compiler, and the class path. The jars, 38 MB, are brought into the cache by
// Maven if they are not there yet. What the machine lacks is a *MissingError.
func Debezium(ctx context.Context) (java, classes string, err error) {
	if java, err = compiler(ctx); err != nil {
		return "", "", err
	}
	dir, err := fetchOnce(debezium, func(work string) error {
		return copyJars(ctx, work, "io.debezium:debezium-api:"+DebeziumVersion, "io.debezium:debezium-embedded:"+DebeziumVersion,
			"io.debezium:debezium-connector-postgres:"+DebeziumVersion, "org.slf4j:slf4j-simple:"+slf4jVersion)
	})
	if err != nil {
		return "", "", &MissingError{What: "Debezium", Reason: err.Error(), Hint: "install the package maven"}
	}
	return java, filepath.Join(dir, "*"), nil
}
