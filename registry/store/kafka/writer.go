package kafkastore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/registry/store/internal/record"
)

const (
	// dieWithin is when the cluster gives up the transaction of a writer that died.
	// The next writer does so at once.
	dieWithin = 10 * time.Second
	// settleWithin bounds the wait for what was written before a take-over.
	settleWithin = time.Second
)

// writer is the right to append: whoever takes it over ends what the former one had
// begun, and the cluster refuses the former one from then on.
type writer struct {
	id       int64
	epoch    int16
	sequence int32
	next     int64 // the offset behind our last transaction
}

// pending is an append that is not known to be committed.
type pending struct {
	id    int64
	epoch int16
	base  int64
	found bool // it was read, so it is committed
}

func (p *pending) is(r *kgo.Record) bool {
	return r.Offset == p.base && r.ProducerID == p.id && r.ProducerEpoch == p.epoch
}

// expected is the offset that our next record gets if nobody else has written.
func (l *topicLog) expected() int64 { return max(l.writer.next, l.at) }

// takeOver becomes the writer and reads all that former ones have committed.
func (l *topicLog) takeOver(ctx context.Context, apply func([]record.Record)) error {
	req := kmsg.NewPtrInitProducerIDRequest()
	req.TransactionalID = new(l.writerID)
	req.TransactionTimeoutMillis = int32(dieWithin.Milliseconds())
	req.ProducerID, req.ProducerEpoch = -1, -1
	next := &writer{}
	err := settled(ctx, func() error {
		resp, err := req.RequestWith(ctx, l.cl)
		if err != nil {
			return fmt.Errorf("take over topic %q by transactional id %q: %w", l.topic, l.writerID, err)
		}
		next.id, next.epoch = resp.ProducerID, resp.ProducerEpoch
		return failure("take-over", l.topic, resp.ErrorCode)
	})
	if err != nil {
		return err
	}
	l.writer = next
	if err := l.settle(ctx, apply); err != nil {
		l.writer = nil
		return err
	}
	next.next = l.at
	return nil
}

// settle reads to the end. The take-over has ended all transactions of former
// writers that the cluster's coordinator knew of. Seen after a broker's crash: the
// coordinator knows of none, and the last of them still keeps readers from the end.
// It goes with an empty transaction of ours.
func (l *topicLog) settle(ctx context.Context, apply func([]record.Record)) error {
	end, err := l.end(ctx)
	if err != nil {
		return err
	}
	for healed, start := false, time.Now(); ; {
		if err := l.catchUp(ctx, apply); err != nil || l.at >= end {
			return err
		}
		switch waited := time.Since(start); {
		case waited > settleWithin:
			return fmt.Errorf("topic %q: somebody's transaction stays open at offset %d", l.topic, l.at)
		case waited > letFinish && !healed:
			healed = true
			l.logger.WarnContext(ctx, "the end of a registry's topic cannot be read though nobody writes: an empty transaction frees it",
				"topic", l.topic, "offset", l.at, "end", end)
			if err := l.begin(ctx); err != nil {
				return err
			}
			if err := l.finish(ctx, false); err != nil {
				return err
			}
		}
		if err := sleep(ctx, shortPause); err != nil {
			return err
		}
	}
}

