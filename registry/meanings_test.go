package registry_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// spelled is a schema that means the same in both spellings, and has another text.
func spelled(meaning int, other bool) registry.Schema {
	properties := `"x":1,"y":2`
	if other {
		properties = `"y":2,"x":1`
	}
	return registry.Schema{Text: fmt.Sprintf(`{"type":"fixed","name":"F","size":%d,%s}`, meaning, properties)}
}

// manyVersions is a subject of the context .imp, whose versions are given by number,
// and what has to be found in it.
type manyVersions struct {
	*testing.T
	reg     *registry.Registry
	meaning map[int]int
	deleted map[int]bool
	last    uint32
}

const manyName = ":.imp:s"

func (m *manyVersions) add(number, meaning int) {
	m.Helper()
	s := spelled(meaning, false)
	s.Metadata = properties("number", fmt.Sprint(number)) // another content, of an id of its own
	m.last++
	_, err := m.reg.Register(m.Context(), registry.RegisterRequest{Subject: manyName, Schema: s, ID: m.last, Version: number})
	if err != nil {
		m.Fatal(err)
	}
	m.meaning[number], m.deleted[number] = meaning, false
}

func (m *manyVersions) remove(number int, permanent bool) {
	m.Helper()
	if _, err := m.reg.DeleteVersion(m.Context(), registry.DeleteVersionRequest{Subject: manyName, Version: number, Permanent: permanent}); err != nil {
		m.Fatal(err)
	}
	if m.deleted[number] = true; permanent {
		delete(m.meaning, number)
		delete(m.deleted, number)
	}
}

func (m *manyVersions) undelete(number int) {
	m.Helper()
	if _, err := m.reg.Undelete(m.Context(), registry.UndeleteRequest{Subject: manyName, Version: number}); err != nil {
		m.Fatal(err)
	}
	m.deleted[number] = false
}

// check looks a schema up in its other spelling.
func (m *manyVersions) check(meaning int, which registry.Deleted) {
	m.Helper()
	want := 0
	for number, is := range m.meaning {
		if is == meaning && which.Takes(m.deleted[number]) {
			want = max(want, number)
		}
	}
	e, err := m.reg.Lookup(m.Context(), registry.LookupRequest{Subject: manyName, Schema: spelled(meaning, true), Deleted: which})
	if want == 0 && !errors.Is(err, registry.ErrSchemaNotFound) || want > 0 && (err != nil || e.Version != want) {
		m.Fatalf("meaning %d is in version %d (%v), want %d of %v, deleted %v", meaning, e.Version, err, want, m.meaning, m.deleted)
	}
}

// However versions come, go and come back under numbers of others, the newest that
// means what is looked up is found.
func TestFindsMeaningAmongManyVersions(t *testing.T) {
	t.Parallel()
	m := &manyVersions{T: t, reg: newRegistry(t), meaning: map[int]int{}, deleted: map[int]bool{}}
	if err := m.reg.SetMode(t.Context(), registry.SetModeRequest{Name: ":.imp:", Mode: registry.ModeImport}); err != nil {
		t.Fatal(err)
	}
	const versions, meanings = 120, 60
	random := rand.New(rand.NewPCG(1, 1))
	for range 2500 {
		number := 1 + random.IntN(versions)
		switch _, there := m.meaning[number]; {
		case !there:
			m.add(number, random.IntN(meanings))
		case m.deleted[number] && random.IntN(2) == 0:
			m.undelete(number)
		case m.deleted[number]:
			m.remove(number, true)
		case random.IntN(3) == 0:
			m.remove(number, false)
		}
		if len(m.meaning) > 0 {
			m.check(random.IntN(meanings), registry.WithDeleted)
		}
		if live := len(m.meaning) - countTrue(m.deleted); live > 0 {
			m.check(random.IntN(meanings), registry.WithoutDeleted)
		}
	}
}

func countTrue(set map[int]bool) (n int) {
	for _, is := range set {
		if is {
			n++
		}
	}
	return n
}

// countingStore counts the versions that it hands out.
type countingStore struct {
	registry.Store
	versions atomic.Int64
}

func (s *countingStore) History(ctx context.Context, req registry.VersionsRequest) ([]registry.Version, error) {
	list, err := s.Store.History(ctx, req)
	s.versions.Add(int64(len(list)))
	return list, err
}

func (s *countingStore) News(ctx context.Context, subject string, since registry.Moment) (registry.News, error) {
	news, err := s.Store.News(ctx, subject, since)
	s.versions.Add(int64(len(news.Versions)))
	return news, err
}

func (s *countingStore) Version(ctx context.Context, at registry.SubjectVersion, which registry.Deleted) (registry.Version, error) {
	s.versions.Add(1)
	return s.Store.Version(ctx, at, which)
}

// How many versions a subject has makes no difference to who looks for a schema that
// none of them has: the old ones are read once.
func TestOldVersionsAreReadOnce(t *testing.T) {
	t.Parallel()
	store := &countingStore{Store: memory.New()}
	reg, err := registry.New(store)
	if err != nil {
		t.Fatal(err)
	}
	if err := reg.SetLevel(t.Context(), "a", registry.LevelNone); err != nil {
		t.Fatal(err)
	}
	const versions = 300
	for i := range versions {
		if _, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: "a", Schema: spelled(i, false)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		store.versions.Store(0)
		if _, err := reg.Lookup(t.Context(), registry.LookupRequest{Subject: "a", Schema: spelled(i, true)}); err != nil {
			t.Fatal(err)
		}
		if n := store.versions.Load(); n > versions/5 {
			t.Errorf("lookup %d reads %d of %d versions", i, n, versions)
		}
	}
}

// What a version means is that of its text as it is stored, whether the registry that
// compares with it has stored it or has only read it: the normal form of a decimal says
// its scale.
func TestMeaningOfNormalText(t *testing.T) {
	t.Parallel()
	const subject, text = "s", `{"type":"bytes","logicalType":"decimal","precision":4}`
	open := func(store registry.Store) *registry.Registry {
		reg, err := registry.New(store)
		if err != nil {
			t.Fatal(err)
		}
		return reg
	}
	next := func(isNew bool) int {
		store := memory.New()
		reg := open(store)
		register := func(req registry.RegisterRequest) int {
			req.Subject, req.Schema.Text = subject, text
			e, err := reg.Register(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			return e.Version
		}
		register(registry.RegisterRequest{Normalize: true})
		if isNew {
			reg = open(store)
		}
		return register(registry.RegisterRequest{})
	}
	if one, other := next(false), next(true); one != other {
		t.Errorf("the same text is version %d where the first was stored, and %d elsewhere", one, other)
	}
}
