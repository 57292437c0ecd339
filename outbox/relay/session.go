package relay

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/schemactl/schemactl/database"
)

// session is one connection of a pool with settings of its own. It is opened
// when it is needed and thrown away after any error, because what is left of a
// broken session is not known.
type session struct {
	db     *sql.DB
	setup  []string // statements that run first
	opened func()   // called after a new connection stands
	conn   *sql.Conn
}

// use runs f on the session, opening it first where needed.
func (s *session) use(ctx context.Context, f func(querier) error) error {
	if s.conn == nil {
		if err := s.open(ctx); err != nil {
			return err
		}
	}
	if err := f(s.conn); err != nil {
		return errors.Join(err, s.Close())
	}
	return nil
}

func (s *session) open(ctx context.Context) error {
	conn, err := database.Connect(ctx, s.db)
	if err != nil {
		return fmt.Errorf("outbox queue: connect: %w", err)
	}
	s.conn = conn
	for _, stmt := range s.setup {
		if _, err := conn.ExecContext(ctx, stmt); err != nil {
			return errors.Join(fmt.Errorf("outbox queue: %s: %w", stmt, err), s.Close())
		}
	}
	s.opened()
	return nil
}

// Close ends the connection. It does not go back to the pool, where its settings
// would surprise whoever gets it next.
func (s *session) Close() error {
	if s.conn == nil {
		return nil
	}
	conn := s.conn
	s.conn = nil
	err := conn.Raw(func(any) error { return driver.ErrBadConn })
	if err != nil && !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, sql.ErrConnDone) {
		return fmt.Errorf("outbox queue: close session: %w", err)
	}
	return nil
}
