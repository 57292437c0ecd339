package cli_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
)

// command is a running command line with its own streams.
type command struct {
	lines *bufio.Scanner
	err   lockedBuffer
	stop  context.CancelFunc
	code  chan int
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func start(t *testing.T, args ...string) *command {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	c := &command{lines: bufio.NewScanner(out), stop: stop, code: make(chan int, 1)}
	env := &cli.Env{
		Project:   cli.Project{Sources: []migrate.Source{migrate.NewSource(outbox.Source())}},
		In:        strings.NewReader(""),
		Out:       in,
		Err:       &c.err,
		LookupEnv: func(string) (string, bool) { return "", false },
	}
	go func() {
		code := cli.Run(ctx, env, args)
		_ = in.Close() // a pipe's Close never fails
		c.code <- code
	}()
	t.Cleanup(stop)
	return c
}

// end stops the command and checks its exit code.
func (c *command) end(t *testing.T, want int) {
	t.Helper()
	c.stop()
	select {
	case got := <-c.code:
		if got != want {
			t.Fatalf("exit code %d, want %d: %s", got, want, c.err.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("the command does not end: %s", c.err.String())
	}
}

func TestRegistryServe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "registry.db")
	for _, store := range []string{"memory", "sqlite:" + file, "sqlite:" + file} {
		c := start(t, "registry", "serve", "--listen", "127.0.0.1:0", "--store", store)
		if !c.lines.Scan() {
			t.Fatalf("no address: %s", c.err.String())
		}
		url := c.lines.Text()
		for _, path := range []string{"/healthz", "/readyz", "/subjects"} {
			if status := get(t, url+path); status != http.StatusOK {
				t.Errorf("%s: GET %s: status %d", store, path, status)
			}
		}
		c.end(t, cli.ExitDone)
		if resp, err := http.DefaultClient.Do(request(t, url)); err == nil {
			t.Errorf("%s still answers after the stop", store)
			_ = resp.Body.Close() // the test has failed already
		}
	}
}

func request(t *testing.T, url string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func get(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.DefaultClient.Do(request(t, url))
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

// signedIn is a broker that ada signs in at by a mechanism, with a password of signs that
// mean something in a URL.
func signedIn(t *testing.T, mechanism string) string {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.EnableSASL(), kfake.Superuser(mechanism, "ada", "a:b@/?%"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	return cluster.ListenAddrs()[0]
}

// A broker that wants a user is given one, by each of the mechanisms.
func TestRegistryServeSignsIn(t *testing.T) {
	t.Parallel()
	for mechanism, parameter := range map[string]string{"PLAIN": "?sasl=plain", "SCRAM-SHA-256": "/_schemas?sasl=SCRAM-SHA-256", "SCRAM-SHA-512": "/t"} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			c := start(t, "registry", "serve", "--listen", "127.0.0.1:0", "--store", "kafka://ada:a%3Ab%40%2F%3F%25@"+signedIn(t, mechanism)+parameter)
			if !c.lines.Scan() {
				t.Fatalf("no address: %s", c.err.String())
			}
			if got := get(t, c.lines.Text()+"/readyz"); got != http.StatusOK {
				t.Errorf("status %d:\n%s", got, c.err.String())
			}
			c.end(t, cli.ExitDone)
			if text := c.err.String(); strings.Contains(text, "a%3Ab") || strings.Contains(text, "a:b@") {
				t.Errorf("the password is in the log: %s", text)
			}
		})
	}
}

func TestRegistryServeErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		code int
		want string
	}{
		{"no store", nil, cli.ExitUsage, "--store memory"},
		{"unknown store", []string{"--store", "oracle://u:secret@h"}, cli.ExitUsage, "memory, sqlite:FILE"},
		{"sqlite without a file", []string{"--store", "sqlite:"}, cli.ExitUsage, "no file"},
		{"kafka without brokers", []string{"--store", "kafka:///_schemas"}, cli.ExitUsage, "kafka://BROKER"},
		{"kafka with an empty broker", []string{"--store", "kafka://a:1,/t"}, cli.ExitUsage, "the brokers"},
		{"kafka without a user's name", []string{"--store", "kafka://:secret@a:1/t"}, cli.ExitUsage, "the user"},
		{"kafka with a user without a password", []string{"--store", "kafka://u@a:1/t"}, cli.ExitUsage, "the password"},
		{"kafka with half an escape", []string{"--store", "kafka://u:secret%@a:1/t"}, cli.ExitUsage, "%XX"},
		{"kafka with another mechanism", []string{"--store", "kafka://u:secret@a:1/t?sasl=gssapi"}, cli.ExitUsage, "scram-sha-256"},
		{"kafka with a mechanism for nobody", []string{"--store", "kafka://a:1/t?sasl=plain"}, cli.ExitUsage, `"sasl"`},
		{"kafka with another parameter", []string{"--store", "kafka://a:1/t?ssl=true"}, cli.ExitUsage, `"ssl"`},
		{"kafka with a wrong password", []string{"--store", "kafka://ada:secret@" + signedIn(t, "PLAIN") + "?sasl=plain", "--listen", "127.0.0.1:0", "--start-timeout", "1s"}, cli.ExitFailure, "ask the cluster"},
		{"half of TLS", []string{"--store", "memory", "--tls-cert", "x"}, cli.ExitUsage, "belong together"},
		{"missing users", []string{"--store", "memory", "--users", "nosuch"}, cli.ExitUsage, "nosuch"},
		{"missing folder", []string{"--store", "sqlite:" + filepath.Join(t.TempDir(), "no", "r.db")}, cli.ExitFailure, "does not exist"},
		{"bad address", []string{"--store", "memory", "--listen", "nowhere"}, cli.ExitUsage, "nowhere"},
		{"bad port", []string{"--store", "memory", "--listen", "127.0.0.1:99999"}, cli.ExitUsage, "99999"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := start(t, append([]string{"registry", "serve"}, tt.args...)...)
			select {
			case code := <-c.code:
				if code != tt.code {
					t.Errorf("exit code %d, want %d", code, tt.code)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("it runs")
			}
			if text := c.err.String(); !strings.Contains(text, tt.want) || strings.Contains(text, "secret") {
				t.Errorf("stderr %q, want %q in it and no secret", text, tt.want)
			}
		})
	}
}

