package server_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv/server"
)

// childVariable makes this test binary start the part it names, say where, and
// wait to be killed.
const childVariable = "SCHEMACTL_TESTENV_CHILD"

func TestMain(m *testing.M) {
	if part := os.Getenv(childVariable); part != "" {
		s, err := server.Start(context.Background(), server.Part(part))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Fprintf(os.Stdout, "%s %s\n", s.Value, s.Dir)
		time.Sleep(time.Minute)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestStartAndStop(t *testing.T) {
	t.Parallel()
	for _, part := range server.Parts() {
		t.Run(string(part), func(t *testing.T) {
			t.Parallel()
			need(t, part)
			s, err := server.Start(t.Context(), part)
			if err != nil {
				t.Fatal(err)
			}
			address := hostPort(t, s.Value)
			if !listening(t, address) {
				t.Errorf("nobody answers on %s", address)
			}
			if err := s.Stop(); err != nil {
				t.Fatal(err)
			}
			if listening(t, address) {
				t.Errorf("%s still answers after Stop", address)
			}
			if _, err := os.Stat(s.Dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("folder %s is left behind: %v", s.Dir, err)
			}
		})
	}
}

// A process that is killed cannot clean up: its keepers do.
func TestNothingOutlivesAKilledStarter(t *testing.T) {
	t.Parallel()
	for _, part := range server.Parts() {
		t.Run(string(part), func(t *testing.T) {
			t.Parallel()
			need(t, part)
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), childVariable+"="+string(part))
			child.Stderr = os.Stderr
			out, err := child.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := child.Start(); err != nil {
				t.Fatal(err)
			}
			line, err := bufio.NewReader(out).ReadString('\n')
			if err != nil {
				t.Fatalf("the child did not start its server: %v", err)
			}
			value, dir, _ := strings.Cut(strings.TrimSpace(line), " ")
			address := hostPort(t, value)
			if !listening(t, address) {
				t.Fatalf("nobody answers on %s", address)
			}
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = child.Wait() // killed
			eventually(t, "the server ends", func() bool { return !listening(t, address) })
			eventually(t, "its folder goes", func() bool {
				_, err := os.Stat(dir)
				return errors.Is(err, os.ErrNotExist)
			})
		})
	}
}

func TestStartUnknownPart(t *testing.T) {
	t.Parallel()
	if _, err := server.Start(t.Context(), "oracle"); err == nil || !strings.Contains(err.Error(), `"oracle"`) {
		t.Errorf("error = %v, want one that names the part", err)
	}
}

func TestUnavailableSaysTheWaysOut(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("JAVA_HOME", "")
	err := server.Look(t.Context(), server.Kafka)
	if _, ok := errors.AsType[*server.UnavailableError](err); !ok {
		t.Fatalf("Look without a PATH = %v, want an UnavailableError", err)
	}
	for _, want := range []string{"no kafka", "java", "install", server.Kafka.Variable()} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func TestKafkaJarsMustBeWhole(t *testing.T) {
	t.Setenv(server.CacheVariable, t.TempDir())
	if dir, err := server.KafkaJars(); err == nil {
		t.Errorf("an empty cache has the jars in %s", dir)
	}
}

// need skips, or fails with REQUIRE_REAL=1, when the machine lacks the part.
func need(t *testing.T, part server.Part) {
	t.Helper()
	err := server.Look(t.Context(), part)
	if err == nil {
		return
	}
	if os.Getenv("REQUIRE_REAL") == "1" && os.Getenv(part.Variable()) == "" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// hostPort is the address in a database URL, or brokers as they are.
func hostPort(t *testing.T, value string) string {
	t.Helper()
	if !strings.Contains(value, "://") {
		return value
	}
	u, err := url.Parse(value)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func listening(t *testing.T, address string) bool {
	t.Helper()
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return false
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	return true
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited 20 s: %s", what)
		}
	}
}
