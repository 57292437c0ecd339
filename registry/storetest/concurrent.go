package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/schemactl/schemactl/registry"
)

// parallel is how many callers the concurrent checks have.
const parallel = 50

func concurrentChecks() []check {
	return []check{
		{"parallel registrations of one text make one version", oneText},
		{"parallel registrations of different texts leave no gap", differentTexts},
		{"parallel registrations of one text in many subjects share an id", manySubjects},
		{"parallel registrations cannot pass a check together", incompatiblePairs},
		{"readers see whole registrations", readersBesideWriters},
		{"parallel deletes and registrations lose nothing", deleteBesideRegister},
		{"parallel deletes of the same succeed once", deleteOnce},
		{"a version is deleted or referred to, not both", deleteBesideReference},
		{"parallel purges and registrations leave one id", purgeBesideRegister},
	}
}

// together runs fn that many times at once and answers what each gave.
func together[T any](t *testing.T, fn func(i int) (T, error)) []T {
	t.Helper()
	results, errs := make([]T, parallel), make([]error, parallel)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range parallel {
		wg.Go(func() {
			<-start
			results[i], errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	return results
}

func newRegistry(t *testing.T, s registry.Store) *registry.Registry {
	t.Helper()
	return must(registry.New(s))(t)
}

func fixed(size int) registry.Schema {
	return registry.Schema{Text: fmt.Sprintf(`{"type":"fixed","name":"F","size":%d}`, size)}
}

func oneText(t *testing.T, s registry.Store) {
	reg := newRegistry(t, s)
	got := together(t, func(int) (registry.Entry, error) {
		return reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: fixed(4)})
	})
	for _, e := range got {
		equal(t, "id and version", [2]int{1, 1}, [2]int{int(e.ID), e.Version})
	}
	equal(t, "versions", []int{1}, must(s.Versions(t.Context(), registry.VersionsRequest{Subject: "a"}))(t))
}

func differentTexts(t *testing.T, s registry.Store) {
	reg := newRegistry(t, s)
	if err := reg.SetLevel(t.Context(), "a", registry.LevelNone); err != nil {
		t.Fatal(err)
	}
	got := together(t, func(i int) (registry.Entry, error) {
		return reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: fixed(i)})
	})
	var ids, versions, want []int
	for i, e := range got {
		ids, versions, want = append(ids, int(e.ID)), append(versions, e.Version), append(want, i+1)
	}
	slices.Sort(ids)
	slices.Sort(versions)
	equal(t, "ids", want, ids)
	equal(t, "versions", want, versions)
}

func manySubjects(t *testing.T, s registry.Store) {
	reg := newRegistry(t, s)
	got := together(t, func(i int) (registry.Entry, error) {
		return reg.Register(t.Context(), registry.RegisterRequest{Subject: fmt.Sprintf("s%02d", i), Schema: fixed(4)})
	})
	for _, e := range got {
		equal(t, "id and version", [2]int{1, 1}, [2]int{int(e.ID), e.Version})
	}
	equal(t, "uses", parallel, len(must(s.Uses(t.Context(), registry.UsesQuery{Key: registry.Key{Context: registry.DefaultContext, ID: 1}}))(t)))
}

// incompatiblePairs offers schemas no two of which fit together, at a level
// that allows only one of them.
func incompatiblePairs(t *testing.T, s registry.Store) {
	reg := newRegistry(t, s)
	accepted := together(t, func(i int) (bool, error) {
		_, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: fixed(i)})
		return err == nil, nil
	})
	n := 0
	for _, ok := range accepted {
		if ok {
			n++
		}
	}
	equal(t, "accepted", 1, n)
	equal(t, "versions", []int{1}, must(s.Versions(t.Context(), registry.VersionsRequest{Subject: "a"}))(t))
}

func readersBesideWriters(t *testing.T, s registry.Store) {
	reg := newRegistry(t, s)
	if err := reg.SetLevel(t.Context(), "", registry.LevelNone); err != nil {
		t.Fatal(err)
	}
	together(t, func(i int) (int, error) {
		if i%2 == 0 {
			e, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: fixed(i)})
			if err != nil {
				return 0, err
			}
			read, err := reg.Version(t.Context(), "a", e.Version) // what was answered can be read
			equal(t, "id", e.ID, read.ID)
			return 0, err
		}
		list, err := s.History(t.Context(), registry.VersionsRequest{Subject: "a", Page: registry.Page{}})
		for j, v := range list {
			if v.Text == "" || v.Number != len(list)-j {
				t.Errorf("version %d of %d has the text %q", v.Number, len(list), v.Text)
			}
		}
		return 0, err
	})
}
