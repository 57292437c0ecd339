package bench_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
)

// ids knows every schema under one id, without a registry.
type ids struct{}

func (ids) ID(context.Context, string, *codec.Schema) (uint32, error) { return 7, nil }

// outboxRow is the table as a GORM model, for those who would write it so.
type outboxRow struct {
	ID        int64 `gorm:"primaryKey;autoIncrement"`
	EventID   string
	Type      string
	Sequence  *int64
	Topic     string
	EventKey  []byte
	Headers   *string
	Payload   []byte
	CreatedAt string `gorm:"default:(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"`
}

// TableName is the outbox's table.
func (outboxRow) TableName() string { return "outbox_events" }

// framed is the payload of an event as it travels.
func framed(e codec.Event) ([]byte, error) { return e.AppendAvro(codec.AppendFrame(nil, 7)) }

// newID is an event id as the outbox makes them: ordered by time.
func newID() (string, error) {
	id, err := uuid.NewV7()
	return id.String(), err
}

// byHand publishes as an application would without the outbox: one INSERT each.
func byHand(tx *gorm.DB, all ...codec.Event) error {
	for _, e := range all {
		payload, err := framed(e)
		if err != nil {
			return err
		}
		id, err := newID()
		if err != nil {
			return err
		}
		err = tx.Exec("INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, headers, payload) VALUES (?, ?, ?, ?, ?, NULL, ?)",
			id, e.AvroSchema().Name(), 2, e.EventTopic(), e.EventKey(), payload).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// byCreate publishes by GORM's Create, all rows in one call.
func byCreate(tx *gorm.DB, all ...codec.Event) error {
	rows := make([]outboxRow, len(all))
	for i, e := range all {
		payload, err := framed(e)
		if err != nil {
			return err
		}
		id, err := newID()
		if err != nil {
			return err
		}
		sequence := int64(2)
		rows[i] = outboxRow{EventID: id, Type: e.AvroSchema().Name(), Sequence: &sequence, Topic: e.EventTopic(), EventKey: e.EventKey(), Payload: payload}
	}
	return tx.Create(&rows).Error
}

// BenchmarkPublish is a transaction that publishes and does nothing else, on an
// SQLite file. `empty` is the transaction alone.
func BenchmarkPublish(b *testing.B) {
	ways := []struct {
		name    string
		publish func(*gorm.DB, ...codec.Event) error
	}{
		{"empty", func(tx *gorm.DB, _ ...codec.Event) error { return tx.Exec("SELECT 1").Error }},
		{"schemactl", outbox.Publish},
		{"exec", byHand},
		{"create", byCreate},
	}
	for _, n := range []int{1, 10, 100} {
		all := make([]codec.Event, n)
		for i := range all {
			all[i] = messageCreated()
		}
		for _, way := range ways {
			b.Run(fmt.Sprintf("%d/%s", n, way.name), func(b *testing.B) { publish(b, all, way.publish) })
		}
	}
}

func publish(b *testing.B, all []codec.Event, do func(*gorm.DB, ...codec.Event) error) {
	b.Helper()
	db := open(b, "sqlite:"+filepath.Join(b.TempDir(), "bench.db")).WithContext(b.Context())
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	check(b, err)
	_, err = m.Up(b.Context())
	check(b, err)
	box, err := outbox.New(b.Context(), ids{}, events.AvroEvents(), outbox.WithSubjectNaming("messages", codec.TopicRecordName))
	check(b, err)
	check(b, db.Use(box))
	b.ReportAllocs()
	begin := time.Now()
	for b.Loop() {
		check(b, db.Transaction(func(tx *gorm.DB) error { return do(tx, all...) }))
	}
	b.ReportMetric(float64(time.Since(begin).Nanoseconds())/float64(b.N*len(all)), "ns/event")
}
