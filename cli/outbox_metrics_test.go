package cli_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
)

func page(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.DefaultClient.Do(request(t, url))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func untilStatus(t *testing.T, url string, want int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got, body := page(t, url)
		if got == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: status %d, %s, want %d", url, got, body, want)
		}
	}
}

// A relay says that it is not ready while the broker takes nothing, and counts.
func TestOutboxRelayHealth(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	url := testenv.SQLite(t)
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(db) }) // the test has read what it wants
	start(t, "migrate", "up", "--database-url", url).wait(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, nil, "payments"); err != nil {
		t.Fatal(err)
	}
	relay := start(t, "outbox", "relay", "--database-url", url, "--brokers", strings.Join(cluster.ListenAddrs(), ","), "--listen", "127.0.0.1:0")
	if !relay.lines.Scan() {
		t.Fatalf("no address: %s", relay.err.String())
	}
	at := relay.lines.Text()
	untilStatus(t, at+"/readyz", http.StatusOK)
	fault := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "payments", Err: kerr.NotEnoughReplicas, Count: -1})
	publish(t, db, 3)
	untilStatus(t, at+"/readyz", http.StatusServiceUnavailable)
	if _, body := page(t, at+"/metrics"); !strings.Contains(body, "schemactl_outbox_waiting_events 3\n") || !strings.Contains(body, "schemactl_outbox_up 0\n") ||
		!strings.Contains(body, "schemactl_outbox_owner 1\n") {
		t.Errorf("metrics:\n%s", body)
	}
	if got, _ := page(t, at+"/healthz"); got != http.StatusOK {
		t.Errorf("healthz: status %d", got)
	}
	fault.Remove()
	untilStatus(t, at+"/readyz", http.StatusOK)
	eventuallySaid(t, "0 events wait", "outbox", "status", "--database-url", url)
	if _, body := page(t, at+"/metrics"); !strings.Contains(body, "schemactl_outbox_relayed_total 3\n") {
		t.Errorf("metrics:\n%s", body)
	}
	relay.end(t, cli.ExitDone)
}
