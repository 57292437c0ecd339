package agreement_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	types "github.com/schemactl/schemactl/codegen/testdata/types/golden"
	"github.com/schemactl/schemactl/events"
)

// fuzz decodes any bytes as r. No input may panic, and what decodes must
// survive the way back. What the other implementation accepts of canonical
// input, ours accepts too.
func fuzz(f *testing.F, r codec.Record) {
	f.Helper()
	schema := parsed(f, r)
	other := bare(f, schema)
	random := newValues(17, schema)
	for range 20 {
		src, err := other.Encode(random.value(schema, 0))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Add(bytes.Repeat([]byte{0, 2}, 2000))
	f.Add(append(make([]byte, 10), codec.AppendLong(nil, 1<<40)...))
	f.Fuzz(func(t *testing.T, src []byte) {
		survives(t, r, src)
		v := fresh(r)
		rest, err := v.DecodeAvro(src)
		if err != nil {
			return
		}
		if !bytes.HasSuffix(src, rest) {
			t.Fatal("the rest is not the end of the input")
		}
		var theirs any
		left, err := other.Decode(src, &theirs)
		if err != nil && strings.Contains(err.Error(), "recursion limit") {
			return // both bound the depth, and count it differently
		}
		if err != nil || len(left) != len(rest) {
			t.Fatalf("%.200x: ours leaves %d bytes, theirs %d, %v", src, len(rest), len(left), err)
		}
	})
}

func FuzzDecodeEvent(f *testing.F)      { fuzz(f, &events.MessageCreated{}) }
func FuzzDecodeEverything(f *testing.F) { fuzz(f, &types.Everything{}) }
func FuzzDecodeRecursive(f *testing.F)  { fuzz(f, &recursive.Forest{}) }
