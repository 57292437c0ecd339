package test_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

const (
	killRegistrations = 1000 // of a round
	killClients       = 16
)

// A server is killed at any moment of 1,000 registrations by 16 clients, with
// removals between them, round by round on the same store. What it has answered is
// there after each kill, and no id stands for two texts or is given again, not that
// of a version that was removed for good either.
func TestSoakKilledRegistry(t *testing.T) {
	t.Parallel()
	durableStores(t, func(t *testing.T, store string) {
		takeTurn(t)
		book := newLedger()
		s := newServer(t, store)
		s.must(t, nil, http.MethodPut, "/config", `{"compatibility":"NONE"}`)
		for round := range registryRounds() {
			load := &registryLoad{s: s, book: book, round: round, stop: make(chan struct{})}
			load.killAt = 50 + rand.Int64N(killRegistrations-100)
			load.run(t)
			<-s.exited
			answered, open := load.answered.Load(), load.open.Load()
			s = newServer(t, store)
			book.check(t, s)
			t.Logf("round %d: %d registrations answered when it was killed, %d requests cut off", round, answered, open)
			rest := &registryLoad{s: s, book: book, round: round, stop: make(chan struct{})}
			rest.next.Store(load.next.Load())
			rest.run(t) // registration goes on
			if n := rest.open.Load(); n > 0 {
				t.Errorf("%d requests failed although nobody was killed", n)
			}
			book.check(t, s)
			s = killAfterPurge(t, s, store, book, round)
		}
	})
}

// killAfterPurge removes the highest id for good and kills the server the moment
// that this was answered; the next id is above it.
func killAfterPurge(t *testing.T, s *registryServer, store string, book *ledger, round int) *registryServer {
	t.Helper()
	subject, text := fmt.Sprintf("last-%d", round), numbered(900_000+2*round)
	last, err := s.register(t.Context(), subject, text)
	if err != nil {
		t.Fatal(err)
	}
	book.note(t, last, text)
	s.must(t, nil, http.MethodDelete, subjectPath(subject), "")
	s.must(t, nil, http.MethodDelete, subjectPath(subject)+"?permanent=true", "")
	s.kill(t)
	book.purge(last)
	s = newServer(t, store)
	next, err := s.register(t.Context(), subject, text)
	if err != nil {
		t.Fatal(err)
	}
	if next.ID <= last.ID || next.Version != 1 {
		t.Errorf("after id %d was removed, version %d with id %d is given", last.ID, next.Version, next.ID)
	}
	book.note(t, next, text)
	return s
}

// registryLoad is a round of registrations.
type registryLoad struct {
	s      *registryServer
	book   *ledger
	round  int
	killAt int64 // the answered registration at which the server is killed; 0 for never
	stop   chan struct{}

	next, answered, open atomic.Int64
}

func (l *registryLoad) run(t *testing.T) {
	t.Helper()
	var clients sync.WaitGroup
	for range killClients {
		clients.Go(func() {
			for {
				n := l.next.Add(1)
				if n > killRegistrations {
					return
				}
				select {
				case <-l.stop:
					return
				default:
				}
				if err := l.step(t, int(n)); err != nil {
					l.open.Add(1)
					if l.killAt == 0 {
						t.Logf("registration %d: %v", n, err)
					}
				}
			}
		})
	}
	clients.Wait()
}

// step is the nth registration of a round: of a text of its own or one of some, with
// or without a removal after it. An error says that something was not answered.
func (l *registryLoad) step(t *testing.T, n int) error {
	number := 10_000*(l.round+1) + n
	subject, text := fmt.Sprintf("own-%d", number), numbered(number)
	kind := n % 10
	switch {
	case kind < 2:
		subject = fmt.Sprintf("many-%d", l.round) // many versions
	case kind < 5:
		text = numbered(500_000 + 100*l.round + n/100) // which others register too
	}
	ctx := t.Context()
	e, err := l.s.register(ctx, subject, text)
	if err != nil {
		return err
	}
	l.book.note(t, e, text)
	if l.answered.Add(1) == l.killAt {
		close(l.stop)
		l.s.kill(t)
		return nil
	}
	if kind < 7 {
		return nil
	}
	l.book.unsure(e) // until a removal is answered, it may have been made or not
	if err := l.remove(ctx, subject, ""); err != nil {
		return err
	}
	if kind == 7 {
		l.book.hide(e)
		return nil
	}
	if err := l.remove(ctx, subject, "?permanent=true"); err != nil {
		return err
	}
	l.book.purge(e)
	if kind == 8 {
		return nil
	}
	again, err := l.s.register(ctx, subject, text) // which has to get another id
	if err == nil {
		l.book.note(t, again, text)
	}
	return err
}

