package test_test

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A stop lets requests that are under way end and takes no new ones.
func TestRegistryDrains(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	s := newServer(t, "memory", "--drain", "25s")
	body := schemaBody(numbered(1))
	conn := s.begin(t, body, 10)
	s.signal(t, syscall.SIGTERM)
	s.http.CloseIdleConnections()
	eventually(t, "new requests are refused", time.Minute, func() bool { return s.status(t, "/healthz") == 0 })
	select {
	case <-s.exited:
		t.Fatalf("it did not wait for the request:\n%s", s.said())
	default:
	}
	if _, err := conn.Write([]byte(body[10:])); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	n, err := conn.Read(answer)
	if text := string(answer[:n]); err != nil || !strings.HasPrefix(text, "HTTP/1.1 200 ") || !strings.Contains(text, `"id":1`) {
		t.Errorf("the request that was under way is answered %q, %v", text, err)
	}
	if code := s.ends(t, 40*time.Second); code != 0 {
		t.Errorf("exit code %d, want 0:\n%s", code, s.said())
	}
}

// What is under way for longer than --drain is cut off, and the exit code tells.
func TestRegistryDrainsForSoLong(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	s := newServer(t, "memory", "--drain", "300ms")
	conn := s.begin(t, schemaBody(numbered(1)), 10)
	s.signal(t, syscall.SIGTERM)
	if code := s.ends(t, 40*time.Second); code != 1 {
		t.Errorf("exit code %d, want 1:\n%s", code, s.said())
	}
	if text := s.said(); !strings.Contains(text, "cut off after 300ms") {
		t.Errorf("it says %s", text)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("the request that was cut off has an answer of %d bytes", n)
	}
}

// begin sends the head of a registration and so many bytes of its body.
func (s *registryServer) begin(t *testing.T, body string, n int) net.Conn {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	head := fmt.Sprintf("POST /subjects/a/versions HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body))
	if _, err := conn.Write([]byte(head)); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 100) // it is under way once its body is asked for
	if n, err := conn.Read(answer); err != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 100 ") {
		t.Fatalf("the body is not asked for: %q, %v", answer[:n], err)
	}
	if _, err := conn.Write([]byte(body[:n])); err != nil {
		t.Fatal(err)
	}
	return conn
}
