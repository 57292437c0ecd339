package kafkastore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// fetchTogether bounds what one answer of a broker has.
const fetchTogether = 2 << 20

// Numbers of requests in Kafka's protocol.
const (
	keyProduce       = int16(kmsg.Produce)
	keyFetch         = int16(kmsg.Fetch)
	keyAddPartitions = int16(kmsg.AddPartitionsToTxn)
	keyEndTxn        = int16(kmsg.EndTxn)
)

// failure names what a broker refused.
func failure(what, topic string, code int16) error {
	if err := kerr.ErrorForCode(code); err != nil {
		return fmt.Errorf("%s of topic %q: %w", what, topic, err)
	}
	return nil
}

// broker answers the leader of the partition.
func (l *topicLog) broker(ctx context.Context) (*kgo.Broker, error) {
	if l.leader >= 0 {
		return l.cl.Broker(int(l.leader)), nil
	}
	found, _, err := describe(ctx, l.cl, l.topic)
	if err != nil {
		return nil, fmt.Errorf("find the leader of topic %q: %w", l.topic, err)
	}
	if len(found.Partitions) != 1 || found.Partitions[0].Leader < 0 {
		return nil, fmt.Errorf("topic %q has no leader", l.topic)
	}
	l.leader = found.Partitions[0].Leader
	return l.cl.Broker(int(l.leader)), nil
}

// fetched is what one answer held: the committed records from l.at to next.
type fetched struct {
	records []fetchedRecord
	next    int64
	stable  int64 // up to where everything is committed or given up
	high    int64 // the end
}

// fetchedRecord is a record that was read, or why it cannot be.
type fetchedRecord struct {
	record.Record
	raw *kgo.Record
	err error
}

// fetch asks for the records from l.at on, for a while when there is no leader.
func (l *topicLog) fetch(ctx context.Context) (fetched, error) {
	for giveUp := time.Now().Add(answerWithin); ; {
		got, err := l.fetchFrom(ctx, l.at)
		switch {
		case err == nil:
			return got, nil
		case errors.Is(err, kerr.OffsetOutOfRange) && l.at == 0:
			return l.fetchOldest(ctx)
		case errors.Is(err, kerr.OffsetOutOfRange): // records were cut off, or the topic is another one by now
			l.restart()
			return got, replica.ErrRestart
		}
		l.leader = -1
		if !kerr.IsRetriable(err) || time.Now().After(giveUp) || sleep(ctx, longPause) != nil {
			return got, err
		}
	}
}

// fetchOldest is for a topic whose first records were deleted.
func (l *topicLog) fetchOldest(ctx context.Context) (fetched, error) {
	first, err := l.offset(ctx, oldest, 0)
	if err != nil {
		return fetched{}, err
	}
	return l.fetchFrom(ctx, first)
}

func (l *topicLog) fetchFrom(ctx context.Context, from int64) (fetched, error) {
	b, err := l.broker(ctx)
	if err != nil {
		return fetched{}, err
	}
	part := kmsg.NewFetchRequestTopicPartition()
	part.FetchOffset, part.PartitionMaxBytes, part.CurrentLeaderEpoch = from, fetchTogether, -1
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.Partitions = l.topic, append(topic.Partitions, part)
	req := kmsg.NewPtrFetchRequest()
	req.ReplicaID, req.MaxBytes, req.IsolationLevel, req.SessionEpoch = -1, fetchTogether, readCommitted, -1
	req.Topics = append(req.Topics, topic)
	answer, err := b.RetriableRequest(ctx, req)
	if err != nil {
		return fetched{}, fmt.Errorf("read topic %q: %w", l.topic, err)
	}
	resp, ok := answer.(*kmsg.FetchResponse)
	if !ok || resp.ErrorCode != 0 || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return fetched{}, fmt.Errorf("read topic %q: the broker answers nothing of it", l.topic)
	}
	p := &resp.Topics[0].Partitions[0]
	if err := failure("read", l.topic, p.ErrorCode); err != nil {
		return fetched{}, err
	}
	opts := kgo.ProcessFetchPartitionOpts{Offset: from, IsolationLevel: kgo.ReadCommitted(), Topic: l.topic}
	records, next := kgo.ProcessFetchPartition(opts, p, l.decompressor, nil)
	if records.Err != nil {
		return fetched{}, fmt.Errorf("read topic %q at offset %d: %w", l.topic, next, records.Err)
	}
	list := make([]fetchedRecord, len(records.Records))
	for i, r := range records.Records {
		list[i].raw = r
		list[i].Record, list[i].err = record.Parse(r.Key, r.Value, r.Timestamp.UTC())
	}
	return fetched{records: list, next: next, stable: p.LastStableOffset, high: p.HighWatermark}, nil
}

