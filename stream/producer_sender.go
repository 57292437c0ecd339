package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/codec"
)

// closeGrace is how long close waits for the client once it has given up what is
// left.
const closeGrace = time.Second

// sender hands the records of one producer to the client, in order, and knows of
// each whether it has been acknowledged. Records wait in pending for the delivery
// interval; a goroutine that lives while there are any hands them over, so that no
// caller is held up inside the client, where its context would not end the wait.
type sender struct {
	client        *kgo.Client
	topic         string
	transactional bool
	set           producerSettings
	// ctx belongs to the records' lives, not to a call: the client fails a whole
	// partition's records when the context of one ends.
	ctx    context.Context
	cancel context.CancelFunc

	mu         sync.Mutex // guards what follows
	pending    []*delivery
	delivering bool
	timer      *time.Timer
	last       uint64        // number of the newest delivery
	first      *delivery     // the oldest without an outcome
	end        *delivery     // the newest without an outcome
	records    int           // without an outcome
	bytes      int64         // of them
	changed    chan struct{} // closed at the next outcome; nil when nobody waits
	room       chan struct{} // closed once there is room again; nil when nobody waits
	closed     bool
}

// delivery is a record on its way.
type delivery struct {
	record *kgo.Record
	size   int64
	number uint64
	tx     *transaction
	done   func(error)
	failed error // of the client, once close has given up

	prev, next *delivery // among those without an outcome
}

func newSender(ctx context.Context, client *kgo.Client, topic string, set producerSettings) *sender {
	s := &sender{client: client, topic: topic, transactional: transactionalID(client) != "", set: set}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return s
}

// sync hands records over at once and waits for their outcomes.
func (s *sender) sync(ctx context.Context, records []*kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	type outcome struct {
		i   int
		err error
	}
	outcomes := make(chan outcome, len(records))
	errs := make([]error, len(records))
	open := 0
	for i, r := range records {
		mode := addHeld
		if i == len(records)-1 {
			mode = addNow
		}
		if err := s.add(ctx, r, mode, func(err error) { outcomes <- outcome{i, err} }); err != nil {
			for ; i < len(records); i++ { // a later event must not go before this one
				errs[i] = err
			}
			s.kick()
			break
		}
		errs[i] = ErrNotConfirmed
		open++
	}
	var ended error
	for ; open > 0 && ended == nil; open-- {
		select {
		case o := <-outcomes:
			errs[o.i] = o.err
		case <-ctx.Done():
			ended = ctx.Err()
		}
	}
	var failed bool
	for i, err := range errs {
		if errors.Is(err, ErrNotConfirmed) && ended != nil {
			errs[i] = fmt.Errorf("%w: %w", ended, err)
		}
		failed = failed || err != nil
	}
	if failed {
		return &ProduceError{Topic: s.topic, Errors: errs}
	}
	return nil
}

func (s *sender) async(ctx context.Context, r *kgo.Record, done func(error)) error {
	mode := addLater
	if s.set.refuse {
		mode = addOrRefuse
	}
	if err := s.add(ctx, r, mode, done); err != nil {
		return &ProduceError{Topic: s.topic, Errors: []error{err}}
	}
	return nil
}

type addMode int

const (
	addHeld     addMode = iota // more follow at once, the last of them by addNow
	addNow                     // hand over at once, with all before
	addLater                   // hand over after the interval
	addOrRefuse                // the same, but do not wait for room
)

// add takes a record, when there is room.
func (s *sender) add(ctx context.Context, r *kgo.Record, mode addMode, done func(error)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	d := &delivery{record: r, size: int64(recordBytes(r)), done: done}
	if s.transactional {
		if d.tx = transactionOf(ctx, s.client); d.tx == nil || !d.tx.enter() {
			return ErrNoTransaction
		}
	}
	err := s.take(ctx, d, mode)
	if err != nil && d.tx != nil {
		d.tx.leave(nil) // the caller has the error
	}
	return err
}

func (s *sender) take(ctx context.Context, d *delivery, mode addMode) error {
	now := mode == addNow || s.set.interval == 0 || d.tx != nil // a transaction waits for its events
	for {
		s.mu.Lock()
		switch {
		case s.closed:
			s.mu.Unlock()
			return ErrProducerClosed
		case s.records == 0 || s.records < s.set.maxRecords && s.bytes+d.size <= s.set.maxBytes:
			s.push(d)
			if mode != addHeld {
				s.schedule(now)
			}
			s.mu.Unlock()
			return nil
		case mode == addOrRefuse:
			err := fmt.Errorf("%w: %d events with %d bytes wait for the brokers (stream.WithBuffer)", ErrBufferFull, s.records, s.bytes)
			s.schedule(true)
			s.mu.Unlock()
			return err
		}
		s.schedule(true)
		if s.room == nil {
			s.room = make(chan struct{})
		}
		room := s.room
		s.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return fmt.Errorf("%w while %w", ctx.Err(), ErrBufferFull)
		}
	}
}

