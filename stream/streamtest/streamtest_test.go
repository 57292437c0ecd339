package streamtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/stream"
	"github.com/schemactl/schemactl/stream/streamtest"
)

func paid(id int64) *events.PaymentReceived {
	return &events.PaymentReceived{PaymentID: id, ReceivedAt: time.Unix(1, 0).UTC()}
}

func producer(t testing.TB, env *streamtest.Env, opts ...stream.ProducerOption) *stream.Producer[events.PaymentReceived] {
	t.Helper()
	p, err := stream.NewProducer[events.PaymentReceived](t.Context(), env.NewClient(), env.Registry(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// consume runs a consumer until the test ends.
func consume(t testing.TB, env *streamtest.Env, h func(context.Context, stream.Message[events.PaymentReceived]) error, opts ...stream.ConsumerOption) {
	t.Helper()
	opts = append(opts, stream.WithKafkaOptions(env.KafkaOptions()...))
	c, err := stream.NewConsumer(env.ConsumerConfig("tests", stream.On(h)), opts...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the consumer ended: %v", err)
		}
	})
}

func ids(got []stream.Message[events.PaymentReceived]) (all []int64) {
	for _, m := range got {
		all = append(all, m.Event.PaymentID)
	}
	return all
}

func TestPublished(t *testing.T) {
	t.Parallel()
	env := streamtest.New(t, streamtest.WithTopicPrefix("dev."), streamtest.WithPartitions(1))
	p := producer(t, env, stream.WithTopicPrefix(env.TopicPrefix()))
	streamtest.NonePublished[events.PaymentReceived](env)
	go func() {
		for i := range int64(3) {
			if err := p.Produce(t.Context(), paid(i)); err != nil {
				t.Error(err)
			}
		}
	}()
	got := streamtest.Published[events.PaymentReceived](env, 3)
	if diff := cmp.Diff([]int64{0, 1, 2}, ids(got)); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
	if m := got[1]; m.Topic != "dev.payments" || string(m.Key) != "1" || m.ID == "" || m.ID == got[0].ID || m.Offset != 1 || m.Time.IsZero() {
		t.Errorf("message %+v", m)
	}
	if raw := env.Records("dev.payments"); len(raw) != 3 {
		t.Errorf("%d records, want 3", len(raw))
	}
	if raw := env.Records("nothing"); len(raw) != 0 {
		t.Errorf("%d records of a topic that is not there", len(raw))
	}
	streamtest.NonePublished[events.AccountState](env)
}

// verdict is a testing.TB that keeps what ends it.
type verdict struct {
	testing.TB
	text string
}

func (v *verdict) Helper() {}
func (v *verdict) Fatalf(format string, args ...any) {
	v.text = fmt.Sprintf(format, args...)
	panic(v)
}

// fails says what the call ended the test with.
func fails(t *testing.T, opts []streamtest.Option, call func(*streamtest.Env)) string {
	t.Helper()
	v := &verdict{TB: t}
	env := streamtest.New(v, opts...)
	func() {
		defer func() {
			if r := recover(); r != nil && r != any(v) {
				panic(r)
			}
		}()
		call(env)
	}()
	return v.text
}

func TestFailuresAreTold(t *testing.T) {
	t.Parallel()
	short := []streamtest.Option{streamtest.WithTimeout(3 * time.Second)}
	for name, tt := range map[string]struct {
		call func(*streamtest.Env)
		want string
	}{
		"too few": {func(e *streamtest.Env) {
			if err := producer(t, e).Produce(t.Context(), paid(1)); err != nil {
				t.Error(err)
			}
			streamtest.Published[events.PaymentReceived](e, 2)
		}, "1 of 2 schemactl.events.PaymentReceived are on topic payments"},
		"one too many": {func(e *streamtest.Env) {
			if err := producer(t, e).Produce(t.Context(), paid(1)); err != nil {
				t.Error(err)
			}
			streamtest.NonePublished[events.PaymentReceived](e)
		}, `on topic payments, the first with key "1"`},
		"not framed": {func(e *streamtest.Env) {
			if err := e.NewClient().ProduceSync(t.Context(), &kgo.Record{Topic: "payments", Value: []byte("x")}).FirstErr(); err != nil {
				t.Error(err)
			}
			streamtest.Published[events.PaymentReceived](e, 1)
		}, "record payments/"},
		"a fault that is not met": {func(e *streamtest.Env) { e.LoseAcks("", 1).Wait(1) }, "met 0 times, 1 are waited for"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := fails(t, short, tt.call); !strings.Contains(got, tt.want) {
				t.Errorf("ended with %q, want %q in it", got, tt.want)
			}
		})
	}
}

