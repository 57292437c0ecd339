package outbox_test

import (
	"context"
	"errors"
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

// TestTombstoneWritesRows: its row is that of an event without the value, and stands
// between what was published for the key before and after it.
func TestTombstoneWritesRows(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		install(t, db, outbox.WithTopicPrefix("p."), outbox.WithHeaders(func(context.Context) map[string]string {
			return map[string]string{"tenant": "blue"}
		}))
		err := db.Transaction(func(tx *gorm.DB) error {
			return errors.Join(
				outbox.Publish(tx, &order{ID: 3, Version: 5}),
				// The rest of the event does not matter, be it what cannot be encoded.
				outbox.Tombstone(tx, &order{ID: 3, Version: 6, Note: "unencodable"}, &order{ID: 4, Version: 1}),
				outbox.Publish(tx, &order{ID: 3, Version: 7}),
			)
		})
		if err != nil {
			t.Fatal(err)
		}
		got := rows(t, db)
		for i := range got {
			if id, err := uuid.Parse(got[i].EventID); err != nil || id.Version() != 7 {
				t.Errorf("row %d: event id %q: want a UUID of version 7 (%v)", i, got[i].EventID, err)
			}
			got[i].EventID = ""
			if h := got[i].Headers; h != nil {
				*h = strings.ReplaceAll(*h, " ", "") // jsonb prints its own spaces
			}
		}
		headers := `{"tenant":"blue"}`
		row := func(key string, sequence int64, payload ...byte) stored {
			return stored{Type: "test.Order", Sequence: &sequence, Topic: "p.orders", EventKey: []byte(key), Headers: &headers, Payload: payload}
		}
		want := []stored{row("3", 5, 0, 0, 0, 0, 7, 6, 10, 0), row("3", 6), row("4", 1), row("3", 7, 0, 0, 0, 0, 7, 6, 14, 0)}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("rows differ (-want +got):\n%s", diff)
		}
	})
}

func TestTombstoneFollowsTheTransaction(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		install(t, db)
		boom := errors.New("boom")
		err := db.Transaction(func(tx *gorm.DB) error {
			if err := outbox.Tombstone(tx, &order{ID: 1, Version: 1}); err != nil {
				return err
			}
			inner := tx.Transaction(func(tx *gorm.DB) error {
				return errors.Join(outbox.Tombstone(tx, &order{ID: 2, Version: 1}), boom)
			})
			if n := count(t, tx, "outbox_events"); n != 1 {
				t.Errorf("%d rows after the savepoint, want 1", n)
			}
			return inner
		})
		if !errors.Is(err, boom) {
			t.Fatalf("transaction: %v, want %v", err, boom)
		}
		if n := count(t, db, "outbox_events"); n != 0 {
			t.Errorf("%d rows after a rollback, want 0", n)
		}
	})
}

func TestTombstoneErrors(t *testing.T) {
	t.Parallel()
	inTransaction := func(db *gorm.DB, events ...codec.Event) error {
		return db.Transaction(func(tx *gorm.DB) error { return outbox.Tombstone(tx, events...) })
	}
	tests := []struct {
		name    string
		install bool
		write   func(db *gorm.DB) error
		is      error
		text    string
	}{
		{"without a key", true, func(db *gorm.DB) error { return inTransaction(db, &order{ID: 1}, &refund{}) }, outbox.ErrNoKey, "tombstone: event has no key"},
		{"outside a transaction", true, func(db *gorm.DB) error { return outbox.Tombstone(db, &order{}) }, outbox.ErrNoTransaction, "tombstone: "},
		{"without the plugin", false, func(db *gorm.DB) error { return inTransaction(db, &order{}) }, outbox.ErrNotInstalled, "tombstone: "},
		{"of another version of the schema", true, func(db *gorm.DB) error { return inTransaction(db, &newerOrder{}) }, outbox.ErrUnknownEvent, "another version"},
		{"nil", true, func(db *gorm.DB) error { return inTransaction(db, nil) }, nil, "nil event"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := open(t, testenv.SQLite(t))
			if tt.install {
				install(t, db)
			}
			err := tt.write(db)
			if err == nil || (tt.is != nil && !errors.Is(err, tt.is)) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("error %v, want %v with %q", err, tt.is, tt.text)
			}
			if n := count(t, db, "outbox_events"); n != 0 {
				t.Errorf("%d rows, want none", n)
			}
		})
	}
}
