package devbroker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// SweepEvery is how often records are looked for that are past their time.
const SweepEvery = time.Minute

// Sweep removes records that are past the broker's retention, each minute until ctx
// or the broker ends. Topics that are compacted, or that have a retention of their
// own, are left to themselves.
func (b *Broker) Sweep(ctx context.Context) error {
	client, err := b.Client()
	if err != nil || b.cfg.Retention <= 0 {
		return err
	}
	ctx, b.stop = context.WithCancel(ctx)
	admin := kadm.NewClient(client)
	b.swept.Go(func() {
		for ticker := time.NewTicker(SweepEvery); ; {
			if err := b.sweep(ctx, admin, time.Now()); err != nil && ctx.Err() == nil && b.cfg.Logger != nil {
				b.cfg.Logger.WarnContext(ctx, "old records cannot be removed", "error", err)
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
				ticker.Stop()
				return
			}
		}
	})
	return nil
}

func (b *Broker) sweep(ctx context.Context, admin *kadm.Client, now time.Time) error {
	topics, err := admin.ListTopics(ctx)
	if err != nil {
		return err
	}
	var old []string
	for _, name := range topics.Names() {
		info := b.cluster.TopicInfo(name)
		if info == nil {
			continue
		}
		policy, own := info.Configs["cleanup.policy"], info.Configs["retention.ms"]
		if own == nil && (policy == nil || !strings.Contains(*policy, "compact")) {
			old = append(old, name)
		}
	}
	if len(old) == 0 {
		return nil
	}
	offsets, err := admin.ListOffsetsAfterMilli(ctx, now.Add(-b.cfg.Retention).UnixMilli(), old...)
	if err != nil {
		return err
	}
	for _, o := range offsets.Offsets().Sorted() {
		p := b.cluster.PartitionInfo(o.Topic, o.Partition)
		if p == nil || o.At <= p.LogStartOffset {
			continue
		}
		if err := b.cluster.DeleteRecords(o.Topic, o.Partition, o.At); err != nil {
			return fmt.Errorf("topic %s, partition %d: %w", o.Topic, o.Partition, err)
		}
	}
	return nil
}
