package test_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/internal/testenv"
)

const (
	// visibleWithin is what is promised. On a machine that many tests share it is
	// asked of the median, which what else runs there does not move.
	visibleWithin = 200 * time.Millisecond
	// visibleAtWorst is for one that had to wait for the machine.
	visibleAtWorst = 2 * time.Second
)

// Three servers of one store register the same and different schemas at once, while
// one of them is suspended for a time and one is killed. There is one id per content,
// no version is left out, and each sees what another one has answered.
func TestSoakReplicas(t *testing.T) {
	t.Parallel()
	for name, store := range map[string]func(testing.TB) string{"postgres": testenv.Postgres, "kafka": kafkaStore} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			takeTurn(t)
			r := &replicas{store: store(t), book: newLedger()}
			for range 3 {
				r.servers = append(r.servers, newServer(t, r.store))
			}
			r.servers[0].must(t, nil, http.MethodPut, "/config", `{"compatibility":"NONE"}`)
			r.load(t, 0, 150, r.servers)
			r.agree(t)
			r.measure(t)
			r.suspend(t)
			r.agree(t)
			r.killOne(t)
			r.agree(t)
		})
	}
}

type replicas struct {
	store   string
	servers []*registryServer
	book    *ledger
	failed  atomic.Int64
}

// load registers from start on: every text at each of the servers at once, in a
// subject of its own and in one that all texts share.
func (r *replicas) load(t *testing.T, start, n int, servers []*registryServer) {
	t.Helper()
	var clients sync.WaitGroup
	for _, s := range servers {
		var next atomic.Int64
		for range 4 {
			clients.Go(func() {
				for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
					r.register(t, s, fmt.Sprintf("own-%d", start+i), start+i)
					r.register(t, s, "shared", start+i)
				}
			})
		}
	}
	clients.Wait()
}

func (r *replicas) register(t *testing.T, s *registryServer, subject string, number int) bool {
	t.Helper()
	text := numbered(number)
	e, err := s.register(t.Context(), subject, text)
	if err != nil {
		r.failed.Add(1)
		t.Logf("not answered: %v", err)
		return false
	}
	r.book.note(t, e, text)
	return true
}

// agree holds that all servers come to have the same, and what was answered.
func (r *replicas) agree(t *testing.T) {
	t.Helper()
	eventually(t, "all servers have the same", time.Minute, func() bool {
		first := r.servers[0].all(t)
		return cmp.Equal(first, r.servers[1].all(t)) && cmp.Equal(first, r.servers[2].all(t))
	})
	for _, s := range r.servers {
		r.book.check(t, s)
	}
	if n := r.failed.Swap(0); n > 0 {
		t.Errorf("%d registrations failed", n)
	}
}

// measure reads at another server what one has just answered, as promised in time. Both
// stay the same for a while: the one reads what is new just before the next is registered,
// and would let each wait for most of its pause if that were long. The moments are spread
// over the pause that it should be, so that these wait for half of it.
func (r *replicas) measure(t *testing.T) {
	t.Helper()
	var took []time.Duration
	for i := range 45 {
		from, to := r.servers[i/15], r.servers[(i/15+1)%3]
		time.Sleep(time.Duration(i*37%100) * time.Millisecond)
		e, err := from.register(t.Context(), fmt.Sprintf("seen-%d", i), numbered(300_000+i))
		if err != nil {
			t.Fatal(err)
		}
		r.book.note(t, e, numbered(300_000+i))
		begin := time.Now()
		for {
			answer, err := to.ask(t.Context(), http.MethodGet, fmt.Sprintf("/schemas/ids/%d", e.ID), "")
			if err != nil {
				t.Fatal(err)
			}
			if answer.status == http.StatusOK {
				break
			}
			if time.Since(begin) > visibleAtWorst {
				t.Fatalf("id %d is not to be read at another server after %s: %s", e.ID, time.Since(begin), answer.body)
			}
			time.Sleep(2 * time.Millisecond)
		}
		took = append(took, time.Since(begin))
	}
	slices.Sort(took)
	median := took[len(took)/2]
	t.Logf("a registration is read at another server after %s (median), %s (worst of %d)", median, took[len(took)-1], len(took))
	if median > visibleWithin {
		t.Errorf("half of all registrations were read at another server after more than %s, of the %s promised: %v", median, visibleWithin, took)
	}
}

// suspend stops a server in the middle of registrations. The others go on, and so
// does it when it is woken.
func (r *replicas) suspend(t *testing.T) {
	t.Helper()
	stopped := r.servers[2]
	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	var next atomic.Int64
	for range 4 {
		load.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1))
				subject, text := fmt.Sprintf("suspended-%d", n), numbered(400_000+n)
				e, err := stopped.register(t.Context(), subject, text)
				if err != nil { // it may have been cut off while the store waited for it
					t.Logf("the suspended server: %v", err)
					continue
				}
				r.book.note(t, e, text)
			}
		})
	}
	eventually(t, "registrations at the server to be suspended", time.Minute, func() bool { return next.Load() > 20 })
	for round := range min(registryRounds(), 6) { // one of them may find it with the lock of the store
		stopped.signal(t, syscall.SIGSTOP)
		begin := time.Now()
		r.load(t, 1000+100*round, 10, r.servers[:2])
		t.Logf("40 registrations at the others took %s while one was suspended", time.Since(begin))
		stopped.signal(t, syscall.SIGCONT)
		woken := next.Load()
		eventually(t, "registrations at the woken server", time.Minute, func() bool { return next.Load() > woken+20 })
	}
	cancel()
	load.Wait()
}

// killOne kills a server under load and starts it again.
func (r *replicas) killOne(t *testing.T) {
	t.Helper()
	killed := r.servers[1]
	var load sync.WaitGroup
	var next atomic.Int64
	for range 4 {
		load.Go(func() {
			for {
				n := int(next.Add(1))
				text := numbered(600_000 + n)
				e, err := killed.register(t.Context(), "killed", text)
				if err != nil {
					return
				}
				r.book.note(t, e, text)
			}
		})
	}
	eventually(t, "registrations at the server to be killed", time.Minute, func() bool { return next.Load() > 20 })
	killed.kill(t)
	load.Wait()
	r.load(t, 2000, 20, []*registryServer{r.servers[0], r.servers[2]})
	r.servers[1] = newServer(t, r.store)
}
