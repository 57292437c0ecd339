package relay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/dblock"
)

// maxShards is how many relays can share a queue.
const maxShards = 64

// Shard is the part of the keys that a relay sees to: those whose hash, modulo Count,
// is Index-1. The zero value is all keys.
type Shard struct {
	Index, Count int
}

func (s Shard) check() error {
	if s == (Shard{}) || s.Count >= 1 && s.Count <= maxShards && s.Index >= 1 && s.Index <= s.Count {
		return nil
	}
	return fmt.Errorf("shard %d of %d: want 1 of 1 up to %d of %d", s.Index, s.Count, maxShards, maxShards)
}

// whole reports whether it is all keys.
func (s Shard) whole() bool { return s.Count <= 1 }

// lockName is the name of the shard's ownership.
func (s Shard) lockName() string {
	if s.whole() {
		return LockName
	}
	return fmt.Sprintf("%s_%d_of_%d", LockName, s.Index, s.Count)
}

// String is how people call it.
func (s Shard) String() string {
	if s.whole() {
		return "all keys"
	}
	return fmt.Sprintf("shard %d of %d", s.Index, s.Count)
}

// condition is SQL that holds for the shard's rows; the numbers are its own.
func (s Shard) condition(hash string) string {
	if s.whole() {
		return ""
	}
	return fmt.Sprintf(" AND %s %% %d = %d", hash, s.Count, s.Index-1)
}

// share takes the ownership of a shard. Relays that share the keys in another way
// must not work beside it, or a key would have two of them: the table says in how many
// parts the keys are, and who wants another number must own all of those parts for a
// moment. Each of the owners has looked into the table since it became one.
func share(ctx context.Context, pool *sql.DB, dialect string, s Shard, holder dblock.Holder) (_ *dblock.Lock, err error) {
	l, err := take(ctx, pool, dialect, s, holder)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, giveUp(ctx, l))
		}
	}()
	stored, err := storedShards(ctx, pool)
	if err != nil {
		return nil, err
	}
	if count := max(s.Count, 1); stored != count {
		if err := reshare(ctx, pool, dialect, stored, count, holder); err != nil {
			return nil, err
		}
	}
	return l, nil
}

func take(ctx context.Context, pool *sql.DB, dialect string, s Shard, holder dblock.Holder) (l *dblock.Lock, err error) {
	err = database.Connecting(ctx, pool, func(ctx context.Context) (err error) {
		l, err = dblock.Try(ctx, pool, dialect, s.lockName(), holder)
		return err
	})
	return l, err
}

// giveUp releases a lock also when ctx has ended, so that the next owner need not wait.
func giveUp(ctx context.Context, l *dblock.Lock) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUp)
	defer cancel()
	return l.Release(ctx)
}

func storedShards(ctx context.Context, pool *sql.DB) (n int, err error) {
	err = database.Connecting(ctx, pool, func(ctx context.Context) error {
		err := pool.QueryRowContext(ctx, "SELECT shards FROM outbox_shards WHERE id = 1").Scan(&n)
		if err != nil && ctx.Err() == nil {
			return fmt.Errorf("apply the migrations of outbox.Source first: %w", err)
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("read outbox_shards: %w", err)
	}
	if n < 1 || n > maxShards {
		return 0, fmt.Errorf("outbox_shards says %d: want 1 to %d", n, maxShards)
	}
	return n, nil
}

// reshare changes the number of parts from one to another while nobody owns any of
// the old ones.
func reshare(ctx context.Context, pool *sql.DB, dialect string, from, to int, holder dblock.Holder) (err error) {
	holder.Doing = fmt.Sprintf("changing from %d relays to %d", from, to)
	least := from + 2 // those of the old parts, of the new one, and who asks the table
	if most := pool.Stats().MaxOpenConnections; most > 0 && most < least {
		return fmt.Errorf("%s takes %d connections for a moment, and the database's pool has %d at most: raise SetMaxOpenConns", holder.Doing, least, most)
	}
	for i := range from {
		l, terr := take(ctx, pool, dialect, Shard{i + 1, from}, holder)
		if terr != nil {
			return fmt.Errorf("relays that share the keys in %d parts, not %d, have to end first: %w", from, to, terr)
		}
		defer func() { err = errors.Join(err, giveUp(ctx, l)) }()
	}
	// Somebody may have been faster, and relay by now.
	if now, err := storedShards(ctx, pool); err != nil || now != from {
		return errors.Join(err, fmt.Errorf("the keys were shared anew meanwhile: %w", dblock.ErrHeld))
	}
	err = database.Connecting(ctx, pool, func(ctx context.Context) error {
		_, err := pool.ExecContext(ctx, fmt.Sprintf("UPDATE outbox_shards SET shards = %d WHERE id = 1", to))
		return err
	})
	if err != nil {
		return fmt.Errorf("write outbox_shards: %w", err)
	}
	return nil
}
