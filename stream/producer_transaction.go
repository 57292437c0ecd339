package stream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// endTimeout bounds how long a commit or an abort waits for its answer.
	endTimeout = 30 * time.Second
	// retryPause is the wait before a transaction is tried again; it doubles.
	retryPause = 50 * time.Millisecond
)

// TransactionOptions are the settings of a client for a Transactor, after
// ClientOptions. id must be the same after a restart and unlike that of any instance
// that runs beside this one, such as application and instance: who uses it last shuts
// out those before. timeout bounds one transaction; the broker aborts a longer one,
// and takes 15 minutes at most.
func TransactionOptions(id string, timeout time.Duration) []kgo.Opt {
	return []kgo.Opt{kgo.TransactionalID(id), kgo.TransactionTimeout(timeout)}
}

// Transactor runs functions in Kafka transactions of one client, one at a time. All
// producers over that client can take part. A Consumer sees their events after the
// commit, and never those of an abort; so do other clients that read what is committed
// only (kgo.FetchIsolationLevel). It is safe for concurrent use.
//
// A Kafka transaction covers no database: for a change and its events there is
// package outbox.
type Transactor struct {
	client   *kgo.Client
	attempts int
	turn     chan struct{} // holds one token while a transaction runs
	dead     error         // why there can be no more; the turn guards it
}

// TransactorOption changes how a Transactor works. A bad value is an error of
// NewTransactor.
type TransactorOption interface{ applyTransactor(*Transactor) error }

type transactorOption func(*Transactor) error

func (f transactorOption) applyTransactor(t *Transactor) error { return f(t) }

// WithTransactionAttempts lets Do call its function up to n times when the brokers
// had the transaction aborted for a passing reason. The function must then bear to be
// called again. An error of the function's own is not tried again. Default: 1.
func WithTransactionAttempts(n int) TransactorOption {
	return transactorOption(func(t *Transactor) error {
		if n < 1 {
			return fmt.Errorf("stream.WithTransactionAttempts: %d: want at least 1", n)
		}
		t.attempts = n
		return nil
	})
}

// NewTransactor announces the client's transactional id (TransactionOptions) to the
// brokers: from here on an earlier process with the id is fenced, and what it left
// open is aborted.
func NewTransactor(ctx context.Context, client *kgo.Client, opts ...TransactorOption) (*Transactor, error) {
	t := &Transactor{client: client, attempts: 1, turn: make(chan struct{}, 1)}
	for _, o := range opts {
		if err := o.applyTransactor(t); err != nil {
			return nil, err
		}
	}
	if client == nil || transactionalID(client) == "" {
		return nil, errors.New("stream.NewTransactor: want a client with a transactional id (stream.TransactionOptions)")
	}
	if _, _, err := client.ProducerID(ctx); err != nil {
		return nil, fmt.Errorf("transactional id %q: %w", transactionalID(client), err)
	}
	return t, nil
}

func transactionalID(client *kgo.Client) string {
	id, _ := client.OptValue(kgo.TransactionalID).(string)
	return id
}

// Do runs fn in a transaction and commits it when fn returns nil and every event of it
// is acknowledged, those of Send too; else it aborts. fn produces with the context
// that it gets, and with no other. Calls from several goroutines take turns; fn must
// not call Do.
//
// The error matches ErrTransactionAborted and its cause when nothing was written,
// ErrFenced when this client may write no more, and ErrTransactionUnknown when the
// answer of the commit or the abort is lost. When this client can do no more, later
// calls return the same error at once: make a new one.
func (t *Transactor) Do(ctx context.Context, fn func(ctx context.Context) error) error {
	select {
	case t.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.turn }()
	pause := retryPause
	for attempt := 1; ; attempt++ {
		err := t.once(ctx, fn)
		if err == nil || attempt == t.attempts || !isRetriable(err) {
			return err
		}
		select {
		case <-time.After(pause):
			pause *= 2
		case <-ctx.Done():
			return err
		}
	}
}

