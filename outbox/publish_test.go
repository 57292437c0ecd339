package outbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/outbox"
)

// stored is a row as it lies in the table.
type stored struct {
	EventID  string
	Type     string
	Sequence *int64
	Topic    string
	EventKey []byte
	Headers  *string
	Payload  []byte
}

func rows(tb testing.TB, db *gorm.DB) []stored {
	tb.Helper()
	var out []stored
	err := db.Raw("SELECT event_id, type, sequence, topic, event_key, headers, payload FROM outbox_events ORDER BY id").Scan(&out).Error
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func TestPublishWritesRows(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		type tenant struct{}
		install(t, db, outbox.WithTopicPrefix("p."), outbox.WithHeaders(func(ctx context.Context) map[string]string {
			name, _ := ctx.Value(tenant{}).(string)
			if name == "" {
				return nil
			}
			return map[string]string{"tenant": name}
		}))
		ctx := context.WithValue(t.Context(), tenant{}, "blue")
		for _, db := range []*gorm.DB{db.WithContext(ctx), db} {
			err := db.Transaction(func(tx *gorm.DB) error {
				return outbox.Publish(tx, &order{ID: 3, Version: 5, Note: "hi"}, &refund{})
			})
			if err != nil {
				t.Fatal(err)
			}
		}

		got := rows(t, db)
		if len(got) != 4 {
			t.Fatalf("%d rows, want 4", len(got))
		}
		seen := map[string]bool{}
		for i := range got {
			id, err := uuid.Parse(got[i].EventID)
			if err != nil || id.Version() != 7 || seen[got[i].EventID] {
				t.Errorf("row %d: event id %q: want a UUID of version 7 of its own (%v)", i, got[i].EventID, err)
			}
			seen[got[i].EventID] = true
			got[i].EventID = ""
			if h := got[i].Headers; h != nil {
				*h = strings.ReplaceAll(*h, " ", "") // jsonb prints its own spaces
			}
		}
		five, headers := int64(5), `{"tenant":"blue"}`
		first := stored{Type: "test.Order", Sequence: &five, Topic: "p.orders", EventKey: []byte("3"), Payload: []byte{0, 0, 0, 0, 7, 6, 10, 4, 'h', 'i'}}
		second := stored{Type: "test.Refund", Topic: "p.orders", EventKey: []byte{}, Payload: []byte{0, 0, 0, 0, 8}}
		third, fourth := first, second
		first.Headers, second.Headers = &headers, &headers
		if diff := cmp.Diff([]stored{first, second, third, fourth}, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("rows differ (-want +got):\n%s", diff)
		}
	})
}

func TestPublishFollowsTheTransaction(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		install(t, db)
		boom := errors.New("boom")
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := outbox.Publish(tx, &order{ID: 1, Version: 1}); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) {
			t.Fatalf("transaction: %v, want %v", err, boom)
		}
		if n := count(t, db, "outbox_events"); n != 0 {
			t.Errorf("%d rows after a rollback, want 0", n)
		}

		err = db.Transaction(func(tx *gorm.DB) error {
			if err := outbox.Publish(tx, &order{ID: 1, Version: 1}); err != nil {
				return err
			}
			inner := tx.Transaction(func(tx *gorm.DB) error {
				return errors.Join(outbox.Publish(tx, &order{ID: 1, Version: 2}), boom)
			})
			if !errors.Is(inner, boom) {
				return fmt.Errorf("savepoint: %w", inner)
			}
			return outbox.Publish(tx, &order{ID: 1, Version: 3})
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, r := range rows(t, db) {
			got = append(got, *r.Sequence)
		}
		if diff := cmp.Diff([]int64{1, 3}, got); diff != "" {
			t.Errorf("sequences (-want +got):\n%s", diff)
		}
	})
}

func TestPublishInChunks(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		install(t, db)
		var events []codec.Event
		for i := range 2501 {
			events = append(events, &order{ID: 1, Version: int64(i)})
		}
		// And some by size: 12 of 900 kB fit no single statement.
		large := strings.Repeat("x", 900_000)
		for i := range 12 {
			events = append(events, &order{ID: 1, Version: int64(2501 + i), Note: large})
		}
		err := db.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, events...) })
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		if err := db.Raw("SELECT sequence FROM outbox_events ORDER BY id").Scan(&got).Error; err != nil {
			t.Fatal(err)
		}
		if len(got) != len(events) {
			t.Fatalf("%d rows, want %d", len(got), len(events))
		}
		for i, seq := range got {
			if seq != int64(i) {
				t.Fatalf("row %d has sequence %d: the order of the call is lost", i, seq)
			}
		}
	})
}

// hooked publishes from a GORM hook, where the transaction is GORM's own.
type hooked struct {
	ID   int64 `gorm:"primaryKey;autoIncrement:false"`
	Name string
}

