package replica_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// hungLog answers nothing while it hangs, until its caller gives up.
type hungLog struct {
	replica.Log
	hangs atomic.Bool
}

func (l *hungLog) answer(ctx context.Context) error {
	if !l.hangs.Load() {
		return nil
	}
	<-ctx.Done()
	return ctx.Err()
}

func (l *hungLog) Read(ctx context.Context, _ func([]record.Record)) error { return l.answer(ctx) }

func (l *hungLog) Append(ctx context.Context, apply func([]record.Record), change func() []record.Record) error {
	if err := l.answer(ctx); err != nil {
		return err
	}
	apply(change())
	return nil
}

func (l *hungLog) Scale(key, value []byte) (size, most int) { return len(key) + len(value), 1 << 20 }

func (l *hungLog) Ping(ctx context.Context) error { return l.answer(ctx) }

func (l *hungLog) Close() error { return nil }

// A log that hangs keeps nobody waiting: who asks whether the store is ready hears at
// once that it is not, and changes fail before a server's time for the answer is over,
// also those that wait behind others. When it is back everything goes on.
func TestLogHangs(t *testing.T) {
	t.Parallel()
	const soon, answerable = 2 * time.Second, 40 * time.Second
	synctest.Test(t, func(t *testing.T) {
		log := &hungLog{}
		store, err := replica.Open(t.Context(), log, replica.Options{})
		if err != nil {
			t.Fatal(err)
		}
		set := func(name string) error {
			return store.Update(t.Context(), func(tx registry.Tx) error { return tx.SetMode(t.Context(), name, registry.ModeReadOnly) })
		}
		log.hangs.Store(true)
		began := time.Now()
		if err := store.Ping(t.Context()); err == nil || time.Since(began) > soon {
			t.Errorf("ping: %v after %s", err, time.Since(began))
		}
		failed := make(chan error)
		const callers = 200 // more than share an append
		began = time.Now()
		for range callers {
			go func() { failed <- set("a") }()
		}
		for range callers {
			if err := <-failed; err == nil || errors.Is(err, replica.ErrClosed) {
				t.Errorf("a change: %v", err)
			}
		}
		if took := time.Since(began); took > answerable {
			t.Errorf("changes failed after %s", took)
		}
		if _, err := store.Mode(t.Context(), "a"); !errors.Is(err, registry.ErrModeNotSet) {
			t.Errorf("a change that failed is there: %v", err)
		}
		log.hangs.Store(false)
		if err := set("b"); err != nil {
			t.Error(err)
		}
		if err := store.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
}
