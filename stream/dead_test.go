package stream_test

import (
	"context"
	crand "crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
	"github.com/schemactl/schemactl/stream/deadletter"
)

func (b *broker) box() *deadletter.Box {
	return deadletter.Open(b.topic(), b.group(), stream.ClientOptions(b.addrs...)...)
}

// open lists the open letters as "version kind".
func (b *broker) open() []deadletter.Letter {
	b.tb.Helper()
	all, err := b.box().List(b.tb.Context(), deadletter.Filter{Values: true})
	if err != nil && !errors.Is(err, deadletter.ErrNoTopic) {
		b.tb.Fatal(err)
	}
	return all
}

func (b *broker) replay(letters ...deadletter.Letter) {
	b.tb.Helper()
	if err := b.box().Replay(b.tb.Context(), deadletter.Requests(letters)); err != nil {
		b.tb.Fatal(err)
	}
}

// answered waits until the owners have carried out all requests.
func (b *broker) answered() {
	b.tb.Helper()
	until(b.tb, "the requests are answered", func() bool {
		pending, err := b.box().Pending(b.tb.Context())
		if err != nil {
			b.tb.Fatal(err)
		}
		return len(pending) == 0
	})
}

func kinds(letters []deadletter.Letter) (out []deadletter.Kind) {
	for _, l := range letters {
		out = append(out, l.Kind)
	}
	return out
}

// picky handles tickets, and fails those of id 1 at a version while bad is set.
type picky struct {
	seen
	bad   atomic.Int64 // version
	calls atomic.Int64 // of the one that is bad
}

func (p *picky) route() stream.Route {
	return stream.On(func(_ context.Context, m stream.Message[ticket]) error {
		if m.Event.ID == 1 && m.Event.Version == p.bad.Load() {
			p.calls.Add(1)
			return errors.New("no room for it")
		}
		p.add(m.Event)
		return nil
	})
}

// TestDeadLetterHoldsItsKey: after the attempts a record is put aside, what follows of
// its key waits behind it, other keys go on, and a replay brings all in order.
func TestDeadLetterHoldsItsKey(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		for _, parallel := range []int{1, 8} {
			t.Run(fmt.Sprint(parallel), func(t *testing.T) {
				b := newBroker(t, b.addrs)
				holdsItsKey(t, b, parallel)
			})
		}
	})
}

