package stream_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/stream"
)

// ticket is an event, written by hand where an application has generated code.
type ticket struct {
	ID, Version int64
	Note        string
}

const (
	ticketText = `{"type":"record","name":"Ticket","namespace":"test","fields":[{"name":"id","type":"long"},{"name":"version","type":"long"},{"name":"note","type":"string","default":"none"}]}`
	// earlier and later versions of it
	ticketOld = `{"type":"record","name":"Ticket","namespace":"test","fields":[{"name":"id","type":"long"},{"name":"version","type":"int"}]}`
	ticketNew = `{"type":"record","name":"Ticket","namespace":"test","fields":[{"name":"extra","type":"string","default":""},{"name":"id","type":"long"},{"name":"version","type":"long"},{"name":"note","type":"string","default":"none"}]}`
	// one that shares nothing but the name
	ticketOther = `{"type":"record","name":"Ticket","namespace":"test","fields":[{"name":"id","type":"string"}]}`
	closedText  = `{"type":"record","name":"Closed","namespace":"test","fields":[{"name":"id","type":"long"}]}`
	otherText   = `{"type":"record","name":"Other","namespace":"test","fields":[]}`
)

var (
	ticketSchema = codec.NewSchema("test.Ticket", ticketText, codec.Fingerprints{})
	closedSchema = codec.NewSchema("test.Closed", closedText, codec.Fingerprints{})
)

func (*ticket) AvroSchema() *codec.Schema { return ticketSchema }
func (*ticket) EventTopic() string        { return "tickets" }
func (e *ticket) EventKey() []byte        { return strconv.AppendInt(nil, e.ID, 10) }
func (e *ticket) EventSequence() int64    { return e.Version }

func (e *ticket) AppendAvro(dst []byte) ([]byte, error) {
	dst = binary.AppendVarint(binary.AppendVarint(dst, e.ID), e.Version)
	return appendString(dst, e.Note), nil
}

func (e *ticket) DecodeAvro(src []byte) (rest []byte, err error) {
	return e.ReadAvro(src, codec.ReadOptions{})
}

func (e *ticket) UnmarshalAvro(src []byte) error {
	_, err := e.ReadAvro(src, codec.ReadOptions{Whole: true})
	return err
}

func (e *ticket) ReadAvro(src []byte, o codec.ReadOptions) (rest []byte, err error) {
	d, buf, text := o.Start(src)
	at := &codec.Node{Steps: []codec.Step{{Field: 0}, {Field: 1}, {Field: 2}}}
	p := 0
	if o.Plan != nil {
		at, p, err = o.Plan.Enter(ticketSchema, buf)
	}
	for i := 0; err == nil && i < len(at.Steps); i++ {
		switch s := &at.Steps[i]; s.Field {
		case 0:
			e.ID, p, err = codec.ReadLong(buf, p)
		case 1:
			e.Version, p, err = codec.ReadLong(buf, p)
		case 2:
			e.Note, p, err = codec.ReadString(buf, text, p)
		default:
			p, err = codec.Skip(buf, p, s.Node, &d)
		}
	}
	if err == nil && len(at.Defaults) > 0 {
		e.Note = "none"
	}
	return finish(ticketSchema, src, p, o, err)
}

// closed is a second type on the same topic.
type closed struct{ ID int64 }

func (*closed) AvroSchema() *codec.Schema { return closedSchema }
func (*closed) EventTopic() string        { return "tickets" }
func (e *closed) EventKey() []byte        { return strconv.AppendInt(nil, e.ID, 10) }

func (e *closed) AppendAvro(dst []byte) ([]byte, error) { return binary.AppendVarint(dst, e.ID), nil }

func (e *closed) DecodeAvro(src []byte) (rest []byte, err error) {
	return e.ReadAvro(src, codec.ReadOptions{})
}

func (e *closed) UnmarshalAvro(src []byte) error {
	_, err := e.ReadAvro(src, codec.ReadOptions{Whole: true})
	return err
}

func (e *closed) ReadAvro(src []byte, o codec.ReadOptions) (rest []byte, err error) {
	var p int
	e.ID, p, err = codec.ReadLong(src, 0)
	return finish(closedSchema, src, p, o, err)
}

// finish is the end of ReadAvro.
func finish(s *codec.Schema, src []byte, p int, o codec.ReadOptions, err error) ([]byte, error) {
	if err == nil && (p == len(src) || !o.Whole) {
		return src[p:], nil
	}
	return src, codec.Done(s, src, p, err)
}

func appendString(dst []byte, s string) []byte {
	return append(binary.AppendVarint(dst, int64(len(s))), s...)
}

// Ids of the fake registry.
const (
	idTicket = 1 + iota
	idOld
	idNew
	idClosed
	idOther
	idIncompatible
	idBroken
)

// schemas is a registry in memory that can be made to fail. It knows the subject
// of tickets behind a prefix.
type schemas struct {
	prefix string

	mu   sync.Mutex
	fail error
	asks int
}

var texts = map[uint32]string{
	idTicket: ticketText, idOld: ticketOld, idNew: ticketNew, idClosed: closedText, idOther: otherText,
	idIncompatible: ticketOther, idBroken: "{",
}

func (s *schemas) Schema(_ context.Context, id uint32) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asks++
	if s.fail != nil {
		return "", s.fail
	}
	if text, ok := texts[id]; ok {
		return text, nil
	}
	return "", fmt.Errorf("id %d: %w", id, registry.ErrSchemaNotFound)
}

func (s *schemas) set(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = err
}

