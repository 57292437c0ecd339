package outbox_test

import (
	"context"
	"encoding/binary"
	"errors"
	"strconv"
	"testing"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
)

// order is a small event, written by hand where an application has generated code.
type order struct {
	ID, Version int64
	Note        string
}

var orderSchema = codec.NewSchema("test.Order", `{"type":"record","name":"Order","namespace":"test","fields":[
{"name":"id","type":"long"},{"name":"version","type":"long"},{"name":"note","type":"string"}]}`, codec.Fingerprints{})

func (o *order) AvroSchema() *codec.Schema { return orderSchema }
func (o *order) EventTopic() string        { return "orders" }
func (o *order) EventKey() []byte          { return strconv.AppendInt(nil, o.ID, 10) }
func (o *order) EventSequence() int64      { return o.Version }

func (o *order) AppendAvro(dst []byte) ([]byte, error) {
	if o.Note == "unencodable" {
		return dst, errors.New("note: does not fit")
	}
	dst = binary.AppendVarint(dst, o.ID)
	dst = binary.AppendVarint(dst, o.Version)
	dst = binary.AppendVarint(dst, int64(len(o.Note)))
	return append(dst, o.Note...), nil
}

// refund shares the topic of order, has no key and no sequence.
type refund struct{}

var refundSchema = codec.NewSchema("test.Refund", `{"type":"record","name":"Refund","namespace":"test","fields":[]}`, codec.Fingerprints{})

func (*refund) AvroSchema() *codec.Schema             { return refundSchema }
func (*refund) EventTopic() string                    { return "orders" }
func (*refund) EventKey() []byte                      { return nil }
func (*refund) AppendAvro(dst []byte) ([]byte, error) { return dst, nil }

// ids knows the ids of subjects.
type ids map[string]uint32

func (m ids) ID(_ context.Context, subject string, _ *codec.Schema) (uint32, error) {
	if id, ok := m[subject]; ok {
		return id, nil
	}
	return 0, errors.New("no such subject")
}

var testIDs = ids{"orders-value": 7, "orders-test.Order": 7, "orders-test.Refund": 8, "p.orders-test.Order": 7, "p.orders-test.Refund": 8}

// open gives a migrated database, without the plugin.
func open(tb testing.TB, url string) *gorm.DB {
	tb.Helper()
	db, err := database.Open(tb.Context(), url)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = database.Close(db) })
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := m.Up(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	return db
}

// install adds an outbox for order and refund.
func install(tb testing.TB, db *gorm.DB, opts ...outbox.Option) *outbox.Outbox {
	tb.Helper()
	opts = append([]outbox.Option{outbox.WithSubjectNaming("orders", codec.TopicRecordName)}, opts...)
	ob, err := outbox.New(tb.Context(), testIDs, []codec.Event{(*order)(nil), (*refund)(nil)}, opts...)
	if err != nil {
		tb.Fatal(err)
	}
	if err := db.Use(ob); err != nil {
		tb.Fatal(err)
	}
	return ob
}

func count(tb testing.TB, db *gorm.DB, table string) int {
	tb.Helper()
	var n int
	if err := db.Table(table).Select("count(*)").Scan(&n).Error; err != nil {
		tb.Fatal(err)
	}
	return n
}
