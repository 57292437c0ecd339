package test_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// longest bounds every program that a test starts.
const longest = 3 * time.Minute

// buildFolder is where TestMain has the binary put; it removes it at the end.
var buildFolder string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "schemactl-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	buildFolder = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// buildOnce builds cmd/schemactl at the first call of the test process.
var buildOnce = sync.OnceValues(func() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	binary := filepath.Join(buildFolder, "schemactl")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, "./cmd/schemactl")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build cmd/schemactl: %w\n%s", err, out)
	}
	return binary, nil
})

// binary is the path of the built command.
func binary(t *testing.T) string {
	t.Helper()
	path, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// repository is the root folder of the module under test.
func repository(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// program is a program that a test runs.
type program struct {
	path  string
	args  []string
	dir   string
	env   []string      // beside the environment of the test
	limit time.Duration // 0 is longest
}

// result is how a program ended.
type result struct {
	stdout, stderr string
	code           int
	took           time.Duration
}

// command is the program ready to start, killed at its limit or with the test.
// Its environment has none of the variables that settle flags.
func (p program) command(t *testing.T) *exec.Cmd {
	t.Helper()
	limit := p.limit
	if limit == 0 {
		limit = longest
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, p.path, p.args...)
	cmd.Dir = p.dir
	cmd.WaitDelay = 5 * time.Second
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "SCHEMACTL_") && !strings.HasPrefix(v, "SCHEMACTL_TEST_")
	}), p.env...)
	return cmd
}

// run runs the program to its end.
func (p program) run(t *testing.T) result {
	t.Helper()
	cmd := p.command(t)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begin := time.Now()
	err := cmd.Run()
	r := result{stdout: stdout.String(), stderr: stderr.String(), code: cmd.ProcessState.ExitCode(), took: time.Since(begin)}
	if _, exited := errors.AsType[*exec.ExitError](err); err != nil && (!exited || r.code < 0) {
		t.Fatalf("%s %s: %v after %s\n%s", p.path, strings.Join(p.args, " "), err, r.took, r.stderr)
	}
	return r
}

// ok runs the program and fails the test unless it exits with 0.
func (p program) ok(t *testing.T) result {
	t.Helper()
	r := p.run(t)
	if r.code != 0 {
		t.Fatalf("%s %s: exit code %d\n%s%s", filepath.Base(p.path), strings.Join(p.args, " "), r.code, r.stdout, r.stderr)
	}
	return r
}

// schemactl is a run of the command under test.
func schemactl(t *testing.T, args ...string) program {
	t.Helper()
	return program{path: binary(t), args: args, dir: t.TempDir()}
}

// decode reads what a command printed as JSON.
func decode[T any](t *testing.T, text string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %q", err, text)
	}
	return v
}

// appliedList is what `migrate up --output json` prints.
type appliedList struct {
	Applied []struct {
		Source string `json:"source"`
		File   string `json:"file"`
	} `json:"applied"`
	Complete bool `json:"complete"`
}

// write makes a file with its folders.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// eventually polls until a condition holds.
func eventually(t *testing.T, what string, limit time.Duration, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, limit)
		}
	}
}
