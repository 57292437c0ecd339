package agreement_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	arrays "github.com/schemactl/schemactl/codegen/testdata/arrays/golden"
	decimals "github.com/schemactl/schemactl/codegen/testdata/decimals/golden"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	times "github.com/schemactl/schemactl/codegen/testdata/times/golden"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
	"github.com/schemactl/schemactl/events"
)

// hostile are inputs that are added to those of real values.
func hostile(f *testing.F) {
	f.Helper()
	f.Add(byte(0), bytes.Repeat([]byte{0, 2}, 2000))
	f.Add(byte(1), append(make([]byte, 10), codec.AppendLong(nil, 1<<40)...))
}

// fuzz decodes any bytes as r, in the mode that the first argument says. No
// input may panic, and what decodes must survive the way back. What ours
// accepts, the other implementation accepts too.
func fuzz(f *testing.F, r codec.Record) {
	f.Helper()
	schema := parsed(f, r)
	other := bare(f, schema)
	random := newValues(17, schema)
	for i := range 20 {
		src, err := other.Encode(random.value(schema, 0))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(i), src)
	}
	hostile(f)
	modes := allModes()
	f.Fuzz(func(t *testing.T, which byte, src []byte) {
		agrees(t, r, src, modes[int(which)%len(modes)], other, other)
	})
}

// fuzzResolve reads any bytes as values of one of many writers.
func fuzzResolve(f *testing.F, r codec.Record) {
	f.Helper()
	reader := parsed(f, r)
	e := newEvolver(43, reader)
	modes := allModes()
	var plans []*codec.Plan
	var writers, theirs []*avro.Schema
	for i := range 32 {
		writer := e.writer(r.AvroSchema().Name())
		p, err := plan.Compile(without(writer, "was").String(), r.AvroSchema())
		if err != nil {
			f.Fatalf("%v\n%s", err, writer)
		}
		full := restored(writer)
		theirWriter := bare(f, full)
		resolved, err := avro.Resolve(theirWriter, bare(f, reader))
		if err != nil {
			f.Fatalf("%v\n%s", err, writer)
		}
		src, err := theirWriter.Encode(newValues(47, full).value(full, 0))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(i), src)
		plans, writers, theirs = append(plans, p), append(writers, theirWriter), append(theirs, resolved)
	}
	hostile(f)
	f.Fuzz(func(t *testing.T, which byte, src []byte) {
		o := modes[(len(src)+int(which))%len(modes)]
		n := int(which) % len(plans)
		o.Plan = plans[n]
		agrees(t, r, src, o, theirs[n], writers[n])
	})
}

func agrees(t *testing.T, r codec.Record, src []byte, o codec.ReadOptions, other, writer *avro.Schema) {
	t.Helper()
	survives(t, r, src, o)
	rest, err := fresh(r).ReadAvro(src, o)
	if err != nil {
		return
	}
	if !bytes.HasSuffix(src, rest) {
		t.Fatal("the rest is not the end of the input")
	}
	var theirs any
	left, err := other.Decode(src, &theirs)
	switch {
	case err == nil:
	case strings.Contains(err.Error(), "recursion limit"):
		return // both bound the depth, and count it differently
	case strings.Contains(err.Error(), "zero-byte items"):
		return // ours allows so many items without bytes for the message, theirs for each array
	case o.Plan != nil:
		// Ours does not look into blocks that bring their size when it skips them, and
		// reads an int that is too wide as the long that the reader wants.
		return
	}
	if err == nil && o.Plan != nil && len(left) != len(rest) {
		// A block that brings a wrong size ends where that says for ours, when it skips it,
		// and behind its items for theirs. Without sizes, there is one end.
		if src = unsized(t, src, writer); src == nil {
			return
		}
		if rest, err = fresh(r).ReadAvro(src, o); err == nil {
			left, err = other.Decode(src, &theirs)
		}
	}
	if err != nil || len(left) != len(rest) {
		t.Fatalf("%.200x: ours leaves %d bytes, theirs %d, %v", src, len(rest), len(left), err)
	}
}

// unsized is the value at the beginning of src with blocks that bring no size, nil when
// the other implementation, which has skipped parts of it, refuses them.
func unsized(t *testing.T, src []byte, writer *avro.Schema) []byte {
	t.Helper()
	var value any
	if _, err := writer.Decode(src, &value); err != nil {
		return nil
	}
	plain, err := writer.Encode(value)
	if err != nil {
		t.Fatalf("%.200x was decoded, but encoding says: %v", src, err)
	}
	return plain
}

func FuzzDecodeEvent(f *testing.F)     { fuzz(f, &events.MessageCreated{}) }
func FuzzDecodeArrays(f *testing.F)    { fuzz(f, &arrays.Arrays{}) }
func FuzzDecodeRecursive(f *testing.F) { fuzz(f, &recursive.Forest{}) }
func FuzzDecodeUnions(f *testing.F)    { fuzz(f, &unions.Payment{}) }
func FuzzDecodeDecimals(f *testing.F)  { fuzz(f, &decimals.Decimals{}) }
func FuzzDecodeTimes(f *testing.F)     { fuzz(f, &times.Times{}) }

func FuzzResolveEvent(f *testing.F)  { fuzzResolve(f, &events.MessageCreated{}) }
func FuzzResolveUnions(f *testing.F) { fuzzResolve(f, &unions.Payment{}) }
func FuzzResolveTree(f *testing.F)   { fuzzResolve(f, &recursive.Forest{}) }