// takeAndFetch hands over what was fetched while more is fetched and parsed.
func (l *topicLog) takeAndFetch(ctx context.Context, got fetched, apply func([]record.Record)) (fetched, error) {
	type answer struct {
		fetched
		err error
	}
	if _, err := l.broker(ctx); err != nil {
		return fetched{}, err
	}
	more := make(chan answer, 1)
	go func() {
		next, err := l.fetchFrom(ctx, got.next)
		more <- answer{next, err}
	}()
	l.take(got, apply)
	next := <-more
	if next.err != nil {
		l.leader = -1
	}
	return next.fetched, next.err
}

// take hands over what was fetched.
func (l *topicLog) take(got fetched, apply func([]record.Record)) {
	list := make([]record.Record, 0, len(got.records))
	for _, r := range got.records {
		if r.err != nil {
			l.skip(r.raw.Offset, r.err)
			continue
		}
		l.ids.note(r.Record)
		l.keys.note(r.Record, r.raw.Key)
		list = append(list, r.Record)
		if l.open != nil && l.open.is(r.raw) {
			l.open.found = true
		}
	}
	apply(list)
	l.at, l.high, l.read = max(got.next, l.at), got.high, time.Now()
}

// skip tells of a record that cannot be read. One of a kind that is no matter of a
// registry of schemas is none of ours.
func (l *topicLog) skip(offset int64, err error) {
	if _, other := errors.AsType[*record.UnknownError](err); other {
		l.logger.Debug("a record of another kind is skipped", slog.String("topic", l.topic), slog.Int64("offset", offset), slog.Any("error", err))
		return
	}
	l.logger.Error("a record of the registry's topic cannot be read and is skipped",
		slog.String("topic", l.topic), slog.Int64("offset", offset), slog.Any("error", err))
}

// end is where the next record of anybody would go.
func (l *topicLog) end(ctx context.Context) (int64, error) { return l.offset(ctx, newest, 0) }

// stable is up to where everything is committed or given up.
func (l *topicLog) stable(ctx context.Context) (int64, error) {
	return l.offset(ctx, newest, readCommitted)
}

// Kafka's names for offsets, and its number for who reads what is committed alone.
const (
	newest        = -1
	oldest        = -2
	readCommitted = 1
)

// offset asks the leader for an offset by Kafka's name for it.
func (l *topicLog) offset(ctx context.Context, name int64, isolation int8) (int64, error) {
	part := kmsg.NewListOffsetsRequestTopicPartition()
	part.Timestamp, part.CurrentLeaderEpoch = name, -1
	topic := kmsg.NewListOffsetsRequestTopic()
	topic.Topic, topic.Partitions = l.topic, append(topic.Partitions, part)
	req := kmsg.NewPtrListOffsetsRequest()
	req.ReplicaID, req.IsolationLevel, req.Topics = -1, isolation, append(req.Topics, topic)
	resp, err := req.RequestWith(ctx, l.cl)
	if err != nil {
		return 0, fmt.Errorf("ask for an offset of topic %q: %w", l.topic, err)
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return 0, fmt.Errorf("ask for an offset of topic %q: the broker answers none", l.topic)
	}
	p := resp.Topics[0].Partitions[0]
	return p.Offset, failure("ask for an offset", l.topic, p.ErrorCode)
}
