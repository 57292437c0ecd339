package test_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/internal/testenv"
)

// serveRegistry runs a registry of our own and returns its URL.
func serveRegistry(t *testing.T) string {
	t.Helper()
	r := schemactl(t, "registry", "serve", "--listen", "127.0.0.1:0", "--store", "memory").start(t)
	return "http://" + r.after(t, "http://")
}

// get reads a JSON answer.
func get[T any](t *testing.T, url string) T {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s: %v: %s", url, resp.Status, err, body)
	}
	var v T
	if err := json.Unmarshal(body, &v); err != nil {
		t.Fatalf("GET %s: %v in %s", url, err, body)
	}
	return v
}

// goneFromBroker waits until no topic and no group has the name of a run. A
// broker knows of a deleted topic for a moment longer.
func goneFromBroker(t *testing.T, brokers []string, run string) {
	t.Helper()
	if !strings.HasPrefix(run, "demo-") {
		t.Fatalf("run %q, want a name that begins with demo-", run)
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.MetadataMinAge(50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	var left []string
	for range 40 {
		topics, err := kadm.NewClient(client).ListTopics(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		groups, err := kadm.NewClient(client).ListGroups(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		left = slices.DeleteFunc(append(topics.Names(), groups.Groups()...), func(name string) bool { return !strings.HasPrefix(name, run+".") })
		if len(left) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("topics and groups that the demo has left: %v", left)
}

// A run that was kept can be opened: the applications answer with its data.
func TestDemoKeepAndOpen(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	d := newDemo(t, "--events", "200", "--keep")
	_, command, found := strings.Cut(d.ok(t).stderr, "to open it again: ")
	words := strings.Fields(command)
	if !found || len(words) != 4 || words[0] != "schemactl" {
		t.Fatalf("the command to open it again is %q", command)
	}
	d.args = words[1:]
	r := d.start(t)
	messaging, billing, registry := r.after(t, "  messaging "), r.after(t, "  billing "), r.after(t, "  registry ")
	type message struct {
		ID          int64      `json:"id"`
		Status      string     `json:"status"`
		DeliveredAt *time.Time `json:"delivered_at"`
	}
	if m := get[message](t, messaging+"/messages/1"); m.ID != 1 || m.Status != "delivered" || m.DeliveredAt == nil {
		t.Errorf("message 1 is %+v, want it delivered", m)
	}
	if p := get[map[string]any](t, billing+"/messages/1/payment"); len(p) == 0 {
		t.Error("message 1 has no payment")
	}
	if subjects := get[[]string](t, registry+"/subjects"); len(subjects) != 4 {
		t.Errorf("the registry has the subjects %v, want 4", subjects)
	}
	if code := r.interrupt(t, 20*time.Second); code != 0 {
		t.Errorf("exit code %d after SIGINT, want 0:\n%s", code, r.said())
	}
	if found := processesWith(t, "TMPDIR="+d.tmp); len(found) > 0 {
		t.Errorf("processes that outlive the demo: %v", found)
	}
	if _, err := os.Stat(words[3]); err != nil {
		t.Errorf("what was kept is gone: %v", err)
	}
}

// With --serve everything stays up after the audit, until Ctrl-C.
func TestDemoServe(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	d := newDemo(t, "--events", "200", "--serve", "--output", "json")
	r := d.start(t)
	messaging, registry := r.after(t, "  messaging "), r.after(t, "  registry ")
	if m := get[map[string]any](t, messaging+"/messages/50"); m["status"] != "delivered" {
		t.Errorf("message 50 is %v, want it delivered", m)
	}
	if subjects := get[[]string](t, registry+"/subjects"); len(subjects) != 4 {
		t.Errorf("the registry has the subjects %v, want 4", subjects)
	}
	if !strings.Contains(r.said(), `"lost": 0`) {
		t.Errorf("there is no report:\n%s", r.said())
	}
	if code := r.interrupt(t, 20*time.Second); code != 0 {
		t.Errorf("exit code %d after SIGINT, want 0:\n%s", code, r.said())
	}
	d.nothingLeft(t)
}

// The applications do not outlive a supervisor that is killed.
func TestDemoSupervisorKilled(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	d := newDemo(t, "--events", "1000000")
	r := d.start(t)
	r.after(t, "events had their effect")
	if found := processesWith(t, "TMPDIR="+d.tmp); runtime.GOOS == "linux" && len(found) != 3 {
		t.Errorf("processes of the demo: %v, want the supervisor and two applications", found)
	}
	if err := r.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the end of the applications", 40*time.Second, func() bool { return len(processesWith(t, "TMPDIR="+d.tmp)) == 0 })
}

// Ctrl-C ends a run soon, and nothing of it stays on servers or as processes.
func TestDemoInterrupted(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		url   func(testing.TB) string
		after string // the line after which the signal comes
	}{
		{"postgres, at the start", testenv.Postgres, "at the same moment"},
		{"postgres, in the middle", testenv.Postgres, "killed billing"},
		{"mariadb, in the middle", testenv.MariaDB, "events had their effect"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			brokers, url := testenv.Kafka(t), tt.url(t)
			takeTurn(t)
			events := "1000000"
			if strings.Contains(tt.after, "killed") {
				events = "2000"
			}
			d := newDemo(t, "--events", events, "--database-url", url, "--brokers", strings.Join(brokers, ","))
			r := d.start(t)
			r.after(t, tt.after)
			db := open(t, url)
			name := lines(t, db, "SELECT run FROM schemactl_demo")[0]
			if code := r.interrupt(t, 30*time.Second); code != 1 {
				t.Errorf("exit code %d, want 1:\n%s", code, r.said())
			}
			if !strings.Contains(r.said(), "schemactl: interrupted") {
				t.Errorf("it does not say that it was interrupted:\n%s", r.said())
			}
			d.nothingLeft(t)
			if left := tables(t, db); len(left) > 0 {
				t.Errorf("tables that the demo has left: %v", left)
			}
			goneFromBroker(t, brokers, strings.TrimSuffix(name, "."))
		})
	}
}

// A database with somebody's tables is refused and stays as it is.
func TestDemoRefusesForeignTables(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		execute(t, db, "CREATE TABLE accounts (id integer)")
		execute(t, db, "INSERT INTO accounts (id) VALUES (7)")
		d := newDemo(t, "--events", "100", "--database-url", url)
		r := d.run(t)
		if r.code != 1 || !strings.Contains(r.stderr, "accounts") || !strings.Contains(r.stderr, "give it an empty database") {
			t.Errorf("exit code %d, stderr %q: want 1 and a line that names the table", r.code, r.stderr)
		}
		if diff := cmp.Diff([]string{"accounts"}, tables(t, db)); diff != "" {
			t.Errorf("tables (-want +got):\n%s", diff)
		}
		same(t, db, "SELECT id FROM accounts", "7")
		d.nothingLeft(t)
	})
}
