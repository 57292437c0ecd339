package dblock

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// flavor is the SQL that differs between the servers.
type flavor interface {
	// acquire tries once and reports the server's number for the session.
	acquire(ctx context.Context, c *sql.Conn, name string) (ok bool, session int64, err error)
	// release frees the lock; false when the session did not hold it.
	release(ctx context.Context, c *sql.Conn) (bool, error)
	// owner is the session that holds the lock, and what the server knows of
	// it; zero when it is free.
	owner(ctx context.Context, c *sql.Conn) (int64, Holder, error)
	// held and session are SQL: is the lock this session's, and its number.
	held() string
	session() string
	// texts of the statements on the table of holders.
	createTable() string
	upsert() string
	update() string
	find() string
	remove() string
	// time converts to and from the table's column.
	time(t time.Time) any
}

// server is a lock of a database server, held by one session.
type server struct {
	db     *sql.DB
	c      *sql.Conn
	name   string
	flavor flavor
	id     int64 // the session's number, once the lock is ours
	// clean says that the last answer was that someone else has the lock: the
	// session holds nothing and is as it came from the pool.
	clean bool
}

func openServer(ctx context.Context, db *sql.DB, name string, f flavor) (*server, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("lock %q: open a session: %w", name, err)
	}
	return &server{db: db, c: c, name: name, flavor: f}, nil
}

func (s *server) conn() *sql.Conn   { return s.c }
func (s *server) condition() string { return s.flavor.held() }

func (s *server) try(ctx context.Context) (bool, error) {
	ok, id, err := s.flavor.acquire(ctx, s.c, s.name)
	s.id, s.clean = id, err == nil && !ok
	if m, is := s.flavor.(*mysql); is && m.changed {
		s.clean = false
	}
	return ok, err
}

func (s *server) check(ctx context.Context) error {
	var held bool
	var id int64
	query := "SELECT " + s.flavor.held() + ", " + s.flavor.session()
	if err := s.c.QueryRowContext(ctx, query).Scan(&held, &id); err != nil {
		if ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("%w: %w", ErrLost, err)
	}
	if id != s.id {
		return fmt.Errorf("%w: the server session changed from %d to %d; a connection pooler in transaction mode "+
			"cannot hold a lock, so connect to the server itself", ErrLost, s.id, id)
	}
	if !held {
		return ErrLost
	}
	return nil
}

func (s *server) describe(ctx context.Context, h Holder) error {
	args := []any{s.name, s.id, h.Application, h.Host, h.PID, s.flavor.time(h.Since), h.Doing}
	if _, err := s.c.ExecContext(ctx, s.flavor.upsert(), args...); err == nil {
		return nil
	}
	// Most likely the table is missing. Another lock's holder may make it at
	// the same moment, so only the second write's error counts.
	_, _ = s.c.ExecContext(ctx, s.flavor.createTable())
	_, err := s.c.ExecContext(ctx, s.flavor.upsert(), args...)
	return err
}

func (s *server) announce(ctx context.Context, h Holder) error {
	_, err := s.db.ExecContext(ctx, s.flavor.update(), h.Doing, s.name, s.id)
	return err
}

// holder prefers what the holder wrote about itself, and believes it only if it
// was written by the session that has the lock now.
func (s *server) holder(ctx context.Context) Holder {
	id, seen, err := s.flavor.owner(ctx, s.c)
	if err != nil || id == 0 {
		return Holder{}
	}
	var h Holder
	var since int64
	err = s.c.QueryRowContext(ctx, s.flavor.find(), s.name, id).
		Scan(&h.Application, &h.Host, &h.PID, &since, &h.Doing)
	if err != nil {
		return seen
	}
	h.Since = time.UnixMicro(since)
	return h
}

func (s *server) unlock(ctx context.Context, described bool) error {
	if described {
		_, _ = s.c.ExecContext(ctx, s.flavor.remove(), s.name, s.id) // a stale row is recognised by its session
	}
	ok, err := s.flavor.release(ctx, s.c)
	switch {
	case errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone):
		return fmt.Errorf("%w: %w", ErrLost, err)
	case err != nil:
		return err
	case !ok:
		return ErrLost
	}
	return nil
}

// close returns a session that never had the lock to its pool: those who ask
// again and again would otherwise log in each time. Any other ends: its settings
// and a lock that could not be released must not reach the next user.
func (s *server) close() error {
	if !s.clean {
		_ = s.c.Raw(func(any) error { return driver.ErrBadConn }) // this is how a pool is told to drop a connection
	}
	if err := s.c.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) && !errors.Is(err, driver.ErrBadConn) {
		return err
	}
	return nil
}
