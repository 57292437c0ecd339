package kafkastore_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	kafkastore "github.com/schemactl/schemactl/registry/store/kafka"
)

var errCut = errors.New("the network is cut")

// network is the way of one store to its brokers. It can stop at a request, as a
// process that is suspended or dies does.
type network struct {
	mu    sync.Mutex
	stops map[kmsg.Key]*stop // the next request of that kind stops
	cut   bool
	conns map[net.Conn]bool
}

// stop is where a request waits.
type stop struct {
	sent    bool          // it stops once it was sent
	reached chan struct{} // closed when it has come here
	resume  chan struct{} // goes on, unless the network is cut, when it is closed
}

func newNetwork() *network {
	return &network{stops: map[kmsg.Key]*stop{}, conns: map[net.Conn]bool{}}
}

func (n *network) option() kafkastore.Option {
	return kafkastore.WithClientOptions(kgo.Dialer(n.dial))
}

func (n *network) dial(ctx context.Context, kind, address string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cut {
		return nil, errCut
	}
	c, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, kind, address)
	if err != nil {
		return nil, err
	}
	n.conns[c] = true
	return &wire{c, n}, nil
}

// stopAt stops the next request of a kind.
func (n *network) stopAt(key kmsg.Key, sent bool) *stop {
	n.mu.Lock()
	defer n.mu.Unlock()
	s := &stop{sent: sent, reached: make(chan struct{}), resume: make(chan struct{})}
	n.stops[key] = s
	return s
}

// drop ends all connections; with forGood there are no more.
func (n *network) drop(forGood bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = forGood
	for c := range n.conns {
		_ = c.Close()
	}
	clear(n.conns)
}

// wire is a connection, on which each Write is one request.
type wire struct {
	net.Conn
	n *network
}

func (w *wire) Write(b []byte) (int, error) {
	var s *stop
	if len(b) >= 6 {
		key := kmsg.Key(binary.BigEndian.Uint16(b[4:]))
		w.n.mu.Lock()
		s = w.n.stops[key]
		delete(w.n.stops, key)
		w.n.mu.Unlock()
	}
	if s == nil {
		return w.Conn.Write(b)
	}
	if !s.sent {
		close(s.reached)
		<-s.resume
		return w.Conn.Write(b)
	}
	size, err := w.Conn.Write(b)
	close(s.reached)
	<-s.resume
	return size, err
}

func within(t *testing.T, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatalf("%s: not within a minute", what)
	}
}
