package statetransfer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/stream"
)

const (
	followBatch = 500
	askTimeout  = 10 * time.Second
)

// errOther ends a process that another one has replaced.
var errOther = errors.New("another process has taken the copy over")

// position is how far a partition is in the copy, and who builds it: the process that
// was started last.
type position struct {
	Topic      string `gorm:"column:topic;primaryKey"`
	Part       int32  `gorm:"column:part;primaryKey;autoIncrement:false"`
	NextOffset int64  `gorm:"column:next_offset;not null"`
	Owner      string `gorm:"column:owner;size:36;not null"`
}

// TableName is the positions' table.
func (position) TableName() string { return "directory_positions" }

// follower builds the copy from the topic.
type follower struct {
	cfg      Config
	db       *gorm.DB
	topic    string
	owner    string
	schemas  codec.SchemaSource
	plans    map[uint32]*codec.Plan // by the writer's schema id
	next     map[int32]int64        // offsets that are in the copy are below
	goal     map[int32]int64        // the topic's ends at the start
	caughtUp func()                 // nil once it has been called
}

func newFollower(cfg Config, db *gorm.DB, schemas codec.SchemaSource, caughtUp func()) *follower {
	return &follower{
		cfg: cfg, db: db, schemas: schemas, plans: map[uint32]*codec.Plan{}, caughtUp: caughtUp,
		owner: uuid.NewString(), topic: cfg.TopicPrefix + (*events.AccountState)(nil).EventTopic(), next: map[int32]int64{}, goal: map[int32]int64{},
	}
}

// run follows the topic from where the copy is until ctx ends.
func (f *follower) run(ctx context.Context) error {
	client, err := f.open(ctx)
	if err != nil {
		return fmt.Errorf("follow %s: %w", f.topic, err)
	}
	defer client.Close()
	for {
		f.report()
		fetches := client.PollRecords(ctx, followBatch)
		if ctx.Err() != nil {
			return nil
		}
		var failed error
		fetches.EachError(func(topic string, part int32, err error) {
			failed = errors.Join(failed, fmt.Errorf("fetch %s/%d: %w", topic, part, err))
		})
		if failed != nil {
			return failed
		}
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			if failed == nil {
				failed = f.apply(ctx, p.Partition, p.Records)
			}
		})
		if failed != nil && ctx.Err() == nil {
			return fmt.Errorf("follow %s: %w", f.topic, failed)
		}
	}
}

// open finds where each partition of the copy is and where the topic ends now.
func (f *follower) open(ctx context.Context) (*kgo.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	// Records that mark the ends of transactions count as offsets, so they are kept.
	client, err := kgo.NewClient(append(stream.ClientOptions(f.cfg.Brokers...), kgo.KeepControlRecords(),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(250*time.Millisecond))...)
	if err != nil {
		return nil, err
	}
	from, err := f.locate(ctx, kadm.NewClient(client))
	if err != nil {
		client.Close()
		return nil, err
	}
	client.AddConsumePartitions(map[string]map[int32]kgo.Offset{f.topic: from})
	return client, nil
}

func (f *follower) locate(ctx context.Context, admin *kadm.Client) (map[int32]kgo.Offset, error) {
	starts, err := admin.ListStartOffsets(ctx, f.topic)
	if err != nil {
		return nil, err
	}
	ends, err := admin.ListCommittedOffsets(ctx, f.topic)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(starts.Error(), ends.Error()); err != nil {
		return nil, err
	}
	ends.Each(func(end kadm.ListedOffset) {
		f.goal[end.Partition] = end.Offset
		start, _ := starts.Lookup(f.topic, end.Partition)
		f.next[end.Partition] = start.Offset
	})
	if err := f.claim(ctx); err != nil {
		return nil, err
	}
	from := map[int32]kgo.Offset{}
	for part, next := range f.next {
		if next > f.goal[part] {
			return nil, fmt.Errorf("partition %d ends at %d and the copy has %d: was the topic made anew? empty the tables of the copy", part, f.goal[part], next)
		}
		from[part] = kgo.NewOffset().At(next)
	}
	return from, nil
}

// claim makes this process the one that builds the copy, and reads where the copy is.
// It waits for a predecessor's transaction that is just being committed.
func (f *follower) claim(ctx context.Context) error {
	return f.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		for _, part := range slices.Sorted(maps.Keys(f.next)) { // in one order, or two would wait for each other
			row := position{Topic: f.topic, Part: part, NextOffset: f.next[part]}
			if err := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error; err != nil {
				return err
			}
		}
		if err := tx.Model(&position{}).Where("topic = ?", f.topic).Update("owner", f.owner).Error; err != nil {
			return err
		}
		var rows []position
		err := tx.Where("topic = ?", f.topic).Find(&rows).Error
		for _, r := range rows {
			f.next[r.Part] = r.NextOffset
		}
		return err
	})
}

// report tells once that the copy has all that was there at the start.
func (f *follower) report() {
	if f.caughtUp == nil {
		return
	}
	for part, end := range f.goal {
		if f.next[part] < end {
			return
		}
	}
	f.caughtUp()
	f.caughtUp = nil
}

// apply brings records of one partition into the copy, together with the position
// behind them, or neither.
func (f *follower) apply(ctx context.Context, part int32, records []*kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	next := records[len(records)-1].Offset + 1
	err := f.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		for _, r := range records {
			if err := f.record(ctx, tx, r); err != nil {
				return fmt.Errorf("record at %d/%d: %w", part, r.Offset, err)
			}
		}
		return f.move(tx, part, next)
	})
	if err == nil {
		f.next[part] = next
	}
	return err
}

// move sets the position, unless another process has taken over.
func (f *follower) move(tx *gorm.DB, part int32, next int64) error {
	moved := tx.Model(&position{}).Where("topic = ? AND part = ? AND owner = ?", f.topic, part, f.owner).Update("next_offset", next)
	if moved.Error == nil && moved.RowsAffected == 0 {
		return errOther
	}
	return moved.Error
}

// record brings one record into the copy.
func (f *follower) record(ctx context.Context, tx *gorm.DB, r *kgo.Record) error {
	switch {
	case r.Attrs.IsControl():
		return nil
	case r.Value == nil:
		id, err := strconv.ParseInt(string(r.Key), 10, 64)
		if err != nil {
			return fmt.Errorf("key %q of a tombstone is no account: %w", r.Key, err)
		}
		version, versioned := sequence(r)
		return forget(tx, id, version, versioned)
	}
	id, value, err := codec.ParseFrame(r.Value)
	if err != nil {
		return err
	}
	p, err := f.plan(ctx, id)
	if err != nil {
		return err
	}
	var e events.AccountState
	if err := p.Decode(value, &e); err != nil {
		return err
	}
	return keep(tx, &e)
}

// plan reads what was written with the schema of that id, also an older or newer
// version of ours.
func (f *follower) plan(ctx context.Context, id uint32) (*codec.Plan, error) {
	if p := f.plans[id]; p != nil {
		return p, nil
	}
	text, err := f.schemas.Schema(ctx, id)
	if err != nil {
		return nil, err
	}
	p, err := plan.Compile(text, (*events.AccountState)(nil).AvroSchema())
	if err == nil {
		f.plans[id] = p
	}
	return p, err
}

func sequence(r *kgo.Record) (n int64, ok bool) {
	for _, h := range r.Headers {
		if h.Key == codec.HeaderSequence {
			n, err := strconv.ParseInt(string(h.Value), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
