package sqlstore_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

// What is removed leaves no row behind but the counter.
func TestRemoveLeavesNothing(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		db := open(t, url)
		store, err := sqlstore.New(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		})
		reg, err := registry.New(store)
		if err != nil {
			t.Fatal(err)
		}
		uses := registry.Schema{Text: `{"type":"array","items":"F"}`, References: []registry.Reference{{Name: "F", Subject: "f", Version: 1}}}
		for _, req := range []registry.RegisterRequest{
			{Subject: "f", Schema: registry.Schema{Text: `{"type":"fixed","name":"F","size":4}`}},
			{Subject: "a", Schema: uses},
		} {
			if _, err := reg.Register(t.Context(), req); err != nil {
				t.Fatal(err)
			}
		}
		if err := reg.SetLevel(t.Context(), "a", registry.LevelFull); err != nil {
			t.Fatal(err)
		}
		for _, subject := range []string{"a", "f"} {
			for _, permanent := range []bool{false, true} {
				if _, err := reg.DeleteSubject(t.Context(), registry.DeleteSubjectRequest{Subject: subject, Permanent: permanent}); err != nil {
					t.Fatal(err)
				}
			}
		}
		// What says that a key has no value any more stays for a while; beside that
		// there is the last id, which no schema shows.
		var left []string
		err = db.WithContext(t.Context()).Raw(`SELECT record_value FROM registry_records WHERE record_value IS NOT NULL AND record_key NOT LIKE '%_SUBJECT%'`).Scan(&left).Error
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{`{"lastIds":{".":2}}`}, left); diff != "" {
			t.Errorf("values (-want +got):\n%s", diff)
		}
	})
}

// Any order of changes gives the same answers as the store in memory does.
func TestAgreesWithMemory(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		ours, err := registry.New(newStore(t, url))
		if err != nil {
			t.Fatal(err)
		}
		theirs, err := registry.New(memory.New())
		if err != nil {
			t.Fatal(err)
		}
		const seed = 7
		random := rand.New(rand.NewPCG(seed, seed))
		codes := map[int]int{}
		for i := range 600 {
			what, run := randomChange(random)
			want, got := run(t, theirs), run(t, ours)
			codes[want.code]++
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(answer{}), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("change %d, %s (-memory +sql):\n%s", i, what, diff)
			}
			if i%6 != 0 {
				continue
			}
			if diff := cmp.Diff(look(t, theirs), look(t, ours), cmp.AllowUnexported(answer{}), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("after change %d, %s (-memory +sql):\n%s", i, what, diff)
			}
		}
		for _, code := range []int{0, 40401, 40402, 40404, 40405, 40406, 40407, 42201, 42206} {
			if codes[code] == 0 {
				t.Errorf("no change met the code %d", code)
			}
		}
	})
}

// answer is what a call gave, 0 being the code of no error.
type answer struct {
	value any
	code  int
}

func answered(value any, err error) answer {
	if err != nil {
		return answer{code: registry.ToWire(err).Code}
	}
	if e, ok := value.(registry.Entry); ok {
		return answer{value: fmt.Sprint(e.Subject, e.Version, e.ID, e.Text, e.References)}
	}
	return answer{value: value}
}

func randomChange(random *rand.Rand) (what string, run func(*testing.T, *registry.Registry) answer) {
	subject := string("abc"[random.IntN(3)])
	number := random.IntN(5)
	permanent := random.IntN(2) == 0
	s := registry.Schema{Text: fmt.Sprintf(`{"type":"fixed","name":"F","size":%d}`, random.IntN(3))}
	if random.IntN(3) == 0 {
		s.Text = `{"type":"array","items":"F"}`
		s.References = []registry.Reference{{Name: "F", Subject: string("abc"[random.IntN(3)]), Version: 1 + random.IntN(4)}}
	}
	switch random.IntN(6) {
	case 0:
		req := registry.DeleteSubjectRequest{Subject: subject, Permanent: permanent}
		return fmt.Sprintf("%+v", req), func(t *testing.T, reg *registry.Registry) answer {
			t.Helper()
			return answered(reg.DeleteSubject(t.Context(), req))
		}
	case 1, 2:
		req := registry.DeleteVersionRequest{Subject: subject, Version: number, Permanent: permanent}
		if number == 0 {
			req.Version = registry.Latest
		}
		return fmt.Sprintf("%+v", req), func(t *testing.T, reg *registry.Registry) answer {
			t.Helper()
			return answered(reg.DeleteVersion(t.Context(), req))
		}
	case 3:
		return "set the level of " + subject, func(t *testing.T, reg *registry.Registry) answer {
			t.Helper()
			return answered(nil, reg.SetLevel(t.Context(), subject, registry.LevelNone))
		}
	}
	req := registry.RegisterRequest{Subject: subject, Schema: s}
	return fmt.Sprintf("%+v", req), func(t *testing.T, reg *registry.Registry) answer {
		t.Helper()
		return answered(reg.Register(t.Context(), req))
	}
}

// look asks for all there is to see.
func look(t *testing.T, reg *registry.Registry) []answer {
	t.Helper()
	ctx := t.Context()
	var list []answer
	add := func(value any, err error) { list = append(list, answered(value, err)) }
	for _, which := range []registry.Deleted{registry.WithoutDeleted, registry.WithDeleted, registry.OnlyDeleted} {
		add(reg.Subjects(ctx, registry.SubjectsRequest{Deleted: which}))
		for _, subject := range []string{"a", "b", "c"} {
			add(reg.ListVersions(ctx, registry.VersionsRequest{Subject: subject, Deleted: which}))
			add(reg.ReadVersion(ctx, registry.VersionRequest{Subject: subject, Version: registry.Latest, Deleted: which}))
			add(reg.ReferencedBy(ctx, registry.ReferencedByRequest{Subject: subject, Version: 1, Deleted: which}))
			add(reg.Lookup(ctx, registry.LookupRequest{Subject: subject, Schema: registry.Schema{Text: `{"type":"fixed","name":"F","size":1}`}, Deleted: which}))
		}
	}
	return list
}
