package stream_test

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/stream"
)

// transactor gives a client with the transactional id and a producer over it.
func (b *broker) transactor(id string, opts ...stream.TransactorOption) (*stream.Transactor, *stream.Producer[ticket], *wire) {
	b.tb.Helper()
	cl, w := b.wired(stream.TransactionOptions(b.prefix+id, 20*time.Second)...)
	t, err := stream.NewTransactor(b.tb.Context(), cl, opts...)
	if err != nil {
		b.tb.Fatal(err)
	}
	return t, b.producer(cl), w
}

func (b *broker) committedVersions() map[string][]int64 {
	return versions(b.tb, b.records(kgo.FetchIsolationLevel(kgo.ReadCommitted())))
}

func TestTransaction(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		tr, p, _ := b.transactor("a")
		boom := errors.New("boom")
		var late context.Context
		for version := int64(1); version <= 6; version++ {
			err := tr.Do(t.Context(), func(ctx context.Context) error {
				late = ctx
				if err := p.Produce(ctx, &ticket{ID: 1, Version: version}, &ticket{ID: 2, Version: version}); err != nil {
					return err
				}
				p.Send(ctx, &ticket{ID: 3, Version: version}, func(err error) {
					if err != nil && version%2 == 1 {
						t.Error(err)
					}
				})
				if version%2 == 0 {
					return boom
				}
				return nil
			})
			if version%2 == 1 && err != nil {
				t.Fatal(err)
			}
			if version%2 == 0 && (!errors.Is(err, boom) || !errors.Is(err, stream.ErrTransactionAborted)) {
				t.Errorf("error %v, want %v and %v", err, boom, stream.ErrTransactionAborted)
			}
		}
		for name, ctx := range map[string]context.Context{"no": t.Context(), "ended": late} {
			if err := p.Produce(ctx, &ticket{ID: 1, Version: 99}); !errors.Is(err, stream.ErrNoTransaction) {
				t.Errorf("%s transaction: error %v, want %v", name, err, stream.ErrNoTransaction)
			}
		}
		got := b.committedVersions()
		for _, key := range []string{"1", "2", "3"} {
			if !equal(got[key], []int64{1, 3, 5}) {
				t.Errorf("ticket %s: committed versions %v, want 1, 3, 5", key, got[key])
			}
		}
		var s seen
		_, stop := run(t, b.config(s.route()))
		until(t, "the committed ones are consumed", func() bool { return s.count() >= 9 })
		if err := stop(); err != nil {
			t.Error(err)
		}
		if got := s.of(1); !equal(got, []int64{1, 3, 5}) {
			t.Errorf("consumed versions %v, want 1, 3, 5", got)
		}
		// The aborted ones were on their way: they are on the topic for who reads all.
		if all := versions(t, b.records()); !equal(all["1"], numbers(1, 6)) {
			t.Errorf("uncommitted versions %v, want 1 to 6", all["1"])
		}
	})
}

// TestTransactionPanics leaves no transaction open.
func TestTransactionPanics(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		tr, p, _ := b.transactor("a")
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic did not pass through")
				}
			}()
			_ = tr.Do(t.Context(), func(ctx context.Context) error {
				if err := p.Produce(ctx, &ticket{ID: 1, Version: 1}); err != nil {
					t.Error(err)
				}
				panic("on purpose")
			})
		}()
		if err := tr.Do(t.Context(), func(ctx context.Context) error { return p.Produce(ctx, &ticket{ID: 1, Version: 2}) }); err != nil {
			t.Fatal(err)
		}
		if got := b.committedVersions(); !equal(got["1"], []int64{2}) {
			t.Errorf("committed versions %v, want 2 alone", got)
		}
	})
}

// TestTransactionFences has a second producer with one transactional id.
func TestTransactionFences(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		old, p, _ := b.transactor("same")
		var fresh *stream.Transactor
		var q *stream.Producer[ticket]
		err := old.Do(t.Context(), func(ctx context.Context) error {
			if err := p.Produce(ctx, &ticket{ID: 1, Version: 1}); err != nil {
				return err
			}
			fresh, q, _ = b.transactor("same")
			return nil
		})
		// The broker in process says less of why it refuses the commit.
		ended := errors.Is(err, stream.ErrTransactionAborted) || errors.Is(err, stream.ErrTransactionUnknown)
		if !errors.Is(err, stream.ErrFenced) || !ended || !strings.Contains(err.Error(), b.prefix+"same") {
			t.Errorf("commit of the zombie: %v, want %v with the id", err, stream.ErrFenced)
		}
		if err := fresh.Do(t.Context(), func(ctx context.Context) error { return q.Produce(ctx, &ticket{ID: 1, Version: 2}) }); err != nil {
			t.Fatal(err)
		}
		err = old.Do(t.Context(), func(context.Context) error {
			t.Error("the function of a fenced transactor is called")
			return nil
		})
		if !errors.Is(err, stream.ErrFenced) {
			t.Errorf("the zombie's next: %v, want %v", err, stream.ErrFenced)
		}
		if got := b.committedVersions(); !equal(got["1"], []int64{2}) {
			t.Errorf("committed versions %v, want 2 alone", got)
		}
	})
}

