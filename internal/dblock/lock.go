package dblock

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"sync"
	"time"
)

// backend is what differs between databases.
type backend interface {
	// try takes the lock if it is free and never waits for it.
	try(ctx context.Context) (bool, error)
	// holder finds who has the lock; the zero value when it cannot be told.
	holder(ctx context.Context) Holder
	// describe writes down who has the lock, by the lock's own session.
	describe(ctx context.Context, h Holder) error
	// announce does the same beside the lock's own session, which is busy.
	announce(ctx context.Context, h Holder) error
	// check returns ErrLost when the lock is not held by this session any more.
	check(ctx context.Context) error
	// condition is an SQL condition that is true while the lock is held by the
	// session that evaluates it.
	condition() string
	// unlock frees the lock, and takes its description away if there is one;
	// close gives back what try needed. close alone frees it too.
	unlock(ctx context.Context, described bool) error
	close() error
	conn() *sql.Conn
}

// Lock is a lock that this process holds until [Lock.Release], or until its
// session ends. Its methods may be called from several goroutines, but those
// that talk to a server share the one session of [Lock.Conn].
type Lock struct {
	name   string
	back   backend
	mu     sync.Mutex // guards holder and described
	holder Holder
	// described says that there is something to take away in the end.
	described bool
	once      sync.Once
	err       error // of the first Release
}

// Try takes the lock called name ([a-z0-9_]+) if it is free. It does not wait
// for the lock, only for a connection from the pool. When someone else has it
// the error matches [ErrHeld] and is a [*HeldError]. dialect is "postgres",
// "mysql" or "sqlite".
//
// On a server the lock belongs to one session, [Lock.Conn], which Release
// closes for good; when the lock is held by someone else the session goes back
// to the pool. An SQLite database in memory can be locked only against
// users of the same db.
func Try(ctx context.Context, db *sql.DB, dialect, name string, h Holder) (*Lock, error) {
	back, err := open(ctx, db, dialect, name)
	if err != nil {
		return nil, err
	}
	ok, err := back.try(ctx)
	if err != nil {
		_ = back.close() // the first error says more
		return nil, fmt.Errorf("take lock %q: %w", name, err)
	}
	if !ok {
		held := &HeldError{Name: name, Holder: back.holder(ctx)}
		_ = back.close() // nothing is held, so nothing is lost
		return nil, held
	}
	l := newLock(back, name, h)
	l.Describe(ctx)
	return l, nil
}

func newLock(back backend, name string, h Holder) *Lock {
	h = h.here()
	h.Since = time.Now()
	return &Lock{name: name, back: back, holder: h}
}

// Describe writes down who has the lock. [Try] and [Wait] do so, unless asked
// not to.
func (l *Lock) Describe(ctx context.Context) {
	l.mu.Lock()
	h := l.holder
	l.described = true
	l.mu.Unlock()
	// The description is a courtesy to those who wait: a user who may not
	// write it (no table, no right to make one) still gets the lock.
	_ = l.back.describe(ctx, h)
}

// Conn is the session that owns the lock on a server. SQL that must not outlive
// the lock runs there. It is nil on SQLite. Callers do not close it.
func (l *Lock) Conn() *sql.Conn { return l.back.conn() }

// Session is the server's number for the session of [Lock.Conn]; zero on SQLite.
func (l *Lock) Session() int64 {
	if s, ok := l.back.(*server); ok {
		return s.id
	}
	return 0
}

// Check asks whether the lock is still held; if not, the error matches
// [ErrLost]. On a server it is one round trip on [Lock.Conn].
func (l *Lock) Check(ctx context.Context) error {
	if err := l.back.check(ctx); err != nil {
		return fmt.Errorf("lock %q: %w", l.name, err)
	}
	return nil
}

// Condition is an SQL condition, free of placeholders, that is true while the
// session that evaluates it holds the lock: a statement that must only take
// effect under the lock carries it in its WHERE clause and needs no round trip
// for [Lock.Check]. On SQLite, where no SQL can tell, it is always true, and
// callers use Check, which is cheap there.
func (l *Lock) Condition() string { return l.back.condition() }

// Release frees the lock and closes its session. Only the first call works,
// later ones return the same. Pass a context that outlives the work's own, so
// that a cancelled program frees its lock at once.
func (l *Lock) Release(ctx context.Context) error {
	l.once.Do(func() {
		l.mu.Lock()
		described := l.described
		l.mu.Unlock()
		err := l.back.unlock(ctx, described)
		if cerr := l.back.close(); err == nil {
			err = cerr
		}
		if err != nil {
			l.err = fmt.Errorf("release lock %q: %w", l.name, err)
		}
	})
	return l.err
}

var validName = regexp.MustCompile(`^[a-z0-9_]{1,32}$`)

func open(ctx context.Context, db *sql.DB, dialect, name string) (backend, error) {
	if !validName.MatchString(name) {
		return nil, fmt.Errorf("lock name %q: use 1 to 32 of a-z, 0-9 and _", name)
	}
	switch dialect {
	case "postgres":
		return openServer(ctx, db, name, &postgres{})
	case "mysql":
		return openServer(ctx, db, name, &mysql{})
	case "sqlite":
		return openFile(ctx, db, name)
	default:
		return nil, fmt.Errorf("lock %q: dialect %q is none of postgres, mysql, sqlite", name, dialect)
	}
}
