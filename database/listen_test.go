package database_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
)

// Who listens does not wait for ever for a connection that others keep, and is told
// when one is there.
func TestListenPoolInUse(t *testing.T) {
	t.Parallel()
	db, err := database.Open(t.Context(), testenv.Postgres(t), database.WithMaxOpenConns(2))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(db) })
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	var release []func() error
	for range 2 {
		conn, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		release = append(release, conn.Close)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = database.Listen(ctx, pool, "told", func() { t.Error("it listens") })
	if err == nil || !strings.Contains(err.Error(), "all 2 connections of the database's pool") || !strings.Contains(err.Error(), "WithMaxOpenConns") {
		t.Errorf("error %v, want one that names the pool and the way out", err)
	}
	for _, close := range release {
		if err := close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := database.Listen(ctx, pool, "told", cancel); err != nil {
		t.Errorf("with a connection: %v", err)
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("with a connection: %v, want that it listens", ctx.Err())
	}
}

// Work that fails by itself, or whose caller has given up, is not the pool's fault.
func TestConnecting(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t))
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, ctx := range map[string]context.Context{"failed": t.Context(), "ended": ended} {
		err := database.Connecting(ctx, pool, func(ctx context.Context) error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			return context.DeadlineExceeded
		})
		if err == nil || strings.Contains(err.Error(), "pool") {
			t.Errorf("%s: error %v, want the work's own", name, err)
		}
	}
}
