package replica_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/replica"
)

// refusingLog refuses each append that has a word in it, which its Scale does not know.
type refusingLog struct {
	slowLog
	begin   chan struct{} // the first append waits for it
	word    string
	appends []int // records of each append that was taken
	largest int   // bytes of an append
}

func (l *refusingLog) Scale(key, value []byte) (size, most int) {
	return len(key) + len(value), 1 << 30
}

func (l *refusingLog) Append(_ context.Context, apply func([]record.Record), change func() []record.Record) error {
	<-l.begin
	list := change()
	size := 0
	for _, r := range list {
		size += len(record.Value(r))
		if strings.Contains(r.Subject, l.word) {
			return fmt.Errorf("%w: %w", replica.ErrRefused, &registry.SizeError{What: "it"})
		}
	}
	l.appends, l.largest = append(l.appends, len(list)), max(l.largest, size)
	apply(list)
	return nil
}

// setAll makes changes that all wait for one append, and answers the error of each.
func setAll(t *testing.T, log *refusingLog, names []string, config registry.Config) map[string]error {
	t.Helper()
	log.begin = make(chan struct{})
	store, err := replica.Open(t.Context(), log, replica.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // guards answers
	answers := map[string]error{}
	var wg sync.WaitGroup
	for _, name := range append([]string{"first"}, names...) {
		wg.Go(func() {
			err := store.Update(t.Context(), func(tx registry.Tx) error { return tx.SetConfig(t.Context(), name, config) })
			mu.Lock()
			defer mu.Unlock()
			answers[name] = err
		})
		synctest.Wait() // until it is under way, or waits
	}
	close(log.begin)
	wg.Wait()
	time.Sleep(time.Minute) // more than enough for what fails to show
	if err := store.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
	return answers
}

// What the log refuses fails alone.
func TestOnlyTheRefusedFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &refusingLog{word: "bad"}
		answers := setAll(t, log, []string{"a", "bad", "b", "also bad", "c"}, registry.Config{Level: registry.LevelFull})
		for name, err := range answers {
			if bad := strings.Contains(name, "bad"); errors.Is(err, registry.ErrSchemaTooLarge) != bad || !bad && err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if len(answers) != 6 || len(log.appends) != 4 {
			t.Errorf("%d answers and %d appends, want 6 and 4", len(answers), len(log.appends))
		}
	})
}

// Changes that are large do not all go into one append, which would not end in time.
func TestLargeChangesShareLess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &refusingLog{word: "bad"}
		names := strings.Split("abcdefghij", "")
		const text, most = 3 << 20, 12 << 20
		for name, err := range setAll(t, log, names, registry.Config{Alias: strings.Repeat("a", text)}) {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if log.largest > most || len(log.appends) > 5 {
			t.Errorf("%d appends, the largest of %d bytes: want 5 of %d at most", len(log.appends), log.largest, most)
		}
	})
}
