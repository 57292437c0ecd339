package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// KafkaVersion is the version of Apache Kafka that the tests run against.
const KafkaVersion = "4.4.0"

// CacheVariable names another folder for what the runner downloads. By default
// that is the folder schemactl in the user's cache folder.
const CacheVariable = "SCHEMACTL_TEST_CACHE"

// jarList is written last: a folder with it is complete. It lists each jar's
// size and name.
const jarList = "complete"

// KafkaJars returns the folder with Kafka's jars. It returns an
// *UnavailableError when they were not fetched yet or are not whole.
func KafkaJars() (string, error) {
	dir, err := kafkaCache()
	if err != nil {
		return "", err
	}
	if err := checkJars(dir); err != nil {
		return "", &UnavailableError{Part: Kafka, Reason: err.Error(), Hint: "let `go run ./internal/testenv/run -need kafka -- true` fetch Kafka's jars"}
	}
	return dir, nil
}

// FetchKafkaJars brings Kafka's jars into the cache by Maven, which takes 43 MB.
// Several processes may do so at once.
func FetchKafkaJars(ctx context.Context) error {
	mvn := program("mvn")
	if mvn == "" {
		return &UnavailableError{Part: Kafka, Reason: "mvn is not in PATH", Hint: "install the package maven"}
	}
	dir, err := kafkaCache()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), "kafka-*.part")
	if err != nil {
		return err
	}
	if err := errors.Join(fetchInto(ctx, mvn, work, dir), os.RemoveAll(work)); err != nil {
		return fmt.Errorf("fetch Kafka %s: %w", KafkaVersion, err)
	}
	return nil
}

// fetchInto downloads into work and moves the whole to dir at once.
func fetchInto(ctx context.Context, mvn, work, dir string) error {
	pom := fmt.Sprintf(`<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
 <groupId>testenv</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging><dependencies>
 <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>%s</version></dependency>
 <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>
`, KafkaVersion)
	if err := os.WriteFile(filepath.Join(work, "pom.xml"), []byte(pom), 0o600); err != nil {
		return err
	}
	jars := filepath.Join(work, "lib")
	cmd := exec.CommandContext(ctx, mvn, "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+jars)
	cmd.Dir = work
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("mvn: %w:\n%s", err, bytes.TrimSpace(out))
	}
	list, err := listJars(jars)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(jars, jarList), []byte(list), 0o600); err != nil {
		return err
	}
	if checkJars(dir) == nil {
		return nil // another process was faster
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.Rename(jars, dir); err != nil && checkJars(dir) != nil {
		return err
	}
	return nil
}

func kafkaCache() (string, error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return filepath.Join(dir, "kafka-"+KafkaVersion), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", &UnavailableError{Part: Kafka, Reason: fmt.Sprintf("no cache folder: %v", err), Hint: "set " + CacheVariable}
	}
	return filepath.Join(dir, "schemactl", "kafka-"+KafkaVersion), nil
}

// checkJars compares the folder with the list that was written last.
func checkJars(dir string) error {
	want, err := os.ReadFile(filepath.Join(dir, jarList))
	if err != nil {
		return fmt.Errorf("the jars of Kafka %s are not in %s", KafkaVersion, dir)
	}
	got, err := listJars(dir)
	if err != nil {
		return err
	}
	if got != string(want) {
		return fmt.Errorf("the jars in %s are not those that were fetched: remove the folder", dir)
	}
	return nil
}

func listJars(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	var list strings.Builder
	broker := false
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".jar" {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return "", err
		}
		fmt.Fprintln(&list, info.Size(), e.Name())
		broker = broker || strings.HasPrefix(e.Name(), "kafka_")
	}
	if !broker {
		return "", fmt.Errorf("no Kafka broker among the jars in %s", dir)
	}
	return list.String(), nil
}
