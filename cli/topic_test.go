package cli_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
	"github.com/schemactl/schemactl/stream"
	"github.com/schemactl/schemactl/stream/topics"
)

// shownRecord is what a reader of `topic tail --output json` relies on.
type shownRecord struct {
	Topic     string                 `json:"topic"`
	Partition int32                  `json:"partition"`
	Offset    int64                  `json:"offset"`
	Time      time.Time              `json:"time"`
	Key       *struct{ Text string } `json:"key"`
	Headers   []struct {
		Name  string
		Value struct{ Text string }
	} `json:"headers"`
	SchemaID uint32         `json:"schema_id"`
	Type     string         `json:"type"`
	Bytes    int            `json:"bytes"`
	Value    map[string]any `json:"value"`
	Hex      string         `json:"hex"`
	Error    string         `json:"error"`
}

// tailed is a topic of one partition with records of all sorts, and the registry that
// knows the schema of one.
type tailed struct {
	brokers, topic, registry string
	client                   *kgo.Client
	producer                 *stream.Producer[events.PaymentReceived]
}

func newTailed(t *testing.T, brokers []string) *tailed {
	t.Helper()
	reg, err := registry.New(memory.New())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httpapi.NewHandler(reg))
	t.Cleanup(server.Close)
	prefix := testenv.TopicPrefix(t)
	f := &tailed{brokers: strings.Join(brokers, ","), topic: prefix + "payments", registry: server.URL}
	if f.client, err = kgo.NewClient(stream.ClientOptions(brokers...)...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.client.Close)
	if _, err := kadm.NewClient(f.client).CreateTopic(t.Context(), 1, 1, nil, f.topic); err != nil {
		t.Fatal(err)
	}
	f.producer, err = stream.NewProducer[events.PaymentReceived](t.Context(), f.client, client.Local(reg, client.WithAutoRegister()), stream.WithTopicPrefix(prefix))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *tailed) pay(t *testing.T, ids ...int64) {
	t.Helper()
	for _, id := range ids {
		if err := f.producer.Produce(t.Context(), &events.PaymentReceived{PaymentID: id, ReceivedAt: time.Unix(1, 0)}); err != nil {
			t.Fatal(err)
		}
	}
}

func (f *tailed) put(t *testing.T, value []byte) {
	t.Helper()
	if err := f.client.ProduceSync(t.Context(), &kgo.Record{Topic: f.topic, Key: []byte("k"), Value: value}).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func (f *tailed) args(args ...string) []string {
	return append([]string{"topic", "tail", f.topic, "--brokers", f.brokers, "--registry-url", f.registry, "--output", "json"}, args...)
}

func (c *command) record(t *testing.T) shownRecord {
	t.Helper()
	if !c.lines.Scan() {
		t.Fatalf("no more records: %s", c.err.String())
	}
	var r shownRecord
	if err := json.Unmarshal(c.lines.Bytes(), &r); err != nil {
		t.Fatalf("%s: %v", c.lines.Text(), err)
	}
	return r
}

// kafkas runs a test on the broker in process and on a real one.
func kafkas(t *testing.T, run func(t *testing.T, brokers []string)) {
	t.Helper()
	for name, addrs := range map[string]func(testing.TB) []string{"kfake": testenv.KFake, "kafka": testenv.Kafka} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, addrs(t))
		})
	}
}

func TestTopicTail(t *testing.T) {
	t.Parallel()
	kafkas(t, func(t *testing.T, brokers []string) {
		f := newTailed(t, brokers)
		f.pay(t, 1, 2)
		f.put(t, []byte("plain"))
		f.put(t, codec.AppendFrame(nil, 4711))
		f.put(t, append(codec.AppendFrame(nil, 1), 0xff))
		f.put(t, nil)

		c := start(t, f.args("--from", "start")...)
		first := c.record(t)
		if first.Topic != f.topic || first.Offset != 0 || first.Key.Text != "1" || first.SchemaID != 1 || !strings.HasSuffix(first.Type, ".PaymentReceived") ||
			first.Value["payment_id"] != 1.0 || time.Since(first.Time) > time.Minute {
			t.Errorf("first record %+v", first)
		}
		names := []string{}
		for _, h := range first.Headers {
			names = append(names, h.Name)
			if h.Value.Text == "" {
				t.Errorf("header %s is empty", h.Name)
			}
		}
		if diff := cmp.Diff([]string{codec.HeaderID, codec.HeaderType}, names[:2]); diff != "" {
			t.Errorf("headers (-want +got):\n%s", diff)
		}
		if second := c.record(t); second.Value["payment_id"] != 2.0 {
			t.Errorf("second record %+v", second)
		}
		for _, want := range []struct{ hex, reason string }{
			{"706c61696e", "not a framed Avro value"},
			{"0000001267", "the registry has no schema 4711"},
			{"0000000001ff", "do not fit schema 1"},
		} {
			if r := c.record(t); r.Hex != want.hex || !strings.Contains(r.Error, want.reason) || r.Value != nil {
				t.Errorf("record %+v, want hex %s and %q", r, want.hex, want.reason)
			}
		}
		if r := c.record(t); r.Bytes != -1 || r.Value != nil || r.Error != "" {
			t.Errorf("tombstone %+v", r)
		}
		c.wait(t) // it ends at the end

		missing := start(t, "topic", "tail", f.topic+"-none", "--brokers", f.brokers)
		if code := <-missing.code; code != cli.ExitFailure || !strings.Contains(missing.err.String(), "no such topic: "+f.topic+"-none") {
			t.Errorf("a topic that is not there: exit code %d, %s", code, missing.err.String())
		}
	})
}