func holdsItsKey(t *testing.T, b *broker, parallel int) {
	t.Helper()
	var h picky
	h.bad.Store(2)
	c, stop := run(t, b.config(h.route()), stream.WithDeadLetters(0), stream.WithMaxAttempts(3), stream.WithParallelism(parallel))
	b.tickets(1, 1, 4)
	b.tickets(5, 1, 4)
	until(t, "what waits is put aside", func() bool { return c.Stats().Parked == 3 })
	until(t, "the other key is done", func() bool { return len(h.of(5)) == 4 })
	letters := b.open()
	if diff := cmp.Diff([]deadletter.Kind{deadletter.Handler, deadletter.Waits, deadletter.Waits}, kinds(letters)); diff != "" {
		t.Fatalf("letters (-want +got):\n%s", diff)
	}
	first := letters[0]
	if h.calls.Load() != 3 || first.Attempts != 3 || first.Reason != "no room for it" || first.Type != "test.Ticket" {
		t.Errorf("%d calls; letter of %d attempts, reason %q, type %q", h.calls.Load(), first.Attempts, first.Reason, first.Type)
	}
	// It fails once more: it stays, with all that waits.
	b.replay(letters...)
	until(t, "the replay has called it", func() bool { return h.calls.Load() == 4 })
	b.answered()
	if diff := cmp.Diff([]deadletter.Kind{deadletter.Handler, deadletter.Waits, deadletter.Waits}, kinds(b.open())); diff != "" {
		t.Errorf("letters after a replay in vain (-want +got):\n%s", diff)
	}
	if got := b.open()[0].Attempts; got != 4 {
		t.Errorf("%d attempts, want 4", got)
	}
	h.bad.Store(0)
	b.replay(letters[1]) // any of the key
	b.tickets(1, 5, 6)
	until(t, "all of the key is handled", func() bool { return len(h.of(1)) == 6 })
	b.answered()
	if diff := cmp.Diff(numbers(1, 6), h.of(1)); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if n := len(b.open()); n != 0 || c.Stats().DeadLetters != 0 {
		t.Errorf("%d letters are open, %d by the stats; want none", n, c.Stats().DeadLetters)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if at := b.committed(first.ID.Partition); at != b.end(first.ID.Partition) {
		t.Errorf("committed %d, want %d", at, b.end(first.ID.Partition))
	}
}

// end is the end of a partition of the topic.
func (b *broker) end(partition int32) int64 {
	b.tb.Helper()
	ends, err := kadm.NewClient(b.client).ListEndOffsets(b.tb.Context(), b.topic())
	if err != nil {
		b.tb.Fatal(err)
	}
	o, _ := ends.Lookup(b.topic(), partition)
	return o.Offset
}

// TestDeadLetterKeepsTheRecord: a letter holds the record byte for byte, whatever is
// wrong with it, and the partition goes on.
func TestDeadLetterKeepsTheRecord(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		framed := func(id byte, rest ...byte) []byte { return append([]byte{0, 0, 0, 0, id}, rest...) }
		headers := []kgo.RecordHeader{{Key: "dlq.kind", Value: []byte("mine")}, {Key: "empty"}, {Key: "trace", Value: []byte{0, 255}}}
		tests := []struct {
			kind   deadletter.Kind
			key    []byte
			value  []byte
			reason string
		}{
			{deadletter.Unframed, []byte("a"), []byte("{}"), "not a framed Avro value"},
			{deadletter.UnknownSchema, []byte{0, 200}, framed(99, 2), "schema not found"},
			{deadletter.UnknownSchema, nil, framed(idBroken, 2), "schema"},
			{deadletter.Undecodable, nil, framed(idIncompatible, 2, 'x'), "incompatible"},
			{deadletter.Undecodable, []byte{}, framed(idTicket, 2, 2, 40), "ends early"},
			{deadletter.Unframed, []byte("b"), []byte{}, "0 bytes"},
		}
		at := time.UnixMilli(1_700_000_000_000)
		var want []*kgo.Record
		for _, tt := range tests {
			want = append(want, &kgo.Record{Topic: b.topic(), Key: tt.key, Value: tt.value, Headers: headers, Timestamp: at})
		}
		if err := b.client.ProduceSync(t.Context(), want...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		b.tickets(9, 1, 3)
		var h picky
		c, stop := run(t, b.config(h.route()), stream.WithDeadLetters(0))
		until(t, "all are letters", func() bool { return c.Stats().Parked == int64(len(tests)) })
		until(t, "the partitions go on", func() bool { return len(h.of(9)) == 3 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		found := map[deadletter.ID]deadletter.Letter{}
		for _, l := range b.open() {
			found[l.ID] = l
		}
		for i, r := range want {
			l := found[deadletter.ID{Partition: r.Partition, Offset: r.Offset}]
			if l.Kind != tests[i].kind || !strings.Contains(l.Reason, tests[i].reason) || l.Group != b.group() || time.Since(l.Written) > time.Minute {
				t.Errorf("letter %d: %s %q of group %s at %s; want %s with %q", i, l.Kind, l.Reason, l.Group, l.Written, tests[i].kind, tests[i].reason)
			}
			if diff := cmp.Diff(r, l.Source(), cmpopts.IgnoreUnexported(kgo.Record{}), cmpopts.IgnoreFields(kgo.Record{}, "Attrs", "ProducerID", "ProducerEpoch", "LeaderEpoch", "Context")); diff != "" {
				t.Errorf("record %d (-want +in the letter):\n%s", i, diff)
			}
		}
	})
}

// TestDeadLetterThenCrash: a process dies after a letter is acknowledged and before
// the offset is committed. The record comes again and is neither handled nor put aside
// a second time; what waits stays in order.
func TestDeadLetterThenCrash(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var h picky
		h.bad.Store(2)
		b.tickets(1, 1, 3)
		var line cable
		cfg := b.config(h.route())
		cfg.Instance = "one"
		opts := []stream.ConsumerOption{stream.WithDeadLetters(0), stream.WithMaxAttempts(2)}
		first, stopFirst := run(t, cfg, append(opts, stream.WithCommitEvery(time.Hour), stream.WithKafkaOptions(kgo.Dialer(line.dial)), stream.WithStopTimeout(time.Second))...)
		until(t, "the first has put two aside", func() bool { return first.Stats().Parked == 2 })
		line.cut()
		calls := h.calls.Load()
		second, stop := run(t, cfg, opts...)
		b.tickets(1, 4, 4)
		until(t, "the second puts the next behind", func() bool { return second.Stats().Parked == 1 })
		if n := len(b.open()); n != 3 || h.calls.Load() != calls {
			t.Errorf("%d letters, %d more calls of the handler; want 3 and none", n, h.calls.Load()-calls)
		}
		h.bad.Store(0)
		b.replay(b.open()...)
		until(t, "all is handled", func() bool { return len(h.of(1)) >= 5 })
		if diff := cmp.Diff([]int64{1, 1, 2, 3, 4}, h.of(1)); diff != "" { // 1 was not committed
			t.Errorf("handled (-want +got):\n%s", diff)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		_ = stopFirst() // it is cut off: whatever it says
	})
}

// TestReplaySurvivesItsOwner: a request that was cut off is carried out by the next.
func TestReplaySurvivesItsOwner(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	var h picky
	h.bad.Store(1)
	b.tickets(1, 1, 4)
	opts := []stream.ConsumerOption{stream.WithDeadLetters(0), stream.WithMaxAttempts(1), stream.WithStopTimeout(50 * time.Millisecond)}
	c, stop := run(t, b.config(h.route()), opts...)
	until(t, "all are letters", func() bool { return c.Stats().Parked == 4 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	b.replay(b.open()...) // while nobody runs
	running := make(chan struct{})
	var s seen
	_, stop = run(t, b.config(stream.On(func(ctx context.Context, m stream.Message[ticket]) error {
		if m.Event.Version == 3 {
			close(running)
			<-ctx.Done()
			return ctx.Err()
		}
		s.add(m.Event)
		return nil
	})), opts...)
	<-running
	if err := stop(); err != nil {
		t.Error(err)
	}
	_, stop = run(t, b.config(s.route()), opts...)
	b.answered()
	if diff := cmp.Diff(numbers(1, 4), s.of(1)); diff != "" {
		t.Errorf("handled over both (-want +got):\n%s", diff)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestDiscard: a letter is resolved without being handled; what waited behind it goes
// on with a replay, and new ones wait until then.
func TestDiscard(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var h picky
		h.bad.Store(1)
		c, stop := run(t, b.config(h.route()), stream.WithDeadLetters(0), stream.WithMaxAttempts(1))
		b.tickets(1, 1, 2)
		until(t, "two are letters", func() bool { return c.Stats().Parked == 2 })
		letters := b.open()
		if err := b.box().Discard(t.Context(), letters[:1]); err != nil {
			t.Fatal(err)
		}
		until(t, "the owner sees it", func() bool { return c.Stats().DeadLetters == 1 })
		b.tickets(1, 3, 3)
		until(t, "the next waits", func() bool { return c.Stats().Parked == 3 })
		if _, err := b.box().Get(t.Context(), letters[0].ID); !errors.Is(err, deadletter.ErrNoLetter) {
			t.Errorf("error %v, want %v", err, deadletter.ErrNoLetter)
		}
		b.replay(letters[1])
		until(t, "the rest is handled", func() bool { return len(h.of(1)) == 2 })
		b.tickets(1, 4, 4)
		until(t, "the key is free", func() bool { return len(h.of(1)) == 3 })
		if diff := cmp.Diff(numbers(2, 4), h.of(1)); diff != "" {
			t.Errorf("handled (-want +got):\n%s", diff)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestRetryableNeverParks: what passes by itself is retried beyond the attempts, and
// what is permanent is not retried.
func TestRetryableNeverParks(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	b.tickets(1, 1, 1)
	b.tickets(5, 1, 1)
	var calls, permanent atomic.Int64
	c, stop := run(t, b.config(stream.On(func(_ context.Context, m stream.Message[ticket]) error {
		if m.Event.ID == 5 {
			permanent.Add(1)
			return fmt.Errorf("ticket 5: %w", stream.Permanent(errors.New("never")))
		}
		if calls.Add(1) < 8 {
			return fmt.Errorf("save: %w", stream.Retryable(errors.New("the database is down")))
		}
		return nil
	})), stream.WithDeadLetters(0), stream.WithMaxAttempts(3))
	until(t, "it passes", func() bool { return c.Stats().Handled == 1 && c.Stats().Parked == 1 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if permanent.Load() != 1 {
		t.Errorf("%d calls for what is permanent, want 1", permanent.Load())
	}
	if l := b.open(); len(l) != 1 || l[0].Reason != "ticket 5: never" {
		t.Errorf("letters %v, want the permanent one", l)
	}
}

// TestDeadLettersAreBounded: a partition with as many letters as it may have stands
// still until there is room.
func TestDeadLettersAreBounded(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	var h picky
	h.bad.Store(1)
	c, stop := run(t, b.config(h.route()), stream.WithDeadLetters(2), stream.WithMaxAttempts(1))
	b.tickets(1, 1, 5)
	until(t, "it is full", func() bool { return c.Stats().Parked == 2 })
	letters := b.open()
	if err := b.box().Discard(t.Context(), letters[1:]); err != nil {
		t.Fatal(err)
	}
	until(t, "one more has room", func() bool { return c.Stats().Parked == 3 })
	if err := stop(); err != nil {
		t.Error(err)
	}
	if at := b.committed(letters[0].ID.Partition); at != 3 {
		t.Errorf("committed %d, want 3: the fourth has no room", at)
	}
}

// TestLetterOfAStranger: a process that lost the partition without knowing writes a
// letter late. It neither holds the key nor stays.
func TestLetterOfAStranger(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	var h picky
	c, stop := run(t, b.config(h.route()), stream.WithDeadLetters(0), stream.WithMaxAttempts(1))
	b.tickets(1, 1, 2)
	until(t, "two are handled", func() bool { return h.count() == 2 })
	late := deadletter.FromRecord(b.put(idTicket, "1", []byte{2, 6, 0})[0], b.group())
	until(t, "three are handled", func() bool { return h.count() == 3 })
	late.Kind, late.Writer = deadletter.Handler, "somebody else"
	r := late.Record()
	cl, err := kgo.NewClient(append(stream.ClientOptions(b.addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(t.Context(), r).FirstErr(); err != nil {
		t.Fatal(err)
	}
	until(t, "it is resolved", func() bool { return len(b.open()) == 0 })
	b.tickets(1, 4, 4)
	until(t, "the key goes on", func() bool { return len(h.of(1)) == 4 })
	// One that is the owner's, too, stays.
	h.bad.Store(5)
	b.tickets(1, 5, 5)
	until(t, "it is a letter", func() bool { return c.Stats().Parked == 1 })
	mine := b.open()[0]
	mine.Writer = "somebody else"
	if err := cl.ProduceSync(t.Context(), mine.Record()).FirstErr(); err != nil {
		t.Fatal(err)
	}
	until(t, "the owner has it again", func() bool { l := b.open(); return len(l) == 1 && l[0].Writer != mine.Writer })
	h.bad.Store(0)
	b.replay(mine)
	until(t, "it is handled", func() bool { return len(h.of(1)) == 5 })
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestDeadLetterTopic: what stands in the way of the topic is told at the start.
func TestDeadLetterTopic(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var s seen
		dead := deadletter.Topic(b.topic(), b.group())
		policy := "delete"
		if _, err := kadm.NewClient(b.client).CreateTopic(t.Context(), 4, 1, map[string]*string{"cleanup.policy": &policy}, dead); err != nil {
			t.Fatal(err)
		}
		err := fails(t, b.config(s.route()), stream.WithDeadLetters(0))
		var te *deadletter.TopicError
		if !errors.As(err, &te) || te.Topic != dead || !strings.Contains(err.Error(), `cleanup.policy: it is "delete"`) || !strings.Contains(err.Error(), "4 partitions") {
			t.Errorf("error %v, want a *deadletter.TopicError of %s", err, dead)
		}
	})
	b := newBroker(t, testenv.KFake(t))
	var s seen
	cfg := b.config(s.route())
	cfg.Group = "a group"
	if _, err := stream.NewConsumer(cfg, stream.WithDeadLetters(0)); err == nil || !strings.Contains(err.Error(), "a group.dlq") {
		t.Errorf("error %v, want one about the topic's name", err)
	}
}

// TestDeadLettersFollowThePartition: members share the partitions, and the keys that
// wait go with them.
func TestDeadLettersFollowThePartition(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var h picky
		h.bad.Store(1)
		opts := []stream.ConsumerOption{stream.WithDeadLetters(0), stream.WithMaxAttempts(1)}
		first, stopFirst := run(t, b.config(h.route()), opts...)
		b.tickets(1, 1, 2)
		until(t, "two are letters", func() bool { return first.Stats().Parked == 2 })
		second, stopSecond := run(t, b.config(h.route()), opts...)
		if err := stopFirst(); err != nil {
			t.Error(err)
		}
		b.tickets(1, 3, 3)
		until(t, "the second puts the next behind", func() bool { return second.Stats().DeadLetters == 3 })
		h.bad.Store(0)
		b.replay(b.open()...)
		until(t, "all is handled", func() bool { return len(h.of(1)) == 3 })
		if diff := cmp.Diff(numbers(1, 3), h.of(1)); diff != "" {
			t.Errorf("handled (-want +got):\n%s", diff)
		}
		if err := stopSecond(); err != nil {
			t.Error(err)
		}
	})
}

// TestDeadLetterTopicIsRefused: where the application may not make the topic, Run says
// at the start what it needs.
func TestDeadLetterTopicIsRefused(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	b := newBroker(t, cluster.ListenAddrs())
	cluster.ControlKey(int16(kmsg.CreateTopics), func(req kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		create, _ := req.(*kmsg.CreateTopicsRequest)
		resp, _ := create.ResponseKind().(*kmsg.CreateTopicsResponse)
		for _, topic := range create.Topics {
			one := kmsg.NewCreateTopicsResponseTopic()
			one.Topic, one.ErrorCode = topic.Topic, kerr.TopicAuthorizationFailed.Code
			resp.Topics = append(resp.Topics, one)
		}
		return resp, nil, true
	})
	var s seen
	err = fails(t, b.config(s.route()), stream.WithDeadLetters(0))
	var te *deadletter.TopicError
	if !errors.As(err, &te) || !errors.Is(err, kerr.TopicAuthorizationFailed) || !strings.Contains(err.Error(), deadletter.Topic(b.topic(), b.group())+": it is missing") {
		t.Errorf("error %v, want a *deadletter.TopicError", err)
	}
}

// TestDeadLetterTopicGrows: with its source, also while the consumer runs.
func TestDeadLetterTopicGrows(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var s seen
		c, stop := run(t, b.config(s.route()), stream.WithDeadLetters(0), stream.WithKafkaOptions(kgo.MetadataMaxAge(500*time.Millisecond)))
		b.tickets(1, 1, 1)
		until(t, "it runs", func() bool { return s.count() == 1 })
		if _, err := kadm.NewClient(b.client).UpdatePartitions(t.Context(), 6, b.topic()); err != nil {
			t.Fatal(err)
		}
		cl, err := kgo.NewClient(append(stream.ClientOptions(b.addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		until(t, "the new partition takes records", func() bool {
			return cl.ProduceSync(t.Context(), &kgo.Record{Topic: b.topic(), Partition: 5, Value: []byte("none")}).FirstErr() == nil
		})
		until(t, "it is a letter", func() bool { return c.Stats().Parked == 1 })
		if l := b.open(); len(l) != 1 || l[0].ID.Partition != 5 {
			t.Errorf("letters %v, want one of partition 5", l)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}

// TestDeadLetterTooLarge: a letter that its topic does not take ends Run, with the
// setting that is too small, and nothing is committed.
func TestDeadLetterTooLarge(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		dead := deadletter.Topic(b.topic(), b.group())
		policy, most := "compact", "2000"
		if _, err := kadm.NewClient(b.client).CreateTopic(t.Context(), 4, 1, map[string]*string{"cleanup.policy": &policy, "max.message.bytes": &most}, dead); err != nil {
			t.Fatal(err)
		}
		r := &kgo.Record{Topic: b.topic(), Key: []byte("1"), Value: make([]byte, 5000)}
		_, _ = crand.Read(r.Value) // never fails; zeroes would shrink
		r.Value[0] = 1             // no frame
		if err := b.client.ProduceSync(t.Context(), r).FirstErr(); err != nil {
			t.Fatal(err)
		}
		var s seen
		err := fails(t, b.config(s.route()), stream.WithDeadLetters(0))
		if !errors.Is(err, kerr.MessageTooLarge) || !strings.Contains(err.Error(), dead) || !strings.Contains(err.Error(), "max.message.bytes") {
			t.Errorf("error %v, want one about max.message.bytes of %s", err, dead)
		}
		if at := b.committed(r.Partition); at > r.Offset {
			t.Errorf("committed %d, beyond %d", at, r.Offset)
		}
	})
}

// TestDeadLetterBrokerGone: while the brokers cannot be reached nothing is committed or
// lost, and it goes on when they are back.
func TestDeadLetterBrokerGone(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	var h picky
	h.bad.Store(2)
	var line cable
	c, stop := run(t, b.config(h.route()), stream.WithDeadLetters(0), stream.WithMaxAttempts(2), stream.WithKafkaOptions(kgo.Dialer(line.dial)))
	b.tickets(1, 1, 1)
	until(t, "it runs", func() bool { return h.count() == 1 })
	h.bad.Store(-1)
	b.tickets(1, 2, 4)
	until(t, "it has them", func() bool { return h.count() == 4 })
	h.bad.Store(6)
	b.tickets(1, 5, 8)
	line.cut()
	time.Sleep(300 * time.Millisecond) // something fails meanwhile
	line.mend()
	until(t, "it has put aside what it must", func() bool { return c.Stats().DeadLetters == 3 })
	h.bad.Store(0)
	b.replay(b.open()...)
	until(t, "all is handled", func() bool { v := h.of(1); return len(v) > 0 && v[len(v)-1] == 8 && len(b.open()) == 0 })
	last := int64(0)
	for _, v := range h.of(1) {
		if v > last+1 {
			t.Errorf("%d after %d: %v", v, last, h.of(1))
		}
		last = max(last, v)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestLettersAreKnownFirst: a partition with a long history of letters is handled only
// once all of it is known.
func TestLettersAreKnownFirst(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		var s seen
		c, stop := run(t, b.config(s.route()), stream.WithDeadLetters(0))
		until(t, "the topic is made", func() bool {
			_, err := b.box().List(t.Context(), deadletter.Filter{})
			return err == nil
		})
		if err := stop(); err != nil {
			t.Error(err)
		}
		first := b.put(idTicket, "1", []byte{2, 2, 0}, []byte{2, 4, 0})[0]
		dead := deadletter.Topic(b.topic(), b.group())
		var history []*kgo.Record
		for n := int64(1_000_000); n < 1_030_000; n++ {
			id := deadletter.ID{Partition: first.Partition, Offset: n}
			old := deadletter.Letter{ID: id, Kind: deadletter.Handler, Topic: b.topic(), Group: b.group(), Key: []byte("other"), Value: make([]byte, 100)}
			history = append(history, old.Record(), deadletter.ResolvedRecord(dead, id, "an earlier owner"))
		}
		open := deadletter.FromRecord(first, b.group())
		open.Kind = deadletter.Handler
		cl, err := kgo.NewClient(append(stream.ClientOptions(b.addrs...), kgo.RecordPartitioner(kgo.ManualPartitioner()))...)
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		if err := cl.ProduceSync(t.Context(), append(history, open.Record())...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		c, stop = run(t, b.config(s.route()), stream.WithDeadLetters(0))
		until(t, "the second waits behind the first", func() bool { return c.Stats().Parked == 1 || s.count() > 0 })
		if n := s.count(); n != 0 || c.Stats().DeadLetters != 2 {
			t.Errorf("%d were handled, %d letters; want none and 2", n, c.Stats().DeadLetters)
		}
		b.replay(open)
		until(t, "both are handled", func() bool { return s.count() == 2 })
		if diff := cmp.Diff(numbers(1, 2), s.of(1)); diff != "" {
			t.Errorf("handled (-want +got):\n%s", diff)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
}