// push appends to both lists. The caller holds the mutex, as in all that follow
// without a lock of their own.
func (s *sender) push(d *delivery) {
	s.last++
	d.number = s.last
	s.pending = append(s.pending, d)
	if d.prev = s.end; d.prev != nil {
		d.prev.next = d
	} else {
		s.first = d
	}
	s.end = d
	s.records++
	s.bytes += d.size
}

// schedule makes sure that somebody hands over what is pending.
func (s *sender) schedule(now bool) {
	switch {
	case s.delivering || len(s.pending) == 0:
	case now:
		if s.timer != nil {
			s.timer.Stop()
			s.timer = nil
		}
		s.delivering = true
		go s.deliver()
	case s.timer == nil:
		s.timer = time.AfterFunc(s.set.interval, s.kick)
	}
}

// kick hands over what is pending.
func (s *sender) kick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.timer = nil
	s.schedule(true)
}

// deliver hands records to the client until none is left. It is the only one that
// does, hence the order.
func (s *sender) deliver() {
	var spare []*delivery // the room of the last batch
	for {
		s.mu.Lock()
		batch := s.pending
		s.pending = spare[:0]
		if len(batch) == 0 {
			s.delivering = false
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
		for _, d := range batch {
			if d.tx != nil && d.tx.aborting() {
				s.settle(d, ErrTransactionAborted)
				continue
			}
			s.client.Produce(s.ctx, d.record, func(_ *kgo.Record, err error) { s.settle(d, err) })
		}
		clear(batch)
		spare = batch
	}
}

// settle notes the outcome of a record and tells it.
func (s *sender) settle(d *delivery, err error) {
	if errors.Is(err, kerr.MessageTooLarge) {
		err = fmt.Errorf("%w: topic %s takes no batch like the one that this event of %d bytes was in (its max.message.bytes; keep stream.WithMaxEventBytes and kgo.ProducerBatchMaxBytes below): %w",
			ErrTooLarge, s.topic, d.size, err)
	}
	if err != nil && s.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = fmt.Errorf("%w before it was delivered", ErrProducerClosed)
	}
	if s.transactional && isFenced(err) {
		err = fmt.Errorf("%w: %w", ErrFenced, err)
	}
	s.mu.Lock()
	d.failed = err
	if err == nil || s.ctx.Err() == nil {
		s.remove(d)
	}
	s.records--
	s.bytes -= d.size
	if s.changed != nil {
		close(s.changed)
		s.changed = nil
	}
	// Waking a sender for each place that comes free would cost more than the record.
	if s.room != nil && s.records <= s.set.maxRecords*3/4 && s.bytes <= s.set.maxBytes/4*3 {
		s.makeRoom()
	}
	s.mu.Unlock()
	if d.tx != nil {
		d.tx.leave(err)
	}
	d.done(err)
}

func (s *sender) remove(d *delivery) {
	if d.prev != nil {
		d.prev.next = d.next
	} else {
		s.first = d.next
	}
	if d.next != nil {
		d.next.prev = d.prev
	} else {
		s.end = d.prev
	}
}

// makeRoom wakes those who wait for room.
func (s *sender) makeRoom() {
	if s.room != nil {
		close(s.room)
		s.room = nil
	}
}

// watch gives a channel that is closed at the next outcome.
func (s *sender) watch() <-chan struct{} {
	if s.changed == nil {
		s.changed = make(chan struct{})
	}
	return s.changed
}

func (s *sender) flush(ctx context.Context) error {
	s.mu.Lock()
	mark := s.last
	s.schedule(true)
	s.mu.Unlock()
	return s.wait(ctx, func() bool { return s.first == nil || s.first.number > mark })
}

// wait until ok holds, or ctx ends. ok is called under the mutex.
func (s *sender) wait(ctx context.Context, ok func() bool) error {
	for {
		s.mu.Lock()
		if ok() {
			s.mu.Unlock()
			return nil
		}
		changed := s.watch()
		s.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *sender) buffered() (records int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.records, s.bytes
}

// close waits for what is under way. What is left when ctx ends is given up: the
// client fails what it has not sent, or knows the fate of.
func (s *sender) close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.makeRoom() // to those who wait for it this tells that there will be none
	s.mu.Unlock()
	ended := s.ctx.Err() // of an earlier call
	if ended == nil {
		ended = s.flush(ctx)
	}
	s.cancel()
	if ended == nil {
		return nil
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
	defer cancel()
	// What has no outcome then is told below.
	_ = s.wait(grace, func() bool { return s.records == 0 })
	s.mu.Lock()
	defer s.mu.Unlock()
	e := &UndeliveredError{Topic: s.topic, Err: ended}
	for d := s.first; d != nil; d = d.next {
		id, _ := header(d.record.Headers, codec.HeaderID)
		e.Events = append(e.Events, Undelivered{ID: string(id), Key: d.record.Key, Value: d.record.Value, MayBeWritten: d.failed == nil})
	}
	if len(e.Events) == 0 {
		return nil // the last answers came in the meantime
	}
	return e
}
