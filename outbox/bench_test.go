package outbox_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
)

// BenchmarkPublish compares a transaction that publishes with the least that one
// can do by hand: the same row by one Exec, and by GORM's Create per event.
func BenchmarkPublish(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": testenv.SQLite, "postgres": testenv.Postgres, "mariadb": testenv.MariaDB} {
		for _, n := range []int{1, 10, 100} {
			events := make([]codec.Event, n)
			for i := range events {
				events[i] = &order{ID: int64(i), Version: 1, Note: "a note of some forty bytes, as they go …"}
			}
			ways := []struct {
				name string
				do   func(tx *gorm.DB) error
			}{
				{"publish", func(tx *gorm.DB) error { return outbox.Publish(tx, events...) }},
				{"exec each", func(tx *gorm.DB) error { return execEach(tx, events) }},
				{"create each", func(tx *gorm.DB) error { return createEach(tx, events) }},
			}
			for _, way := range ways {
				b.Run(fmt.Sprintf("%s/%d/%s", name, n, way.name), func(b *testing.B) {
					db := open(b, url(b))
					install(b, db)
					b.ReportAllocs()
					for b.Loop() {
						if err := db.Transaction(way.do); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "events/s")
				})
			}
		}
	}
}

func execEach(tx *gorm.DB, events []codec.Event) error {
	for _, e := range events {
		payload, err := e.AppendAvro(codec.AppendFrame(nil, 7))
		if err != nil {
			return err
		}
		err = tx.Exec("INSERT INTO outbox_events (event_id, type, sequence, topic, event_key, payload) VALUES (?, ?, ?, ?, ?, ?)",
			uuid.NewString(), "test.Order", 1, "orders", e.EventKey(), payload).Error
		if err != nil {
			return err
		}
	}
	return nil
}

type eventRow struct {
	EventID  string
	Type     string
	Sequence int64
	Topic    string
	EventKey []byte
	Payload  []byte
}

func (eventRow) TableName() string { return "outbox_events" }

func createEach(tx *gorm.DB, events []codec.Event) error {
	for _, e := range events {
		payload, err := e.AppendAvro(codec.AppendFrame(nil, 7))
		if err != nil {
			return err
		}
		if err := tx.Create(&eventRow{uuid.NewString(), "test.Order", 1, "orders", e.EventKey(), payload}).Error; err != nil {
			return err
		}
	}
	return nil
}
