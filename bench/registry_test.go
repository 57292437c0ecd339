package bench_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
	sqlstore "github.com/schemactl/schemactl/registry/store/sql"
)

// used is how many of the subjects get new versions, whatever the registry
// holds, so that their histories are equally long.
const used = 100

// BenchmarkRegister registers the next version of a subject in a registry that
// holds other subjects: what a registry holds must not make it slower.
func BenchmarkRegister(b *testing.B) {
	stores := []struct {
		name string
		open func(b *testing.B) registry.Store
	}{
		{"memory", func(*testing.B) registry.Store { return memory.New() }},
		{"sqlite", func(b *testing.B) registry.Store {
			store, err := sqlstore.New(b.Context(), open(b, "sqlite:"+filepath.Join(b.TempDir(), "registry.db")))
			check(b, err)
			return store
		}},
	}
	for _, store := range stores {
		for _, subjects := range []int{500, 3000} {
			b.Run(fmt.Sprintf("%s/%d subjects", store.name, subjects), func(b *testing.B) { register(b, store.open(b), subjects) })
		}
	}
}

func register(b *testing.B, store registry.Store, subjects int) {
	b.Helper()
	reg, err := registry.New(store)
	check(b, err)
	for i := range subjects {
		registerOne(b, reg, i, 0)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		registerOne(b, reg, i%used, i+1)
		i++
	}
}

// registerOne registers a record of 12 fields whose last has a name of its own,
// and a default, so that it is a compatible next version.
func registerOne(b *testing.B, reg *registry.Registry, subject, version int) {
	b.Helper()
	text := fmt.Sprintf(`{"type":"record","name":"Event%d","namespace":"bench","fields":[`, subject)
	for f := range 11 {
		text += fmt.Sprintf(`{"name":"field_%d","type":["null","string"],"default":null,"doc":"what field %d means"},`, f, f)
	}
	text += fmt.Sprintf(`{"name":"added_%d","type":"long","default":0}]}`, version)
	_, err := reg.Register(b.Context(), registry.RegisterRequest{Subject: fmt.Sprintf("topic-%d-value", subject), Schema: registry.Schema{Text: text}})
	check(b, err)
}
