package kafkastore_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/internal/testenv/server"
	"github.com/schemactl/schemactl/registry"
)

// A broker that is killed and started again under load loses nothing that was
// answered, and no id is given twice.
func TestBrokerRestart(t *testing.T) {
	t.Parallel()
	kafka := testenv.Own(t, server.Kafka)
	brokers := strings.Split(kafka.Value, ",")
	restart := func() error { return kafka.Crash(t.Context()) }
	const topic = "_schemas"
	a, b := newRegistry(t, newStore(t, brokers, topic)), newRegistry(t, newStore(t, brokers, topic))
	var next, failed atomic.Int64
	var mu sync.Mutex // guards answered
	answered := map[uint32]int{}
	stop := make(chan struct{})
	var load sync.WaitGroup
	for i := range 6 {
		reg := []*registry.Registry{a, b}[i%2]
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				n := int(next.Add(1))
				e, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: fmt.Sprint("s", n), Schema: fixed(n)})
				if err != nil {
					failed.Add(1)
					continue
				}
				mu.Lock()
				if other, twice := answered[e.ID]; twice {
					t.Errorf("id %d was given to schemas %d and %d", e.ID, other, n)
				}
				answered[e.ID] = n
				mu.Unlock()
			}
		})
	}
	until := func(more int) {
		t.Helper()
		count := func() int {
			mu.Lock()
			defer mu.Unlock()
			return len(answered)
		}
		start := count()
		for giveUp := time.Now().Add(2 * time.Minute); count() < start+more; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(giveUp) {
				t.Fatalf("%d registrations in two minutes, want %d", count()-start, more)
			}
		}
	}
	until(100)
	if err := restart(); err != nil {
		t.Fatal(err)
	}
	until(100)
	close(stop)
	load.Wait()
	fresh := newRegistry(t, newStore(t, brokers, topic))
	for id, n := range answered {
		e, err := fresh.Version(t.Context(), fmt.Sprint("s", n), 1)
		if err != nil || e.ID != id {
			t.Errorf("schema %d was answered with id %d, and is there with %d (%v)", n, id, e.ID, err)
		}
	}
	t.Logf("%d registrations were answered, %d failed", len(answered), failed.Load())
	wantSameAnswers(t, a, b, fresh)
}

// A commit that the coordinator has answered and not made, as one that has lost the
// transaction in a crash does, is not taken for one.
func TestCommitThatIsNone(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cluster.Close)
	brokers := cluster.ListenAddrs()
	a, b := newRegistry(t, newStore(t, brokers, "_schemas")), newRegistry(t, newStore(t, brokers, "_schemas"))
	register(t, a, "first", 0)
	lies := make(chan struct{})
	cluster.ControlKey(int16(kmsg.EndTxn), func(req kmsg.Request) (kmsg.Response, error, bool) {
		defer close(lies)
		return req.ResponseKind(), nil, true
	})
	e := register(t, a, "a", 1)
	within(t, "the answer", lies)
	if e.ID != 2 || e.Version != 1 {
		t.Errorf("id %d, version %d", e.ID, e.Version)
	}
	wantSameAnswers(t, a, b, newRegistry(t, newStore(t, brokers, "_schemas")))
	if n := len(readTopic(t, brokers, "_schemas")); n != 2 {
		t.Errorf("%d committed records of 2 changes", n)
	}
}
