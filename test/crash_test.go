package test_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/testenv/server"
)

// The database server is killed in the middle of a file and comes back with its
// data. Everybody who migrates fails, nothing is recorded that did not happen,
// and the next one finishes.
func TestServerCrash(t *testing.T) {
	t.Parallel()
	for _, part := range []server.Part{server.Postgres, server.MariaDB} {
		t.Run(string(part), func(t *testing.T) {
			t.Parallel()
			takeTurn(t)
			s := testenv.Own(t, part)
			for _, mode := range []string{inTransaction, inSteps, inDoubt} {
				t.Run(mode, func(t *testing.T) { serverCrash(t, s, mode) }) // one after the other: they share the server
			}
		})
	}
}

func serverCrash(t *testing.T, s *server.Server, mode string) {
	t.Helper()
	admin := open(t, s.Value)
	execute(t, admin, "CREATE DATABASE crash_"+mode)
	if admin.Name() == "mysql" { // what is committed must be out of the process; forgotten at each start
		execute(t, admin, "SET GLOBAL innodb_flush_log_at_trx_commit = 2")
	}
	url := strings.NewReplacer("/postgres?", "/crash_"+mode+"?", "/mysql", "/crash_"+mode).Replace(s.Value)
	c := newCrossing(t, url, mode)
	first, second := c.up(t, "first", url).start(t), c.up(t, "second", url).start(t)
	c.arrived(t)
	if err := s.Crash(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*running{first, second} {
		if code := r.ends(t, time.Minute); code != 1 {
			t.Errorf("a process ends with %d, want 1:\n%s", code, r.said())
		}
	}
	ran := append(first.ran(), second.ran()...)
	c.db = open(t, url)
	if diff := cmp.Diff(ran, lines(t, c.db, "SELECT version FROM schemactl_history WHERE state = 'applied'")); diff != "" {
		t.Errorf("what the history says (-what was said +history):\n%s", diff)
	}
	want := []string{"1"} // of a transaction nothing stays
	if mode != inTransaction {
		want = append(want, "2")
	}
	same(t, c.db, "SELECT file FROM tally ORDER BY file", want...)
	same(t, c.db, "SELECT passed FROM gate", "0")
	c.finish(t, c.up(t, "next", url).start(t))
	c.once(t)
}