func (h *hooked) AfterCreate(tx *gorm.DB) error {
	return outbox.Publish(tx, &order{ID: h.ID, Version: 1})
}

func TestPublishInHook(t *testing.T) {
	t.Parallel()
	db := open(t, testenv.SQLite(t))
	install(t, db)
	if err := db.Exec("CREATE TABLE hookeds (id integer PRIMARY KEY, name text)").Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Create(&hooked{ID: 4, Name: "n"}).Error; err != nil {
		t.Fatal(err)
	}
	if n := count(t, db, "outbox_events"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestPublishErrors(t *testing.T) {
	t.Parallel()
	inTransaction := func(db *gorm.DB, events ...codec.Event) error {
		return db.Transaction(func(tx *gorm.DB) error { return outbox.Publish(tx, events...) })
	}
	tests := []struct {
		name    string
		install bool
		publish func(db *gorm.DB) error
		is      error
		text    string
	}{
		{"outside a transaction", true, func(db *gorm.DB) error { return outbox.Publish(db, &order{}) }, outbox.ErrNoTransaction, "db.Transaction"},
		{"without the plugin", false, func(db *gorm.DB) error { return inTransaction(db, &order{}) }, outbox.ErrNotInstalled, "db.Use"},
		{"of a type not given to New", true, func(db *gorm.DB) error { return inTransaction(db, &refund{}) }, outbox.ErrUnknownEvent, "test.Refund"},
		{"of another version of the schema", true, func(db *gorm.DB) error { return inTransaction(db, &newerOrder{}) }, outbox.ErrUnknownEvent, "another version"},
		{"that does not fit its schema", true, func(db *gorm.DB) error { return inTransaction(db, &order{Note: "unencodable"}) }, nil, "encode test.Order: note: does not fit"},
		{"too large", true, func(db *gorm.DB) error { return inTransaction(db, &order{Note: strings.Repeat("x", 2000)}) }, outbox.ErrTooLarge, "WithMaxEventBytes"},
		{"nil", true, func(db *gorm.DB) error { return inTransaction(db, nil) }, nil, "nil event"},
		{"in a transaction that failed to begin", true, func(db *gorm.DB) error {
			ctx, cancel := context.WithCancel(context.WithoutCancel(db.Statement.Context))
			cancel()
			return outbox.Publish(db.WithContext(ctx).Begin(), &order{})
		}, context.Canceled, "failed already"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, testenv.SQLite(t))
			if tt.install {
				ob, err := outbox.New(t.Context(), testIDs, []codec.Event{(*order)(nil)}, outbox.WithMaxEventBytes(1000))
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Use(ob); err != nil {
					t.Fatal(err)
				}
			}
			err := tt.publish(db)
			if err == nil || (tt.is != nil && !errors.Is(err, tt.is)) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %v with %q", err, tt.is, tt.text)
			}
			if n := count(t, db, "outbox_events"); n != 0 {
				t.Errorf("%d rows, want none", n)
			}
		})
	}
}

type newerOrder struct{ order }

func (*newerOrder) AvroSchema() *codec.Schema {
	return codec.NewSchema("test.Order", `{"type":"record","name":"test.Order","fields":[]}`, codec.Fingerprints{})
}

func TestNewErrors(t *testing.T) {
	t.Parallel()
	both := []codec.Event{(*order)(nil), (*refund)(nil)}
	tests := []struct {
		name   string
		ids    codec.IDSource
		events []codec.Event
		opts   []outbox.Option
		text   string
	}{
		{"two types share a subject", testIDs, both, nil, "codec.TopicRecordName"},
		{"a type twice", testIDs, []codec.Event{(*order)(nil), (*order)(nil)}, nil, "test.Order is given twice"},
		{"an unknown subject", ids{}, both[:1], nil, `test.Order (subject "orders-value"): no such subject`},
		{"no source", nil, both, nil, "IDSource"},
		{"a nil event", testIDs, []codec.Event{nil}, nil, "without a schema"},
		{"a bad prefix", testIDs, both, []outbox.Option{outbox.WithTopicPrefix("a b")}, "WithTopicPrefix"},
		{"a prefix that is too long", testIDs, both[:1], []outbox.Option{outbox.WithTopicPrefix(strings.Repeat("p", 245))}, "249"},
		{"a bad limit", testIDs, both, []outbox.Option{outbox.WithMaxEventBytes(0)}, "WithMaxEventBytes"},
		{"no naming", testIDs, both, []outbox.Option{outbox.WithSubjectNaming("orders", nil)}, "WithSubjectNaming"},
		{"no default naming", testIDs, both, []outbox.Option{outbox.WithDefaultSubjectNaming(nil)}, "WithDefaultSubjectNaming"},
		{"no headers", testIDs, both, []outbox.Option{outbox.WithHeaders(nil)}, "WithHeaders"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := outbox.New(t.Context(), tt.ids, tt.events, tt.opts...)
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want one with %q", err, tt.text)
			}
		})
	}
}
