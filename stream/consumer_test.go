package stream_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
)

func TestConsumeByType(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		old := binary.AppendVarint(binary.AppendVarint(nil, 7), 2)
		newer, err := (&ticket{ID: 7, Version: 3, Note: "n"}).AppendAvro(appendString(nil, "extra"))
		if err != nil {
			t.Fatal(err)
		}
		same, err := (&ticket{ID: 7, Version: 1, Note: "s"}).AppendAvro(nil)
		if err != nil {
			t.Fatal(err)
		}
		b.put(idTicket, "7", same)
		b.put(idOld, "7", old)
		b.put(idOther, "7", nil)
		b.put(idNew, "7", newer)
		if err := b.client.ProduceSync(t.Context(), &kgo.Record{Topic: b.topic(), Key: []byte("7")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		b.put(idClosed, "7", binary.AppendVarint(nil, 7))

		got := make(chan any, 10)
		source := &schemas{}
		cfg := b.config(
			stream.On(func(_ context.Context, m stream.Message[ticket]) error {
				got <- *m.Event
				return nil
			}),
			stream.On(func(_ context.Context, m stream.Message[closed]) error {
				got <- *m.Event
				return nil
			}))
		cfg.Schemas = source
		c, stop := run(t, cfg)
		want := []any{ticket{7, 1, "s"}, ticket{7, 2, "none"}, ticket{7, 3, "n"}, closed{7}}
		for i, w := range want {
			select {
			case g := <-got:
				if diff := cmp.Diff(w, g); diff != "" {
					t.Errorf("event %d (-want +got):\n%s", i, diff)
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("only %d events", i)
			}
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff(stream.ConsumerStats{Handled: 4, Skipped: 2}, c.Stats()); diff != "" {
			t.Errorf("stats (-want +got):\n%s", diff)
		}
		if n := source.asked(); n != 5 {
			t.Errorf("the registry was asked %d times, want 5: once per schema", n)
		}
	})
}

func TestMessage(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	at := time.UnixMilli(1_700_000_000_000)
	value, err := (&ticket{ID: 1, Version: 9}).AppendAvro(codec.AppendFrame(nil, idTicket))
	if err != nil {
		t.Fatal(err)
	}
	headers := []kgo.RecordHeader{{Key: "id", Value: []byte("abc")}, {Key: "sequence", Value: []byte("9")}, {Key: "tenant", Value: []byte("blue")}}
	if err := b.client.ProduceSync(t.Context(),
		&kgo.Record{Topic: b.topic(), Key: []byte("1"), Value: value, Headers: headers, Timestamp: at},
		&kgo.Record{Topic: b.topic(), Key: []byte("1"), Value: value, Timestamp: at},
		&kgo.Record{Topic: b.topic(), Key: []byte("1"), Value: value, Headers: []kgo.RecordHeader{{Key: "id"}}},
	).FirstErr(); err != nil {
		t.Fatal(err)
	}
	got := make(chan stream.Message[ticket], 3)
	_, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
		got <- m
		return nil
	})))
	m, bare, empty := <-got, <-got, <-got
	if err := stop(); err != nil {
		t.Error(err)
	}
	want := stream.Message[ticket]{
		Event: &ticket{ID: 1, Version: 9}, ID: "abc", Type: "test.Ticket", Sequence: 9, HasSequence: true,
		Topic: b.topic(), Partition: m.Partition, Key: []byte("1"), Time: at, Headers: headers, Attempt: 1,
	}
	if diff := cmp.Diff(want, m, cmpopts.IgnoreUnexported(stream.Message[ticket]{})); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	if m.Header("tenant") != "blue" || m.Header("none") != "" {
		t.Errorf("headers %q and %q, want blue and nothing", m.Header("tenant"), m.Header("none"))
	}
	if want := fmt.Sprintf("%s/%d/1", b.topic(), bare.Partition); bare.ID != want || bare.HasSequence {
		t.Errorf("without headers: id %q, sequence %t; want %q and none", bare.ID, bare.HasSequence, want)
	}
	if want := fmt.Sprintf("%s/%d/2", b.topic(), empty.Partition); empty.ID != want {
		t.Errorf("with an empty id header: id %q, want %q", empty.ID, want)
	}
}

