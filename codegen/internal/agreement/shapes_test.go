package agreement_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	"github.com/schemactl/schemactl/codegen"
	shapes "github.com/schemactl/schemactl/codegen/testdata/shapes/golden"
	"github.com/schemactl/schemactl/schemas/avro"
)

const valuesDir = "../../testdata/shapes/values"

// shape reads a value that another implementation wrote.
func shape(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(valuesDir, name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

var shapeRecords = map[string]codec.Record{
	"small": &shapes.Small{}, "event": &shapes.Event{}, "strings": &shapes.Strings{}, "batch": &shapes.Batch{},
}

func TestShapes(t *testing.T) { //nolint:paralleltest // it counts allocations
	for name, r := range shapeRecords { //nolint:paralleltest // see above
		t.Run(name, func(t *testing.T) {
			src := shape(t, name+".bin")
			v := fresh(r)
			if err := v.UnmarshalAvro(src); err != nil {
				t.Fatal(err)
			}
			out, err := v.AppendAvro(nil)
			if err != nil || len(out) != len(src) {
				t.Fatalf("%d bytes of %d, %v", len(out), len(src), err)
			}
			again := fresh(r)
			if err := again.UnmarshalAvro(out); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(v, again); diff != "" {
				t.Errorf("again (-want +got):\n%s", diff)
			}
			if got := testing.AllocsPerRun(10, func() { out, _ = v.AppendAvro(out[:0]) }); got != 0 {
				t.Errorf("encoding into a buffer: %v allocations", got)
			}
		})
	}
}

func TestEvolvedShape(t *testing.T) {
	t.Parallel()
	var v shapes.Evo
	p, err := plan.NewCache().Plan(string(shape(t, "evolve_writer.avsc")), v.AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Decode(shape(t, "evolve_writer.bin"), &v); err != nil {
		t.Fatal(err)
	}
	if v.Region != "eu-west-1" || v.Note.IsSet() || v.ID == 0 || v.Name == "" || v.Count == 0 || len(v.Tags) == 0 {
		t.Errorf("decoded %+v", v)
	}
}

// TestReferenceDomain compares package events with its schemas.
func TestReferenceDomain(t *testing.T) {
	t.Parallel()
	r, err := codegen.Check(t.Context(), codegen.Request{Schemas: avro.FS, Out: "../../../events"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := r.Diff(); diff != "" {
		t.Errorf("run go generate ./events:\n%s", diff)
	}
}

func BenchmarkShapes(b *testing.B) {
	for _, name := range []string{"small", "event", "strings", "batch"} {
		src := shape(b, name+".bin")
		v := fresh(shapeRecords[name])
		if err := v.UnmarshalAvro(src); err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/append", func(b *testing.B) {
			buf := make([]byte, 0, 2*len(src))
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				var err error
				if buf, err = v.AppendAvro(buf[:0]); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/unmarshal", func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			b.ReportAllocs()
			for b.Loop() {
				if err := v.UnmarshalAvro(src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
