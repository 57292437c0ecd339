//go:build unix

package main_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// build compiles the runner once for a test.
func build(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "run")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return path
}

func TestRunner(t *testing.T) {
	t.Parallel()
	runner := build(t)
	tests := []struct {
		name   string
		args   []string
		code   int
		stdout string
		stderr string
	}{
		{"code of the command", []string{"-need=", "--", "sh", "-c", "exit 7"}, 7, "", ""},
		{"output of the command", []string{"-need=", "--", "echo", "hello"}, 0, "hello\n", ""},
		{"command killed", []string{"-need=", "--", "sh", "-c", "kill -KILL $$"}, 137, "", ""},
		{"no such command", []string{"-need=", "--", "no-such-command-here"}, 1, "", "no-such-command-here"},
		{"no command", []string{"-need="}, 2, "", "no command"},
		{"unknown part", []string{"-need=postgres,oracle", "--", "true"}, 2, "", `unknown part "oracle": want postgres, mariadb, kafka, avro, clients`},
		{"Avro is no server", []string{"-need=avro", "-install=false", "--", "echo", "here"}, 0, "here\n", ""},
		{"clients are no server", []string{"-need=clients", "-install=false", "--", "echo", "here"}, 0, "here\n", ""},
		{"unknown flag", []string{"-nonsense", "--", "true"}, 2, "", "usage:"},
		{"help", []string{"-help"}, 0, "", "usage:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, stdout, stderr := runWith(t, nil, runner, tt.args...)
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			if stdout != tt.stdout {
				t.Errorf("stdout %q, want %q", stdout, tt.stdout)
			}
			if !strings.Contains(stderr, tt.stderr) {
				t.Errorf("stderr %q does not say %q", stderr, tt.stderr)
			}
		})
	}
}

func TestRunnerNamesItsServer(t *testing.T) {
	t.Parallel()
	runner := build(t)
	const given = "SCHEMACTL_TEST_KAFKA_BROKERS=127.0.0.1:1"
	code, stdout, stderr := runWith(t, []string{given}, runner, "-need=kafka", "--", "sh", "-c", "env | grep SCHEMACTL_TEST_KAFKA")
	if code != 0 || stdout != given+"\n" {
		t.Errorf("a server that is named was not left alone: code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	bare := slices.Clip([]string{"SCHEMACTL_TEST_KAFKA_BROKERS=", "PATH=/nonexistent", "JAVA_HOME="})
	code, _, stderr = runWith(t, append(bare, "REQUIRE_REAL="), runner, "-install=false", "-need=kafka", "--", "/bin/true")
	if want := "kafka: left out"; code != 0 || !strings.Contains(stderr, want) {
		t.Errorf("without Java: code %d, stderr %q, want 0 and %q", code, stderr, want)
	}
	code, _, stderr = runWith(t, append(bare, "REQUIRE_REAL=1"), runner, "-install=false", "-need=kafka", "--", "/bin/true")
	if want := "no kafka: "; code != 1 || !strings.Contains(stderr, want) {
		t.Errorf("without Java, with REQUIRE_REAL=1: code %d, stderr %q, want 1 and %q", code, stderr, want)
	}
}

// A signal reaches the command and all that it started, once.
func TestRunnerForwardsSignals(t *testing.T) {
	t.Parallel()
	runner := build(t)
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			said := filepath.Join(t.TempDir(), "said")
			script := `trap 'echo got it >>"$0"; exit 3' INT TERM; echo started >>"$0"; while :; do sleep 0.05; done`
			cmd := exec.CommandContext(t.Context(), runner, "-need=", "--", "sh", "-c", script, said)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			contents := func() string {
				text, err := os.ReadFile(said)
				if err != nil && !errors.Is(err, os.ErrNotExist) {
					t.Fatal(err)
				}
				return string(text)
			}
			for deadline := time.Now().Add(20 * time.Second); contents() == ""; time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the command did not start")
				}
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			exit, ok := errors.AsType[*exec.ExitError](cmd.Wait())
			if !ok || exit.ExitCode() != 128+int(sig) {
				t.Errorf("the runner ended with %v, want code %d", exit, 128+int(sig))
			}
			if got := contents(); got != "started\ngot it\n" {
				t.Errorf("the command wrote %q", got)
			}
		})
	}
}

func runWith(t *testing.T, env []string, name string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	} else if ok {
		code = exit.ExitCode()
	}
	return code, out.String(), errs.String()
}
