package agreement_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	pairs "github.com/schemactl/schemactl/codegen/testdata/pairs/golden"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
)

// claims opens levels, each of which claims all items that the rest of size
// bytes could hold, at least bytes an item; before and after stand around the
// count. Zeros fill the rest of the level that was opened last.
func claims(size, levels, least int, before, after []byte) []byte {
	src := make([]byte, 0, size)
	for range levels {
		src = append(src, before...)
		left := size - len(src) - 10 // the longest count
		src = codec.AppendLong(src, int64(left/least))
		src = append(src, after...)
	}
	src = append(src, before...)
	return append(src, make([]byte, size-len(src))...)
}

// TestMemory bounds what is allocated for lies about item counts on many levels
// at once, by a multiple of the input that follows from the schema.
func TestMemory(t *testing.T) { //nolint:paralleltest // it measures what is allocated
	const levels = 900
	// A writer whose field the reader skips, and one that is read by plan.
	skipped, err := plan.Compile(`{"type":"record","name":"Cube","namespace":"test.recursive","fields":[
		{"name":"gone","type":{"type":"record","name":"Gone","fields":[{"name":"cells","type":{"type":"array","items":
			{"type":"array","items":{"type":"map","values":["null","Gone"]}}}}]}},
		{"name":"planes","type":{"type":"array","items":{"type":"array","items":{"type":"array","items":{"type":"array","items":"long"}}}}}]}`, (&recursive.Cube{}).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	changed, err := plan.Compile(`{"type":"record","name":"Cube","namespace":"test.recursive","fields":[
		{"name":"planes","type":{"type":"array","items":{"type":"array","items":{"type":"array","items":{"type":"array","items":"int"}}}}}]}`, (&recursive.Cube{}).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct { //nolint:paralleltest // see above
		name   string
		r      codec.Record
		levels int
		least  int
		before []byte
		after  []byte
		// factor is what one byte of input may cost.
		factor int
		plan   *codec.Plan
	}{
		{"array of records", &recursive.Tree{}, levels, 3, []byte{0}, nil, 4 * 48 / 3, nil},
		{"map of records", &recursive.Tree{}, levels, 4, []byte{0, 0}, []byte{0}, 4 * 48 / 3, nil},
		{"array of nullable records", &recursive.Left{}, levels, 1, []byte{2}, []byte{2}, 4 * 40, nil},
		{"array of arrays", &recursive.Grid{}, levels, 1, nil, []byte{2, 2, 0, 2}, 4 * 24, nil},
		{"array in an array", &recursive.Grid{}, levels, 1, []byte{2}, []byte{2, 0, 2}, 4 * 24, nil},
		{"map in arrays", &recursive.Grid{}, levels, 2, []byte{2, 2}, []byte{0, 2}, 4 * 24, nil},
		{"plain arrays in arrays", &recursive.Cube{}, 4, 1, nil, nil, 3*24 + 8, nil},
		{"pairs", &pairs.Entry{}, levels, 10, make([]byte, 8), []byte{0}, 4 * 48 / 10, nil},
		{"map in a union", &unions.Payment{}, levels, 2, []byte{0, 0, 0, 0, 0, 2}, []byte{0, 4}, 4 * 48, nil},
		{"array in a union", &unions.Payment{}, 1, 1, []byte{0, 0, 0, 0, 0, 0}, nil, 24, nil},
		{"by plan", &recursive.Cube{}, 4, 1, nil, nil, 3*24 + 8, changed},
		{"skipped array of arrays", &recursive.Cube{}, levels, 1, nil, []byte{2, 2, 0, 2}, 0, skipped},
		{"skipped map in arrays", &recursive.Cube{}, levels, 2, []byte{2, 2}, []byte{0, 2}, 0, skipped},
	} {
		for _, size := range []int{10_000, 100_000, 1_000_000} {
			t.Run(fmt.Sprintf("%s/%d", tc.name, size), func(t *testing.T) {
				src := claims(size, tc.levels, tc.least, tc.before, tc.after)
				r := fresh(tc.r)
				for _, o := range []codec.ReadOptions{{Whole: true}, {Whole: true, Reuse: true}} {
					o.Plan = tc.plan
					bounded(t, r, src, o, tc.factor)
				}
			})
		}
	}
}

// bounded decodes what is in error, and measures.
func bounded(t *testing.T, r codec.Record, src []byte, o codec.ReadOptions, factor int) {
	t.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := r.ReadAvro(src, o)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, codec.ErrTruncated) && !errors.Is(err, codec.ErrTrailing) {
		t.Fatalf("error %v", err)
	}
	// The copy of the input, and the open levels with their errors.
	limit := uint64((factor+1)*len(src) + 4<<20)
	if used := after.TotalAlloc - before.TotalAlloc; used > limit {
		t.Errorf("%+v: %d bytes allocated for an input of %d, want at most %d", o, used, len(src), limit)
	}
}

// TestManyItems decodes arrays that outgrow their first step, in one block and
// in many.
func TestManyItems(t *testing.T) {
	t.Parallel()
	want := &recursive.Tree{Children: make([]recursive.Tree, 1000)}
	for i := range want.Children {
		want.Children[i].Label = fmt.Sprint(i)
	}
	one, err := want.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	many := []byte{0}
	for done, n := 0, 1; done < len(want.Children); done, n = done+n, n+3 {
		n = min(n, len(want.Children)-done)
		many = codec.AppendLong(many, int64(n))
		for i := range n {
			if many, err = want.Children[done+i].AppendAvro(many); err != nil {
				t.Fatal(err)
			}
		}
	}
	many = append(many, 0, 0)
	for name, src := range map[string][]byte{"one block": one, "many blocks": many} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got recursive.Tree
			if err := got.UnmarshalAvro(src); err != nil {
				t.Fatal(err)
			}
			if !got.Equal(want) {
				t.Errorf("%d children, not as they were", len(got.Children))
			}
			if n := cap(got.Children); name == "one block" && n != len(want.Children) {
				t.Errorf("room for %d", n)
			}
		})
	}
}
