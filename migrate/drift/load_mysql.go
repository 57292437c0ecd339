package drift

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/schemactl/schemactl/internal/dblock"
)

// loadSessions is how many sessions make tables at the same time: each table
// waits for the disk several times, which is most of a load.
const loadSessions = 4

// loadInParts loads where data definition cannot be rolled back: tables that
// refer to no other several at a time, everything else in the lock's own session.
// That one needs no check in between: the lock dies with it, and it is closed
// with the lock, so that its settings reach nobody.
func loadInParts(ctx context.Context, pool *sql.DB, lock *dblock.Lock, statements []string) error {
	for i := 0; i < len(statements); {
		end := i
		for end < len(statements) && standsAlone(statements[end]) {
			end++
		}
		var failed int
		var err error
		if n := spareSessions(pool); end-i > 1 && n > 1 {
			failed, err = makeTables(ctx, pool, lock, statements[i:end], min(n, end-i))
		} else {
			end = i + 1
			_, err = lock.Conn().ExecContext(ctx, strings.TrimSuffix(statements[i], ";"))
		}
		if err != nil {
			return fmt.Errorf("load the snapshot: statement %d of %d: %w; the tables before it are left: drop them before the next load",
				i+failed+1, len(statements), err)
		}
		i = end
	}
	return nil
}

// standsAlone reports whether a statement makes a table that refers to no other.
func standsAlone(statement string) bool {
	return strings.HasPrefix(statement, "CREATE TABLE ") && !strings.Contains(statement, "FOREIGN KEY")
}

// spareSessions is how many sessions the pool has beside the lock's.
func spareSessions(pool *sql.DB) int {
	most := pool.Stats().MaxOpenConnections
	if most == 0 {
		return loadSessions
	}
	return min(loadSessions, most-1)
}

// makeTables runs statements that do not depend on each other in n sessions, each
// after a look at the lock. It tells which one failed.
func makeTables(ctx context.Context, pool *sql.DB, lock *dblock.Lock, statements []string, n int) (failed int, err error) {
	var next atomic.Int64
	var asking sync.Mutex // guards the lock's session: it answers one question at a time
	check := func(ctx context.Context) error {
		asking.Lock()
		defer asking.Unlock()
		return lock.Check(ctx)
	}
	group, ctx := errgroup.WithContext(ctx)
	first := make(chan int, n)
	for range n {
		group.Go(func() (err error) {
			conn, err := pool.Conn(ctx)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, conn.Close()) }()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(statements) {
					return nil
				}
				err := check(ctx)
				if err == nil {
					_, err = conn.ExecContext(ctx, strings.TrimSuffix(statements[i], ";"))
				}
				if err != nil {
					first <- i
					return err
				}
			}
		})
	}
	if err = group.Wait(); err != nil {
		select {
		case failed = <-first:
		default: // no session was to be had
		}
	}
	return failed, err
}
