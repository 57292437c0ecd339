package cli_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/stream"
)

const password = "pass-word:@/%"

var authority tls.Certificate // of the brokers that speak TLS

// TestMain makes an authority and has the process trust it alone: those of the system
// are read once.
func TestMain(m *testing.M) { os.Exit(trusting(m)) }

func trusting(m *testing.M) int {
	dir, err := os.MkdirTemp("", "schemactl-cli-test")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a folder of the system's temporary ones
	var trusted []byte
	if authority, trusted, err = newAuthority(); err != nil {
		panic(err)
	}
	file := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(file, trusted, 0o600); err != nil {
		panic(err)
	}
	if err := os.Setenv("SSL_CERT_FILE", file); err != nil {
		panic(err)
	}
	return m.Run()
}

// guardedKafka is a broker with a topic payments and the dead letter topic of its group
// delivery. It lets in ada, where there is a mechanism, else everybody.
type guardedKafka struct {
	address string
	client  *kgo.Client
}

func newGuardedKafka(t *testing.T, mechanism string, overTLS bool) *guardedKafka {
	t.Helper()
	opts := []kfake.Opt{kfake.NumBrokers(1)}
	var settings []kgo.Opt
	if mechanism != "" {
		opts = append(opts, kfake.EnableSASL(), kfake.Superuser(mechanism, "ada", password))
		settings = append(settings, kgo.SASL(map[string]sasl.Mechanism{
			"PLAIN":         plain.Auth{User: "ada", Pass: password}.AsMechanism(),
			"SCRAM-SHA-256": scram.Auth{User: "ada", Pass: password}.AsSha256Mechanism(),
			"SCRAM-SHA-512": scram.Auth{User: "ada", Pass: password}.AsSha512Mechanism(),
		}[mechanism]))
	}
	if overTLS {
		if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
			t.Skip("this system has authorities of its own and does not read SSL_CERT_FILE")
		}
		opts = append(opts, kfake.TLS(&tls.Config{Certificates: []tls.Certificate{authority}, MinVersion: tls.VersionTLS12}))
		settings = append(settings, kgo.DialTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	cluster, err := kfake.NewCluster(opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	k := &guardedKafka{address: cluster.ListenAddrs()[0]}
	k.client, err = kgo.NewClient(append(append(stream.ClientOptions(k.address), kgo.ConsumeTopics("payments")), settings...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.client.Close)
	made, err := kadm.NewClient(k.client).CreateTopics(t.Context(), 1, 1, nil, "payments", "payments.delivery.dlq")
	if err != nil || made.Error() != nil {
		t.Fatal(err, made.Error())
	}
	return k
}

// outcome is what a command line said, and how it ended.
type outcome struct {
	code int
	text string
}

// ended runs a command line to its end, with variables, and looks for the password.
func ended(t *testing.T, variables map[string]string, args ...string) outcome {
	t.Helper()
	var out, stderr bytes.Buffer
	env := &cli.Env{
		Project: cli.Project{Sources: []migrate.Source{migrate.NewSource(outbox.Source())}},
		In:      strings.NewReader(""), Out: &out, Err: &stderr,
		LookupEnv: func(name string) (string, bool) { value, ok := variables[name]; return value, ok },
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	o := outcome{code: cli.Run(ctx, env, args), text: out.String() + stderr.String()}
	if ctx.Err() != nil {
		t.Errorf("%v does not end: %s", args, o.text)
	}
	if strings.Contains(o.text, "pass-word") {
		t.Errorf("%v: the password is in %q", args, o.text)
	}
	return o
}

// onKafka are commands that speak to brokers, by what each says when it is let in.
func onKafka(t *testing.T) map[string][]string {
	t.Helper()
	config := filepath.Join(t.TempDir(), "schemactl.yaml")
	if err := os.WriteFile(config, []byte("topics: [payments]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	letters := []string{"--topic", "payments", "--group", "delivery"}
	return map[string][]string{
		"1 topic as declared":               {"topic", "plan", "--config", config},
		"nothing to do":                     {"topic", "apply", "--config", config},
		"first":                             {"topic", "tail", "payments", "--from", "start"},
		"0 letters in":                      append([]string{"dlq", "list"}, letters...),
		"no such letter: 0-1":               append([]string{"dlq", "show", "0-1"}, letters...),
		"0 letters to replay":               append([]string{"dlq", "replay", "--all"}, letters...),
		"0 letters discarded in payments.d": append([]string{"dlq", "discard", "--all", "--yes"}, letters...),
	}
}

// Every command is let in by brokers that want a user, TLS or both.
func TestKafkaLetsIn(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, mechanism string
		tls             bool
		args            []string
	}{
		{"PLAIN", "PLAIN", false, []string{"--brokers-user", "ada", "--brokers-sasl", "plain"}},
		{"SCRAM-SHA-256", "SCRAM-SHA-256", false, []string{"--brokers-user", "ada", "--brokers-sasl", "SCRAM-SHA-256"}},
		{"SCRAM-SHA-512 and TLS", "SCRAM-SHA-512", true, []string{"--brokers-user", "ada", "--brokers-tls"}},
		{"TLS", "", true, []string{"--brokers-tls"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := newGuardedKafka(t, tt.mechanism, tt.tls)
			if err := k.client.ProduceSync(t.Context(), &kgo.Record{Topic: "payments", Value: []byte("first")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			variables := map[string]string{"SCHEMACTL_BROKERS": k.address}
			if tt.mechanism != "" {
				variables["SCHEMACTL_BROKERS_PASSWORD"] = password
			}
			for want, args := range onKafka(t) {
				if want == "first" {
					want = fmt.Sprintf("5 bytes: %x", "first")
				}
				if got := ended(t, variables, append(args, tt.args...)...); got.code == cli.ExitUsage || !strings.Contains(got.text, want) {
					t.Errorf("%v: exit code %d, %q, want %q in it", args, got.code, got.text, want)
				}
			}
		})
	}
}

// Variables, the file of settings and a file of the password say the same as flags.
func TestKafkaPlacesOfSettings(t *testing.T) {
	t.Parallel()
	k := newGuardedKafka(t, "PLAIN", false)
	dir := t.TempDir()
	secret, config := filepath.Join(dir, "secret"), filepath.Join(dir, "schemactl.yaml")
	for name, text := range map[string]string{
		secret: password + "\n",
		config: "brokers: [" + k.address + "]\nbrokers-user: ada\ntopic:\n  brokers-sasl: plain\n  brokers-password-file: " + secret + "\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tail := []string{"topic", "tail", "payments", "--from", "start"}
	for name, tt := range map[string]struct {
		variables map[string]string
		args      []string
	}{
		"flags": {nil, []string{"--brokers", k.address, "--brokers-user", "ada", "--brokers-sasl", "plain", "--brokers-password", password}},
		"variables": {map[string]string{
			"SCHEMACTL_BROKERS": k.address, "SCHEMACTL_BROKERS_USER": "ada", "SCHEMACTL_BROKERS_SASL": "Plain", "SCHEMACTL_BROKERS_PASSWORD": password,
		}, nil},
		"variable of the file": {map[string]string{
			"SCHEMACTL_BROKERS": k.address, "SCHEMACTL_BROKERS_USER": "ada", "SCHEMACTL_BROKERS_SASL": "plain", "SCHEMACTL_BROKERS_PASSWORD_FILE": secret,
		}, nil},
		"settings": {nil, []string{"--config", config}},
	} {
		if got := ended(t, tt.variables, append(tail, tt.args...)...); got.code != cli.ExitDone {
			t.Errorf("%s: exit code %d, %q", name, got.code, got.text)
		}
	}
}

// Who is refused ends soon, and says what to look at.
func TestKafkaRefuses(t *testing.T) {
	t.Parallel()
	users, open := newGuardedKafka(t, "SCRAM-SHA-512", false).address, testenv.KFake(t)[0]
	strange := httptest.NewTLSServer(nil)
	t.Cleanup(strange.Close)
	untrusted, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.TLS(strange.TLS))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(untrusted.Close)
	url := testenv.SQLite(t)
	start(t, "migrate", "up", "--database-url", url).wait(t)
	commands := map[string][]string{"relay": {"outbox", "relay", "--database-url", url}}
	for _, args := range onKafka(t) {
		commands[args[0]+" "+args[1]] = args
	}
	wrong := map[string]string{"SCHEMACTL_BROKERS_USER": "ada", "SCHEMACTL_BROKERS_PASSWORD": "pass-word"}
	for _, tt := range []struct {
		name, want string
		variables  map[string]string
		args       []string
	}{
		{"wrong password", "are user and password right", wrong, []string{"--brokers", users}},
		{"other mechanism", "does it take PLAIN", wrong, []string{"--brokers", users, "--brokers-sasl", "plain"}},
		{"nobody", "does this port want TLS, or a user", nil, []string{"--brokers", users}},
		{"TLS to a port without", "does this port speak TLS", nil, []string{"--brokers", open, "--brokers-tls"}},
		{"no TLS to a port with it", "does this port want TLS", nil, []string{"--brokers", untrusted.ListenAddrs()[0]}},
		{"strange certificate", "authority of its certificate", nil, []string{"--brokers", untrusted.ListenAddrs()[0], "--brokers-tls"}},
	} {
		for name, args := range commands {
			if tt.name == "TLS to a port without" && name != "relay" {
				continue // it takes five seconds, and they all ask in the same way
			}
			t.Run(tt.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				begin := time.Now()
				got := ended(t, tt.variables, append(args, tt.args...)...)
				if got.code != cli.ExitFailure || !strings.Contains(got.text, tt.want) {
					t.Errorf("exit code %d, %q, want %q in it", got.code, got.text, tt.want)
				}
				if d := time.Since(begin); d > 15*time.Second {
					t.Errorf("it took %s", d)
				}
			})
		}
	}
}

func TestKafkaUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := testenv.SQLite(t)
	for want, args := range map[string][]string{
		`--brokers-sasl "gssapi": want plain, scram-sha-256 or scram-sha-512`: {"--brokers-user", "ada", "--brokers-password", password, "--brokers-sasl", "gssapi"},
		`user "ada" of the brokers has no password`:                           {"--brokers-user", "ada"},
		"a password for the brokers, but no --brokers-user":                   {"--brokers-password", password},
		"there is --brokers-sasl for the brokers, but no --brokers-user":      {"--brokers-sasl", "plain"},
		"exclude each other":                      {"--brokers-user", "ada", "--brokers-password", password, "--brokers-password-file", empty},
		"empty is empty or has more":              {"--brokers-user", "ada", "--brokers-password-file", empty},
		"--brokers-password-file: open":           {"--brokers-user", "ada", "--brokers-password-file", filepath.Join(dir, "nosuch")},
		"--brokers: want host:port alone, separa": {"--brokers", "ada:pass-word@127.0.0.1:1"},
	} {
		for _, command := range [][]string{
			{"outbox", "relay", "--database-url", url, "--brokers", "127.0.0.1:1"},
			{"topic", "tail", "payments", "--brokers", "127.0.0.1:1"},
			{"dlq", "list", "--topic", "payments", "--group", "delivery", "--brokers", "127.0.0.1:1"},
		} {
			if got := ended(t, nil, append(command, args...)...); got.code != cli.ExitUsage || !strings.Contains(got.text, want) {
				t.Errorf("%v %v: exit code %d, %q, want %q in it", command[:2], args, got.code, got.text, want)
			}
		}
	}
}

// A relay brings events to brokers that want TLS and a user.
func TestOutboxRelaySignsIn(t *testing.T) {
	t.Parallel()
	for mechanism, overTLS := range map[string]bool{"PLAIN": false, "SCRAM-SHA-256": true, "SCRAM-SHA-512": true} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			k := newGuardedKafka(t, mechanism, overTLS)
			url := testenv.SQLite(t)
			db, err := database.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = database.Close(db) }) // the test has read what it wants
			start(t, "migrate", "up", "--database-url", url).wait(t)
			publish(t, db, 3)
			c := start(t, "outbox", "relay", "--database-url", url, "--brokers", k.address, fmt.Sprint("--brokers-tls=", overTLS),
				"--brokers-sasl", strings.ToLower(mechanism), "--brokers-user", "ada", "--brokers-password", password)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			n := 0
			for n < 3 && ctx.Err() == nil {
				n += k.client.PollFetches(ctx).NumRecords()
			}
			if n != 3 {
				t.Errorf("%d records, want 3: %s", n, c.err.String())
			}
			c.end(t, cli.ExitDone)
			if strings.Contains(c.err.String(), "pass-word") {
				t.Errorf("the password is in %s", c.err.String())
			}
		})
	}
}
