package streamtest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	"github.com/schemactl/schemactl/stream"
)

// Published waits until at least n events of type T are on T's topic and returns all
// that are there, from the topic's start: those of one key in their order, and across
// partitions by time. It ends the test when they do not come within WithTimeout, and
// at a record that cannot be read. Events of other types are passed over, and so are
// tombstones, which are among Env.Records.
func Published[T any, P stream.EventType[T]](e *Env, n int) []stream.Message[T] {
	e.tb.Helper()
	ctx, cancel := context.WithTimeout(e.tb.Context(), e.cfg.timeout)
	defer cancel()
	name, topic := P(new(T)).AvroSchema().Name(), e.cfg.prefix+P(new(T)).EventTopic()
	seen, read := 0, int64(-1)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		if size := e.size(topic); size != read { // nothing is read twice in vain
			got, err := published[T, P](ctx, e)
			switch {
			case err == nil && len(got) >= n:
				return got
			case err == nil:
				seen, read = len(got), size
			case ctx.Err() == nil:
				e.tb.Fatalf("streamtest: topic %s: %v", topic, err)
			}
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			e.tb.Fatalf("streamtest: %d of %d %s are on topic %s after %s (does a relay run, or was Env.Relay called?)", seen, n, name, topic, e.cfg.timeout)
		}
	}
}

// NonePublished ends the test when an event of type T is on T's topic now. What is on
// its way is not waited for: relay the outbox first, or wait for what comes after it.
func NonePublished[T any, P stream.EventType[T]](e *Env) {
	e.tb.Helper()
	ctx, cancel := context.WithTimeout(e.tb.Context(), e.cfg.timeout)
	defer cancel()
	got, err := published[T, P](ctx, e)
	topic := e.cfg.prefix + P(new(T)).EventTopic()
	switch {
	case err != nil:
		e.tb.Fatalf("streamtest: read topic %s: %v", topic, err)
	case len(got) > 0:
		e.tb.Fatalf("streamtest: %d %s are on topic %s, the first with key %q: %+v",
			len(got), P(new(T)).AvroSchema().Name(), topic, got[0].Key, got[0].Event)
	}
}

// published reads T's topic from its start to its end.
func published[T any, P stream.EventType[T]](ctx context.Context, e *Env) ([]stream.Message[T], error) {
	zero := P(new(T))
	records, err := e.read(ctx, e.cfg.prefix+zero.EventTopic())
	if err != nil {
		return nil, err
	}
	plans := plan.NewCache()
	var got []stream.Message[T]
	for _, r := range records {
		if r.Value == nil {
			continue
		}
		at := fmt.Sprintf("record %s/%d@%d", r.Topic, r.Partition, r.Offset)
		id, value, err := codec.ParseFrame(r.Value)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		text, err := e.schemas.Schema(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		name, err := plan.Name(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		if name != zero.AvroSchema().Name() {
			continue
		}
		p, err := plans.Plan(text, zero.AvroSchema())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		event := new(T)
		if err := p.Decode(value, P(event)); err != nil {
			return nil, fmt.Errorf("%s: %w", at, err)
		}
		got = append(got, message(event, name, r))
	}
	return got, nil
}

// message is what a handler would get at the first attempt.
func message[T any](event *T, typ string, r *kgo.Record) stream.Message[T] {
	m := stream.Message[T]{
		Event: event, Type: typ, Topic: r.Topic, Partition: r.Partition, Offset: r.Offset,
		Key: r.Key, Time: r.Timestamp, Headers: r.Headers, Attempt: 1,
	}
	if m.ID = m.Header(codec.HeaderID); m.ID == "" {
		m.ID = fmt.Sprintf("%s/%d/%d", r.Topic, r.Partition, r.Offset)
	}
	if n, err := strconv.ParseInt(m.Header(codec.HeaderSequence), 10, 64); err == nil {
		m.Sequence, m.HasSequence = n, true
	}
	return m
}

// Records are all records of a topic (with the prefix), raw, in the order of
// Published. A topic that is not there has none.
func (e *Env) Records(topic string) []*kgo.Record {
	e.tb.Helper()
	ctx, cancel := context.WithTimeout(e.tb.Context(), e.cfg.timeout)
	defer cancel()
	records, err := e.read(ctx, topic)
	if err != nil {
		e.tb.Fatalf("streamtest: read topic %s: %v", topic, err)
	}
	return records
}

// size counts what was ever written to a topic.
func (e *Env) size(topic string) (n int64) {
	for _, p := range e.cluster.PartitionInfos(topic) {
		n += p.LastStableOffset
	}
	return n
}

// read takes the topic as it is when the call begins.
func (e *Env) read(ctx context.Context, topic string) ([]*kgo.Record, error) {
	if e.cluster.TopicInfo(topic) == nil {
		return nil, nil
	}
	left, from := map[int32]int64{}, map[int32]kgo.Offset{}
	for _, p := range e.cluster.PartitionInfos(topic) {
		if p.LogStartOffset < p.LastStableOffset {
			left[p.Partition] = p.LastStableOffset
			from[p.Partition] = kgo.NewOffset().At(p.LogStartOffset)
		}
	}
	if len(left) == 0 {
		return nil, nil
	}
	cl, err := kgo.NewClient(append(append(stream.ClientOptions(e.Brokers()...), e.KafkaOptions()...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords(), kgo.FetchMaxWait(50*time.Millisecond))...)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	read := map[int32][]*kgo.Record{}
	for len(left) > 0 {
		fetches := cl.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%d partitions are not read to their ends: %w", len(left), err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			end, ok := left[r.Partition]
			if ok && r.Offset < end && !r.Attrs.IsControl() {
				read[r.Partition] = append(read[r.Partition], r)
			}
			if ok && r.Offset >= end-1 {
				delete(left, r.Partition)
			}
		})
	}
	return merge(read), nil
}

// merge takes the earliest record of those that come next in their partitions.
func merge(read map[int32][]*kgo.Record) []*kgo.Record {
	var all []*kgo.Record
	for {
		next := int32(-1)
		for _, p := range slices.Sorted(maps.Keys(read)) {
			if len(read[p]) > 0 && (next < 0 || read[p][0].Timestamp.Before(read[next][0].Timestamp)) {
				next = p
			}
		}
		if next < 0 {
			return all
		}
		all = append(all, read[next][0])
		read[next] = read[next][1:]
	}
}

// CreateTopic makes a topic (with the prefix) that is to have other partitions or
// settings than those that come to be by themselves.
func (e *Env) CreateTopic(topic string, partitions int, config map[string]string) {
	e.tb.Helper()
	settings := map[string]*string{}
	for key, value := range config {
		settings[key] = &value
	}
	ctx, cancel := context.WithTimeout(e.tb.Context(), e.cfg.timeout)
	defer cancel()
	if _, err := kadm.NewClient(e.client).CreateTopic(ctx, int32(partitions), 1, settings, topic); err != nil { //nolint:gosec // a test's own number
		e.tb.Fatalf("streamtest: create topic %s: %v", topic, err)
	}
}
