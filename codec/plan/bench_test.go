package plan_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec/plan"
)

// wide is a record of 25 fields of many kinds, about 2 KiB of JSON.
func wide(change string) string {
	types := []string{
		`"` + change + `"`, `"string"`, `["null","string"]`, logical("long", "timestamp-micros"), decimal(18, 2),
	}
	var fields []string
	for i := range 25 {
		typ := types[i%len(types)]
		switch i {
		case 7:
			typ = enum("E", "", "A", "B", "C")
		case 11:
			typ = array(inner("Line", "v", `"long"`))
		case 13:
			typ = `{"type":"map","values":"string"}`
		}
		fields = append(fields, `{"name":"`+fmt.Sprintf("field_number_%d", i)+`","type":`+typ+`,"doc":"What it is for, in a few words."}`)
	}
	return record(fields...)
}

func BenchmarkCompile(b *testing.B) {
	writer, reader := wide("int"), schemaOf(wide("long"))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := plan.Compile(writer, reader); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCacheHit finds a plan of a schema of 3 KiB: by the very same string,
// by a copy of it, and by two that take turns.
func BenchmarkCacheHit(b *testing.B) {
	reader := schemaOf(wide("long"))
	one, two := wide("int"), wide("long")
	b.Run("same writer", func(b *testing.B) {
		c := plan.NewCache()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Plan(one, reader); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("copied writer", func(b *testing.B) {
		c := plan.NewCache()
		again := strings.Clone(one)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Plan(one, reader); err != nil {
				b.Fatal(err)
			}
			one, again = again, one
		}
	})
	b.Run("writers in turn", func(b *testing.B) {
		c := plan.NewCache()
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Plan(one, reader); err != nil {
				b.Fatal(err)
			}
			one, two = two, one
		}
	})
}