// TestRetryInPlace: a handler that fails holds up its partition, keeps its order,
// and leaves the others alone.
func TestRetryInPlace(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		b.tickets(1, 1, 3)
		b.tickets(2, 1, 3) // keys 1 and 2 lie on different partitions
		var s seen
		var broken atomic.Bool
		broken.Store(true)
		attempts := make(chan int, 1000)
		c, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
			if m.Event.ID == 1 && m.Event.Version == 2 {
				attempts <- m.Attempt
				if broken.Load() {
					return errors.New("not yet")
				}
			}
			s.add(m.Event)
			return nil
		})))
		for want := 1; want <= 3; want++ {
			if n := <-attempts; n != want {
				t.Errorf("attempt %d, want %d", n, want)
			}
		}
		until(t, "the other partition is done", func() bool { return len(s.of(2)) == 3 })
		if diff := cmp.Diff([]int64{1}, s.of(1)); diff != "" {
			t.Errorf("handled while the second fails (-want +got):\n%s", diff)
		}
		broken.Store(false)
		until(t, "all is done", func() bool { return len(s.of(1)) == 3 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]int64{1, 2, 3}, s.of(1)); diff != "" {
			t.Errorf("order (-want +got):\n%s", diff)
		}
		if c.Stats().Retries < 2 {
			t.Errorf("%d retries, want at least 2", c.Stats().Retries)
		}
	})
}

func TestMaxAttempts(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	b.tickets(1, 1, 5)
	boom := errors.New("boom")
	var calls atomic.Int32
	var partition atomic.Int32
	err := fails(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
		partition.Store(m.Partition)
		if m.Event.Version == 3 {
			calls.Add(1)
			return boom
		}
		return nil
	})), stream.WithMaxAttempts(4))
	var he *stream.HandlerError
	if !errors.As(err, &he) || !errors.Is(err, boom) {
		t.Fatalf("error %v, want a *HandlerError of %v", err, boom)
	}
	want := &stream.HandlerError{Topic: b.topic(), Partition: partition.Load(), Offset: 2, Type: "test.Ticket", Attempts: 4}
	he.Err = nil
	if diff := cmp.Diff(want, he); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if calls.Load() != 4 {
		t.Errorf("%d calls, want 4", calls.Load())
	}
	if at := b.committed(partition.Load()); at != 2 {
		t.Errorf("committed %d, want 2: the record that failed comes again", at)
	}
}

