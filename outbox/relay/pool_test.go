package relay

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/dblock"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
)

// migrated gives a database with the outbox's tables, and its pool.
func migrated(t *testing.T, url string, most int) (db *gorm.DB, pool *sql.DB) {
	t.Helper()
	db, err := database.Open(t.Context(), url, database.WithMaxOpenConns(most))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(db) })
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	if pool, err = db.DB(); err != nil {
		t.Fatal(err)
	}
	return db, pool
}

// A relay that changes the number of shards takes more connections than another. It
// says so when the pool can never have them, or when others keep them, and leaves no
// lock behind.
func TestReshareNeedsConnections(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite:") {
			return // which has no shards
		}
		db, small := migrated(t, url, 2)
		dialect := db.Name()
		const two, whole = 2, 1
		_, err := share(t.Context(), small, dialect, Shard{1, two}, dblock.Holder{})
		if err == nil || !strings.Contains(err.Error(), "from 1 relays to 2 takes 3 connections") || !strings.Contains(err.Error(), "SetMaxOpenConns") {
			t.Errorf("a pool of two: error %v, want one that says how many it takes", err)
		}
		_, pool := migrated(t, url, 4)
		l, err := share(t.Context(), pool, dialect, Shard{1, two}, dblock.Holder{})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Release(t.Context()); err != nil {
			t.Fatal(err)
		}
		kept, err := pool.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = share(t.Context(), pool, dialect, Shard{1, whole}, dblock.Holder{}); err == nil || !strings.Contains(err.Error(), "all 4 connections of the database's pool") {
			t.Errorf("another one is kept: error %v, want one that names the pool", err)
		}
		if err := kept.Close(); err != nil {
			t.Fatal(err)
		}
		l, err = share(t.Context(), pool, dialect, Shard{1, whole}, dblock.Holder{})
		if err != nil {
			t.Fatalf("with all of them: %v", err)
		}
		if err := l.Release(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// To remove old parked events takes a connection beside those that a relay keeps. A pool
// that can never have it is refused, and one that has none does not stop the relay. A relay
// that is started on a pool that has none says so.
func TestParkedRetentionNeedsAConnection(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite:") {
			return // where nothing is kept
		}
		kept := 3
		if strings.HasPrefix(url, "postgres") {
			kept = 4
		}
		cl, err := NewClient([]string{"127.0.0.1:1"})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(cl.Close)
		build := func(most int) (*Relay, *sql.DB, error) {
			t.Helper()
			db, pool := migrated(t, url, most)
			q, err := OpenQueue(db)
			if err != nil {
				t.Fatal(err)
			}
			r, err := New(db, q, cl, WithParkedRetention(time.Hour))
			return r, pool, err
		}
		if _, _, err := build(kept); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("a relay needs %d", kept+1)) {
			t.Errorf("a pool of %d: error %v, want one that says how many it takes", kept, err)
		}
		r, pool, err := build(kept + 1)
		if err != nil {
			t.Fatal(err)
		}
		var held []*sql.Conn
		for range kept + 1 {
			conn, err := pool.Conn(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			held = append(held, conn)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for name, err := range map[string]error{"pruning": (&term{r: r}).pruneParked(ctx), "the start": r.Run(ctx)} {
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("all %d connections of the database's pool", kept+1)) {
				t.Errorf("%s without one: error %v, want one that names the pool", name, err)
			}
		}
		for _, conn := range held {
			if err := conn.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if err := (&term{r: r}).pruneParked(ctx); err != nil {
			t.Errorf("with one: %v", err)
		}
	})
}
