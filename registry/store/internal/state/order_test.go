package state_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
	"github.com/schemactl/schemactl/registry/store/internal/state"
)

// model knows of each subject's versions, by number, which are deleted.
type model map[string]map[int]bool

// subjects walks over all names.
func (m model) subjects(req registry.SubjectsRequest) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		live := 0
		for _, deleted := range m[name] {
			if !deleted {
				live++
			}
		}
		switch {
		case len(m[name]) == 0 || !strings.HasPrefix(name, req.Prefix):
		case req.DefaultOnly && strings.HasPrefix(name, ":."):
		case req.Deleted == registry.WithoutDeleted && live == 0:
		case req.Deleted == registry.OnlyDeleted && live > 0:
		default:
			list = append(list, name)
		}
	}
	return registry.Cut(list, req.Page)
}

// list walks over all versions.
func (m model) list(req registry.ListRequest) []registry.SubjectVersion {
	var list []registry.SubjectVersion
	for _, name := range m.subjects(registry.SubjectsRequest{Prefix: req.Prefix, DefaultOnly: req.DefaultOnly, Deleted: registry.WithDeleted}) {
		var own []registry.SubjectVersion
		for _, n := range slices.Sorted(maps.Keys(m[name])) {
			if req.Deleted.Takes(m[name][n]) {
				own = append(own, registry.SubjectVersion{Subject: name, Version: n})
			}
		}
		if req.LatestOnly && len(own) > 0 {
			own = own[len(own)-1:]
		}
		list = append(list, own...)
	}
	return registry.Cut(list, req.Page)
}

func (m model) clone() model {
	other := model{}
	for name, versions := range m {
		other[name] = maps.Clone(versions)
	}
	return other
}

func randomName(random *rand.Rand) string {
	fronts := []string{"", "", "", ":", ":-", ":.eu:", ":.eu-west:", ":.", ":/", "~"}
	return fronts[random.IntN(len(fronts))] + string("abc"[random.IntN(3)]) + fmt.Sprint(random.IntN(400))
}

// change makes one random change to both.
func change(t *testing.T, random *rand.Rand, tx *state.Tx, m model) {
	t.Helper()
	name := randomName(random)
	versions, ctx := m[name], t.Context()
	numbers := func(deleted bool) []int {
		var list []int
		for n, is := range versions {
			if is == deleted {
				list = append(list, n)
			}
		}
		return list
	}
	var err error
	switch action := random.IntN(10); {
	case action == 0 && len(numbers(false)) > 0:
		_, err = tx.HideSubject(ctx, name)
		for n := range versions {
			versions[n] = true
		}
	case action == 1 && len(numbers(false)) > 0:
		n := numbers(false)[0]
		err = tx.HideVersions(ctx, name, []int{n})
		versions[n] = true
	case action == 2 && len(numbers(true)) > 0:
		n := numbers(true)[0]
		err = tx.ShowVersions(ctx, name, []int{n})
		versions[n] = false
	case action == 3:
		list := slices.Collect(maps.Keys(versions))
		err = tx.RemoveVersions(ctx, name, list)
		delete(m, name)
	case action == 4:
		err = tx.RemoveDeleted(ctx, name)
		maps.DeleteFunc(versions, func(_ int, deleted bool) bool { return deleted })
	case action == 5 && random.IntN(100) == 0: // all of a context
		err = tx.RemoveDeleted(ctx, ":.eu:")
		for other, versions := range m {
			if strings.HasPrefix(other, ":.eu:") {
				maps.DeleteFunc(versions, func(_ int, deleted bool) bool { return deleted })
			}
		}
	default:
		contextName, _ := registry.ContextOf(name)
		s := registry.Schema{Type: registry.Avro, Text: fmt.Sprint(name, random.IntN(2))}
		var c registry.Content
		if c, err = tx.AddContent(ctx, registry.Content{Key: registry.Key{Context: contextName}, Schema: s, Hash: registry.ContentHash(s)}); err != nil {
			break
		}
		number := 1 + random.IntN(3)
		if _, has := versions[number]; has {
			break
		}
		if _, err = tx.AddVersion(ctx, registry.Version{Content: c, Subject: name, Number: number}); m[name] == nil {
			m[name] = map[int]bool{}
		}
		m[name][number] = false
	}
	if err != nil {
		t.Fatalf("subject %q: %v", name, err)
	}
}

// compare asks for all names, and for random pages.
func compare(t *testing.T, random *rand.Rand, s *state.State, m model) {
	t.Helper()
	for i := range 12 {
		req := registry.SubjectsRequest{Deleted: registry.Deleted(i % 3)}
		if i >= 3 {
			prefixes := []string{"", "a", "b1", ":", ":.", ":.eu", ":.eu:", ":.eu:a", ":/", "~c", "c399", "zzz"}
			req.Prefix, req.DefaultOnly = prefixes[random.IntN(len(prefixes))], random.IntN(2) == 0
			req.Page = registry.Page{Offset: random.IntN(len(m)+10) - 5, Limit: random.IntN(50) - 1}
		}
		got, err := s.Subjects(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m.subjects(req), got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("subjects, %+v (-walk +index):\n%s", req, diff)
		}
		all := registry.ListRequest{Prefix: req.Prefix, DefaultOnly: req.DefaultOnly, Deleted: req.Deleted, LatestOnly: i%2 == 0, Page: req.Page}
		versions, err := s.List(t.Context(), all)
		if err != nil {
			t.Fatal(err)
		}
		var list []registry.SubjectVersion
		for _, v := range versions {
			list = append(list, registry.SubjectVersion{Subject: v.Subject, Version: v.Number})
		}
		if diff := cmp.Diff(m.list(all), list, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("list, %+v (-walk +index):\n%s", all, diff)
		}
	}
}

// The index answers what a walk over all names does, after any changes, those that
// were taken back among them, and from the records of all that stayed.
func TestOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, seed))
			s, m := state.New(), model{}
			var records []record.Record
			for step := range 30 {
				tx, before := s.Begin(nil), m.clone()
				for range 1 + random.IntN(200) {
					change(t, random, tx, m)
				}
				failed, kept := errors.New("failed"), m.clone()
				err := tx.Run(func(part registry.Tx) error {
					change(t, random, part.(*state.Tx), m)
					return failed
				})
				if m = kept; !errors.Is(err, failed) {
					t.Fatal(err)
				}
				if random.IntN(3) == 0 {
					tx.Rollback()
					m = before
				} else {
					records = append(records, tx.Records()...)
				}
				if step%10 == 0 {
					compare(t, random, s, m)
				}
			}
			compare(t, random, s, m)
			again := state.New()
			for _, r := range records {
				if err := again.Apply(r, nil); err != nil {
					t.Fatal(err)
				}
			}
			compare(t, random, again, m)
		})
	}
}
