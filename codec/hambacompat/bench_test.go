package hambacompat_test

import (
	"testing"

	"github.com/hamba/avro/v2"

	"github.com/schemactl/schemactl/codec/hambacompat"
	tagged "github.com/schemactl/schemactl/codec/hambacompat/testdata/tagged/golden"
)

// What the calls cost over the generated codec's own, and against hamba's.
func BenchmarkCalls(b *testing.B) {
	v := &tagged.Scalars{Text: "some text of forty bytes, more or less..", ID: "0190f5e2-7c4b-7b1e-8a53-5d6c1f0e9b27", Raw: make([]byte, 40)}
	schema := avro.MustParse(v.AvroSchema().String())
	data, err := v.AppendAvro(nil)
	if err != nil {
		b.Fatal(err)
	}
	var into tagged.Scalars
	for name, call := range map[string]func() error{
		"marshal/hambacompat":   func() error { _, err := hambacompat.Marshal(schema, v); return err },
		"marshal/generated":     func() error { _, err := v.AppendAvro(make([]byte, 0, len(data))); return err },
		"marshal/hamba":         func() error { _, err := avro.Marshal(schema, v); return err },
		"unmarshal/hambacompat": func() error { return hambacompat.Unmarshal(schema, data, &into) },
		"unmarshal/generated":   func() error { return into.UnmarshalAvro(data) },
		"unmarshal/hamba":       func() error { return avro.Unmarshal(schema, data, &into) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := call(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
