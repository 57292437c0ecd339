package devbroker

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func open(t *testing.T, cfg Config) *Broker {
	t.Helper()
	cfg.Listen, cfg.Partitions = "127.0.0.1:0", 1
	b, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil && !errors.Is(err, os.ErrClosed) {
			t.Error(err)
		}
	})
	return b
}

// TestSweep: what is past its time goes, but not from topics that are compacted or
// have a retention of their own.
func TestSweep(t *testing.T) {
	t.Parallel()
	b := open(t, Config{Dir: t.TempDir() + "/d", Retention: time.Hour})
	client, err := b.Client()
	if err != nil {
		t.Fatal(err)
	}
	admin := kadm.NewClient(client)
	for topic, config := range map[string]map[string]*string{
		"plain": nil, "states": {"cleanup.policy": new("compact")}, "own": {"retention.ms": new("-1")},
	} {
		if _, err := admin.CreateTopic(t.Context(), 1, 1, config, topic); err != nil {
			t.Fatal(err)
		}
		for _, age := range []time.Duration{3 * time.Hour, 2 * time.Hour, time.Minute} {
			r := &kgo.Record{Topic: topic, Key: []byte(age.String()), Value: []byte("x"), Timestamp: time.Now().Add(-age)}
			if err := client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	starts := func(now time.Time) map[string]int64 {
		t.Helper()
		if err := b.sweep(t.Context(), admin, now); err != nil {
			t.Fatal(err)
		}
		offsets, err := admin.ListStartOffsets(t.Context(), "plain", "states", "own")
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]int64{}
		offsets.Each(func(o kadm.ListedOffset) { got[o.Topic] = o.Offset })
		return got
	}
	if got := starts(time.Now()); got["plain"] != 2 || got["states"] != 0 || got["own"] != 0 {
		t.Errorf("first offsets %v: want 2 of plain and 0 of the others", got)
	}
	if got := starts(time.Now().Add(2 * time.Hour)); got["plain"] != 3 {
		t.Errorf("first offsets %v: want 3, when all are past their time", got)
	}
}

// TestOneFolder: whatever name a folder goes by, it has one broker.
func TestOneFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	b := open(t, Config{Dir: dir + "/d"})
	if err := os.Symlink(dir+"/d", dir+"/link"); err != nil {
		t.Skip(err)
	}
	for _, name := range []string{dir + "/d", dir + "/d/../d", dir + "/link"} {
		_, err := Open(t.Context(), Config{Dir: name, Listen: "127.0.0.1:0", Partitions: 1})
		if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), b.Address()) {
			t.Errorf("%s: %v: want %v, with the other one's address", name, err, ErrInUse)
		}
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, Config{Dir: filepath.Join(dir, "link")}).Close(); err != nil {
		t.Error(err)
	}
}

// TestPortInUse: the folder is free again after a start that failed.
func TestPortInUse(t *testing.T) {
	t.Parallel()
	b := open(t, Config{Dir: t.TempDir() + "/a"})
	dir := t.TempDir() + "/b"
	if _, err := Open(t.Context(), Config{Dir: dir, Listen: b.Address(), Partitions: 1}); err == nil || !strings.Contains(err.Error(), b.Address()) {
		t.Errorf("error %v, want one that names the address", err)
	}
	open(t, Config{Dir: dir})
}