// TestRegistry: both doors lead to one registry, and a change that breaks readers is
// refused.
func TestRegistry(t *testing.T) {
	t.Parallel()
	env := streamtest.New(t)
	schema := (*events.PaymentReceived)(nil).AvroSchema()
	id, err := env.Registry().ID(t.Context(), "payments-value", schema)
	if err != nil {
		t.Fatal(err)
	}
	other, err := client.New(env.RegistryURL())
	if err != nil {
		t.Fatal(err)
	}
	if got, err := other.ID(t.Context(), "payments-value", schema); got != id || err != nil {
		t.Errorf("over HTTP id %d, %v: want %d", got, err, id)
	}
	changed := codec.NewSchema(schema.Name(), strings.Replace(schema.String(), `"long"`, `"string"`, 1), codec.Fingerprints{})
	if _, err := env.Registry().ID(t.Context(), "payments-value", changed); err == nil {
		t.Error("a schema that cannot read the first one's data was taken")
	}
}

func TestRelay(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		env := streamtest.New(t, streamtest.WithTimeout(30*time.Second))
		db := newDatabase(t, env, url)
		env.Relay(db) // nothing to do
		streamtest.NonePublished[events.PaymentReceived](env)
		for i := range int64(50) {
			err := db.Transaction(func(tx *gorm.DB) error {
				if err := outbox.Publish(tx, paid(i)); err != nil || i%10 != 9 {
					return err
				}
				return errRollback
			})
			if err != nil && !errors.Is(err, errRollback) {
				t.Fatal(err)
			}
		}
		streamtest.NonePublished[events.PaymentReceived](env)
		env.Relay(db)
		if got := streamtest.Published[events.PaymentReceived](env, 45); len(got) != 45 {
			t.Errorf("%d events, want 45: those that were rolled back are none", len(got))
		}
	})
}

// TestTombstone: what an application deletes is seen among the records, not among the
// events.
func TestTombstone(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		env := streamtest.New(t, streamtest.WithTimeout(30*time.Second))
		db := newDatabase(t, env, url)
		err := db.Transaction(func(tx *gorm.DB) error {
			return errors.Join(outbox.Publish(tx, paid(1)), outbox.Tombstone(tx, paid(1)))
		})
		if err != nil {
			t.Fatal(err)
		}
		env.Relay(db)
		if got := streamtest.Published[events.PaymentReceived](env, 1); len(got) != 1 {
			t.Errorf("%d events, want 1", len(got))
		}
		got := env.Records("payments")
		if len(got) != 2 || got[0].Value == nil || got[1].Value != nil || string(got[1].Key) != "1" {
			t.Errorf("records %v, want an event and its tombstone", got)
		}
	})
}

var errRollback = errors.New("rolled back")

func newDatabase(t *testing.T, env *streamtest.Env, url string) *gorm.DB {
	t.Helper()
	db, err := database.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(db); err != nil {
			t.Error(err)
		}
	})
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	ob, err := outbox.New(t.Context(), env.Registry(), []codec.Event{(*events.PaymentReceived)(nil)})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Use(ob); err != nil {
		t.Fatal(err)
	}
	return db
}

