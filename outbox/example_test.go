package outbox_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
	"github.com/schemactl/schemactl/outbox"
)

// A change and its event are committed together; a repeated delivery has no
// effect.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "outbox")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	db, err := database.Open(ctx, "sqlite:"+filepath.Join(dir, "shop.db"))
	if err != nil {
		panic(err)
	}
	defer func() { _ = database.Close(db) }()
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(outbox.Source())})
	if err != nil {
		panic(err)
	}
	if _, err := m.Up(ctx); err != nil {
		panic(err)
	}

	// At the start: the event types, and where their schema ids come from.
	ob, err := outbox.New(ctx, testIDs, []codec.Event{(*order)(nil)})
	if err != nil {
		panic(err)
	}
	if err := db.Use(ob); err != nil {
		panic(err)
	}

	// Where things change: first the row, then the event.
	err = db.Transaction(func(tx *gorm.DB) error {
		// tx.Save(&theOrder) …
		return outbox.Publish(tx, &order{ID: 1, Version: 1})
	})
	fmt.Println("published:", err)

	// Where events arrive, perhaps twice.
	for range 2 {
		applied, err := outbox.Once(ctx, db, "shipping", "0190-event-id", func(*gorm.DB) error { return nil })
		fmt.Println("applied:", applied, err)
	}
	// Output:
	// published: <nil>
	// applied: true <nil>
	// applied: false <nil>
}