// settled repeats a request while the transaction before is being ended.
func settled(ctx context.Context, request func() error) error {
	for pause := shortPause; ; pause = min(2*pause, 10*time.Millisecond) {
		err := request()
		if !errors.Is(err, kerr.ConcurrentTransactions) {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// hopeless tells that another try would end the same.
func hopeless(err error) bool {
	for _, one := range []error{
		kerr.InvalidRecord, kerr.TopicAuthorizationFailed,
		kerr.TransactionalIDAuthorizationFailed, kerr.ClusterAuthorizationFailed, kerr.PolicyViolation,
	} {
		if errors.Is(err, one) {
			return true
		}
	}
	return false
}

// write appends records in one transaction. It commits only if they have landed
// right behind all that change knew of.
func (l *topicLog) write(ctx context.Context, list []record.Record, apply func([]record.Record)) (bool, error) {
	lines := l.lines(list)
	if err := l.begin(ctx); err != nil {
		return false, err
	}
	base := l.expected()
	at := base
	for rest := lines; len(rest) > 0; {
		n := batchSize(rest, l.limits.batch-head)
		got, err := l.produce(ctx, rest[:n])
		if err != nil {
			return false, err
		}
		if got != at {
			return false, fmt.Errorf("topic %q: a record landed at offset %d, not %d: %w", l.topic, got, at, errOvertaken)
		}
		at, rest = at+int64(n), rest[n:]
	}
	l.open = &pending{id: l.writer.id, epoch: l.writer.epoch, base: base}
	if err := l.finish(ctx, true); err != nil {
		return false, err
	}
	l.writer.next = at + 1 // behind them is what says that they are committed
	err := l.readOwn(ctx, apply)
	return err == nil, err
}

// readOwn reads what we have committed, as all others do: only what can be read is
// answered. What the coordinator says is not enough, since one that has lost the
// transaction in a crash takes a commit that is sent again for the one before it.
func (l *topicLog) readOwn(ctx context.Context, apply func([]record.Record)) error {
	for giveUp := time.Now().Add(settleWithin); ; {
		if err := l.catchUp(ctx, apply); err != nil {
			return err
		}
		switch {
		case l.open.found:
			l.open = nil
			return nil
		case l.at > l.open.base:
			return fmt.Errorf("topic %q: what was committed at offset %d is not there", l.topic, l.open.base)
		case time.Now().After(giveUp):
			return fmt.Errorf("topic %q: what was committed at offset %d cannot be read", l.topic, l.open.base)
		}
		if err := sleep(ctx, shortPause); err != nil {
			return err
		}
	}
}

// line is a record as it is written.
type line struct {
	record record.Record
	key    []byte
	value  []byte
}

// lines are the records in all spellings that their keys have, after what has to be
// made good first: last ids that the topic would forget, and spellings that others
// have left behind.
func (l *topicLog) lines(list []record.Record) []line {
	var lines []line
	if r, ok := l.ids.record(); ok {
		list = append([]record.Record{r}, list...)
	}
	for key, r := range l.keys.left {
		r.Time = time.Now()
		lines = append(lines, line{record: r, key: []byte(key)})
	}
	slices.SortFunc(lines, func(a, b line) int { return bytes.Compare(a.key, b.key) })
	for _, r := range list {
		value := record.Value(r)
		for _, key := range l.keys.of(r) {
			lines = append(lines, line{record: r, key: []byte(key), value: value})
		}
	}
	return lines
}

// begin makes the partition part of a transaction.
func (l *topicLog) begin(ctx context.Context) error {
	topic := kmsg.NewAddPartitionsToTxnRequestTopic()
	topic.Topic, topic.Partitions = l.topic, []int32{0}
	return settled(ctx, func() error {
		req := kmsg.NewPtrAddPartitionsToTxnRequest()
		req.TransactionalID, req.ProducerID, req.ProducerEpoch = l.writerID, l.writer.id, l.writer.epoch
		req.Topics = append(req.Topics, topic)
		resp, err := req.RequestWith(ctx, l.cl)
		if err != nil {
			return fmt.Errorf("begin to write to topic %q: %w", l.topic, err)
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := failure("begin to write", l.topic, p.ErrorCode); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// finish commits the transaction or gives it up. After an error it may have done so.
func (l *topicLog) finish(ctx context.Context, commit bool) error {
	req := kmsg.NewPtrEndTxnRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch, req.Commit = l.writerID, l.writer.id, l.writer.epoch, commit
	resp, err := req.RequestWith(ctx, l.cl)
	if err != nil {
		return fmt.Errorf("end what was written to topic %q: %w", l.topic, err)
	}
	return failure("end of a transaction", l.topic, resp.ErrorCode)
}
