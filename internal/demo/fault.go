package demo

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/examples/messaging"
	"github.com/schemactl/schemactl/outbox"
	"github.com/schemactl/schemactl/outbox/relay"
)

// The event that the faults of the relay hit: that the seventh message was
// delivered. It is named, not counted, so that it is the same one whichever of
// the applications relays.
const (
	faultType = "schemactl.events.MessageDelivered"
	faultKey  = "7"
)

// faults breaks what a fault names in the application.
func faults(fault, name string) (f messaging.Faults) {
	switch fault {
	case FaultKeepRows:
		f.Queue = func(q relay.Queue) relay.Queue { return &keepingQueue{Queue: q} }
	case FaultDropRecord:
		f.Producer = func(p relay.Producer) relay.Producer { return droppingProducer{p} }
	case FaultDoubleEffect:
		if name == messaging.Name {
			f.Inbox = doubling()
		}
	}
	return f
}

// droppingProducer says of one record that it was acknowledged without sending it.
type droppingProducer struct{ relay.Producer }

func (p droppingProducer) Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
	if string(r.Key) == faultKey && header(r, codec.HeaderType) == faultType {
		go promise(r, nil)
		return
	}
	p.Producer.Produce(ctx, r, promise)
}

// header is the value of a record's header, "" when it has none.
func header(r *kgo.Record, name string) string {
	at := slices.IndexFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == name })
	if at < 0 {
		return ""
	}
	return string(r.Headers[at].Value)
}

// doubling is an inbox that lets the first event have its effect twice.
func doubling() func(context.Context, *gorm.DB, string, string, func(*gorm.DB) error) (bool, error) {
	var done atomic.Bool
	return func(ctx context.Context, db *gorm.DB, consumer, eventID string, fn func(*gorm.DB) error) (bool, error) {
		return outbox.Once(ctx, db, consumer, eventID, func(tx *gorm.DB) error {
			if err := fn(tx); err != nil || done.Swap(true) {
				return err
			}
			return fn(tx)
		})
	}
}