func (s *schemas) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asks
}

func (s *schemas) ID(_ context.Context, subject string, schema *codec.Schema) (uint32, error) {
	if subject == s.prefix+"tickets-value" && schema == ticketSchema {
		return idTicket, nil
	}
	return 0, registry.ErrSubjectNotFound
}

// broker is a Kafka with the topic tickets, four partitions.
type broker struct {
	tb     testing.TB
	addrs  []string
	prefix string
	client *kgo.Client
}

// brokers runs a test against the broker in process and against a real one.
func brokers(t *testing.T, run func(t *testing.T, b *broker)) {
	t.Helper()
	for name, addrs := range map[string]func(testing.TB) []string{"kfake": testenv.KFake, "kafka": testenv.Kafka} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, newBroker(t, addrs(t)))
		})
	}
}

func newBroker(tb testing.TB, addrs []string) *broker {
	tb.Helper()
	cl, err := kgo.NewClient(stream.ClientOptions(addrs...)...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(cl.Close)
	b := &broker{tb: tb, addrs: addrs, prefix: testenv.TopicPrefix(tb), client: cl}
	if _, err := kadm.NewClient(cl).CreateTopic(tb.Context(), 4, 1, nil, b.topic()); err != nil {
		tb.Fatal(err)
	}
	return b
}

func (b *broker) topic() string { return b.prefix + "tickets" }
func (b *broker) group() string { return b.prefix + "group" }

// config is what a consumer of this broker needs but for its routes.
func (b *broker) config(routes ...stream.Route) stream.ConsumerConfig {
	return stream.ConsumerConfig{Brokers: b.addrs, Group: b.group(), TopicPrefix: b.prefix, Schemas: &schemas{}, Routes: routes}
}

// put writes records with the given schema id and returns them as written.
func (b *broker) put(id uint32, key string, values ...[]byte) []*kgo.Record {
	b.tb.Helper()
	var rs []*kgo.Record
	for _, v := range values {
		rs = append(rs, &kgo.Record{Topic: b.topic(), Key: []byte(key), Value: append(codec.AppendFrame(nil, id), v...)})
	}
	if err := b.client.ProduceSync(b.tb.Context(), rs...).FirstErr(); err != nil {
		b.tb.Fatal(err)
	}
	return rs
}

// tickets writes versions first to last of one ticket.
func (b *broker) tickets(id, first, last int64) {
	b.tb.Helper()
	var values [][]byte
	for v := first; v <= last; v++ {
		value, err := (&ticket{ID: id, Version: v}).AppendAvro(nil)
		if err != nil {
			b.tb.Fatal(err)
		}
		values = append(values, value)
	}
	b.put(idTicket, strconv.FormatInt(id, 10), values...)
}

// committed is the group's offset on a partition, -1 when there is none.
func (b *broker) committed(partition int32) int64 {
	b.tb.Helper()
	offsets, err := kadm.NewClient(b.client).FetchOffsets(b.tb.Context(), b.group())
	if err != nil {
		b.tb.Fatal(err)
	}
	o, ok := offsets.Lookup(b.topic(), partition)
	if !ok {
		return -1
	}
	return o.At
}

// run starts a consumer; stop ends it and returns what Run returned.
func run(tb testing.TB, cfg stream.ConsumerConfig, opts ...stream.ConsumerOption) (c *stream.Consumer, stop func() error) {
	tb.Helper()
	opts = append([]stream.ConsumerOption{
		stream.WithRetry(time.Millisecond, 20*time.Millisecond), stream.WithCommitEvery(100 * time.Millisecond),
		stream.WithLogger(slog.New(slog.NewTextHandler(tb.Output(), nil))),
	}, opts...)
	c, err := stream.NewConsumer(cfg, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(tb.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	stop = sync.OnceValue(func() error {
		cancel()
		return wait(tb, ended)
	})
	tb.Cleanup(func() { _ = stop() })
	return c, stop
}

// wait for Run to end.
func wait(tb testing.TB, ended <-chan error) error {
	tb.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(40 * time.Second):
		tb.Error("Run does not return")
		return nil
	}
}

// fails runs a consumer that is to end by itself.
func fails(tb testing.TB, cfg stream.ConsumerConfig, opts ...stream.ConsumerOption) error {
	tb.Helper()
	opts = append([]stream.ConsumerOption{stream.WithRetry(time.Millisecond, 20*time.Millisecond)}, opts...)
	c, err := stream.NewConsumer(cfg, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Run(tb.Context()) }()
	return wait(tb, ended)
}

// until polls a condition.
func until(tb testing.TB, what string, ok func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			tb.Fatalf("waited in vain until %s", what)
		}
	}
}

// seen collects versions per ticket. It is safe for concurrent use.
type seen struct {
	mu       sync.Mutex
	versions map[int64][]int64
	total    int
}

func (s *seen) add(e *ticket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.versions == nil {
		s.versions = map[int64][]int64{}
	}
	s.versions[e.ID] = append(s.versions[e.ID], e.Version)
	s.total++
}

func (s *seen) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

func (s *seen) of(id int64) []int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]int64(nil), s.versions[id]...)
}

// route collects every ticket.
func (s *seen) route() stream.Route {
	return stream.On(func(_ context.Context, m stream.Message[ticket]) error {
		s.add(m.Event)
		return nil
	})
}

// numbers from first to last.
func numbers(first, last int64) []int64 {
	var out []int64
	for v := first; v <= last; v++ {
		out = append(out, v)
	}
	return out
}
