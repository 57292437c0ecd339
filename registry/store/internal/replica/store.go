// Package replica is a registry.Store that answers reads from memory and keeps
// its records in a [Log], which it may share with other processes. Each of them
// holds all schemas; a change is made under the log's lock on a state that has
// everything that was changed before, and answered once its records last.
//
// Changes that come at the same time share one append, and those who want to know
// of the changes of others share one look at the log.
package replica

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/state"
)

const (
	// pollEvery is how often records of others are looked for: what they register
	// is seen within this time and that of a query.
	pollEvery = 50 * time.Millisecond
	// mostTogether bounds the changes that share an append, and the callers that
	// share a look at the log.
	mostTogether = 64
	// mostBytesTogether ends such a sharing, so that one append ends in time.
	mostBytesTogether = 8 << 20
	// A log may hang: its host is frozen, or the network swallows what is sent. These
	// bound all that is asked of it. A change waits so long for its turn, and its
	// append may take so long again; with a read before it that is less than a
	// server has for an answer. A process that is suspended with the log's lock loses
	// it before that, see holdFor of the SQL store.
	writeFor = 15 * time.Second
	readFor  = 5 * time.Second
	pingFor  = 2 * time.Second
	// loadFor bounds reading all of it anew, which takes its time where there is much.
	loadFor = 30 * time.Second
	// staleAfter is for how long reading may fail before Ping says so.
	staleAfter = 3 * time.Second
)

// ErrClosed is the error of a store after Close.
var ErrClosed = errors.New("the registry's store is closed")

// errNoTurn is that of a change which has not begun.
var errNoTurn = fmt.Errorf("registry store: changes before this one have no answer after %s", writeFor)

// Options of a store.
type Options struct {
	// Same tells whether two texts of one id mean the same.
	Same state.Same
	// Logger hears of records that cannot be applied, and of a log that fails.
	Logger *slog.Logger
	// Scale is that of a store without a log, beside the common one; nil for none.
	Scale state.Scale
}

// Store is safe for concurrent use. [Store.Close] ends it.
type Store struct {
	log  Log
	opts Options
	anew bool // the state is behind for good; run's goroutine reads it anew

	mu    sync.RWMutex // guards state
	state *state.State

	queue chan *change
	syncs chan chan<- error // calls of Sync, each with where its answer goes
	stop  context.CancelFunc
	done  chan struct{} // closed when the goroutine has ended

	health sync.Mutex // guards failed and since
	failed error
	since  time.Time
}

// change is one call of Update on its way.
type change struct {
	ctx   context.Context
	fn    func(registry.Tx) error
	err   error
	panic any
	ended chan struct{}
}

// New is a store that keeps nothing beyond the process.
func New(opts Options) *Store { return &Store{state: state.New(), opts: opts} }

// Open reads all of a log, which the store closes in its end. ctx bounds the
// reading alone.
func Open(ctx context.Context, log Log, opts Options) (*Store, error) {
	if opts.Logger == nil {
		opts.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Store{log: log, opts: opts, state: state.New(), queue: make(chan *change), syncs: make(chan chan<- error), done: make(chan struct{})}
	if err := s.load(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("read the registry's records: %w", err), log.Close())
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go s.run(running)
	return s, nil
}

// load reads the log into a new state. While it fails, the former one stays, and
// nothing is applied to it.
func (s *Store) load(ctx context.Context) error {
	s.anew = true
	for range 3 {
		fresh := s.state.Anew()
		err := s.log.Read(ctx, func(list []record.Record) { s.applyTo(ctx, fresh, list) })
		if errors.Is(err, ErrRestart) {
			continue
		}
		if err == nil {
			s.mu.Lock()
			s.state = fresh
			s.mu.Unlock()
			s.anew = false
		}
		return err
	}
	return ErrRestart
}

func (s *Store) applyTo(ctx context.Context, st *state.State, list []record.Record) {
	for _, r := range list {
		if err := st.Apply(r, s.opts.Same); err != nil {
			s.opts.Logger.ErrorContext(ctx, "a record of the registry is not applied", "error", err)
		}
	}
}

func (s *Store) apply(ctx context.Context) func([]record.Record) {
	return func(list []record.Record) {
		if len(list) == 0 {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.applyTo(ctx, s.state, list)
	}
}

// run is the one goroutine that uses the log.
func (s *Store) run(ctx context.Context) {
	defer close(s.done)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
			s.note(ctx, s.read(ctx, s.log.Read))
		case first := <-s.syncs:
			runtime.Gosched() // lets those who are about to ask share the look
			s.sync(ctx, together(s.syncs, first))
		case first := <-s.queue:
			s.write(ctx, together(s.queue, first))
		}
	}
}

