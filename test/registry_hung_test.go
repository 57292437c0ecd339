package test_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/schemactl/schemactl/internal/testenv"
)

// The network in front of the database swallows all answers, and no connection ends: as
// when its host is frozen. A server says soon that it is not ready, answers reads, and
// refuses a change while its client still listens. It goes on by itself.
func TestRegistryWithAHungDatabase(t *testing.T) {
	t.Parallel()
	takeTurn(t)
	p, through := newProxy(t, testenv.Postgres(t))
	s := newServer(t, through)
	book := newLedger()
	register := func(subject string, number int) error {
		e, err := s.register(t.Context(), subject, numbered(number))
		if err == nil {
			book.note(t, e, numbered(number))
		}
		return err
	}
	if err := register("a", 1); err != nil {
		t.Fatal(err)
	}
	p.mute()
	for range 3 {
		began := time.Now()
		got := s.status(t, "/readyz")
		if took := time.Since(began); got != http.StatusServiceUnavailable || took > 5*time.Second {
			t.Errorf("GET /readyz: status %d after %s", got, took)
		}
	}
	refused := make(chan reply)
	for i := range 4 {
		go func() {
			r, err := s.ask(t.Context(), http.MethodPost, "/subjects/b/versions", schemaBody(numbered(10+i))) // which waits for 45 s
			if err != nil {
				t.Error(err)
			}
			refused <- r
		}()
	}
	for _, path := range []string{"/healthz", "/schemas/ids/1", "/subjects/a/versions/latest"} {
		if got := s.status(t, path); got != http.StatusOK {
			t.Errorf("GET %s: status %d", path, got)
		}
	}
	for range 4 {
		r := <-refused
		r.isError(t, "a registration with a hung database", http.StatusInternalServerError, 50001)
	}
	p.unmute()
	eventually(t, "ready again", time.Minute, func() bool { return s.status(t, "/readyz") == http.StatusOK })
	eventually(t, "registrations again", time.Minute, func() bool { return register("c", 3) == nil })
	book.check(t, s)
}
