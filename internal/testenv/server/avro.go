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

// AvroVersion is the version of Apache Avro, for Java and for Python, that
// generated codecs are compared with. Java 1.12.2 cannot read every array that
// it resolves: it takes the least size of an item from the reader's schema, so
// that an array of ints is too short for one of doubles.
const AvroVersion = "1.12.1"

// Variables that name folders with Apache Avro, so that nothing is fetched: the
// jars of Avro for Java with what they need, and a folder for PYTHONPATH.
const (
	AvroJarsVariable   = "SCHEMACTL_TEST_AVRO_JARS"
	AvroPythonVariable = "SCHEMACTL_TEST_AVRO_PYTHON"
)

// The folders of the cache.
const (
	avroJava   = "avro-java-" + AvroVersion
	avroPython = "avro-python-" + AvroVersion
)

// MissingError says that this machine has not what a comparison needs.
type MissingError struct {
	What     string
	Reason   string // what was looked for and not found
	Hint     string // what to install
	Variable string // what to set instead, may be empty
}

// Error names what is missing, and the ways out.
func (e *MissingError) Error() string {
	if e.Variable == "" {
		return fmt.Sprintf("no %s: %s; %s", e.What, e.Reason, e.Hint)
	}
	return fmt.Sprintf("no %s: %s; %s, or set %s", e.What, e.Reason, e.Hint, e.Variable)
}

// AvroPackages are the Debian packages that this machine lacks for AvroJava and
// AvroPython, none when it has all.
func AvroPackages(ctx context.Context) []string {
	var lacking []string
	if _, err := compiler(ctx); err != nil {
		lacking = append(lacking, "default-jdk-headless")
	}
	if !fetched(AvroJarsVariable, avroJava) && program("mvn") == "" {
		lacking = append(lacking, "maven")
	}
	python := program("python3")
	if python == "" {
		lacking = append(lacking, "python3")
	}
	if !fetched(AvroPythonVariable, avroPython) && !hasPip(ctx, python) {
		lacking = append(lacking, "python3-pip")
	}
	return lacking
}

// AvroJava is how to run a program with Avro for Java, from its source: the Java
// runtime, which must have a compiler, and the class path. The jars, 6 MB, are
// brought into the cache by Maven if they are not there yet; several processes
// may do so at once. What the machine lacks is a *MissingError.
func AvroJava(ctx context.Context) (java, classes string, err error) {
	if java, err = compiler(ctx); err != nil {
		return "", "", err
	}
	if dir := os.Getenv(AvroJarsVariable); dir != "" {
		return java, filepath.Join(dir, "*"), nil
	}
	missing := &MissingError{What: "Apache Avro for Java", Variable: AvroJarsVariable}
	dir, err := fetchOnce(avroJava, func(work string) error {
		return copyJars(ctx, work, "org.apache.avro:avro:"+AvroVersion, "org.slf4j:slf4j-nop:2.0.16")
	})
	if err != nil {
		missing.Reason, missing.Hint = err.Error(), "install the package maven"
		return "", "", missing
	}
	return java, filepath.Join(dir, "*"), nil
}

// AvroPython is how to run a program with Avro for Python: the interpreter and
// what PYTHONPATH must be. The package is brought into the cache by pip if it is
// not there yet. What the machine lacks is a *MissingError.
func AvroPython(ctx context.Context) (python, path string, err error) {
	missing := &MissingError{What: "Apache Avro for Python", Variable: AvroPythonVariable}
	if python = program("python3"); python == "" {
		missing.Reason, missing.Hint = "python3 is not in PATH", "install the package python3"
		return "", "", missing
	}
	if dir := os.Getenv(AvroPythonVariable); dir != "" {
		return python, dir, nil
	}
	dir, err := fetchOnce(avroPython, func(work string) error {
		return output(exec.CommandContext(ctx, python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", work, "avro=="+AvroVersion))
	})
	if err != nil {
		missing.Reason, missing.Hint = err.Error(), "install the package python3-pip"
		return "", "", missing
	}
	return python, dir, nil
}

// compiler finds a Java runtime that can run a program from its source.
func compiler(ctx context.Context) (java string, err error) {
	missing := &MissingError{What: "Java compiler", Hint: "install the package default-jdk-headless", Variable: "JAVA_HOME"}
	java, err = Java(ctx)
	if none, ok := errors.AsType[*UnavailableError](err); ok {
		missing.Reason = none.Reason
		return "", missing
	}
	if err != nil {
		return "", err
	}
	if err := exec.CommandContext(ctx, java, "--describe-module", "jdk.compiler").Run(); err != nil {
		missing.Reason = java + " has no module jdk.compiler"
		return "", missing
	}
	return java, nil
}

// hasPip reports whether there is an interpreter, and it has pip.
func hasPip(ctx context.Context, python string) bool {
	return python != "" && exec.CommandContext(ctx, python, "-m", "pip", "--version").Run() == nil
}

// fetched reports whether nothing has to be brought into the cache. The variable
// names the one that stands for it, if any.
func fetched(variable, name string) bool {
	if variable != "" && os.Getenv(variable) != "" {
		return true
	}
	dir, err := cacheFolder(name)
	if err != nil {
		return false
	}
	_, err = os.Stat(dir)
	return err == nil
}

// fetchOnce fills a folder of the cache if it is not there yet, and returns it.
func fetchOnce(name string, fetch func(work string) error) (dir string, err error) {
	if dir, err = cacheFolder(name); err != nil {
		return "", err
	}
	return dir, once(dir, fetch)
}

// once fills a folder that is not there yet: fetch writes into another one,
// which takes its place when it is whole.
func once(dir string, fetch func(work string) error) (err error) {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	work, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+"-*.part")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	if err := fetch(work); err != nil {
		return err
	}
	err = os.Rename(work, dir)
	if _, missing := os.Stat(dir); missing == nil {
		return nil // another process was faster
	}
	return err
}

// copyJars has Maven bring artifacts, named group:name:version, into a folder with
// all that they need.
func copyJars(ctx context.Context, dir string, artifacts ...string) error {
	mvn := program("mvn")
	if mvn == "" {
		return errors.New("mvn is not in PATH")
	}
	var dependencies strings.Builder
	for _, artifact := range artifacts {
		part := strings.Split(artifact, ":")
		fmt.Fprintf(&dependencies, " <dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n", part[0], part[1], part[2])
	}
	pom := fmt.Sprintf(`<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
 <groupId>testenv</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging><dependencies>
%s</dependencies></project>
`, dependencies.String())
	if err := os.WriteFile(filepath.Join(dir, "pom.xml"), []byte(pom), 0o600); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, mvn, "-q", "-B", "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+dir)
	cmd.Dir = dir
	return output(cmd)
}

// output runs a command whose output matters only when it goes wrong.
func output(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w:\n%s", filepath.Base(cmd.Path), err, bytes.TrimSpace(out))
	}
	return nil
}

// cacheFolder is where something of that name is kept once it was fetched.
func cacheFolder(name string) (string, error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return filepath.Join(dir, name), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder, set %s: %w", CacheVariable, err)
	}
	return filepath.Join(dir, "schemactl", name), nil
}
