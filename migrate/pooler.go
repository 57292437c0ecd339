package migrate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// secondSession bounds the wait for a second connection of the pool.
const secondSession = 2 * time.Second

// refusePooler finds out whether the run's session, ours on the server, is one:
// behind a pooler in transaction mode two sessions of a client share a server
// session, as soon as none of them is inside a transaction, so a lock that one
// takes is not its own. It asks by a second connection. What
// slips through, because the pooler is busy, is found at the next record, which
// checks that the lock is still held.
func (r *run) refusePooler(ctx context.Context, ours int64) error {
	if r.db.Stats().MaxOpenConnections == 1 {
		return nil
	}
	second, cancel := context.WithTimeout(ctx, secondSession)
	defer cancel()
	tx, err := r.db.BeginTx(second, nil)
	if refused := pooled(err); errors.Is(refused, ErrPooler) {
		_, _ = r.conn.ExecContext(ctx, "SELECT pg_advisory_unlock_all()") // it may stay on a session that others use
		return refused
	}
	if err != nil {
		return ctx.Err() // no second connection is to be had, so nothing is known
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	var theirs int64
	if err := tx.QueryRowContext(second, "SELECT pg_backend_pid()").Scan(&theirs); err != nil {
		return fmt.Errorf("ask for the server session: %w", err)
	}
	if ours != theirs {
		return nil
	}
	// The lock and the timeouts must not stay on a session that others use.
	if _, err := tx.ExecContext(second, "SELECT pg_advisory_unlock_all()"); err == nil {
		if _, err = tx.ExecContext(second, "RESET ALL"); err == nil {
			_ = tx.Commit() // a courtesy to those who use the session next
		}
	}
	return fmt.Errorf("%w: two connections share server session %d, so that no lock can be held: "+
		"migrate by a URL that leads to the server itself, or to a pool in session mode", ErrPooler, ours)
}

// survey reads the state for a caller.
func (m *Migrator) survey(ctx context.Context) (*state, error) {
	s, err := m.read(ctx, m.db)
	return s, m.advise(pooled(err))
}

// perform does work under the lock for a caller.
func (m *Migrator) perform(ctx context.Context, work func(context.Context, *run) error) (*Result, error) {
	result, err := m.locked(ctx, work)
	return result, m.advise(pooled(err))
}

// pooled recognises a pooler in statement mode by what it says to a transaction,
// and by 42P05 and 26000 that the driver's prepared statements
// meet those of others, or are on another session than it believes: only a
// pooler does that, as long as it is not a migration's own statement.
func pooled(err error) error {
	coded, ok := errors.AsType[interface {
		error
		SQLState() string
	}](err)
	if errors.Is(err, ErrPooler) {
		return err
	}
	if ok && coded.SQLState() == "08P01" && strings.Contains(coded.Error(), "statement pooling mode") {
		return fmt.Errorf("%w, even in statement mode: migrate by a URL that leads to the server itself, "+
			"or to a pool in session mode: %w", ErrPooler, err)
	}
	if !ok || coded.SQLState() != "42P05" && coded.SQLState() != "26000" || errors.As(err, new(*StatementError)) {
		return err
	}
	return fmt.Errorf("%w, which takes prepared statements for another session's: migrate by a URL that leads to the server itself, "+
		"or to a pool in session mode: %w", ErrPooler, err)
}
