package clients_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/stream"
)

// event is an events.MessageDelivered in the words that all programs speak: the
// time is a number of microseconds.
type event struct {
	MessageID   int64     `json:"message_id"`
	Version     int64     `json:"version"`
	Recipient   recipient `json:"recipient"`
	PaymentID   int64     `json:"payment_id"`
	DeliveredAt int64     `json:"delivered_at"`
}

type recipient struct {
	AccountID   int64  `json:"account_id"`
	DisplayName string `json:"display_name"`
}

// sent are the events that everyone produces.
var sent = []event{
	{MessageID: 1, Version: 3, Recipient: recipient{AccountID: 7, DisplayName: "Žofie 🚚"}, PaymentID: 300, DeliveredAt: 1_790_000_000_123_456},
	{MessageID: 2_147_483_648, Version: -1, Recipient: recipient{}, PaymentID: 64, DeliveredAt: 0},
}

func (e event) message() *events.MessageDelivered {
	return &events.MessageDelivered{
		MessageID: e.MessageID, Version: e.Version,
		Recipient: events.AccountRef{AccountID: e.Recipient.AccountID, DisplayName: e.Recipient.DisplayName},
		PaymentID: e.PaymentID, DeliveredAt: time.UnixMicro(e.DeliveredAt).UTC(),
	}
}

func fromMessage(m *events.MessageDelivered) event {
	return event{
		MessageID: m.MessageID, Version: m.Version,
		Recipient: recipient{AccountID: m.Recipient.AccountID, DisplayName: m.Recipient.DisplayName},
		PaymentID: m.PaymentID, DeliveredAt: m.DeliveredAt.UnixMicro(),
	}
}

func (e event) asMap() map[string]any {
	return map[string]any{
		"message_id": e.MessageID, "version": e.Version, "payment_id": e.PaymentID, "delivered_at": time.UnixMicro(e.DeliveredAt).UTC(),
		"recipient": map[string]any{"account_id": e.Recipient.AccountID, "display_name": e.Recipient.DisplayName},
	}
}

// fromMap gives a time its number.
func fromMap(v map[string]any) map[string]any {
	if at, ok := v["delivered_at"].(time.Time); ok {
		v["delivered_at"] = at.UnixMicro()
	}
	return v
}

// ours produces and consumes with package stream.
type ours struct{}

