package registry_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
)

// wide is a record of that many fields.
func wide(fields, version int) registry.Schema {
	var b strings.Builder
	b.WriteString(`{"type":"record","name":"R","namespace":"bench","fields":[{"name":"first","type":"string"}`)
	for i := 1; i < fields+version; i++ {
		fmt.Fprintf(&b, `,{"name":"field_%02d","type":["null","string"],"default":null}`, i)
	}
	b.WriteString("]}")
	return registry.Schema{Text: b.String()}
}

// BenchmarkRegistry is what a request costs beside HTTP, at 20 fields.
func BenchmarkRegistry(b *testing.B) {
	reg, err := registry.New(memory.New())
	if err != nil {
		b.Fatal(err)
	}
	register := func(subject string, s registry.Schema) {
		if _, err := reg.Register(b.Context(), registry.RegisterRequest{Subject: subject, Schema: s}); err != nil {
			b.Fatal(err)
		}
	}
	first, next := wide(20, 0), wide(20, 1)
	register("a", first)
	b.Run("lookup", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := reg.Lookup(b.Context(), registry.LookupRequest{Subject: "a", Schema: first}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("same", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			register("a", first)
		}
	})
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if r, err := reg.Check(b.Context(), registry.CheckRequest{Subject: "a", Schema: next, Version: registry.Latest}); err != nil || !r.Compatible {
				b.Fatal(err)
			}
		}
	})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		n := 0
		for b.Loop() {
			n++
			register(fmt.Sprint("s", n), wide(20, n%40))
		}
	})
}