func TestUnreadableRecords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		id    uint32
		value []byte
		text  string
	}{
		{"unknown schema", 99, []byte{2, 2, 0}, "schema not found"},
		{"schema that is none", idBroken, []byte{2, 2, 0}, "invalid writer schema"},
		{"incompatible schema", idIncompatible, []byte{2, 'x'}, "incompatible"},
		{"value cut short", idTicket, []byte{2, 2, 40}, "ends early"},
		{"value too long", idTicket, []byte{2, 2, 0, 0}, "bytes follow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBroker(t, testenv.KFake(t))
			b.tickets(1, 1, 2)
			p := b.put(tt.id, "1", tt.value)[0].Partition
			b.tickets(1, 3, 4)
			var s seen
			err := fails(t, b.config(s.route()))
			var re *stream.RecordError
			if !errors.As(err, &re) || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("error %v, want a *RecordError with %q", err, tt.text)
			}
			if re.Topic != b.topic() || re.Partition != p || re.Offset != 2 || re.SchemaID != tt.id {
				t.Errorf("error is at %s/%d offset %d, schema %d; want %s/%d offset 2, schema %d", re.Topic, re.Partition, re.Offset, re.SchemaID, b.topic(), p, tt.id)
			}
			if diff := cmp.Diff([]int64{1, 2}, s.of(1)); diff != "" {
				t.Errorf("handled (-want +got):\n%s", diff)
			}
			if at := b.committed(p); at != 2 {
				t.Errorf("committed %d, want 2", at)
			}
		})
	}
	t.Run("no frame", func(t *testing.T) {
		t.Parallel()
		b := newBroker(t, testenv.KFake(t))
		if err := b.client.ProduceSync(t.Context(), &kgo.Record{Topic: b.topic(), Value: []byte("{}")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		var s seen
		if err := fails(t, b.config(s.route())); !errors.Is(err, codec.ErrFrame) {
			t.Errorf("error %v, want %v", err, codec.ErrFrame)
		}
	})
}

// TestRegistryAway: a schema that cannot be fetched now is asked for again.
func TestRegistryAway(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	b.tickets(1, 1, 2)
	source := &schemas{fail: errors.New("connection refused")}
	var s seen
	cfg := b.config(s.route())
	cfg.Schemas = source
	_, stop := run(t, cfg)
	until(t, "it was asked three times", func() bool { return source.asked() > 2 })
	source.set(nil)
	until(t, "the events are handled", func() bool { return s.count() == 2 })
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestNoBroker(t *testing.T) {
	t.Parallel()
	var s seen
	cfg := stream.ConsumerConfig{Brokers: []string{"127.0.0.1:1"}, Group: "g", Schemas: &schemas{}, Routes: []stream.Route{s.route()}}
	begin := time.Now()
	err := fails(t, cfg)
	if !errors.Is(err, stream.ErrNoBroker) || !strings.Contains(err.Error(), "127.0.0.1:1") {
		t.Errorf("error %v, want %v with the address", err, stream.ErrNoBroker)
	}
	if d := time.Since(begin); d > 10*time.Second {
		t.Errorf("it took %s, want about five seconds", d)
	}
}

func TestNewConsumerErrors(t *testing.T) {
	t.Parallel()
	var s seen
	good := stream.ConsumerConfig{Brokers: []string{"127.0.0.1:1"}, Group: "g", Schemas: &schemas{}, Routes: []stream.Route{s.route()}}
	tests := []struct {
		name   string
		change func(*stream.ConsumerConfig)
		opt    stream.ConsumerOption
		text   string
	}{
		{"no brokers", func(c *stream.ConsumerConfig) { c.Brokers = nil }, nil, "broker"},
		{"no group", func(c *stream.ConsumerConfig) { c.Group = "" }, nil, "group"},
		{"no schemas", func(c *stream.ConsumerConfig) { c.Schemas = nil }, nil, "SchemaSource"},
		{"no routes", func(c *stream.ConsumerConfig) { c.Routes = nil }, nil, "stream.On"},
		{"an empty route", func(c *stream.ConsumerConfig) { c.Routes = []stream.Route{{}} }, nil, "stream.On"},
		{"two routes for a type", func(c *stream.ConsumerConfig) { c.Routes = append(c.Routes, s.route()) }, nil, "two routes for test.Ticket"},
		{"logger", nil, stream.WithLogger(nil), "WithLogger"},
		{"attempts", nil, stream.WithMaxAttempts(-1), "WithMaxAttempts"},
		{"retry", nil, stream.WithRetry(2, 1), "WithRetry"},
		{"commit", nil, stream.WithCommitEvery(1), "WithCommitEvery"},
		{"stop", nil, stream.WithStopTimeout(time.Minute), "WithStopTimeout"},
		{"kafka option", nil, stream.WithKafkaOptions(kgo.SessionTimeout(-1)), "stream.NewConsumer"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := good
			if tt.change != nil {
				tt.change(&cfg)
			}
			var opts []stream.ConsumerOption
			if tt.opt != nil {
				opts = append(opts, tt.opt)
			}
			if _, err := stream.NewConsumer(cfg, opts...); err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want one with %q", err, tt.text)
			}
		})
	}
}