func (ours) ask(t *testing.T, q request) (json.RawMessage, error) {
	pem, err := os.ReadFile(q.Server.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	defer transport.CloseIdleConnections()
	reg, err := client.New(q.Server.URL, client.WithAutoRegister(), client.WithBasicAuth(q.Server.User, q.Server.Password),
		client.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		return nil, err
	}
	if q.Do == "produce" {
		return ours{}.produce(t.Context(), reg, q)
	}
	return ours{}.consume(t.Context(), reg, q)
}

func (ours) produce(ctx context.Context, reg *client.Client, q request) (json.RawMessage, error) {
	kafka, err := kgo.NewClient(stream.ClientOptions(strings.Split(q.Brokers, ",")...)...)
	if err != nil {
		return nil, err
	}
	defer kafka.Close()
	producer, err := stream.NewProducer[events.MessageDelivered](ctx, kafka, reg, stream.WithTopicPrefix(prefixOf(q.Topic)))
	if err != nil {
		return nil, err
	}
	for _, e := range q.Events {
		if err := producer.Produce(ctx, e.message()); err != nil {
			return nil, err
		}
	}
	return json.RawMessage("{}"), nil
}

// consume runs a consumer for each topic, whose name is a prefix and the event's
// topic.
func (ours) consume(ctx context.Context, reg *client.Client, q request) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex // guards all and errs
		all  = map[string][]event{}
		errs []error
	)
	for _, topic := range q.Topics {
		wg.Go(func() {
			got, err := consumeTopic(ctx, reg, q, topic)
			mu.Lock()
			defer mu.Unlock()
			all[topic] = got
			errs = append(errs, err)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return json.Marshal(all)
}

func consumeTopic(ctx context.Context, reg *client.Client, q request, topic string) ([]event, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var got []event // written by one handler at a time, read when Run has ended
	consumer, err := stream.NewConsumer(stream.ConsumerConfig{
		Brokers: strings.Split(q.Brokers, ","), Group: q.Group + topic, TopicPrefix: prefixOf(topic), Schemas: reg,
		Routes: []stream.Route{stream.On(func(_ context.Context, m stream.Message[events.MessageDelivered]) error {
			if got = append(got, fromMessage(m.Event)); len(got) == q.Count {
				stop()
			}
			return nil
		})},
	})
	if err != nil {
		return nil, err
	}
	if err := consumer.Run(ctx); err != nil {
		return nil, err
	}
	return got, nil
}

// prefixOf is what stands before the event's own topic.
func prefixOf(topic string) string {
	return strings.TrimSuffix(topic, new(events.MessageDelivered).EventTopic())
}

// Everyone produces the same events to a topic of their own, with their own
// serializer; the records' bytes are the same. Then everyone reads all topics.
func TestExchange(t *testing.T) {
	t.Parallel()
	brokers := testenv.Kafka(t)
	secured := serveSecured(t)
	clients := map[string]peer{"ours": ours{}}
	for name, p := range peers {
		c, err := p.start(t)
		switch {
		case err == nil:
			clients[name] = c
		case mayLack(err):
			t.Logf("without %s: %v", name, err)
		default:
			t.Fatal(err)
		}
	}
	prefix := testenv.TopicPrefix(t)
	topics := map[string]string{}
	q := request{
		Server: secured, Brokers: strings.Join(brokers, ","), Schema: new(events.MessageDelivered).AvroSchema().String(),
		Events: sent, Count: len(sent),
	}
	for name := range clients {
		topics[name] = prefix + name + "." + new(events.MessageDelivered).EventTopic()
		q.Topics = append(q.Topics, topics[name])
	}
	slices.Sort(q.Topics)
	createTopics(t, brokers, q.Topics)

	each(t, clients, "produce", func(t *testing.T, name string, c peer) {
		q := q
		q.Do, q.Topic = "produce", topics[name]
		if _, err := c.ask(t, q); err != nil {
			t.Fatal(err)
		}
	})
	if t.Failed() {
		return
	}
	t.Run("bytes", func(t *testing.T) { sameBytes(t, q) })
	want := map[string][]event{}
	for _, topic := range q.Topics {
		want[topic] = sent
	}
	each(t, clients, "consume", func(t *testing.T, name string, c peer) {
		q := q
		q.Do, q.Group = "consume", prefix+name
		compare(t, c, q, want)
	})
}

// each runs a part of the test for all clients side by side.
func each(t *testing.T, clients map[string]peer, part string, do func(t *testing.T, name string, c peer)) {
	t.Helper()
	t.Run(part, func(t *testing.T) {
		for name, c := range clients {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				do(t, name, c)
			})
		}
	})
}

// sameBytes demands that every record is the frame with the one id of the schema
// and our codec's bytes, and that keys are the same too.
func sameBytes(t *testing.T, q request) {
	t.Helper()
	records, err := read(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]int{}
	for _, r := range records {
		if read[r.Topic] == len(sent) {
			t.Fatalf("%s has more than %d records", r.Topic, len(sent))
		}
		m := sent[read[r.Topic]].message()
		read[r.Topic]++
		want, err := codec.AppendFramed(nil, 1, m)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, r.Value) {
			t.Errorf("value in %s: % x, want % x", r.Topic, r.Value, want)
		}
		if diff := cmp.Diff(string(m.EventKey()), string(r.Key)); diff != "" {
			t.Errorf("key in %s (-want +got):\n%s", r.Topic, diff)
		}
	}
}

// read reads count records of each topic, in order.
func read(ctx context.Context, q request) ([]*kgo.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	kafka, err := kgo.NewClient(kgo.SeedBrokers(strings.Split(q.Brokers, ",")...), kgo.ConsumeTopics(q.Topics...),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, err
	}
	defer kafka.Close()
	var records []*kgo.Record
	for want := q.Count * len(q.Topics); len(records) < want; {
		fetches := kafka.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, fmt.Errorf("%d of %d records: %w", len(records), want, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records, nil
}

func createTopics(t *testing.T, brokers, topics []string) {
	t.Helper()
	kafka, err := kgo.NewClient(kgo.SeedBrokers(brokers...))
	if err != nil {
		t.Fatal(err)
	}
	defer kafka.Close()
	created, err := kadm.NewClient(kafka).CreateTopics(t.Context(), 1, 1, nil, topics...)
	if err == nil {
		err = created.Error()
	}
	if err != nil {
		t.Fatal(err)
	}
}