func (l *registryLoad) remove(ctx context.Context, subject, query string) error {
	r, err := l.s.ask(ctx, http.MethodDelete, subjectPath(subject)+query, "")
	if err == nil && r.status != http.StatusOK {
		err = fmt.Errorf("delete %s: %d %s", subject, r.status, r.body)
	}
	return err
}

// ledger is what was answered.
type ledger struct {
	mu      sync.Mutex // guards the rest
	texts   map[uint32]string
	purged  map[uint32]bool
	entries map[string]*ledgerEntry // by subject and version
}

type ledgerEntry struct {
	wireEntry
	text   string
	unsure bool
}

func newLedger() *ledger {
	return &ledger{texts: map[uint32]string{}, purged: map[uint32]bool{}, entries: map[string]*ledgerEntry{}}
}

func versionKey(e wireEntry) string { return fmt.Sprintf("%s/%d", e.Subject, e.Version) }

func (b *ledger) note(t *testing.T, e wireEntry, text string) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if e.Schema != text {
		t.Errorf("%s was registered, %s answered", text, e.Schema)
	}
	if other, ok := b.texts[e.ID]; ok && other != text {
		t.Errorf("id %d was given to %s and to %s", e.ID, other, text)
	}
	if b.purged[e.ID] {
		t.Errorf("id %d of a text that was removed is given again, to %s", e.ID, text)
	}
	if former, ok := b.entries[versionKey(e)]; ok && former.ID != e.ID {
		t.Errorf("%s was answered with id %d and with id %d", versionKey(e), former.ID, e.ID)
	}
	b.texts[e.ID] = text
	b.entries[versionKey(e)] = &ledgerEntry{wireEntry: e, text: text}
}

func (b *ledger) unsure(e wireEntry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries[versionKey(e)].unsure = true
}

func (b *ledger) hide(e wireEntry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.entries[versionKey(e)].unsure, b.entries[versionKey(e)].Deleted = false, true
}

func (b *ledger) purge(e wireEntry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.purged[e.ID] = true
	delete(b.entries, versionKey(e))
}

// check compares all that a registry has with what was answered.
func (b *ledger) check(t *testing.T, s *registryServer) {
	t.Helper()
	there, texts, versions := map[string]wireEntry{}, map[uint32]string{}, map[string][]int{}
	ids := map[string]uint32{} // of the texts
	for _, e := range s.all(t) {
		there[versionKey(e)] = e
		versions[e.Subject] = append(versions[e.Subject], e.Version)
		for _, known := range []map[uint32]string{b.texts, texts} {
			if other, ok := known[e.ID]; ok && other != e.Schema {
				t.Errorf("%s: id %d stands for %s and for %s", versionKey(e), e.ID, e.Schema, other)
			}
		}
		if id, ok := ids[e.Schema]; ok && id != e.ID {
			t.Errorf("%s has the ids %d and %d", e.Schema, id, e.ID)
		}
		if b.purged[e.ID] {
			t.Errorf("%s has id %d, which was removed", versionKey(e), e.ID)
		}
		texts[e.ID], ids[e.Schema] = e.Schema, e.ID
	}
	for key, want := range b.entries {
		got, ok := there[key]
		switch {
		case !ok && !want.unsure:
			t.Errorf("%s, which was answered, is not there", key)
		case ok && (got.ID != want.ID || got.Schema != want.text):
			t.Errorf("%s is id %d %s, answered was id %d %s", key, got.ID, got.Schema, want.ID, want.text)
		case ok && !want.unsure && got.Deleted != want.Deleted:
			t.Errorf("%s is deleted: %t", key, got.Deleted)
		}
	}
	for subject, list := range versions {
		if slices.Sort(list); list[0] != 1 || list[len(list)-1] != len(list) {
			t.Errorf("%s has the versions %v", subject, list)
		}
	}
}