// ids gives every schema an id without a registry.
type ids struct{}

func (ids) ID(context.Context, string, *codec.Schema) (uint32, error) { return 7, nil }

func TestOutboxRelay(t *testing.T) {
	t.Parallel()
	url := testenv.SQLite(t)
	brokers := testenv.KFake(t)
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = database.Close(db) }) // the test has read what it wants
	start(t, "migrate", "up", "--database-url", url).wait(t)
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ConsumeTopics("payments"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if _, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, 1, nil, "payments"); err != nil {
		t.Fatal(err)
	}
	publish(t, db, 25)

	c := start(t, "outbox", "relay", "--database-url", url, "--brokers", strings.Join(brokers, ","))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var keys []string
	for len(keys) < 25 && ctx.Err() == nil {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) { keys = append(keys, string(r.Key)) })
	}
	for i, key := range keys {
		if key != fmt.Sprint(i) {
			t.Fatalf("record %d has key %s: %v", i, key, keys)
		}
	}
	if len(keys) != 25 {
		t.Fatalf("%d records, want 25: %s", len(keys), c.err.String())
	}
	c.end(t, cli.ExitDone)
	var left int64
	if err := db.Raw("SELECT count(*) FROM outbox_events").Scan(&left).Error; err != nil || left != 0 {
		t.Errorf("%d rows are left: %v", left, err)
	}
}

// wait lets the command run to its end.
func (c *command) wait(t *testing.T) {
	t.Helper()
	for c.lines.Scan() { // nobody else reads what it prints
	}
	if code := <-c.code; code != cli.ExitDone {
		t.Fatalf("exit code %d: %s", code, c.err.String())
	}
}

func publish(t *testing.T, db *gorm.DB, n int) {
	t.Helper()
	box, err := outbox.New(t.Context(), ids{}, []codec.Event{(*events.PaymentReceived)(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Use(box); err != nil {
		t.Fatal(err)
	}
	err = db.Transaction(func(tx *gorm.DB) error {
		for i := range n {
			if err := outbox.Publish(tx, &events.PaymentReceived{PaymentID: int64(i), ReceivedAt: time.Unix(1, 0)}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
