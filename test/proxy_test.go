package test_test

import (
	"io"
	"net"
	"net/url"
	"slices"
	"sync"
	"testing"
)

// proxy stands between a process and a database server, to be cut.
type proxy struct {
	target string

	mu      sync.Mutex // guards the rest
	pairs   [][2]net.Conn
	cutting bool
	muted   bool
	gone    bool
}

// toClient is how answers go to the process.
type toClient struct {
	p    *proxy
	conn net.Conn
}

func (w toClient) Write(b []byte) (int, error) {
	w.p.mu.Lock()
	muted := w.p.muted
	w.p.mu.Unlock()
	if muted {
		return len(b), nil
	}
	return w.conn.Write(b)
}

// newProxy starts one in front of the server that a database URL names, and
// returns the URL that leads through it.
func newProxy(t *testing.T, database string) (p *proxy, through string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p = &proxy{target: u.Host}
	var done sync.WaitGroup
	done.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return // closed below
			}
			done.Go(func() { p.serve(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.close(0, 1)
		done.Wait()
	})
	u.Host = l.Addr().String()
	return p, u.String()
}

// serve carries a connection's bytes until it is cut. One that comes after that
// is closed, or gets no answer, as those before it.
func (p *proxy) serve(client net.Conn) {
	server, err := net.Dial("tcp", p.target) //nolint:noctx // on this machine; closed by the test
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.pairs = append(p.pairs, [2]net.Conn{client, server})
	late, gone := p.cutting, p.gone
	p.mu.Unlock()
	if late {
		_ = server.Close()
		if gone {
			_ = client.Close()
		}
		return
	}
	var copies sync.WaitGroup
	for _, way := range []struct {
		to   io.Writer
		from io.Reader
	}{{server, client}, {toClient{p, client}, server}} {
		copies.Go(func() {
			_, _ = io.Copy(way.to, way.from) // until either is closed
			if p.cut() {
				return // who closed it decides about the other one
			}
			_ = client.Close()
			_ = server.Close()
		})
	}
	copies.Wait()
}

func (p *proxy) cut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cutting
}

// mute keeps the server's answers from the process.
func (p *proxy) mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muted = true
}

// unmute lets answers through again, but not those that were kept back.
func (p *proxy) unmute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.muted = false
}

// hangUp closes all connections, on both sides.
func (p *proxy) hangUp() { p.close(0, 1) }

// swallow closes them on the server's side alone: the process waits for answers
// that nobody will send.
func (p *proxy) swallow() { p.close(1) }

// close closes the clients' (0) or the server's (1) ends.
func (p *proxy) close(sides ...int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cutting, p.gone = true, slices.Contains(sides, 0)
	for _, pair := range p.pairs {
		for side, conn := range pair {
			if slices.Contains(sides, side) {
				_ = conn.Close() // it may be closed
			}
		}
	}
}