func TestTopicTailFromAndFollow(t *testing.T) {
	t.Parallel()
	kafkas(t, func(t *testing.T, brokers []string) {
		f := newTailed(t, brokers)
		f.pay(t, 0, 1, 2)
		between := time.Now()
		for time.Now().UnixMilli() == between.UnixMilli() { // times of records are whole milliseconds
			time.Sleep(time.Millisecond)
		}
		f.pay(t, 3, 4)
		ids := func(c *command, n int) (all []float64) {
			for range n {
				all = append(all, c.record(t).Value["payment_id"].(float64))
			}
			return all
		}
		for _, tt := range []struct {
			name string
			args []string
			want []float64
		}{
			{"offset", []string{"--from", "3"}, []float64{3, 4}},
			{"last", []string{"--from", "-1"}, []float64{4}},
			{"more than there are", []string{"--from", "-99"}, []float64{0, 1, 2, 3, 4}},
			{"time", []string{"--from", between.Add(time.Millisecond).UTC().Format(time.RFC3339Nano)}, []float64{3, 4}},
			{"ago", []string{"--from", "1h"}, []float64{0, 1, 2, 3, 4}},
			{"count", []string{"--from", "start", "--count", "2"}, []float64{0, 1}},
			{"partition", []string{"--from", "4", "--partition", "0"}, []float64{4}},
			{"behind the end", []string{"--from", "99"}, nil},
		} {
			c := start(t, f.args(tt.args...)...)
			if diff := cmp.Diff(tt.want, ids(c, len(tt.want))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.name, diff)
			}
			if c.lines.Scan() {
				t.Errorf("%s: more than wanted: %s", tt.name, c.lines.Text())
			}
			c.wait(t)
		}

		c := start(t, f.args("--from", "4", "--follow")...)
		if got := c.record(t).Offset; got != 4 {
			t.Errorf("offset %d, want 4", got)
		}
		f.pay(t, 5, 6)
		if diff := cmp.Diff([]float64{5, 6}, ids(c, 2)); diff != "" {
			t.Errorf("what came (-want +got):\n%s", diff)
		}
		c.end(t, cli.ExitDone) // as by SIGINT

		c = start(t, f.args("--from", "8", "--follow", "--count", "1")...)
		f.pay(t, 7, 8)
		if got := c.record(t).Offset; got != 8 {
			t.Errorf("from an offset that is to come: %d, want 8", got)
		}
		c.wait(t)
	})
}

// A topic that ends with the mark of a transaction ends there, and not when nothing
// has come for a while.
func TestTopicTailTransactions(t *testing.T) {
	t.Parallel()
	kafkas(t, func(t *testing.T, brokers []string) {
		f := newTailed(t, brokers)
		client, err := kgo.NewClient(append(stream.ClientOptions(brokers...), kgo.TransactionalID(f.topic))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(client.Close)
		for _, end := range []kgo.TransactionEndTry{kgo.TryAbort, kgo.TryCommit} {
			if err := client.BeginTransaction(); err != nil {
				t.Fatal(err)
			}
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: f.topic, Value: []byte("x")}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			if err := client.EndTransaction(t.Context(), end); err != nil {
				t.Fatal(err)
			}
		}
		begin := time.Now()
		c := start(t, f.args("--from", "start")...)
		if first, second := c.record(t), c.record(t); first.Offset != 0 || second.Offset != 2 {
			t.Errorf("offsets %d and %d, want 0 and 2: marks are not shown", first.Offset, second.Offset)
		}
		c.wait(t)
		if d := time.Since(begin); d > 4*time.Second {
			t.Errorf("it took %s", d)
		}
	})
}

