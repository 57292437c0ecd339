package cli_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
)

// said runs a command to its end and gives what it printed.
func said(t *testing.T, want int, args ...string) string {
	t.Helper()
	c := start(t, args...)
	var out strings.Builder
	for c.lines.Scan() {
		out.WriteString(c.lines.Text() + "\n")
	}
	if code := <-c.code; code != want {
		t.Fatalf("%v: exit code %d, want %d: %s", args, code, want, c.err.String())
	}
	return out.String() + c.err.String()
}

// eventuallySaid repeats a command until it prints something.
func eventuallySaid(t *testing.T, want string, args ...string) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		got := said(t, cli.ExitDone, args...)
		if strings.Contains(got, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v says %q, want %q in it", args, got, want)
		}
	}
}

func TestOutboxParked(t *testing.T) {
	t.Parallel()
	url, brokers := testenv.SQLite(t), testenv.KFake(t)
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(db) }) // the test has read what it wants
	on := func(args ...string) []string {
		return append(append([]string{"outbox"}, args...), "--database-url", url)
	}
	start(t, "migrate", "up", "--database-url", url).wait(t)
	said(t, cli.ExitDone, on("park", "--topic", "payments", "--key", "3", "--reason", "wrong")...)
	publish(t, db, 5)
	err = db.Transaction(func(tx *gorm.DB) error { return outbox.Tombstone(tx, &events.PaymentReceived{PaymentID: 3}) })
	if err != nil {
		t.Fatal(err)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics("payments"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, nil, "payments"); err != nil {
		t.Fatal(err)
	}
	if got := said(t, cli.ExitDone, on("status")...); !strings.Contains(got, "6 events wait") || !strings.Contains(got, "nobody relays") {
		t.Errorf("status: %q", got)
	}
	if got := said(t, cli.ExitFailure, on("drain", "--timeout", "300ms")...); !strings.Contains(got, "6 events wait") {
		t.Errorf("drain without a relay: %q", got)
	}

	relay := start(t, on("relay", "--brokers", strings.Join(brokers, ","))...)
	eventuallySaid(t, "2 events of 1 keys are parked", on("status")...)
	if got := said(t, cli.ExitFailure, on("drain")...); !strings.Contains(got, "outbox retry") {
		t.Errorf("drain with parked events: %q", got)
	}
	var list []struct {
		ID            int64
		Topic, Key    string
		Bytes         int
		Scope, Reason string
	}
	if err := json.Unmarshal([]byte(said(t, cli.ExitDone, on("parked", "--output", "json")...)), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || list[0].Reason != "wrong" || list[1].Key != "3" || list[1].Scope != "waits" {
		t.Fatalf("parked: %+v", list)
	}
	if list[0].Bytes != 0 || list[1].Bytes <= 0 || list[2].Bytes != -1 {
		t.Errorf("parked: %+v, want a mark, an event and a tombstone", list)
	}
	if got := said(t, cli.ExitDone, on("parked")...); strings.Count(got, "tombstone") != 1 {
		t.Errorf("parked: %q, want one tombstone", got)
	}
	if got := said(t, cli.ExitDone, on("retry", "--key", "3")...); !strings.HasPrefix(got, "3 parked") {
		t.Errorf("retry: %q", got)
	}
	eventuallySaid(t, "nothing is parked", on("parked")...)
	said(t, cli.ExitDone, on("drain", "--timeout", "20s")...)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	keys, last := map[string]int{}, map[string]*kgo.Record{}
	for n := 0; n < 6 && ctx.Err() == nil; {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) { keys[string(r.Key)]++; last[string(r.Key)] = r; n++ })
	}
	if len(keys) != 5 || keys["3"] != 2 || last["3"].Value != nil {
		t.Errorf("the topic has %v, and last of key 3 %v", keys, last["3"])
	}

	said(t, cli.ExitDone, on("park", "--topic", "payments")...)
	eventuallySaid(t, "topic", on("parked")...)
	if got := said(t, cli.ExitUsage, on("discard", "--all")...); !strings.Contains(got, "--yes") {
		t.Errorf("discard without --yes: %q", got)
	}
	if got := said(t, cli.ExitDone, on("discard", "--older-than", "1h", "--yes")...); !strings.HasPrefix(got, "0 parked") {
		t.Errorf("discard of old ones: %q", got)
	}
	if got := said(t, cli.ExitDone, on("discard", "--all", "--yes")...); !strings.HasPrefix(got, "1 parked") {
		t.Errorf("discard: %q", got)
	}
	relay.end(t, cli.ExitDone)
}

func TestOutboxErrors(t *testing.T) {
	t.Parallel()
	file := "sqlite:" + filepath.Join(t.TempDir(), "no.db")
	for want, args := range map[string][]string{
		"no brokers":       {"relay"},
		"no topic":         {"park"},
		"which events":     {"retry"},
		"exclude each":     {"retry", "--all", "--id", "1"},
		"--older-than -1s": {"discard", "--older-than", "-1s"},
		"--limit 0":        {"parked", "--limit", "0"},
		"--timeout -1s":    {"drain", "--timeout", "-1s"},
	} {
		if got := said(t, cli.ExitUsage, append(append([]string{"outbox"}, args...), "--database-url", file)...); !strings.Contains(got, want) {
			t.Errorf("%v: %q, want %q in it", args, got, want)
		}
	}
}
