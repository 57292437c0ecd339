package test_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/testenv/server"
)

// endPostgres ends a server by its process id, and waits for that.
func endPostgres(t *testing.T, s *server.Server) {
	t.Helper()
	file := filepath.Join(s.Dir, "data", "postmaster.pid")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGINT); err != nil { // ends connections, then itself
		t.Fatal(err)
	}
	eventually(t, "the end of PostgreSQL", time.Minute, func() bool {
		_, err := os.Stat(file) // it is removed last
		return errors.Is(err, fs.ErrNotExist)
	})
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

// status is that of a GET, 0 when there is no answer.
func (s *registryServer) status(t *testing.T, path string) int {
	t.Helper()
	r, err := s.ask(t.Context(), http.MethodGet, path, "")
	if err != nil {
		return 0
	}
	return r.status
}

// wireError is the body of an error.
type wireError struct {
	Code    int    `json:"error_code"`
	Message string `json:"message"`
}

// isError holds a reply against the contract's form.
func (r reply) isError(t *testing.T, what string, status, code int) {
	t.Helper()
	var members map[string]any
	var e wireError
	if err := json.Unmarshal([]byte(r.body), &members); err != nil || len(members) != 2 {
		t.Errorf("%s: body %q: %v", what, r.body, err)
	}
	if err := json.Unmarshal([]byte(r.body), &e); err != nil || r.status != status || e.Code != code || e.Message == "" {
		t.Errorf("%s: status %d, body %s, want %d with error_code %d", what, r.status, r.body, status, code)
	}
	if media := r.header.Get("Content-Type"); media != "application/vnd.schemaregistry.v1+json" {
		t.Errorf("%s: content type %q", what, media)
	}
}

// While its database is gone a server lives and is not ready, answers reads from
// memory, and refuses changes or makes them wait. It goes on by itself when the
// database is back, with all that it had answered.
func TestRegistryWithoutItsDatabase(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	postgres := testenv.Own(t, server.Postgres)
	s := newServer(t, postgres.Value)
	book := newLedger()
	register := func(subject string, number int) error {
		e, err := s.register(t.Context(), subject, numbered(number))
		if err == nil {
			book.note(t, e, numbered(number))
		}
		return err
	}
	if err := register("a", 1); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		endPostgres(t, postgres)
		eventually(t, "not ready", time.Minute, func() bool { return s.status(t, "/readyz") == http.StatusServiceUnavailable })
		for path, want := range map[string]int{"/healthz": 200, "/schemas/ids/1": 200, "/subjects/a/versions/latest": 200, "/subjects": 200, "/schemas/ids/99": 404} {
			if got := s.status(t, path); got != want {
				t.Errorf("GET %s without the database: status %d, want %d", path, got, want)
			}
		}
		r, err := s.ask(t.Context(), http.MethodGet, "/readyz", "")
		if err != nil {
			t.Fatal(err)
		}
		r.isError(t, "not ready", http.StatusServiceUnavailable, http.StatusServiceUnavailable)
		if r, err = s.ask(t.Context(), http.MethodPost, "/subjects/a", schemaBody(numbered(1))); err != nil || r.status != http.StatusOK {
			t.Errorf("a lookup without the database: %d %s, %v", r.status, r.body, err)
		}
		// What is there already needs the database, too: another server may have deleted it.
		for subject, number := range map[string]int{"a": 1, "b": 2} {
			if r, err = s.ask(t.Context(), http.MethodPost, "/subjects/"+subject+"/versions", schemaBody(numbered(number))); err != nil {
				t.Fatal(err)
			}
			r.isError(t, "a registration without the database", http.StatusInternalServerError, 50001)
			if strings.Contains(r.body, "127.0.0.1") || strings.Contains(r.body, "postgres") {
				t.Errorf("the answer tells of the database: %s", r.body)
			}
		}

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		var load sync.WaitGroup
		for i := range 4 { // while it comes back
			load.Go(func() {
				for n := 100 * (i + 1); n < 100*(i+1)+10; {
					if register(fmt.Sprintf("s%d", n), n) == nil {
						n++
						continue
					}
					time.Sleep(50 * time.Millisecond)
					if ctx.Err() != nil {
						t.Error("registration does not go on")
						return
					}
				}
			})
		}
		if err := postgres.Crash(ctx); err != nil {
			t.Fatal(err)
		}
		eventually(t, "ready again", time.Minute, func() bool { return s.status(t, "/readyz") == http.StatusOK })
		load.Wait()
		book.check(t, s)
	}
	if code := s.interrupt(t, 30*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	book.check(t, newServer(t, postgres.Value))
}

