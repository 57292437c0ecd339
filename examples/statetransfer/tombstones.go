package statetransfer

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/stream"
)

const (
	tombstoneEvery   = 20 * time.Millisecond
	tombstoneTimeout = 10 * time.Second
	tombstoneBatch   = 100
)

// pendingTombstone is a deleted account whose tombstone is not on the topic yet.
type pendingTombstone struct {
	AccountID int64 `gorm:"column:account_id;primaryKey;autoIncrement:false"`
	Version   int64 `gorm:"column:version;not null"`
}

// TableName is the table of pending tombstones.
func (pendingTombstone) TableName() string { return "accounts_tombstones" }

// writeTombstones writes what is pending until ctx ends. What fails stays pending. A
// crash between the write and the removal of the row repeats a tombstone, which does
// no harm.
func writeTombstones(ctx context.Context, cfg Config, db *gorm.DB, schemas *client.Client) error {
	kafka, err := kgo.NewClient(stream.ClientOptions(cfg.Brokers...)...)
	if err != nil {
		return err
	}
	defer kafka.Close()
	producer, err := stream.NewProducer[events.AccountState](ctx, kafka, schemas, stream.WithTopicPrefix(cfg.TopicPrefix))
	if err != nil {
		return err
	}
	topic := cfg.TopicPrefix + (*events.AccountState)(nil).EventTopic()
	for {
		if err := writePending(ctx, db, producer, topic); err != nil && ctx.Err() == nil && cfg.Logger != nil {
			cfg.Logger.WarnContext(ctx, "tombstones stay pending", "error", err)
		}
		select {
		case <-time.After(tombstoneEvery):
		case <-ctx.Done():
			return nil
		}
	}
}

// writePending writes the tombstones of accounts of which no state waits in the
// outbox. The order matters: a state that came after its tombstone would stay on the
// topic for ever. Nothing can be published after the delete, and what was before is
// either in the outbox or on the topic.
func writePending(ctx context.Context, db *gorm.DB, producer *stream.Producer[events.AccountState], topic string) error {
	ctx, cancel := context.WithTimeout(ctx, tombstoneTimeout)
	defer cancel()
	db = db.WithContext(ctx)
	var pending []pendingTombstone
	if err := db.Order("account_id").Limit(tombstoneBatch).Find(&pending).Error; err != nil {
		return err
	}
	var errs []error
	for _, p := range pending {
		dead := &events.AccountState{AccountID: p.AccountID, Version: p.Version}
		var waits int64
		if err := db.Table("outbox_events").Where("topic = ? AND event_key = ?", topic, dead.EventKey()).Count(&waits).Error; err != nil {
			return err
		}
		if waits > 0 {
			continue
		}
		if err := producer.Tombstone(ctx, dead); err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, db.Delete(&p).Error)
	}
	return errors.Join(errs...)
}