// TestTransactionFencedWhileIdle has the zombie wake up after it was replaced.
func TestTransactionFencedWhileIdle(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		old, p, _ := b.transactor("same")
		if err := old.Do(t.Context(), func(ctx context.Context) error { return p.Produce(ctx, &ticket{ID: 1, Version: 1}) }); err != nil {
			t.Fatal(err)
		}
		fresh, q, _ := b.transactor("same")
		if err := fresh.Do(t.Context(), func(ctx context.Context) error { return q.Produce(ctx, &ticket{ID: 1, Version: 2}) }); err != nil {
			t.Fatal(err)
		}
		err := old.Do(within(t, 20*time.Second), func(ctx context.Context) error { return p.Produce(ctx, &ticket{ID: 1, Version: 3}) })
		if !errors.Is(err, stream.ErrFenced) {
			t.Errorf("the zombie: %v, want %v", err, stream.ErrFenced)
		}
		if got := b.committedVersions(); !equal(got["1"], []int64{1, 2}) {
			t.Errorf("committed versions %v, want 1 and 2", got)
		}
	})
}

func TestTransactionRetries(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	tr, p, _ := b.transactor("a", stream.WithTransactionAttempts(3))
	calls := 0
	err := tr.Do(t.Context(), func(ctx context.Context) error {
		calls++
		if err := p.Produce(ctx, &ticket{ID: 1, Version: int64(calls)}); err != nil {
			return err
		}
		if calls < 3 {
			return kerr.TransactionAbortable // what a broker answers that wants an abort
		}
		return nil
	})
	if err != nil || calls != 3 {
		t.Errorf("%d calls, error %v, want success with the third", calls, err)
	}
	if got := b.committedVersions(); !equal(got["1"], []int64{3}) {
		t.Errorf("committed versions %v, want 3 alone", got)
	}
	calls = 0
	boom := errors.New("boom")
	if err := tr.Do(t.Context(), func(context.Context) error { calls++; return boom }); !errors.Is(err, boom) || calls != 1 {
		t.Errorf("%d calls, error %v, want one call for an error of the function", calls, err)
	}
}

// TestTransactionOutage ends a transaction whose events cannot be written, and the
// next one passes.
func TestTransactionOutage(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		tr, p, w := b.transactor("a")
		err := tr.Do(t.Context(), func(ctx context.Context) error {
			if err := p.Produce(ctx, &ticket{ID: 1, Version: 1}); err != nil {
				return err
			}
			w.set(true)
			time.AfterFunc(300*time.Millisecond, func() { w.set(false) })
			limit, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
			defer cancel()
			return p.Produce(limit, &ticket{ID: 1, Version: 2})
		})
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, stream.ErrTransactionAborted) {
			t.Fatalf("error %v, want an abort for the deadline", err)
		}
		if err := tr.Do(t.Context(), func(ctx context.Context) error { return p.Produce(ctx, &ticket{ID: 1, Version: 3}) }); err != nil {
			t.Fatal(err)
		}
		if got := b.committedVersions(); !equal(got["1"], []int64{3}) {
			t.Errorf("committed versions %v, want 3 alone", got)
		}
	})
}

func TestTransactorRefusals(t *testing.T) {
	t.Parallel()
	b := newBroker(t, testenv.KFake(t))
	if _, err := stream.NewTransactor(t.Context(), b.client); err == nil || !strings.Contains(err.Error(), "TransactionOptions") {
		t.Errorf("error %v, want one that names the options", err)
	}
	if _, err := stream.NewTransactor(t.Context(), b.client, stream.WithTransactionAttempts(0)); err == nil || !strings.Contains(err.Error(), "WithTransactionAttempts") {
		t.Errorf("error %v, want one that names the option", err)
	}
}

// TestTransactionWithFailedSend has an event of Send fail that nobody waits for.
func TestTransactionWithFailedSend(t *testing.T) {
	t.Parallel()
	brokers(t, func(t *testing.T, b *broker) {
		limit, incompressible := "1000", ""
		for len(incompressible) < 2000 {
			incompressible += rand.Text()
		}
		if _, err := kadm.NewClient(b.client).AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "max.message.bytes", Value: &limit}}, b.topic()); err != nil {
			t.Fatal(err)
		}
		tr, p, _ := b.transactor("a")
		var tried int64
		var err error
		until(t, "the topic takes less", func() bool { // brokers learn of it a moment later
			tried++
			err = tr.Do(t.Context(), func(ctx context.Context) error {
				p.Send(ctx, &ticket{ID: 2, Version: tried, Note: incompressible}, func(error) {})
				return p.Produce(ctx, &ticket{ID: 1, Version: tried})
			})
			return err != nil
		})
		if !errors.Is(err, stream.ErrTooLarge) || !errors.Is(err, stream.ErrTransactionAborted) {
			t.Errorf("error %v, want an abort because of %v", err, stream.ErrTooLarge)
		}
		if got := b.committedVersions(); !equal(got["1"], numbers(1, tried-1)) {
			t.Errorf("committed versions %v, want none of the last transaction, %d", got["1"], tried)
		}
	})
}