// A server that is started before its database waits for it, lives, and is not
// ready; after --start-timeout it gives up.
func TestRegistryStartsBeforeItsDatabase(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	postgres := testenv.Own(t, server.Postgres)
	first := newServer(t, postgres.Value)
	if _, err := first.register(t.Context(), "a", numbered(1)); err != nil {
		t.Fatal(err)
	}
	first.kill(t)
	endPostgres(t, postgres)

	began := time.Now()
	gaveUp := startRegistry(t, postgres.Value, freeAddress(t), "--start-timeout", "1s")
	<-gaveUp.exited
	if code := gaveUp.cmd.ProcessState.ExitCode(); code != 1 || time.Since(began) > 30*time.Second {
		t.Errorf("exit code %d after %s:\n%s", code, time.Since(began), gaveUp.said())
	}
	if text := gaveUp.said(); !strings.Contains(text, "refused") || strings.Contains(text, "http://") {
		t.Errorf("it says %s", text)
	}

	s := startRegistry(t, postgres.Value, freeAddress(t), "--start-timeout", "3m")
	eventually(t, "alive", time.Minute, func() bool { return s.status(t, "/healthz") == http.StatusOK })
	for _, path := range []string{"/readyz", "/subjects"} {
		r, err := s.ask(t.Context(), http.MethodGet, path, "")
		if err != nil {
			t.Fatal(err)
		}
		r.isError(t, "not ready", http.StatusServiceUnavailable, http.StatusServiceUnavailable)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	if err := postgres.Crash(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, "ready", time.Minute, func() bool { return s.status(t, "/readyz") == http.StatusOK })
	if got := s.status(t, "/subjects/a/versions/1"); got != http.StatusOK {
		t.Errorf("it is ready and has not what was there: status %d", got)
	}
}

// While another program holds the lock of its file a server answers reads, and changes
// wait.
func TestRegistryWaitsForItsFile(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	store := testenv.SQLite(t)
	s := newServer(t, store)
	if _, err := s.register(t.Context(), "a", numbered(1)); err != nil {
		t.Fatal(err)
	}
	conn, err := pool(t, open(t, store)).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // what it holds has been let go
	if _, err := conn.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := s.register(t.Context(), "b", numbered(2))
		answered <- err
	}()
	for range 20 {
		for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/schemas/ids/1": 200, "/subjects/a/versions/latest": 200, "/subjects/b/versions": 404} {
			if got := s.status(t, path); got != want {
				t.Errorf("GET %s while the file is locked: status %d, want %d", path, got, want)
			}
		}
	}
	select {
	case err := <-answered:
		t.Errorf("a registration did not wait for the lock: %v", err)
	default:
	}
	if _, err := conn.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("a registration that waited for the lock: %v", err)
	}
}

// endKafka kills a broker by its process id, and waits until nobody listens there.
func endKafka(t *testing.T, s *server.Server) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.Dir, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of Kafka", time.Minute, func() bool {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.Value)
		return err != nil || conn.Close() != nil
	})
}

// While the broker of its topic is gone a server lives and is not ready, and answers
// reads from memory. It is ready again, and registers, when the broker is back.
func TestRegistryWithoutItsBroker(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	kafka := testenv.Own(t, server.Kafka)
	s := newServer(t, "kafka://"+kafka.Value+"/_schemas")
	book := newLedger()
	register := func(number int) bool {
		t.Helper()
		e, err := s.register(t.Context(), fmt.Sprintf("s%d", number), numbered(number))
		if err == nil {
			book.note(t, e, numbered(number))
		}
		return err == nil
	}
	if !register(1) {
		t.Fatal("the first registration failed")
	}
	for round := range 2 {
		endKafka(t, kafka)
		eventually(t, "not ready", time.Minute, func() bool { return s.status(t, "/readyz") == http.StatusServiceUnavailable })
		for path, want := range map[string]int{"/healthz": 200, "/schemas/ids/1": 200, "/subjects/s1/versions/latest": 200, "/schemas/ids/99": 404} {
			if got := s.status(t, path); got != want {
				t.Errorf("GET %s without the broker: status %d, want %d", path, got, want)
			}
		}
		if err := kafka.Crash(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "ready again", time.Minute, func() bool { return s.status(t, "/readyz") == http.StatusOK })
		eventually(t, "a registration", time.Minute, func() bool { return register(2 + round) })
		if got := s.status(t, "/readyz"); got != http.StatusOK {
			t.Errorf("it has registered and answers %d at /readyz", got)
		}
		book.check(t, s)
	}
	if code := s.interrupt(t, 30*time.Second); code != 0 {
		t.Errorf("exit code %d", code)
	}
	book.check(t, newServer(t, "kafka://"+kafka.Value+"/_schemas"))
}