// From now on is what comes when nothing is said.
func TestTopicTailNow(t *testing.T) {
	t.Parallel()
	f := newTailed(t, testenv.KFake(t))
	f.pay(t, 1)
	c := start(t, f.args("--count", "1")...)
	read := make(chan shownRecord)
	go func() { read <- c.record(t) }()
	for {
		f.pay(t, 2) // one of them comes after it has found the end
		select {
		case r := <-read:
			if r.Value["payment_id"] != 2.0 {
				t.Errorf("record %+v, want one that came later", r)
			}
			c.wait(t)
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func TestTopicTailText(t *testing.T) {
	t.Parallel()
	f := newTailed(t, testenv.KFake(t))
	f.pay(t, 7)
	f.put(t, []byte(strings.Repeat("x", 100)))
	c := start(t, "topic", "tail", f.topic, "--brokers", f.brokers, "--from", "start", "--max-bytes", "20")
	var text strings.Builder
	for c.lines.Scan() {
		text.WriteString(c.lines.Text() + "\n")
	}
	c.wait(t)
	for _, want := range []string{f.topic + "/0@0  ", "  key 7  schema 1\n", "headers id=", "give --registry-url to decode values of schema 1", "100 bytes: 78787878787878787878…\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in:\n%s", want, text.String())
		}
	}
}

func TestBrokerServe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := dir + "/schemactl.yaml"
	if err := os.WriteFile(config, []byte("topics:\n  - {name: orders, partitions: 3, replication-factor: 3}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"broker", "serve", "--data", dir + "/records", "--listen", "127.0.0.1:0", "--config", config}
	for round := range 2 {
		c := start(t, args...)
		if !c.lines.Scan() {
			t.Fatalf("no address: %s", c.err.String())
		}
		address := c.lines.Text()
		client, err := kgo.NewClient(append(stream.ClientOptions(address), kgo.ConsumeTopics("orders"))...)
		if err != nil {
			t.Fatal(err)
		}
		details, err := kadm.NewClient(client).ListTopics(t.Context())
		if err != nil || len(details) != 1 || len(details["orders"].Partitions) != 3 {
			t.Errorf("topics %v, %v: want orders with 3 partitions", details.Names(), err)
		}
		if round == 0 {
			second := start(t, args...)
			second.end(t, cli.ExitFailure)
			if text := second.err.String(); !strings.Contains(text, "another broker has the folder open") || !strings.Contains(text, address) {
				t.Errorf("a second broker on the folder: %s", text)
			}
			if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: "orders", Value: []byte("kept")}).FirstErr(); err != nil {
				t.Error(err)
			}
		} else if fetches := client.PollFetches(t.Context()); fetches.NumRecords() != 1 || string(fetches.Records()[0].Value) != "kept" {
			t.Errorf("after a restart: %d records, %v", fetches.NumRecords(), fetches.Err())
		}
		client.Close()
		c.end(t, cli.ExitDone)
		if !strings.Contains(c.err.String(), "FOR DEVELOPMENT") {
			t.Errorf("no banner: %s", c.err.String())
		}
	}
}

func TestBrokerServeExposed(t *testing.T) {
	t.Parallel()
	c := start(t, "broker", "serve", "--data", t.TempDir()+"/d", "--listen", "0.0.0.0:0", "--advertise", "broker.internal:9092", "--retention", "1h")
	if !c.lines.Scan() || c.lines.Text() != "broker.internal:9092" {
		t.Errorf("address %q, want what is advertised: %s", c.lines.Text(), c.err.String())
	}
	c.end(t, cli.ExitDone)
	if !strings.Contains(c.err.String(), "WARNING   whoever reaches 0.0.0.0:0 can read") {
		t.Errorf("no warning: %s", c.err.String())
	}
}

// An entry of the file replaces the project's of the same name, and the rest stands.
func TestProjectTopics(t *testing.T) {
	t.Parallel()
	config := t.TempDir() + "/schemactl.yaml"
	if err := os.WriteFile(config, []byte("topics:\n  - {name: b, replication-factor: 1}\n  - c\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, stderr bytes.Buffer
	env := &cli.Env{
		Project: cli.Project{Topics: []topics.Topic{{Name: "a", Partitions: 2}, {Name: "b", Partitions: 3}}},
		In:      strings.NewReader(""), Out: &out, Err: &stderr,
		LookupEnv: func(string) (string, bool) { return "", false },
	}
	args := []string{"topic", "plan", "--config", config, "--topic-prefix", "p.", "--output", "json", "--brokers", strings.Join(testenv.KFake(t), ",")}
	if code := cli.Run(t.Context(), env, args); code != cli.ExitDone {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	var plan topics.Plan
	if err := json.Unmarshal(out.Bytes(), &plan); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range plan.Changes {
		got[c.Topic] = c.To
	}
	want := map[string]string{"p.a": "2 partitions", "p.b": "replication factor 1", "p.c": "the brokers' defaults"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}
