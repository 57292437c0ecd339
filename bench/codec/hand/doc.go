// Package hand is the codec that a good engineer writes by hand for the shapes of
// package shapes: the yardstick for generated code. It knows each schema, uses no
// reflection and no unsafe writes, and checks lengths, counts, branches, numbers
// and depth like any decoder that reads from outside, but its errors name no
// field. Nothing here is safe for concurrent use of one value.
package hand

import (
	"errors"
	"math/big"
	"strings"
	"time"
	"unsafe"
)

// What a decoder finds wrong.
var (
	ErrTruncated = errors.New("input ends within the value")
	ErrMalformed = errors.New("input is no value of the schema")
	ErrTrailing  = errors.New("bytes after the value")
	ErrDepth     = errors.New("nested too deep")
)

// ErrOrdinal is what an encoder says of an enum's value that is no symbol.
var ErrOrdinal = errors.New("enum ordinal is out of range")

// maxDepth is how deep a Node may nest.
const maxDepth = 1000

// Opt is a value that may be absent.
type Opt[T any] struct {
	Value T
	Set   bool
}

// Ptr points to a copy of the value; it is nil when there is none.
func (o Opt[T]) Ptr() *T {
	if !o.Set {
		return nil
	}
	return &o.Value
}

// Decimal is a number in units of 1/10000, the scale of every decimal here.
type Decimal int64

// String writes all four digits after the point.
func (d Decimal) String() string { return big.NewRat(int64(d), 10_000).FloatString(4) }

// Mode says where decoded strings live.
type Mode uint8

// The modes of decoding.
const (
	Arena Mode = iota // in one copy of the input
	Alias             // in the input, which must not change any more
	Copy              // each by itself
)

// Small is the shape small.
type Small struct {
	ID     int64
	UUID   string
	Count  int32
	Active bool
	Score  float64
	TS     time.Time
}

// EventKind is the kind of an Event.
type EventKind int

// String is the symbol.
func (k EventKind) String() string {
	return strings.Fields("CREATED PAID SHIPPED DELIVERED CANCELLED REFUNDED")[k]
}

// Event is the shape event.
type Event struct {
	EventID       string
	Kind          EventKind
	TenantID      int64
	OccurredAt    time.Time
	Source        string
	CorrelationID Opt[string]
	CausationID   Opt[string]
	UserID        Opt[int64]
	Session       Opt[string]
	IP            Opt[string]
	Version       int32
	Priority      int32
	IsTest        bool
	Score         float64
	Ratio         Opt[float64]
	Amount        Decimal
	Currency      string
	Customer      Customer
	Items         []Item
	Attributes    map[string]string
	Note          Opt[string]
	UpdatedAt     Opt[time.Time]
}

// Customer is who an Event is about.
type Customer struct {
	ID      int64
	Name    string
	Email   Opt[string]
	Country string
	VIP     bool
}

// Item is a line of an Event.
type Item struct {
	SKU       string
	Qty       int32
	UnitPrice int64
	Title     string
	Discount  Opt[float64]
}

// Strings is the shape strings.
type Strings struct {
	A, B, C, D, E, F, G, H string
	Tags                   []string
}

// Batch is the shape batch.
type Batch struct {
	BatchID string
	Entries []Entry
	Root    Node
}

// Entry is a line of a Batch.
type Entry struct {
	ID    int64
	Label string
	Value float64
	Flags int32
	Meta  Meta
}

// Meta is a part of an Entry.
type Meta struct {
	A int64
	B int32
	C Opt[int64]
}

// Node is a tree of a Batch.
type Node struct {
	ID       int64
	Label    string
	Children []Node
}

// Evo is what the reader of evolve has.
type Evo struct {
	Name   string
	ID     int64
	Count  int64
	Score  float64
	Region string
	Note   Opt[string]
	Tags   []string
}

// input gives src as the read functions take it: bytes, and the same as text to
// cut strings from, which is empty when they are to be copied.
func input(src []byte, mode Mode) ([]byte, string) {
	if mode == Copy || len(src) == 0 {
		return src, ""
	}
	if mode == Arena {
		src = append([]byte(nil), src...)
	}
	return src, unsafe.String(unsafe.SliceData(src), len(src))
}

// done is the error of a decoding that ended at p.
func done(src []byte, p int, err error) error {
	if err == nil && p != len(src) {
		return ErrTrailing
	}
	return err
}
