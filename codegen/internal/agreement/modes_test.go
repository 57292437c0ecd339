package agreement_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"weak"

	"github.com/schemactl/schemactl/codec"
	arrays "github.com/schemactl/schemactl/codegen/testdata/arrays/golden"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	shapes "github.com/schemactl/schemactl/codegen/testdata/shapes/golden"
)

// allModes are all ways to decode a value, without limits and plans.
func allModes() []codec.ReadOptions {
	var out []codec.ReadOptions
	for _, mode := range []codec.Mode{codec.Arena, codec.Alias, codec.Copy} {
		for _, whole := range []bool{false, true} {
			for _, reuse := range []bool{false, true} {
				out = append(out, codec.ReadOptions{Mode: mode, Whole: whole, Reuse: reuse})
			}
		}
	}
	return out
}

// TestModes decodes values in all modes, each into the value that the one before
// left, with the input overwritten afterwards where that is allowed.
func TestModes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		other := bare(t, schema)
		random := newValues(19, schema)
		kept := map[codec.ReadOptions]codec.Record{}
		for round := range 40 {
			src, err := other.Encode(random.value(schema, 0))
			if err != nil {
				t.Fatal(err)
			}
			want := fresh(r)
			if err := want.UnmarshalAvro(src); err != nil {
				t.Fatal(err)
			}
			for _, o := range allModes() {
				if kept[o] == nil {
					kept[o] = fresh(r)
				}
				tail := 0
				if !o.Whole {
					tail = []int{0, 3, 5000}[round%3]
				}
				readsAs(t, kept[o], want, src, tail, o)
			}
		}
	})
}

// readsAs decodes src with tail more bytes into v, which may hold something.
func readsAs(t *testing.T, v, want codec.Record, src []byte, tail int, o codec.ReadOptions) {
	t.Helper()
	in := append(bytes.Clone(src), make([]byte, tail)...)
	rest, err := v.ReadAvro(in, o)
	if err != nil || len(rest) != tail || !bytes.HasSuffix(in, rest) {
		t.Fatalf("%+v: %d bytes of %d left, %v", o, len(rest), tail, err)
	}
	if !same(v, want) {
		t.Fatalf("%+v: got %+v\nwant %+v", o, v, want)
	}
	if o.Mode == codec.Alias {
		return
	}
	for i := range in {
		in[i] = 0xaa
	}
	if !same(v, want) {
		t.Fatalf("%+v: changing the input changed the value to %+v\nfrom %+v", o, v, want)
	}
}

// TestReuseAfterError decodes into values that a failed decoding left behind.
func TestReuseAfterError(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		other := bare(t, schema)
		random := newValues(23, schema)
		v := fresh(r)
		for range 30 {
			src, err := other.Encode(random.value(schema, 0))
			if err != nil {
				t.Fatal(err)
			}
			if len(src) > 0 {
				o := codec.ReadOptions{Reuse: true, Whole: true, Mode: codec.Mode(random.IntN(3))}
				if _, err := v.ReadAvro(bytes.Clone(src[:random.IntN(len(src))]), o); !errors.Is(err, codec.ErrTruncated) {
					t.Fatalf("cut: %v", err)
				}
			}
			want := fresh(r)
			if err := want.UnmarshalAvro(src); err != nil {
				t.Fatal(err)
			}
			readsAs(t, v, want, src, 0, codec.ReadOptions{Reuse: true, Whole: true})
		}
	})
}

func TestTrailing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		src, err := bare(t, schema).Encode(newValues(29, schema).value(schema, 0))
		if err != nil {
			t.Fatal(err)
		}
		src = append(src, 0)
		for _, o := range allModes() {
			if _, err := fresh(r).ReadAvro(src, o); errors.Is(err, codec.ErrTrailing) != o.Whole {
				t.Errorf("%+v with a byte more: %v", o, err)
			}
		}
		if err := fresh(r).UnmarshalAvro(src); !errors.Is(err, codec.ErrTrailing) {
			t.Errorf("with a byte more: %v", err)
		}
	})
}

