package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// order is something to do between two polls.
type order struct {
	do   func(handlers context.Context, client *kgo.Client) error
	done chan error
}

// order has the polling goroutine do something, once Run runs.
func (c *Consumer) order(ctx context.Context, do func(handlers context.Context, client *kgo.Client) error) error {
	o := order{do: do, done: make(chan error, 1)}
	select {
	case c.orders <- o:
	case <-c.ended:
		return ErrNotOwned
	case <-ctx.Done():
		return ctx.Err()
	}
	return <-o.done
}

// Pause stops handling and fetching partitions of a topic, all of them when none are
// named, also those that this member gets later. The topic is named with its prefix.
// Handlers that run finish; what has been fetched waits in memory, and replays wait. The member keeps
// its partitions. It may be called at any time, from any goroutine.
func (c *Consumer) Pause(topic string, partitions ...int32) { c.holdOn(true, topic, partitions) }

// Resume ends what Pause began, for the partitions named, or for the topic and all its
// partitions when none are.
func (c *Consumer) Resume(topic string, partitions ...int32) { c.holdOn(false, topic, partitions) }

// allOf stands for all partitions of a topic.
const allOf = -1

func (c *Consumer) holdOn(on bool, topic string, partitions []int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(partitions) == 0 {
		for p := range c.paused {
			if p.topic == topic {
				delete(c.paused, p)
			}
		}
		partitions = []int32{allOf}
	}
	for _, id := range partitions {
		if on {
			c.paused[partition{topic, id}] = true
		} else {
			delete(c.paused, partition{topic, id})
		}
	}
	for p, w := range c.workers {
		if p.topic == topic {
			w.hold(c.isHeld(p))
		}
	}
}

// isHeld tells whether a partition is paused. The caller holds mu.
func (c *Consumer) isHeld(p partition) bool {
	return c.paused[p] || c.paused[partition{p.topic, allOf}]
}

// Position is where Seek goes.
type Position struct {
	at   int64
	time time.Time
	kind positionKind
}

type positionKind int

const (
	positionOffset positionKind = iota
	positionStart
	positionEnd
	positionTime
)

// AtOffset is a record's offset.
func AtOffset(n int64) Position { return Position{at: n} }

// AtStart is the oldest record that the partition has.
func AtStart() Position { return Position{kind: positionStart} }

// AtEnd is behind the newest record.
func AtEnd() Position { return Position{kind: positionEnd} }

// AtTime is the first record of that time or later, the end when there is none.
func AtTime(t time.Time) Position { return Position{kind: positionTime, time: t} }

// Seek goes on with another record on a partition that this member owns
// (ErrNotOwned), and commits that place. What was fetched is dropped, handlers that
// run finish first (WithStopTimeout). The topic is named with its prefix. Records that
// are dead letters stay so and are not handled again, and what comes behind a letter of
// its key waits there. It works once Run runs, from any goroutine but a
// handler's own, which it would wait for.
func (c *Consumer) Seek(ctx context.Context, topic string, id int32, to Position) error {
	err := c.order(ctx, func(handlers context.Context, client *kgo.Client) error {
		return c.seek(ctx, handlers, client, partition{topic, id}, to)
	})
	if err != nil {
		return fmt.Errorf("seek in %s/%d: %w", topic, id, err)
	}
	return nil
}

func (c *Consumer) seek(ctx, handlers context.Context, client *kgo.Client, p partition, to Position) error {
	c.mu.Lock()
	w := c.workers[p]
	c.mu.Unlock()
	if w == nil {
		return ErrNotOwned
	}
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	at, err := offsetOf(ctx, kadm.NewClient(client), p, to)
	if err != nil {
		return err
	}
	c.finish([]*worker{w}, c.opt.stop)
	select {
	case <-w.done:
	default:
		return ErrStuck
	}
	place := map[string]map[int32]kgo.EpochOffset{p.topic: {p.id: {Epoch: -1, Offset: at}}}
	// The client sets only partitions for which it has a place already.
	client.MarkCommitRecords(&kgo.Record{Topic: p.topic, Partition: p.id, Offset: at - 1, LeaderEpoch: -1})
	client.SetOffsets(place)
	c.mu.Lock()
	c.start(handlers, client, p)
	c.mu.Unlock()
	var failed error
	client.CommitOffsetsSync(ctx, place, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
		failed = commitError(resp, err)
	})
	return failed
}

// commitError is the first error of a commit.
func commitError(resp *kmsg.OffsetCommitResponse, err error) error {
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return err
			}
		}
	}
	return nil
}

func offsetOf(ctx context.Context, adm *kadm.Client, p partition, to Position) (int64, error) {
	starts, err := adm.ListStartOffsets(ctx, p.topic)
	if err != nil {
		return 0, err
	}
	ends, err := adm.ListEndOffsets(ctx, p.topic)
	if err != nil {
		return 0, err
	}
	start, _ := starts.Lookup(p.topic, p.id)
	end, ok := ends.Lookup(p.topic, p.id)
	if !ok || start.Err != nil || end.Err != nil {
		return 0, errors.Join(fmt.Errorf("no offsets of %s/%d", p.topic, p.id), start.Err, end.Err)
	}
	switch to.kind {
	case positionStart:
		return start.Offset, nil
	case positionEnd:
		return end.Offset, nil
	case positionTime:
		found, err := adm.ListOffsetsAfterMilli(ctx, to.time.UnixMilli(), p.topic)
		if err != nil {
			return 0, err
		}
		o, _ := found.Lookup(p.topic, p.id)
		return o.Offset, o.Err
	case positionOffset:
	}
	if to.at < start.Offset || to.at > end.Offset {
		return 0, fmt.Errorf("offset %d: the partition has %d to %d", to.at, start.Offset, end.Offset)
	}
	return to.at, nil
}
