package stream_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/stream"
)

const (
	crashVariable = "STREAM_CRASH_CHILD" // brokers, prefix, instance, folder
	crashKeys     = 12
)

// TestCrash kills consuming processes at random points, between handler, letter,
// tombstone and commit, while their handlers fail now and then, letters are replayed
// and the partitions move between two members. Nothing is lost, no effect is doubled
// behind the inbox, and the effects of a key are in the order of its events.
func TestCrash(t *testing.T) {
	if text := os.Getenv(crashVariable); text != "" {
		crashChild(t, strings.Split(text, "|"))
		return
	}
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		rounds := 6
		if os.Getenv("SOAK") == "full" {
			rounds = 100
		}
		folder := t.TempDir()
		db := crashDatabase(t, folder)
		children := [2]*exec.Cmd{crashStart(t, b, folder, 0), crashStart(t, b, folder, 1)}
		written, letters := int64(0), 0
		for range rounds {
			for range 10 {
				written++
				for id := int64(1); id <= crashKeys; id++ {
					b.tickets(id, written, written)
				}
			}
			time.Sleep(time.Duration(100+rand.IntN(1200)) * time.Millisecond) //nolint:gosec // a random point, no waiting for anything
			open := b.open()
			letters += len(open)
			if len(open) > 0 {
				b.replay(open[:1+rand.IntN(len(open))]...) //nolint:gosec // see above
			}
			n := rand.IntN(2) //nolint:gosec // see above
			crashKill(t, children[n])
			children[n] = crashStart(t, b, folder, n)
		}
		if err := os.WriteFile(filepath.Join(folder, "healed"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		crashSettle(t, b, db, written)
		for _, c := range children {
			crashKill(t, c)
		}
		for id := int64(1); id <= crashKeys; id++ {
			var got []int64
			if err := db.Raw("SELECT version FROM effects WHERE id = ? ORDER BY seq", id).Scan(&got).Error; err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(numbers(1, written), got); diff != "" {
				t.Errorf("effects of key %d (-want +got):\n%s", id, diff)
			}
		}
		t.Logf("%d kills, %d events, %d letters seen open", rounds, written*crashKeys, letters)
	})
}

// crashSettle replays until everything has had its effect, for as long as there is
// progress.
func crashSettle(t *testing.T, b *broker, db *gorm.DB, written int64) {
	t.Helper()
	before, since := int64(-1), time.Now()
	for ; ; time.Sleep(time.Second) {
		var n int64
		if err := db.Raw("SELECT count(*) FROM effects").Scan(&n).Error; err != nil {
			t.Fatal(err)
		}
		open := b.open()
		if n >= written*crashKeys && len(open) == 0 {
			return
		}
		if n > before {
			before, since = n, time.Now()
		}
		if time.Since(since) > time.Minute {
			t.Fatalf("%d effects of %d, %d letters are left, and nothing happens", n, written*crashKeys, len(open))
		}
		b.replay(open...)
	}
}

func crashDatabase(tb testing.TB, folder string) *gorm.DB {
	tb.Helper()
	db, err := database.Open(tb.Context(), "sqlite:"+filepath.Join(folder, "effects.db"))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = database.Close(db) }) // the test has read what it wants
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := m.Up(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	if err := db.Exec("CREATE TABLE IF NOT EXISTS effects (seq integer PRIMARY KEY AUTOINCREMENT, id integer, version integer)").Error; err != nil {
		tb.Fatal(err)
	}
	return db
}

func crashStart(t *testing.T, b *broker, folder string, n int) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrash$", "-test.v=false")
	cmd.Env = append(os.Environ(), crashVariable+"="+strings.Join([]string{strings.Join(b.addrs, ","), b.prefix, fmt.Sprint("member-", n), folder}, "|"))
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func crashKill(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Kill(); err != nil {
		t.Fatalf("the child ended by itself: %v", err)
	}
	_ = cmd.Wait() // it was killed
}

// crashChild consumes until it is killed.
func crashChild(t *testing.T, args []string) {
	t.Helper()
	folder := args[3]
	db, err := database.Open(t.Context(), "sqlite:"+filepath.Join(folder, "effects.db"))
	if err != nil {
		t.Fatal(err)
	}
	healed := func() bool { _, err := os.Stat(filepath.Join(folder, "healed")); return err == nil }
	route := stream.On(func(ctx context.Context, m stream.Message[ticket]) error {
		if m.Event.Version%7 == m.Event.ID%7 && rand.IntN(3) > 0 && !healed() { //nolint:gosec // a handler with bad luck
			return errors.New("bad luck")
		}
		id := fmt.Sprintf("%d/%d", m.Event.ID, m.Event.Version)
		_, err := outbox.Once(ctx, db, "crash", id, func(tx *gorm.DB) error {
			return tx.Exec("INSERT INTO effects (id, version) VALUES (?, ?)", m.Event.ID, m.Event.Version).Error
		})
		return stream.Retryable(err)
	})
	cfg := stream.ConsumerConfig{Brokers: strings.Split(args[0], ","), Group: args[1] + "group", Instance: args[2], TopicPrefix: args[1], Schemas: &schemas{}, Routes: []stream.Route{route}}
	c, err := stream.NewConsumer(cfg, stream.WithDeadLetters(0), stream.WithMaxAttempts(2), stream.WithParallelism(4),
		stream.WithRetry(time.Millisecond, 5*time.Millisecond), stream.WithCommitEvery(100*time.Millisecond),
		stream.WithLogger(slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}
