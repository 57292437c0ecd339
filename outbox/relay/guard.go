package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/schemactl/schemactl/internal/dblock"
)

const (
	checkTimeout = 2 * time.Second  // a check that hangs counts as lost
	writeTimeout = 10 * time.Second // so does a write: meanwhile nothing checks
)

// Owner is the ownership of a queue while a relay has it.
type Owner interface {
	// Check fails when the ownership is lost.
	Check(ctx context.Context) error
	// Write runs work in a transaction of the server session that has the ownership, so
	// nothing is written once it is lost: with the session both end. There is none on
	// SQLite.
	Write(ctx context.Context, work func(ctx context.Context, tx *sql.Tx) error) error
}

// guard uses the lock's session from two goroutines, one at a time: it takes one
// question at a time.
type guard struct {
	mu   sync.Mutex
	lock lock
}

// Check implements Owner. It bounds the question: an owner that cannot reach its lock
// must stop. It is not cut off by ctx, because that would break the lock's session.
func (g *guard) Check(ctx context.Context) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkTimeout)
	defer cancel()
	if err := g.lock.Check(ctx); err != nil {
		return fmt.Errorf("ownership of the outbox: %w", err)
	}
	return nil
}

// Write implements Owner. A write that is cut off breaks the lock's session, which is
// right: ctx ends with the ownership.
func (g *guard) Write(ctx context.Context, work func(ctx context.Context, tx *sql.Tx) error) (err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	// READ COMMITTED keeps MySQL from locking gaps where the writers insert.
	tx, err := g.lock.Conn().BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return lost(err)
	}
	defer func() {
		if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			err = errors.Join(err, rerr)
		}
	}()
	var held bool
	if err := tx.QueryRowContext(ctx, "SELECT CASE WHEN "+g.lock.Condition()+" THEN 1 ELSE 0 END").Scan(&held); err != nil {
		return lost(err)
	}
	if !held {
		return lost(errors.New("the session has it no more"))
	}
	if err := work(ctx, tx); err != nil {
		return err
	}
	return tx.Commit()
}

func lost(err error) error {
	return fmt.Errorf("ownership of the outbox: nothing is written: %w: %w", dblock.ErrLost, err)
}
