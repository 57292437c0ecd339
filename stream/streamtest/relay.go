package streamtest

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/outbox/relay"
)

// Relay moves what is in a database's outbox to the broker and returns when the
// outbox is empty; what is published meanwhile is moved too. It ends the test when
// that takes longer than WithTimeout. Where the application runs a relay of its own,
// that one works and Relay waits for it.
func (e *Env) Relay(db *gorm.DB) {
	e.tb.Helper()
	if e.network != nil {
		e.tb.Fatal("streamtest: a database needs real time: relay outside of the bubble")
	}
	queue, err := relay.OpenQueue(db)
	if err != nil {
		e.tb.Fatalf("streamtest: relay: %v", err)
	}
	client, err := relay.NewClient(e.Brokers(), e.KafkaOptions()...)
	if err != nil {
		e.tb.Fatalf("streamtest: %v", err)
	}
	defer client.Close()
	r, err := relay.New(db, queue, client, relay.WithApplication("streamtest"),
		relay.WithIdle(time.Millisecond, 20*time.Millisecond), relay.WithTakeover(20*time.Millisecond))
	if err != nil {
		e.tb.Fatalf("streamtest: relay: %v", err)
	}
	ctx, stop := context.WithTimeout(e.tb.Context(), e.cfg.timeout)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	waiting, err := untilEmpty(ctx, db, ended)
	if ctx.Err() != nil && waiting != 0 {
		e.tb.Fatalf("streamtest: %d events still wait in the outbox after %s: %v", waiting, e.cfg.timeout, err)
	}
	if err == nil {
		stop()
		err = <-ended
	}
	if err = errors.Join(err, queue.Close()); err != nil {
		e.tb.Fatalf("streamtest: relay: %v", err)
	}
}

// untilEmpty polls the outbox until it is empty, the relay has ended, or ctx has.
func untilEmpty(ctx context.Context, db *gorm.DB, ended <-chan error) (waiting int64, err error) {
	waiting = -1
	for {
		backlog, err := relay.Status(ctx, db)
		switch {
		case err != nil:
			return waiting, err
		case backlog.Waiting == 0:
			return 0, nil
		}
		waiting = backlog.Waiting
		select {
		case err := <-ended:
			if err == nil && ctx.Err() == nil {
				err = errors.New("it ended by itself")
			}
			return waiting, err
		case <-ctx.Done():
			return waiting, ctx.Err()
		case <-time.After(2 * time.Millisecond):
		}
	}
}
