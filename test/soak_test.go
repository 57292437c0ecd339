package test_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
)

// soakRounds is how often a soak test kills: once in `make test`, 20 times in CI's
// `make soak`, 100 times with SOAK=full.
func soakRounds() int {
	switch os.Getenv("SOAK") {
	case "full":
		return 100
	case "ci":
		return 20
	}
	return 3
}

// A deploy is killed at any moment of its work, round by round. The next one
// completes it, and every migration has had its effect once.
func TestSoakKilledDeploys(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		takeTurn(t)
		db := open(t, url)
		execute(t, db, "CREATE TABLE soak_steps (step bigint NOT NULL)")
		start := schemactl(t, "version").ok(t).took
		var want []string
		cut := 0
		for round := range soakRounds() {
			args, steps := soakSource(t, url, round)
			want = append(want, steps...)
			cmd := schemactl(t, args...).command(t)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			kill := time.AfterFunc(start/2+rand.N(60*time.Millisecond), func() { _ = cmd.Process.Kill() }) // it may have ended
			_ = cmd.Wait()                                                                                 // mostly killed
			kill.Stop()
			if done := len(lines(t, db, "SELECT step FROM soak_steps")); done > len(want)-len(steps) && done < len(want) {
				cut++
			}
			schemactl(t, args...).ok(t)
		}
		same(t, db, "SELECT step FROM soak_steps ORDER BY step", want...)
		t.Logf("%d of %d deploys were killed between two of their migrations", cut, soakRounds())
	})
}

// soakSource makes a source of its own for a round and returns the command line
// and the steps that its files write.
func soakSource(t *testing.T, url string, round int) (args, steps []string) {
	t.Helper()
	dir := t.TempDir()
	for i := range 30 {
		step := strconv.Itoa(10_000 + round*100 + i)
		steps = append(steps, step)
		write(t, filepath.Join(dir, fmt.Sprintf("%05d_step.sql", i+1)), "-- +goose Up\nINSERT INTO soak_steps (step) VALUES ("+step+");\n")
	}
	return []string{"migrate", "up", "--database-url", url, "--source", fmt.Sprintf("soak_%d=%s", round, dir)}, steps
}

// noRegistry gives every schema the same id.
type noRegistry struct{}

func (noRegistry) ID(context.Context, string, *codec.Schema) (uint32, error) { return 1, nil }

// A relay is killed again and again while events are published. None is lost, and
// the first occurrences of a key are in order; repeats are what a kill costs.
func TestSoakKilledRelays(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		takeTurn(t)
		db, brokers, admin := published(t, url)
		stop := publishing(t, db)

		relay := []string{"outbox", "relay", "--database-url", url, "--brokers", strings.Join(brokers, ","), "--batch", "50"}
		for range soakRounds() {
			cmd := schemactl(t, relay...).command(t)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(100*time.Millisecond + rand.N(300*time.Millisecond)) // until it is killed, at any moment
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // killed
		}
		want := stop()
		last := schemactl(t, relay...).command(t)
		if err := last.Start(); err != nil {
			t.Fatal(err)
		}
		// One more for the last relay alone: once it is gone the relay is up, and a
		// signal finds it listening.
		want["99"] = 1
		err := db.Transaction(func(tx *gorm.DB) error {
			return outbox.Publish(tx, &events.AccountState{AccountID: 99, Version: 1, OpenedAt: time.Unix(1, 0), ChangedAt: time.Unix(1, 0)})
		})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "the outbox is empty", time.Minute, func() bool {
			return slices.Equal(lines(t, db, "SELECT count(*) FROM outbox_events"), []string{"0"})
		})
		if err := last.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		if err := last.Wait(); err != nil {
			t.Errorf("the last relay: %v", err)
		}
		checkStates(t, brokers, admin, want)
	})
}

// published makes an outbox, and a broker with the topic of its events.
func published(t *testing.T, url string) (*gorm.DB, []string, *kadm.Client) {
	t.Helper()
	brokers := testenv.KFake(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	admin := kadm.NewClient(client)
	if _, err := admin.CreateTopic(t.Context(), 4, 1, nil, "accounts"); err != nil {
		t.Fatal(err)
	}
	schemactl(t, "migrate", "up", "--database-url", url).ok(t)
	db := open(t, url)
	box, err := outbox.New(t.Context(), noRegistry{}, []codec.Event{(*events.AccountState)(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Use(box); err != nil {
		t.Fatal(err)
	}
	return db, brokers, admin
}

// publishing publishes until stop is called, which tells the last versions.
func publishing(t *testing.T, db *gorm.DB) (stop func() map[string]int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan map[string]int64, 1)
	go func() { done <- publishStates(t, ctx, db) }()
	return func() map[string]int64 {
		cancel()
		return <-done
	}
}

// publishStates publishes rising versions of 20 accounts until ctx ends, and
// returns the last version of each.
func publishStates(t *testing.T, ctx context.Context, db *gorm.DB) map[string]int64 { //nolint:revive // ctx is the one to be cancelled
	last := map[string]int64{}
	for n := int64(0); ctx.Err() == nil; n++ {
		id := n % 20
		err := db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			return outbox.Publish(tx, &events.AccountState{AccountID: id, Version: last[strconv.FormatInt(id, 10)] + 1, OpenedAt: time.Unix(1, 0), ChangedAt: time.Unix(1, 0)})
		})
		if err != nil {
			if ctx.Err() == nil {
				t.Error(err)
			}
			// Whether the last one was committed is not known: the table says.
			break
		}
		last[strconv.FormatInt(id, 10)]++
	}
	return last
}

// checkStates reads the topic and compares the versions of each key.
func checkStates(t *testing.T, brokers []string, admin *kadm.Client, want map[string]int64) {
	t.Helper()
	ends, err := admin.ListEndOffsets(t.Context(), "accounts")
	if err != nil {
		t.Fatal(err)
	}
	var left int64
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	reader, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics("accounts"))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	newest, seen, repeats := map[string]int64{}, map[string]bool{}, 0
	for left > 0 && ctx.Err() == nil {
		fetches := reader.PollFetches(ctx)
		if err := errors.Join(fetches.Err0()); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			left--
			id := recordHeader(r, codec.HeaderID)
			if seen[id] {
				repeats++
				return
			}
			seen[id] = true
			version, err := strconv.ParseInt(recordHeader(r, codec.HeaderSequence), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if version != newest[string(r.Key)]+1 {
				t.Errorf("account %s: version %d comes after %d", r.Key, version, newest[string(r.Key)])
			}
			newest[string(r.Key)] = version
		})
	}
	for key, version := range want {
		if got := newest[key]; got < version || got > version+1 { // one more when the last commit's answer was cut off
			t.Errorf("account %s: the newest version on the topic is %d, want %d", key, got, version)
		}
	}
	t.Logf("%d events of %d keys, %d repeats", len(seen), len(want), repeats)
}

func recordHeader(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}
