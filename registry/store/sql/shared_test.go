package sqlstore_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/internal/testenv"
	"github.com/schemactl/schemactl/registry"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

// Several registries with connections of their own, as servers of one database
// have them, give out ids and versions without a gap.
func TestServersShareADatabase(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		const servers, each = 4, 8
		regs := make([]*registry.Registry, servers)
		for i := range regs {
			reg, err := registry.New(newStore(t, url))
			if err != nil {
				t.Fatal(err)
			}
			regs[i] = reg
		}
		if err := regs[0].SetLevel(t.Context(), "a", registry.LevelNone); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		var mu sync.Mutex // guards ids and versions
		var ids, versions, want []int
		for i := range servers * each {
			want = append(want, i+1)
			wg.Go(func() {
				e, err := regs[i%servers].Register(t.Context(), registry.RegisterRequest{
					Subject: "a", Schema: registry.Schema{Text: fmt.Sprintf(`{"type":"fixed","name":"F","size":%d}`, i)},
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				ids, versions = append(ids, int(e.ID)), append(versions, e.Version)
			})
		}
		wg.Wait()
		slices.Sort(ids)
		slices.Sort(versions)
		if !slices.Equal(ids, want) || !slices.Equal(versions, want) {
			t.Errorf("ids %v, versions %v", ids, versions)
		}
	})
}

// What is stored is there after a restart, and ids go on.
func TestReopen(t *testing.T) {
	t.Parallel()
	testenv.Databases(t, func(t *testing.T, url string) {
		register := func(text string) uint32 {
			t.Helper()
			db, err := database.Open(t.Context(), url)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := database.Close(db); err != nil {
					t.Error(err)
				}
			}()
			store, err := sqlstore.New(t.Context(), db)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := store.Close(); err != nil {
					t.Error(err)
				}
			}()
			reg, err := registry.New(store)
			if err != nil {
				t.Fatal(err)
			}
			e, err := reg.Register(t.Context(), registry.RegisterRequest{Subject: text, Schema: registry.Schema{Text: text}})
			if err != nil {
				t.Fatal(err)
			}
			return e.ID
		}
		got := []uint32{register(`"int"`), register(`"long"`), register(`"int"`)}
		if !slices.Equal(got, []uint32{1, 2, 1}) {
			t.Errorf("ids %v", got)
		}
	})
}