// once runs one transaction.
func (t *Transactor) once(ctx context.Context, fn func(ctx context.Context) error) (err error) {
	if t.dead != nil {
		return t.dead
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := t.client.BeginTransaction(); err != nil {
		return t.outcome(ErrTransactionAborted, fmt.Errorf("begin: %w", err))
	}
	tx := &transaction{client: t.client, changed: make(chan struct{}, 1)}
	returned := false
	defer func() {
		if !returned { // fn panics
			tx.close()
			_ = t.abort(ctx, tx, errors.New("panic"))
		}
	}()
	err = fn(context.WithValue(ctx, transactionKey{}, tx))
	returned = true
	tx.close()
	if err == nil {
		err = tx.wait(ctx)
	}
	if err == nil {
		err = tx.failure()
	}
	if err != nil {
		return t.abort(ctx, tx, err)
	}
	return t.commit(ctx, tx)
}

func (t *Transactor) commit(ctx context.Context, tx *transaction) error {
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	err := t.client.EndTransaction(limit, kgo.TryCommit)
	switch {
	case err == nil:
		return nil
	case isFenced(err) && !errors.Is(err, kerr.InvalidTxnState), errors.Is(err, kerr.OperationNotAttempted), errors.Is(err, kerr.TransactionAbortable):
		return t.abort(ctx, tx, fmt.Errorf("commit: %w", err))
	}
	// The broker may have committed. Ending it for good makes the client usable
	// again; it does not tell what became of the commit.
	err = t.outcome(ErrTransactionUnknown, fmt.Errorf("commit: %w", err))
	if end := t.client.EndTransaction(limit, kgo.TryAbort); end != nil && t.dead == nil {
		t.dead = t.outcome(ErrTransactionUnknown, end)
	}
	return err
}

// abort ends the transaction without its events; cause is why.
func (t *Transactor) abort(ctx context.Context, tx *transaction, cause error) error {
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTimeout)
	defer cancel()
	tx.abort()
	for {
		if err := t.client.AbortBufferedRecords(limit); err != nil {
			t.dead = fmt.Errorf("%w: abort: %w", ErrTransactionUnknown, err)
			return errors.Join(cause, t.dead)
		}
		// A record may just be on its way from a producer to the client.
		if tx.settled(time.Millisecond) {
			break
		}
	}
	if err := t.client.EndTransaction(limit, kgo.TryAbort); err != nil {
		return t.outcome(ErrTransactionAborted, errors.Join(cause, fmt.Errorf("abort: %w", err)))
	}
	return t.outcome(ErrTransactionAborted, cause)
}

// outcome wraps what ended a transaction, and remembers that the client is fenced.
func (t *Transactor) outcome(kind, err error) error {
	if isFenced(err) || errors.Is(err, ErrFenced) {
		t.dead = fmt.Errorf("%w (transactional id %q)", ErrFenced, transactionalID(t.client))
		return fmt.Errorf("%w: %w: %w", kind, t.dead, err)
	}
	return fmt.Errorf("%w: %w", kind, err)
}

// isFenced reports whether the brokers have taken the transactional id, or the
// transaction, from this producer.
func isFenced(err error) bool {
	return errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.InvalidTxnState)
}

// isRetriable reports whether a transaction that was aborted may pass the next time.
func isRetriable(err error) bool {
	if !errors.Is(err, ErrTransactionAborted) || errors.Is(err, ErrFenced) {
		return false
	}
	for _, passing := range []error{kerr.TransactionAbortable, kerr.OperationNotAttempted, kerr.InvalidProducerIDMapping, kerr.UnknownProducerID, kerr.ConcurrentTransactions, kerr.CoordinatorNotAvailable, kerr.NotCoordinator, kerr.CoordinatorLoadInProgress} {
		if errors.Is(err, passing) {
			return true
		}
	}
	return false
}

type transactionKey struct{}

// transactionOf gives the transaction of a context, nil when it has none of this
// client.
func transactionOf(ctx context.Context, client *kgo.Client) *transaction {
	if tx, ok := ctx.Value(transactionKey{}).(*transaction); ok && tx.client == client {
		return tx
	}
	return nil
}

// transaction counts the records that belong to one run of Do.
type transaction struct {
	client  *kgo.Client
	changed chan struct{} // gets a signal at each outcome

	mu      sync.Mutex // guards what follows
	closed  bool       // takes no more records
	aborted bool
	open    int   // records without an outcome
	err     error // the first failure
}

// enter counts a record, unless fn has returned.
func (tx *transaction) enter() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.closed {
		return false
	}
	tx.open++
	return true
}

// leave notes the outcome of a record.
func (tx *transaction) leave(err error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.open--
	if tx.err == nil {
		tx.err = err
	}
	signal(tx.changed)
}

func (tx *transaction) close() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.closed = true
}

func (tx *transaction) abort() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.aborted = true
}

func (tx *transaction) aborting() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.aborted
}

func (tx *transaction) failure() error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.err
}

// wait until every record has its outcome, one has failed, or ctx ends.
func (tx *transaction) wait(ctx context.Context) error {
	for {
		tx.mu.Lock()
		ended := tx.open == 0 || tx.err != nil
		tx.mu.Unlock()
		if ended {
			return nil
		}
		select {
		case <-tx.changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// settled reports whether every record has its outcome, within d.
func (tx *transaction) settled(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		tx.mu.Lock()
		open := tx.open
		tx.mu.Unlock()
		if open == 0 {
			return true
		}
		select {
		case <-tx.changed:
		case <-timer.C:
			return false
		}
	}
}