// read reads on as the log's Read or Sync does.
func (s *Store) read(ctx context.Context, on func(context.Context, func([]record.Record)) error) error {
	if !s.anew {
		short, cancel := context.WithTimeout(ctx, readFor)
		defer cancel()
		if err := on(short, s.apply(ctx)); !errors.Is(err, ErrRestart) {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, loadFor)
	defer cancel()
	return s.load(ctx)
}

// sync looks once for all who wait. Those who come meanwhile wait for the next look:
// this one may have missed what was answered before they came.
func (s *Store) sync(ctx context.Context, waiting []chan<- error) {
	err := s.read(ctx, s.log.Sync)
	s.note(ctx, err)
	if err != nil {
		err = fmt.Errorf("registry store: %w", err)
	}
	for _, answer := range waiting {
		answer <- err
	}
}

// append makes changes, the first n of a list: those that go into one append. When
// that needs a new state, it reads it and tries again. It fails for all of them.
func (s *Store) append(ctx context.Context, list []*change) (n int, err error) {
	n = len(list)
	if s.anew {
		if err := s.load(ctx); err != nil {
			return n, err
		}
	}
	try := func() error {
		return s.log.Append(ctx, s.apply(ctx), func() (records []record.Record) {
			records, n = s.try(list)
			return records
		})
	}
	if err = try(); !errors.Is(err, ErrRestart) {
		return n, err
	}
	if err := s.load(ctx); err != nil {
		return n, err
	}
	err = try()
	return n, err
}

// together are those of a queue that wait now.
func together[T any](queue <-chan T, first T) []T {
	list := []T{first}
	for len(list) < mostTogether {
		select {
		case next := <-queue:
			list = append(list, next)
		default:
			return list
		}
	}
	return list
}

// write makes changes and answers them.
func (s *Store) write(ctx context.Context, list []*change) {
	ctx, cancel := context.WithTimeout(ctx, writeFor)
	defer cancel()
	for len(list) > 0 {
		n, err := s.append(ctx, list)
		switch refused := errors.Is(err, ErrRefused); {
		case refused && n > 1: // by one of them: the others must not fail with it
			s.oneByOne(ctx, list[:n])
		case refused || err == nil:
			s.end(ctx, list[:n], err)
		default:
			n = len(list)
			s.end(ctx, list, err)
		}
		list = list[n:]
	}
}

func (s *Store) oneByOne(ctx context.Context, list []*change) {
	for i := range list {
		_, err := s.append(ctx, list[i:i+1])
		s.end(ctx, list[i:i+1], err)
	}
}

// end answers changes. A log that refuses one does answer; who asked for the change
// hears why, and not from where.
func (s *Store) end(ctx context.Context, list []*change, err error) {
	if errors.Is(err, ErrRefused) {
		s.opts.Logger.WarnContext(ctx, "the registry's store refuses a change", "error", err)
		s.note(ctx, nil)
		if size, ok := errors.AsType[*registry.SizeError](err); ok {
			err = size
		}
	} else {
		s.note(ctx, err)
	}
	for _, c := range list {
		if err != nil && c.err == nil && c.panic == nil {
			c.err = fmt.Errorf("registry store: %w", err)
		}
		close(c.ended)
	}
}

// try makes changes one after the other, the first n and at least one, takes all of
// them back, and answers the records that make them again: nobody may see what does
// not last yet.
func (s *Store) try(list []*change) (records []record.Record, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tx := s.state.Begin(s.log.Scale)
	defer tx.Rollback()
	for n < len(list) && tx.Size() < mostBytesTogether {
		list[n].run(tx)
		n++
	}
	return tx.Records(), n
}

func (c *change) run(tx *state.Tx) {
	if c.err = c.ctx.Err(); c.err != nil {
		return
	}
	defer func() { c.panic = recover() }()
	c.err = tx.Run(c.fn)
}

// Update implements registry.Store.
func (s *Store) Update(ctx context.Context, fn func(registry.Tx) error) error {
	c := &change{ctx: ctx, fn: fn, ended: make(chan struct{})}
	switch s.log {
	case nil:
		s.mu.Lock()
		c.run(s.state.Begin(s.opts.Scale))
		s.mu.Unlock()
	default:
		select {
		case s.queue <- c:
			<-c.ended // it may be under way, so its end is waited for
		case <-time.After(writeFor):
			return errNoTurn
		case <-s.done:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if c.panic != nil {
		panic(c.panic)
	}
	return c.err
}

// Sync implements registry.Store.
func (s *Store) Sync(ctx context.Context) error {
	if s.log == nil {
		return ctx.Err()
	}
	answer := make(chan error, 1) // so that nobody waits for who has gone
	select {
	case s.syncs <- answer:
	case <-s.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// note keeps whether the log answers.
func (s *Store) note(ctx context.Context, err error) {
	s.health.Lock()
	defer s.health.Unlock()
	if (err == nil) == (s.failed == nil) {
		return
	}
	s.failed, s.since = err, time.Now()
	if err != nil && ctx.Err() == nil {
		s.opts.Logger.WarnContext(ctx, "the registry's store does not answer", "error", err)
	}
}

// Ping implements registry.Store. It fails when the log cannot be reached, or has
// not been read for a while: what others registered may then be missing.
func (s *Store) Ping(ctx context.Context) error {
	if s.log == nil {
		return ctx.Err()
	}
	select {
	case <-s.done:
		return ErrClosed
	default:
	}
	s.health.Lock()
	failed, since := s.failed, s.since
	s.health.Unlock()
	if failed != nil && time.Since(since) > staleAfter {
		return failed
	}
	ctx, cancel := context.WithTimeout(ctx, pingFor)
	defer cancel()
	return s.log.Ping(ctx)
}

// Close ends the store once the change that is under way has ended. Changes that
// wait fail with [ErrClosed].
func (s *Store) Close() error {
	if s.log == nil {
		return nil
	}
	s.stop()
	<-s.done
	return s.log.Close()
}
