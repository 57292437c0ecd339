package statetransfer_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/examples/internal/embedded"
	"github.com/schemactl/schemactl/examples/statetransfer"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/stream"
)

// childVariable makes this test binary the directory, so that it can be killed.
const childVariable = "EXAMPLE_DIRECTORY"

func TestMain(m *testing.M) {
	text := os.Getenv(childVariable)
	if text == "" {
		os.Exit(m.Run())
	}
	var cfg statetransfer.Config
	err := json.Unmarshal([]byte(text), &cfg)
	if err == nil {
		cfg.Logger = slog.New(slog.NewTextHandler(os.Stderr, nil))
		err = statetransfer.RunDirectory(context.Background(), cfg, func() { fmt.Fprintln(os.Stdout, "caught up") })
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// world is the source of the accounts, and a database.
type world struct {
	*testing.T
	parts  *embedded.Parts
	config statetransfer.Config
	source string
	db     *gorm.DB
	want   map[int64]statetransfer.Copy
}

func newWorld(t *testing.T, databaseURL string) *world {
	t.Helper()
	parts, err := embedded.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(parts.Close)
	if err := parts.Topic(t.Context(), "accounts", map[string]*string{"cleanup.policy": new("compact")}); err != nil {
		t.Fatal(err)
	}
	w := &world{T: t, parts: parts, want: map[int64]statetransfer.Copy{}}
	w.config = statetransfer.Config{DatabaseURL: databaseURL, Brokers: parts.Brokers, RegistryURL: parts.RegistryURL}
	listening, ended := make(chan string, 1), make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cfg := w.config
	cfg.OnListening = func(u string) { listening <- u }
	cfg.Logger = slog.New(slog.NewTextHandler(t.Output(), nil))
	go func() { ended <- statetransfer.RunAccounts(ctx, cfg) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case w.source = <-listening:
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	if w.db, err = database.Open(t.Context(), databaseURL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(w.db) })
	return w
}

// directory starts the consumer as a process. caughtUp waits for what it says, kill
// ends it as a crash does.
func (w *world) directory() (caughtUp, kill func()) {
	w.Helper()
	text, err := json.Marshal(map[string]any{
		"DatabaseURL": w.config.DatabaseURL, "Brokers": w.config.Brokers, "RegistryURL": w.config.RegistryURL,
	})
	if err != nil {
		w.Fatal(err)
	}
	cmd := exec.CommandContext(w.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+string(text))
	cmd.Stderr = w.Output()
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	kill = sync.OnceFunc(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	w.Cleanup(kill)
	caughtUp = func() {
		w.Helper()
		if !lines.Scan() || lines.Text() != "caught up" {
			w.Fatalf("the directory says %q, want that it has caught up", lines.Text())
		}
	}
	return caughtUp, kill
}

func (w *world) set(path, name string) {
	w.Helper()
	var a statetransfer.Account
	if _, err := embedded.Call(w.Context(), http.MethodPost, w.source+path, statetransfer.Account{DisplayName: name}, &a); err != nil {
		w.Fatal(err)
	}
	w.want[a.ID] = statetransfer.Copy{AccountID: a.ID, Version: a.Version, DisplayName: a.DisplayName, Status: "active"}
}

func (w *world) remove(id int64) {
	w.Helper()
	if _, err := embedded.Call(w.Context(), http.MethodDelete, fmt.Sprint(w.source, "/accounts/", id), nil, nil); err != nil {
		w.Fatal(err)
	}
	delete(w.want, id)
}

// diff compares the copy with what it is to be.
func (w *world) diff() string {
	w.Helper()
	var rows []statetransfer.Copy
	if err := w.db.Find(&rows).Error; err != nil {
		w.Fatal(err)
	}
	got := map[int64]statetransfer.Copy{}
	for _, r := range rows {
		got[r.AccountID] = r
	}
	return cmp.Diff(w.want, got)
}

func (w *world) until(what string, ok func() bool) {
	w.Helper()
	ctx, cancel := context.WithTimeout(w.Context(), 60*time.Second)
	defer cancel()
	if err := embedded.Until(ctx, func() (bool, error) { return ok(), nil }); err != nil {
		w.Fatalf("waited in vain until %s", what)
	}
}

// published waits until the outbox is empty.
func (w *world) published() {
	w.Helper()
	w.until("all is on the topic", func() bool {
		var n int64
		if err := w.db.Raw("SELECT count(*) FROM outbox_events").Scan(&n).Error; err != nil {
			w.Fatal(err)
		}
		return n == 0
	})
}

func (w *world) producer() *stream.Producer[events.AccountState] {
	w.Helper()
	ids, err := client.New(w.parts.RegistryURL)
	if err != nil {
		w.Fatal(err)
	}
	p, err := stream.NewProducer[events.AccountState](w.Context(), w.parts.Kafka, ids)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func TestStateTransfer(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		for i := range 30 {
			w.set("/accounts", fmt.Sprint("account ", i))
		}
		for id := int64(1); id <= 30; id++ {
			w.set(fmt.Sprint("/accounts/", id), "renamed")
			if id%5 == 0 {
				w.remove(id)
			}
		}
		w.published()
		// A new consumer has all of it once it says so.
		caughtUp, kill := w.directory()
		caughtUp()
		if diff := w.diff(); diff != "" {
			t.Fatalf("copy (-want +got):\n%s", diff)
		}
		// It is killed in the middle of changes, and goes on where the copy is.
		for round := range 3 {
			for id := range w.want {
				w.set(fmt.Sprint("/accounts/", id), fmt.Sprint("round ", round))
			}
			w.remove(int64(round + 1))
			kill()
			_, kill = w.directory()
		}
		w.published()
		w.until("the copy is what it is to be", func() bool { return w.diff() == "" })
		w.endsWithTombstones()

		// A state that comes again, older than the copy, and the tombstone of an account
		// that lives on under a later version, change nothing.
		p := w.producer()
		stale := &events.AccountState{AccountID: 11, Version: 1, DisplayName: "stale", OpenedAt: time.Now(), ChangedAt: time.Now()}
		if err := p.Produce(t.Context(), stale); err != nil {
			t.Fatal(err)
		}
		if err := p.Tombstone(t.Context(), stale); err != nil {
			t.Fatal(err)
		}
		kill()
		caughtUp, kill = w.directory()
		caughtUp()
		if diff := w.diff(); diff != "" {
			t.Errorf("copy after stale records (-want +got):\n%s", diff)
		}
		kill()
	})
}

// endsWithTombstones reads the topic: the last record of a deleted account is its
// tombstone, and no other account has one.
func (w *world) endsWithTombstones() {
	w.Helper()
	ends, err := kadm.NewClient(w.parts.Kafka).ListEndOffsets(w.Context(), "accounts")
	if err != nil {
		w.Fatal(err)
	}
	var left int64
	ends.Each(func(o kadm.ListedOffset) { left += o.Offset })
	cl, err := kgo.NewClient(kgo.SeedBrokers(w.parts.Brokers...), kgo.ConsumeTopics("accounts"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		w.Fatal(err)
	}
	defer cl.Close()
	last := map[string]*kgo.Record{}
	for n := int64(0); n < left; {
		fetches := cl.PollFetches(w.Context())
		if err := fetches.Err(); err != nil {
			w.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) { last[string(r.Key)] = r; n++ })
	}
	for id := int64(1); id <= 30; id++ {
		r, key := last[fmt.Sprint(id)], fmt.Sprint(id)
		_, lives := w.want[id]
		if r == nil || (r.Value != nil) != lives {
			w.Errorf("the last record of account %s: %v, want a tombstone: %t", key, r, !lives)
		}
		if !lives && r != nil && !hasHeader(r, codec.HeaderSequence) {
			w.Errorf("the tombstone of account %s has no sequence", key)
		}
	}
}

func hasHeader(r *kgo.Record, name string) bool {
	for _, h := range r.Headers {
		if h.Key == name && len(h.Value) > 0 {
			return true
		}
	}
	return false
}

// TestTakeOver has a second process build the copy while the first still runs: the
// first ends, and the copy stays right.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		for range 8 {
			w.set("/accounts", "a")
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var ended [2]chan error
		for i := range ended {
			ended[i] = make(chan error, 1)
			caughtUp := make(chan struct{})
			go func() { ended[i] <- statetransfer.RunDirectory(ctx, w.config, func() { close(caughtUp) }) }()
			select {
			case <-caughtUp:
			case err := <-ended[i]:
				t.Fatal(err)
			}
		}
		for id := range w.want {
			w.set(fmt.Sprint("/accounts/", id), "b")
		}
		select {
		case err := <-ended[0]:
			if err == nil || !strings.Contains(err.Error(), "has taken the copy over") {
				t.Errorf("the first ends with %v, want that the other has taken over", err)
			}
		case <-time.After(30 * time.Second):
			t.Error("the first goes on")
		}
		w.until("the copy is what it is to be", func() bool { return w.diff() == "" })
		cancel()
		if err := <-ended[1]; err != nil {
			t.Error(err)
		}
	})
}