// TestRelayThroughFaults: a broker that refuses, loses acknowledgements and goes away
// delays events; each comes once, because the producer is idempotent.
func TestRelayThroughFaults(t *testing.T) {
	t.Parallel()
	env := streamtest.New(t, streamtest.WithTimeout(30*time.Second), streamtest.WithPartitions(1))
	db := newDatabase(t, env, testenv.SQLite(t))
	refused := env.Fail("payments", kerr.NotEnoughReplicas, 2)
	lost := env.LoseAcks("payments", 2)
	publish := func(first, last int64) {
		err := db.Transaction(func(tx *gorm.DB) error {
			for i := first; i <= last; i++ {
				if err := outbox.Publish(tx, paid(i)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	publish(1, 20)
	env.Relay(db)
	if refused.Hits() != 2 || lost.Hits() != 2 {
		t.Errorf("refused %d, lost %d: want 2 of each", refused.Hits(), lost.Hits())
	}
	env.Down()
	publish(21, 30)
	time.AfterFunc(300*time.Millisecond, env.Up)
	begin := time.Now()
	env.Relay(db)
	if d := time.Since(begin); d < 300*time.Millisecond {
		t.Errorf("the relay was done after %s, before the broker came back", d)
	}
	var want []int64
	for i := range int64(30) {
		want = append(want, i+1)
	}
	if diff := cmp.Diff(want, ids(streamtest.Published[events.PaymentReceived](env, 30))); diff != "" {
		t.Errorf("published (-want +got):\n%s", diff)
	}
}

// TestDown: nobody gets through while the broker is away, and what it held is there
// again.
func TestDown(t *testing.T) {
	t.Parallel()
	env := streamtest.New(t)
	p := producer(t, env)
	if err := p.Produce(t.Context(), paid(1)); err != nil {
		t.Fatal(err)
	}
	env.Down()
	if err := stream.Ping(t.Context(), env.NewClient(kgo.RequestRetries(0))); err == nil {
		t.Error("the broker answers although it is away")
	}
	env.Up()
	if err := p.Produce(t.Context(), paid(2)); err != nil {
		t.Fatal(err)
	}
	if got := streamtest.Published[events.PaymentReceived](env, 2); len(got) != 2 {
		t.Errorf("%d events, want 2", len(got))
	}
}

// TestVirtualTime: a handler that fails is tried again after an hour, two and four,
// in no time.
func TestVirtualTime(t *testing.T) {
	t.Parallel()
	outside := time.Now()
	synctest.Test(t, func(t *testing.T) {
		env := streamtest.New(t, streamtest.WithVirtualTime())
		begin := time.Now()
		var attempts []time.Duration
		handled := make(chan struct{})
		consume(t, env, func(_ context.Context, m stream.Message[events.PaymentReceived]) error {
			attempts = append(attempts, time.Since(begin).Truncate(time.Hour))
			if m.Attempt < 4 {
				return errors.New("not yet")
			}
			close(handled)
			return nil
		}, stream.WithRetry(time.Hour, 8*time.Hour))
		if err := producer(t, env).Produce(t.Context(), paid(1)); err != nil {
			t.Fatal(err)
		}
		<-handled
		if diff := cmp.Diff([]time.Duration{0, time.Hour, 3 * time.Hour, 7 * time.Hour}, attempts); diff != "" {
			t.Errorf("attempts (-want +got):\n%s", diff)
		}
		if got := streamtest.Published[events.PaymentReceived](env, 1); len(got) != 1 {
			t.Errorf("%d events", len(got))
		}
	})
	took := time.Since(outside)
	t.Logf("seven hours took %s", took)
	if took > time.Minute {
		t.Errorf("seven hours of virtual time took %s", took)
	}
}

// TestVirtualOutage: a broker that is away for an hour; the consumer goes on by itself.
func TestVirtualOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		env := streamtest.New(t, streamtest.WithVirtualTime())
		var handled atomic.Int64
		consume(t, env, func(context.Context, stream.Message[events.PaymentReceived]) error {
			handled.Add(1)
			return nil
		})
		p := producer(t, env)
		if err := p.Produce(t.Context(), paid(1)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		env.Down()
		time.Sleep(time.Hour)
		if n := handled.Load(); n != 1 {
			t.Errorf("%d handled before the outage ended, want 1", n)
		}
		env.Up()
		if err := p.Produce(t.Context(), paid(2)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if n := handled.Load(); n != 2 {
			t.Errorf("%d handled, want 2", n)
		}
	})
}
