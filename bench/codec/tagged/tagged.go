// Package tagged has the shapes of package shapes as structs with tags, which is
// what hamba/avro and twmb/avro take by reflection.
package tagged

import (
	"math/big"
	"time"
)

// Small is the shape small.
type Small struct {
	ID     int64     `avro:"id"`
	UUID   string    `avro:"uuid"`
	Count  int32     `avro:"count"`
	Active bool      `avro:"active"`
	Score  float64   `avro:"score"`
	TS     time.Time `avro:"ts"`
}

// Event is the shape event.
type Event struct {
	EventID       string            `avro:"event_id"`
	Kind          string            `avro:"kind"`
	TenantID      int64             `avro:"tenant_id"`
	OccurredAt    time.Time         `avro:"occurred_at"`
	Source        string            `avro:"source"`
	CorrelationID *string           `avro:"correlation_id"`
	CausationID   *string           `avro:"causation_id"`
	UserID        *int64            `avro:"user_id"`
	Session       *string           `avro:"session"`
	IP            *string           `avro:"ip"`
	Version       int32             `avro:"version"`
	Priority      int32             `avro:"priority"`
	IsTest        bool              `avro:"is_test"`
	Score         float64           `avro:"score"`
	Ratio         *float64          `avro:"ratio"`
	Amount        *big.Rat          `avro:"amount"`
	Currency      string            `avro:"currency"`
	Customer      Customer          `avro:"customer"`
	Items         []Item            `avro:"items"`
	Attributes    map[string]string `avro:"attributes"`
	Note          *string           `avro:"note"`
	UpdatedAt     *time.Time        `avro:"updated_at"`
}

// Customer is a part of Event.
type Customer struct {
	ID      int64   `avro:"id"`
	Name    string  `avro:"name"`
	Email   *string `avro:"email"`
	Country string  `avro:"country"`
	VIP     bool    `avro:"vip"`
}

// Item is a part of Event.
type Item struct {
	SKU       string   `avro:"sku"`
	Qty       int32    `avro:"qty"`
	UnitPrice int64    `avro:"unit_price"`
	Title     string   `avro:"title"`
	Discount  *float64 `avro:"discount"`
}

// Strings is the shape strings.
type Strings struct {
	A    string   `avro:"a"`
	B    string   `avro:"b"`
	C    string   `avro:"c"`
	D    string   `avro:"d"`
	E    string   `avro:"e"`
	F    string   `avro:"f"`
	G    string   `avro:"g"`
	H    string   `avro:"h"`
	Tags []string `avro:"tags"`
}

// Batch is the shape batch.
type Batch struct {
	BatchID string  `avro:"batch_id"`
	Entries []Entry `avro:"entries"`
	Root    Node    `avro:"root"`
}

// Entry is a part of Batch.
type Entry struct {
	ID    int64   `avro:"id"`
	Label string  `avro:"label"`
	Value float64 `avro:"value"`
	Flags int32   `avro:"flags"`
	Meta  Meta    `avro:"meta"`
}

// Meta is a part of Entry.
type Meta struct {
	A int64  `avro:"a"`
	B int32  `avro:"b"`
	C *int64 `avro:"c"`
}

// Node is a part of Batch.
type Node struct {
	ID       int64  `avro:"id"`
	Label    string `avro:"label"`
	Children []Node `avro:"children"`
}

// Evo is what the reader of evolve has.
type Evo struct {
	Name   string   `avro:"name"`
	ID     int64    `avro:"id"`
	Count  int64    `avro:"count"`
	Score  float64  `avro:"score"`
	Region string   `avro:"region"`
	Note   *string  `avro:"note"`
	Tags   []string `avro:"tags"`
}
