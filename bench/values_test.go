package bench_test

import (
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/events"
)

// at is when everything in the benchmarks happens.
var at = time.Date(2026, 4, 15, 9, 30, 0, 123456000, time.UTC)

// messageCreated is a message as the demo sends them: texts in several scripts,
// two attachments and a label. Its Avro value has 192 bytes.
func messageCreated() *events.MessageCreated {
	return &events.MessageCreated{
		MessageID: 48_213, Version: 1,
		Author:    events.AccountRef{AccountID: 17, DisplayName: "Account 17"},
		Recipient: events.AccountRef{AccountID: 4_211, DisplayName: "Zażółć gęślą jaźń"},
		Body:      "Message 48213: grüße, 你好, 🚚 and what else fits into one line",
		Priority:  events.PriorityHigh,
		Price:     events.Money{Amount: codec.NewDecimal(123_450, 2), Currency: "EUR"},
		ReplyTo:   codec.Some(int64(48_200)),
		Attachments: []events.Attachment{
			{FileName: "terms.pdf", SizeBytes: 48_213, MediaType: codec.Some("application/pdf")},
			{FileName: "notes", SizeBytes: 977},
		},
		Labels:    map[string]string{"campaign": "c7"},
		CreatedAt: at,
	}
}

// open opens a new SQLite file for the length of the benchmark.
func open(b *testing.B, url string) *gorm.DB {
	b.Helper()
	db, err := database.Open(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := database.Close(db); err != nil {
			b.Error(err)
		}
	})
	return db
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
