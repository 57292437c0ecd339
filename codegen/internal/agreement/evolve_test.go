package agreement_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// TestEvolution reads what random other versions of a type's schema wrote, by
// plan, and compares with the other implementation's resolution.
func TestEvolution(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		reader := parsed(t, r)
		e := newEvolver(37, reader)
		if e.noNamespace() && len(e.named) > 1 {
			t.Skip("types without a namespace cannot be mentioned from within one")
		}
		for range 12 {
			writer := e.writer(r.AvroSchema().Name())
			p, err := plan.Compile(without(writer, "was").String(), r.AvroSchema())
			if err != nil {
				t.Fatalf("%v\n%s", err, writer)
			}
			evolved(t, r, writer, p)
		}
	})
}

// restored is a schema with the logical types that evolving has left out.
func restored(v *avrojson.Value) *avrojson.Value {
	out := *v
	out.Elements, out.Members = nil, nil
	for _, e := range v.Elements {
		out.Elements = append(out.Elements, restored(e))
	}
	for _, m := range v.Members {
		if m.Key == "was" {
			m.Key = "logicalType"
		}
		m.Value = restored(m.Value)
		out.Members = append(out.Members, m)
	}
	return &out
}

// evolved reads values of one writer.
func evolved(t *testing.T, r codec.Record, writer *avrojson.Value, p *codec.Plan) {
	t.Helper()
	theirWriter, theirReader := bare(t, without(writer, "was")), bare(t, parsed(t, r))
	resolved, err := avro.Resolve(theirWriter, theirReader)
	if err != nil {
		t.Fatalf("the other implementation: %v\n%s", err, writer)
	}
	full := restored(writer)
	random := newValues(41, full)
	kept := fresh(r)
	for range 5 {
		src, err := theirWriter.Encode(random.value(full, 0))
		if err != nil {
			t.Fatal(err)
		}
		var want any
		if _, err := resolved.Decode(src, &want, avro.TaggedUnions()); err != nil {
			t.Fatalf("% x of %s: the other implementation: %v", src, writer, err)
		}
		v := fresh(r)
		_, err = v.ReadAvro(bytes.Clone(src), codec.ReadOptions{Plan: p, Whole: true})
		if err != nil {
			t.Fatalf("% x of %s: %v", src, writer, err)
		}
		if diff := cmp.Diff(want, decode(t, theirReader, encoded(t, v)), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("% x of %s (-theirs +ours):\n%s", src, writer, diff)
		}
		for _, o := range allModes() {
			o.Plan = p
			into := fresh(r)
			if o.Reuse {
				into = kept
			}
			readsAs(t, into, v, src, 0, o)
		}
		cut(t, r, src, p)
	}
}

// cut reads the value without its end.
func cut(t *testing.T, r codec.Record, src []byte, p *codec.Plan) {
	t.Helper()
	step := 1 + len(src)/50
	for n := 0; n < len(src); n += step {
		_, err := fresh(r).ReadAvro(src[:n], codec.ReadOptions{Plan: p})
		if !errors.Is(err, codec.ErrTruncated) {
			t.Fatalf("first %d of % x: error %v", n, src, err)
		}
	}
}
