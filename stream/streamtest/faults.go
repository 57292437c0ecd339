package streamtest

import (
	"context"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Fault is a way in which the broker fails for a while. It may be used from any
// goroutine.
type Fault struct {
	env    *Env
	handle *kfake.FaultHandle
}

// Fail has the broker refuse the next n writes to a topic (with the prefix) with an
// error of Kafka's, such as kerr.NotEnoughReplicas, which clients retry, or
// kerr.MessageTooLarge, which they do not. n = -1 is until Fault.End. An empty topic
// stands for all of them.
func (e *Env) Fail(topic string, err *kerr.Error, n int) *Fault {
	return e.fault(topic, err, n)
}

// LoseAcks has the broker write the next n batches for a topic and not say so: it
// answers that the request has timed out. A producer with stream.ClientOptions sends
// again, and the broker finds that it has the batch. n and topic are as in Fail.
func (e *Env) LoseAcks(topic string, n int) *Fault {
	return e.fault(topic, kerr.RequestTimedOut, n)
}

func (e *Env) fault(topic string, err *kerr.Error, n int) *Fault {
	return &Fault{e, e.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: err, Count: n})}
}

// Wait waits until the broker has failed so n times, and ends the test when that
// takes longer than WithTimeout.
func (f *Fault) Wait(n int) {
	f.env.tb.Helper()
	ctx, cancel := context.WithTimeout(f.env.tb.Context(), f.env.cfg.timeout)
	defer cancel()
	if err := f.handle.Wait(ctx, n); err != nil {
		f.env.tb.Fatalf("streamtest: the fault was met %d times, %d are waited for: %v", f.handle.Hits(), n, err)
	}
}

// Hits is how often it was met.
func (f *Fault) Hits() int { return f.handle.Hits() }

// End has the broker work again.
func (f *Fault) End() { f.handle.Remove() }

// Down takes the broker away: connections break and none comes about until Up. What
// it holds stays.
func (e *Env) Down() { e.links.cut() }

// Up brings it back, at the same address.
func (e *Env) Up() { e.links.mend() }

// links are the broker's connections, to be cut.
type links struct {
	mu   sync.Mutex // guards what follows
	down bool
	open map[net.Conn]struct{}
}

func (l *links) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = true
	for c := range l.open {
		_ = c.Close() // it is to break
	}
	l.open = nil
}

func (l *links) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.down = false
}

// add keeps a new connection; false while the broker is away.
func (l *links) add(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return false
	}
	if l.open == nil {
		l.open = map[net.Conn]struct{}{}
	}
	l.open[c] = struct{}{}
	return true
}

func (l *links) remove(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}

type listener struct {
	net.Listener
	links *links
}

// Accept closes at once what comes while the broker is away.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.links.add(c) {
			return &link{c, l.links}, nil
		}
		_ = c.Close() // it never was
	}
}

type link struct {
	net.Conn
	links *links
}

func (l *link) Close() error {
	l.links.remove(l.Conn)
	return l.Conn.Close()
}
