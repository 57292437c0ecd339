package replica_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// slowLog has nothing in it, and a look at it takes until somebody lets it end.
type slowLog struct {
	looks int
	end   chan error
}

func (l *slowLog) Read(context.Context, func([]record.Record)) error { return nil }

func (l *slowLog) Sync(context.Context, func([]record.Record)) error {
	l.looks++
	return <-l.end
}

func (l *slowLog) Append(context.Context, func([]record.Record), func() []record.Record) error {
	return nil
}

func (l *slowLog) Scale(key, value []byte) (size, most int) { return len(key) + len(value), 1 << 20 }

func (l *slowLog) Ping(context.Context) error { return nil }

func (l *slowLog) Close() error { return nil }

// Who asks while the log is looked at waits for the next look, which is one for all.
func TestSyncIsShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &slowLog{end: make(chan error)}
		store, err := replica.Open(t.Context(), log, replica.Options{})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex // guards answers
		var answers []error
		ask := func(callers int) {
			for range callers {
				go func() {
					err := store.Sync(t.Context())
					mu.Lock()
					defer mu.Unlock()
					answers = append(answers, err)
				}()
			}
			synctest.Wait()
		}
		endLook := func(err error, wantAnswers int) {
			t.Helper()
			log.end <- err
			synctest.Wait()
			if len(answers) != wantAnswers {
				t.Errorf("%d callers are answered, want %d", len(answers), wantAnswers)
			}
		}
		ask(1)
		ask(20)
		endLook(nil, 1)
		broken := errors.New("broken")
		endLook(broken, 21)
		if log.looks != 2 {
			t.Errorf("%d looks, want 2", log.looks)
		}
		for i, err := range answers {
			if errors.Is(err, broken) != (i > 0) {
				t.Errorf("answer %d: %v", i, err)
			}
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		if err := store.Sync(t.Context()); !errors.Is(err, replica.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
	})
}

// againLog has to be read anew at each Sync, and has one more record each time.
type againLog struct {
	slowLog
	records []record.Record
	read    int
}

func (l *againLog) Read(_ context.Context, apply func([]record.Record)) error {
	apply(l.records[l.read:])
	l.read = len(l.records)
	return nil
}

func (l *againLog) Sync(context.Context, func([]record.Record)) error {
	n := len(l.records) + 1
	l.records = append(l.records, record.Record{
		Kind: record.Schema, Subject: "a", Version: n, ID: uint32(n), Content: registry.Schema{Type: registry.JSON, Text: strconv.Itoa(n)},
	})
	l.read = 0
	return replica.ErrRestart
}

// What is read anew is news, all of it: it may not be what was there before.
func TestReadAnewIsNews(t *testing.T) {
	t.Parallel()
	store, err := replica.Open(t.Context(), &againLog{}, replica.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var now registry.Moment
	for round := range 3 {
		if err := store.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		news, err := store.News(t.Context(), "a", now)
		if err != nil || len(news.Versions) != round+1 {
			t.Errorf("round %d: %d versions are new, want %d (%v)", round, len(news.Versions), round+1, err)
		}
		now = news.Now
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}
