package server

import (
	"context"
	"errors"
	"os/exec"
	"path/filepath"
)

// Versions of the registry clients that tests work with.
const (
	ConfluentNodeVersion   = "1.10.1" // @confluentinc/schemaregistry
	KafkaJSRegistryVersion = "3.9.0"  // @kafkajs/confluent-schema-registry
	KafkaJSVersion         = "2.2.4"  // kafkajs, by which both reach Kafka
	ConfluentPythonVersion = "2.16.1" // confluent-kafka
	FastavroVersion        = "1.13.1" // what confluent-kafka serializes with
	// FlinkVersion is of org.apache.flink:flink-sql-avro-confluent-registry, which
	// carries Confluent's Java client and Kafka's.
	FlinkVersion = "2.0.0"
)

// The folders of the cache. A name tells all versions in it.
const (
	clientsNode  = "clients-node-" + ConfluentNodeVersion + "-" + KafkaJSRegistryVersion + "-" + KafkaJSVersion
	clientPython = "client-python-" + ConfluentPythonVersion + "-" + FastavroVersion
	clientJava   = "client-java-" + FlinkVersion
)

// ClientPackages are the Debian packages that this machine lacks for ClientsNode,
// ClientPython, ClientJava and Debezium, none when it has all.
func ClientPackages(ctx context.Context) []string {
	var lacking []string
	if program("node") == "" {
		lacking = append(lacking, "nodejs")
	}
	if !fetched("", clientsNode) && program("npm") == "" {
		lacking = append(lacking, "npm")
	}
	if _, err := compiler(ctx); err != nil {
		lacking = append(lacking, "default-jdk-headless")
	}
	if (!fetched("", clientJava) || !fetched("", debezium)) && program("mvn") == "" {
		lacking = append(lacking, "maven")
	}
	python := program("python3")
	if python == "" {
		lacking = append(lacking, "python3")
	}
	if !fetched("", clientPython) && !hasPip(ctx, python) {
		lacking = append(lacking, "python3-pip")
	}
	return lacking
}

// ClientsNode is how to run a program with both registry clients of npm and with
// kafkajs: Node.js, and what NODE_PATH must be. The packages, 180 MB, are brought
// into the cache by npm if they are not there yet. What the machine lacks is a
// *MissingError.
func ClientsNode(ctx context.Context) (node, modules string, err error) {
	missing := &MissingError{What: "registry clients for Node.js"}
	if node = program("node"); node == "" {
		missing.Reason, missing.Hint = "node is not in PATH", "install the package nodejs"
		return "", "", missing
	}
	dir, err := fetchOnce(clientsNode, func(work string) error {
		npm := program("npm")
		if npm == "" {
			return errors.New("npm is not in PATH")
		}
		return output(exec.CommandContext(ctx, npm, "install", "--prefix", work, "--no-save", "--no-package-lock", "--ignore-scripts",
			"--no-audit", "--no-fund", "--loglevel=error",
			"@confluentinc/schemaregistry@"+ConfluentNodeVersion,
			"@kafkajs/confluent-schema-registry@"+KafkaJSRegistryVersion,
			"kafkajs@"+KafkaJSVersion))
	})
	if err != nil {
		missing.Reason, missing.Hint = err.Error(), "install the package npm"
		return "", "", missing
	}
	return node, filepath.Join(dir, "node_modules"), nil
}

// ClientPython is how to run a program with confluent-kafka: the interpreter and
// what PYTHONPATH must be. The packages, 70 MB, are brought into the cache by pip
// if they are not there yet. What the machine lacks is a *MissingError.
func ClientPython(ctx context.Context) (python, path string, err error) {
	missing := &MissingError{What: "registry client for Python"}
	if python = program("python3"); python == "" {
		missing.Reason, missing.Hint = "python3 is not in PATH", "install the package python3"
		return "", "", missing
	}
	dir, err := fetchOnce(clientPython, func(work string) error {
		return output(exec.CommandContext(ctx, python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", work,
			"confluent-kafka[avro,schemaregistry]=="+ConfluentPythonVersion, "fastavro=="+FastavroVersion))
	})
	if err != nil {
		missing.Reason, missing.Hint = err.Error(), "install the package python3-pip"
		return "", "", missing
	}
	return python, dir, nil
}

// ClientJava is how to run a program with Confluent's Java client and Flink's
// serializers, from its source: the Java runtime, which must have a compiler, and
// the class path. The jars, 34 MB, are brought into the cache by Maven if they are
// not there yet. What the machine lacks is a *MissingError.
func ClientJava(ctx context.Context) (java, classes string, err error) {
	if java, err = compiler(ctx); err != nil {
		return "", "", err
	}
	dir, err := fetchOnce(clientJava, func(work string) error {
		return copyJars(ctx, work, "org.apache.flink:flink-sql-avro-confluent-registry:"+FlinkVersion,
			"org.apache.flink:flink-core:"+FlinkVersion, "org.slf4j:slf4j-nop:1.7.36")
	})
	if err != nil {
		return "", "", &MissingError{What: "registry client for Java", Reason: err.Error(), Hint: "install the package maven"}
	}
	return java, filepath.Join(dir, "*"), nil
}
