package outbox

import (
	"context"
	"database/sql"
	"sync"
	"time"
)

// Channel is the name under which PostgreSQL tells relays of other processes that
// events were committed.
const Channel = "schemactl_outbox"

const (
	// notifyEvery is the least time between two notifications. Inside the writers'
	// transactions a NOTIFY takes a lock that all commits of the cluster share: it
	// cost 58 % of the rate of 32 writers. Outside, at this pace, about 10 %.
	notifyEvery = 5 * time.Millisecond
	// notifyTimeout bounds the wait for a connection.
	notifyTimeout = 2 * time.Second
)

// OnCommit has f called after each commit of a transaction that published events
// through this Outbox, until stop is called. f says whether it takes care of them,
// so that no other process needs to be told; it must be quick and is called by the
// goroutines that commit, several at once. relay.WithWake(ob.OnCommit) is how a relay
// in the same process learns of events at once.
func (ob *Outbox) OnCommit(f func() bool) (stop func()) {
	ob.mu.Lock()
	defer ob.mu.Unlock()
	if ob.listeners == nil {
		ob.listeners = map[int]func() bool{}
	}
	id := ob.nextListener
	ob.nextListener++
	ob.listeners[id] = f
	return func() {
		ob.mu.Lock()
		defer ob.mu.Unlock()
		delete(ob.listeners, id)
	}
}

// tell calls those who want to know, and says whether one takes care.
func (ob *Outbox) tell() (taken bool) {
	ob.mu.RLock()
	defer ob.mu.RUnlock()
	for _, f := range ob.listeners {
		taken = f() || taken
	}
	return taken
}

// notifier tells other processes. A commit that comes while the last notification is
// younger than notifyEvery is told of at the end of that time.
type notifier struct {
	db *sql.DB

	mu      sync.Mutex
	pending bool // one is about to be sent
	last    time.Time
}

func (n *notifier) committed(ctx context.Context) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.pending {
		return
	}
	n.pending = true
	time.AfterFunc(max(0, notifyEvery-time.Since(n.last)), func() { n.send(ctx) })
}

// send notifies. What is committed from now on needs another one. When it fails the
// relays look by themselves soon.
func (n *notifier) send(ctx context.Context) {
	n.mu.Lock()
	n.pending, n.last = false, time.Now()
	n.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	_, _ = n.db.ExecContext(ctx, "SELECT pg_notify($1, '')", Channel)
}