// TestReuseAllocations decodes into the room of the value before.
func TestReuseAllocations(t *testing.T) { //nolint:paralleltest // it counts allocations
	for name, r := range shapeRecords { //nolint:paralleltest // see above
		t.Run(name, func(t *testing.T) {
			src := shape(t, name+".bin")
			v := fresh(r)
			read := func(o codec.ReadOptions) float64 {
				return testing.AllocsPerRun(10, func() {
					if _, err := v.ReadAvro(src, o); err != nil {
						t.Fatal(err)
					}
				})
			}
			if got := read(codec.ReadOptions{Mode: codec.Alias, Reuse: true}); got != 0 {
				t.Errorf("%v allocations in Alias mode", got)
			}
			if got := read(codec.ReadOptions{Mode: codec.Arena, Reuse: true, Whole: true}); got != 1 {
				t.Errorf("%v allocations in Arena mode, want the copy of the message", got)
			}
		})
	}
}

// TestKeptString holds one string of a message and asks whether the message is
// still in memory: in Copy mode it is not, in Alias mode it has to be.
func TestKeptString(t *testing.T) {
	t.Parallel()
	in := &shapes.Strings{A: "kept", B: string(make([]byte, 1<<20))}
	src, err := in.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	for mode, alive := range map[codec.Mode]bool{codec.Copy: false, codec.Alias: true} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			t.Parallel()
			message, text := keep(t, bytes.Clone(src), mode)
			for range 3 {
				runtime.GC()
			}
			if got := message.Value() != nil; got != alive {
				t.Errorf("the message is in memory: %t", got)
			}
			if text != "kept" {
				t.Errorf("kept %q", text)
			}
		})
	}
}

// keep decodes a message and lets go of all but one string.
//
//go:noinline
func keep(t *testing.T, src []byte, mode codec.Mode) (weak.Pointer[byte], string) {
	t.Helper()
	var v shapes.Strings
	if _, err := v.ReadAvro(src, codec.ReadOptions{Mode: mode}); err != nil {
		t.Fatal(err)
	}
	return weak.Make(&src[0]), v.A
}

// TestDecodedBytes writes to decoded bytes, and appends to them: nothing else of
// the value may change.
func TestDecodedBytes(t *testing.T) {
	t.Parallel()
	in := &arrays.Arrays{Raws: [][]byte{[]byte("one"), []byte("two"), []byte("three")}, Texts: []string{"text"}}
	src, err := in.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range allModes() {
		var v arrays.Arrays
		if _, err := v.ReadAvro(bytes.Clone(src), o); err != nil {
			t.Fatal(err)
		}
		_ = append(v.Raws[0], "overwritten"...)
		for i := range v.Raws[1] {
			v.Raws[1][i] = '-'
		}
		want := &arrays.Arrays{Raws: [][]byte{[]byte("one"), []byte("---"), []byte("three")}, Texts: []string{"text"}}
		if !same(&v, want) {
			t.Errorf("%+v: %q, %q", o, v.Raws, v.Texts)
		}
	}
}

func TestLimitOptions(t *testing.T) {
	t.Parallel()
	deep := &recursive.Chain{}
	for range 20 {
		deep = &recursive.Chain{Next: deep}
	}
	nulls := &arrays.Arrays{Nulls: make([]struct{}, codec.MaxEmptyItems+200)}
	for _, tc := range []struct {
		name string
		r    codec.Record
		o    codec.ReadOptions
		ok   bool
	}{
		{"as deep as allowed", deep, codec.ReadOptions{MaxDepth: 20}, true},
		{"one deeper", deep, codec.ReadOptions{MaxDepth: 19}, false},
		{"much deeper", deep, codec.ReadOptions{MaxDepth: 1}, false},
		{"the default depth", deep, codec.ReadOptions{}, true},
		{"negative depth is the default", deep, codec.ReadOptions{MaxDepth: -1}, true},
		{"an item too many", nulls, codec.ReadOptions{}, false},
		{"as many items as allowed", nulls, codec.ReadOptions{MaxEmptyItems: codec.MaxEmptyItems + 200}, true},
		{"one item", nulls, codec.ReadOptions{MaxEmptyItems: 1}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			src := encoded(t, tc.r)
			for _, whole := range []bool{false, true} {
				o := tc.o
				o.Whole = whole
				v := fresh(tc.r)
				_, err := v.ReadAvro(slices.Clone(src), o)
				if tc.ok && (err != nil || !same(v, tc.r)) {
					t.Errorf("%v", err)
				}
				if !tc.ok && !errors.Is(err, codec.ErrLimit) {
					t.Errorf("error %v", err)
				}
			}
		})
	}
}
