package kafkastore_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/schemactl/schemactl/registry"
)

func newRegistry(t *testing.T, s registry.Store) *registry.Registry {
	t.Helper()
	reg, err := registry.New(s)
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// fixed is a schema of its own for each n.
func fixed(n int) registry.Schema {
	return registry.Schema{Text: fmt.Sprintf(`{"type":"fixed","name":"F%d","size":4}`, n)}
}

func register(t *testing.T, reg *registry.Registry, subject string, n int) registry.Entry {
	t.Helper()
	e, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: subject, Schema: fixed(n)})
	if err != nil {
		t.Errorf("register %d under %s: %v", n, subject, err)
	}
	return e
}

// Replicas that register the same and different schemas at once give one id to
// each content, and leave no gap.
func TestReplicas(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		const replicas, contents, subjects = 3, 20, 3
		var regs []*registry.Registry
		for range replicas {
			regs = append(regs, newRegistry(t, newStore(t, brokers, topic)))
		}
		if err := regs[0].SetLevel(t.Context(), "", registry.LevelNone); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex // guards ids
		ids := map[int]map[uint32]bool{}
		var all sync.WaitGroup
		for i, reg := range regs {
			for n := range contents {
				all.Go(func() {
					e := register(t, reg, fmt.Sprintf("s%d", (n+i)%subjects), n)
					mu.Lock()
					defer mu.Unlock()
					if ids[n] == nil {
						ids[n] = map[uint32]bool{}
					}
					ids[n][e.ID] = true
				})
			}
		}
		all.Wait()
		given := map[uint32]bool{}
		for n, set := range ids {
			if len(set) != 1 {
				t.Errorf("content %d has the ids %v", n, set)
			}
			for id := range set {
				given[id] = true
			}
		}
		if len(given) != contents {
			t.Errorf("%d ids for %d contents", len(given), contents)
		}
		wantSameAnswers(t, regs...)
	})
}

// wantSameAnswers waits until all replicas list the same.
func wantSameAnswers(t *testing.T, regs ...*registry.Registry) {
	t.Helper()
	var lists [][]registry.Entry
	for giveUp := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		lists = nil
		for _, reg := range regs {
			list, err := reg.List(t.Context(), registry.ListRequest{Prefix: ":*:", Deleted: registry.WithDeleted})
			if err != nil {
				t.Fatal(err)
			}
			lists = append(lists, list)
		}
		if !slices.ContainsFunc(lists, func(l []registry.Entry) bool { return fmt.Sprint(l) != fmt.Sprint(lists[0]) }) {
			return
		}
		if time.Now().After(giveUp) {
			t.Fatalf("replicas answer\n%v", lists)
		}
	}
}

// What one replica has answered another one reads soon.
func TestReadOnAnother(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		a, b := newRegistry(t, newStore(t, brokers, topic)), newRegistry(t, newStore(t, brokers, topic))
		var took []time.Duration
		for n := range 15 {
			e := register(t, a, fmt.Sprint(n), n)
			answered := time.Now()
			for {
				got, err := b.ByID(t.Context(), e.ID)
				if err == nil && got.Text == e.Text {
					break
				}
				if time.Since(answered) > 20*time.Second {
					t.Fatalf("id %d is not seen by the other replica: %v", e.ID, err)
				}
				time.Sleep(time.Millisecond)
			}
			took = append(took, time.Since(answered))
		}
		slices.Sort(took)
		t.Logf("a read on another replica sees a registration after %v at the median, %v at most", took[len(took)/2], took[len(took)-1])
		if took[len(took)/2] > 200*time.Millisecond {
			t.Errorf("a read on another replica sees a registration after %v at the median", took[len(took)/2])
		}
	})
}

// A writer that is suspended before it commits holds nobody up, and what it does
// when it goes on comes after what others did meanwhile.
func TestPausedWriter(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		net := newNetwork()
		a, b := newRegistry(t, newStore(t, brokers, topic, net.option())), newRegistry(t, newStore(t, brokers, topic))
		register(t, a, "first", 0)
		at := net.stopAt(kmsg.EndTxn, false)
		paused := make(chan registry.Entry, 1)
		go func() { paused <- register(t, a, "a", 1) }()
		within(t, "the writer stops", at.reached)
		other, same := register(t, b, "b", 2), register(t, b, "same", 1)
		close(at.resume)
		late := <-paused
		if other.ID != 2 || same.ID != 3 || late.ID != 3 || late.Version != 1 {
			t.Errorf("ids %d and %d beside the paused writer, then %d as version %d", other.ID, same.ID, late.ID, late.Version)
		}
		wantSameAnswers(t, a, b)
	})
}

// A writer that dies before it commits has registered nothing.
func TestDeadWriter(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		net := newNetwork()
		a, b := newRegistry(t, newStore(t, brokers, topic, net.option())), newRegistry(t, newStore(t, brokers, topic))
		register(t, a, "first", 0)
		at := net.stopAt(kmsg.EndTxn, false)
		died := make(chan error, 1)
		go func() {
			_, err := a.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: fixed(1)})
			died <- err
		}()
		within(t, "the writer stops", at.reached)
		net.drop(true)
		if e := register(t, b, "b", 2); e.ID != 2 {
			t.Errorf("id %d after the dead writer, want 2", e.ID)
		}
		close(at.resume)
		if err := <-died; err == nil {
			t.Error("the dead writer has registered")
		}
		if list, err := b.Subjects(t.Context(), registry.SubjectsRequest{}); err != nil || !slices.Equal(list, []string{"b", "first"}) {
			t.Errorf("subjects %v, %v", list, err)
		}
	})
}

// A commit whose acknowledgement is lost is found by reading, also when others have
// taken over in between.
func TestLostAcknowledgement(t *testing.T) {
	t.Parallel()
	clusters(t, func(t *testing.T, brokers []string, topic string) {
		net := newNetwork()
		a, b := newRegistry(t, newStore(t, brokers, topic, net.option())), newRegistry(t, newStore(t, brokers, topic))
		register(t, a, "first", 0)
		lose := func(change, meanwhile func()) {
			t.Helper()
			at := net.stopAt(kmsg.EndTxn, true)
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				change()
			}()
			within(t, "the commit is sent", at.reached)
			meanwhile()
			net.drop(false)
			close(at.resume)
			within(t, "the change", answered)
		}
		var mine, other registry.Entry
		lose(func() { mine = register(t, a, "a", 1) }, func() { other = register(t, b, "b", 2) })
		if mine.ID != 2 || mine.Version != 1 || other.ID != 3 {
			t.Errorf("id %d and version %d were committed before id %d", mine.ID, mine.Version, other.ID)
		}
		// To delete again would be refused.
		lose(func() {
			if _, err := a.DeleteVersion(t.Context(), registry.DeleteVersionRequest{Subject: "a", Version: 1}); err != nil {
				t.Error(err)
			}
		}, func() { register(t, b, "c", 3) })
		wantSameAnswers(t, a, b)
		if n := len(readTopic(t, brokers, topic)); n != 5 {
			t.Errorf("%d records of 5 changes", n)
		}
	})
}
