package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/cli"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/httpapi"
	"github.com/schemactl/schemactl/registry/store/memory"
	"github.com/schemactl/schemactl/stream"
)

// dlqWorld is a consumer of payments that has dead letters, on brokers and a registry
// of its own.
type dlqWorld struct {
	t        *testing.T
	flags    []string
	client   *kgo.Client
	payments *stream.Producer[events.PaymentReceived]
	broken   atomic.Bool
	consumer *stream.Consumer
}

func newDLQWorld(t *testing.T) *dlqWorld {
	t.Helper()
	reg, err := registry.New(memory.New())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(httpapi.NewHandler(reg))
	t.Cleanup(server.Close)
	schemas, err := client.New(server.URL, client.WithAutoRegister())
	if err != nil {
		t.Fatal(err)
	}
	brokers := testenv.KFake(t)
	cl, err := kgo.NewClient(stream.ClientOptions(brokers...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	if _, err := kadm.NewClient(cl).CreateTopic(t.Context(), 2, 1, nil, "payments"); err != nil {
		t.Fatal(err)
	}
	w := &dlqWorld{t: t, client: cl}
	w.flags = []string{"--brokers", brokers[0], "--topic", "payments", "--group", "delivery", "--registry-url", server.URL}
	if w.payments, err = stream.NewProducer[events.PaymentReceived](t.Context(), cl, schemas); err != nil {
		t.Fatal(err)
	}
	w.broken.Store(true)
	route := stream.On(func(context.Context, stream.Message[events.PaymentReceived]) error {
		if w.broken.Load() {
			return errors.New("no such account")
		}
		return nil
	})
	w.consumer, err = stream.NewConsumer(stream.ConsumerConfig{Brokers: brokers, Group: "delivery", Schemas: schemas, Routes: []stream.Route{route}},
		stream.WithDeadLetters(0), stream.WithMaxAttempts(1))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.consumer.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return w
}

// dlq runs a verb to its end.
func (w *dlqWorld) dlq(code int, args ...string) string {
	w.t.Helper()
	var out, stderr bytes.Buffer
	env := &cli.Env{In: strings.NewReader(""), Out: &out, Err: &stderr, LookupEnv: func(string) (string, bool) { return "", false }}
	if got := cli.Run(w.t.Context(), env, append(append([]string{"dlq"}, args...), w.flags...)); got != code {
		w.t.Fatalf("dlq %v: exit code %d, want %d: %s%s", args, got, code, out.String(), stderr.String())
	}
	return out.String() + stderr.String()
}

func (w *dlqWorld) pay(ids ...int64) {
	w.t.Helper()
	for _, id := range ids {
		if err := w.payments.Produce(w.t.Context(), &events.PaymentReceived{PaymentID: id, ReceivedAt: time.Unix(1, 0), Payer: events.AccountRef{DisplayName: "Ada"}}); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *dlqWorld) until(what string, ok func(stream.ConsumerStats) bool) {
	w.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(w.consumer.Stats()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited in vain until %s: %+v", what, w.consumer.Stats())
		}
	}
}

func has(t *testing.T, text string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(text, want) {
			t.Errorf("want %q in\n%s", want, text)
		}
	}
}

func TestDLQ(t *testing.T) {
	t.Parallel()
	w := newDLQWorld(t)
	w.pay(7, 7, 8)
	if err := w.client.ProduceSync(t.Context(), &kgo.Record{Topic: "payments", Value: []byte("<xml>")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	w.until("four are letters", func(s stream.ConsumerStats) bool { return s.Parked == 4 })

	has(t, w.dlq(cli.ExitDone, "list"), "(none)", "no such account", "not a framed Avro value",
		"4 letters in payments.delivery.dlq: 2 handler, 1 unframed, 1 waits")
	has(t, w.dlq(cli.ExitDone, "list", "--key", "7", "--each"), "schemactl.events.PaymentReceived", "2 letters in")
	var list struct {
		Count  int            `json:"count"`
		ByKind map[string]int `json:"by_kind"`
		Keys   []struct {
			Key     *string `json:"key"`
			Letters int     `json:"letters"`
			First   string  `json:"first"`
		} `json:"keys"`
		Letters []struct {
			ID  string  `json:"id"`
			Key *string `json:"key"`
		} `json:"letters"`
	}
	if err := json.Unmarshal([]byte(w.dlq(cli.ExitDone, "list", "--output", "json")), &list); err != nil {
		t.Fatal(err)
	}
	if list.Count != 4 || list.ByKind["handler"] != 2 || len(list.Keys) != 3 || len(list.Letters) != 4 {
		t.Errorf("list %+v", list)
	}
	first, bare := map[string]string{}, ""
	for _, k := range list.Keys {
		if k.Key == nil {
			bare = k.First
			continue
		}
		first[*k.Key] = k.First
	}

	has(t, w.dlq(cli.ExitDone, "show", first["7"]), `"payment_id":7`, `"display_name":"Ada"`, "Header id", "no such account", "handler")
	has(t, w.dlq(cli.ExitDone, "show", first["7"], "--output", "json"), `"payment_id": 7`, `"unread": ""`)
	has(t, w.dlq(cli.ExitDone, "show", bare), "base64 PHhtbD4=", "Not decoded")

	has(t, w.dlq(cli.ExitDone, "replay", "--key", "7", "--dry-run"), "2 letters to replay (dry run)")
	has(t, w.dlq(cli.ExitFailure, "replay", "--key", "7", "--wait", "20s"), "2 of 2 letters left")
	w.broken.Store(false)
	has(t, w.dlq(cli.ExitDone, "replay", first["7"], "--wait", "20s"), "1 letter to replay", "0 letters left")
	has(t, w.dlq(cli.ExitDone, "list"), "2 letters in payments.delivery.dlq: 1 handler, 1 unframed")

	has(t, w.dlq(cli.ExitUsage, "discard", bare), "say --yes")
	has(t, w.dlq(cli.ExitDone, "discard", bare, "--dry-run"), "1 letter discarded (dry run)")
	has(t, w.dlq(cli.ExitDone, "discard", bare, "--yes"), "1 letter discarded", bare)
	has(t, w.dlq(cli.ExitDone, "list"), "1 letter in payments.delivery.dlq: 1 handler\n")
	has(t, w.dlq(cli.ExitDone, "replay", "--all", "--wait", "20s", "--output", "json"), `"left": []`, first["8"])
	has(t, w.dlq(cli.ExitDone, "list"), "0 letters in")
}

func TestDLQErrors(t *testing.T) {
	t.Parallel()
	w := newDLQWorld(t)
	w.until("it runs", func(stream.ConsumerStats) bool {
		_, err := kadm.NewClient(w.client).ListStartOffsets(t.Context(), "payments.delivery.dlq")
		return err == nil
	})
	tests := []struct {
		name string
		code int
		want string
		args []string
	}{
		{"no such letter", cli.ExitFailure, "no such letter: 0-99 in payments.delivery.dlq", []string{"show", "0-99"}},
		{"bad letter", cli.ExitUsage, "want PARTITION-OFFSET", []string{"replay", "99"}},
		{"nothing named", cli.ExitUsage, "want either letters, --key or --all", []string{"discard"}},
		{"two ways", cli.ExitUsage, "want either letters, --key or --all", []string{"replay", "0-1", "--all"}},
		{"bad key", cli.ExitUsage, "--key", []string{"list", "--key", "0xz"}},
		{"key without letters", cli.ExitFailure, "no such letter of key 5", []string{"replay", "--key", "5"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			has(t, w.dlq(tt.code, tt.args...), tt.want)
		})
	}
}

func TestDLQUsage(t *testing.T) {
	t.Parallel()
	w := newDLQWorld(t)
	flags := w.flags
	for i, flag := range []string{"--brokers", "--topic", "--group"} {
		w.flags = append(append([]string{}, flags[:2*i]...), flags[2*i+2:]...)
		has(t, w.dlq(cli.ExitUsage, "list"), flag)
	}
	w.flags = append([]string{}, flags...)
	w.flags[5] = "nobody"
	has(t, w.dlq(cli.ExitFailure, "list"), "no dead letter topic payments.nobody.dlq", "does group nobody consume payments")
}
