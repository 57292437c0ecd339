package agreement_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/schemactl/schemactl/codec"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
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
	for _, tc := range []struct { //nolint:paralleltest // see above
		name   string
		r      codec.Record
		levels int
		least  int
		before []byte
		after  []byte
		// factor is what one byte of input may cost.
		factor int
	}{
		{"array of records", &recursive.Tree{}, levels, 3, []byte{0}, nil, 4 * 48 / 3},
		{"map of records", &recursive.Tree{}, levels, 4, []byte{0, 0}, []byte{0}, 4 * 48 / 3},
		{"array of nullable records", &recursive.Left{}, levels, 1, []byte{2}, []byte{2}, 4 * 40},
		{"array of arrays", &recursive.Grid{}, levels, 1, nil, []byte{2, 2, 0, 2}, 4 * 24},
		{"array in an array", &recursive.Grid{}, levels, 1, []byte{2}, []byte{2, 0, 2}, 4 * 24},
		{"map in arrays", &recursive.Grid{}, levels, 2, []byte{2, 2}, []byte{0, 2}, 4 * 24},
		{"plain arrays in arrays", &recursive.Cube{}, 4, 1, nil, nil, 3*24 + 8},
	} {
		for _, size := range []int{10_000, 100_000, 1_000_000} {
			t.Run(fmt.Sprintf("%s/%d", tc.name, size), func(t *testing.T) {
				src := claims(size, tc.levels, tc.least, tc.before, tc.after)
				r := fresh(tc.r)
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := r.UnmarshalAvro(src)
				runtime.ReadMemStats(&after)
				if !errors.Is(err, codec.ErrTruncated) && !errors.Is(err, codec.ErrTrailing) {
					t.Fatalf("error %v", err)
				}
				// The copy of the input, and the open levels with their errors.
				limit := uint64((tc.factor+1)*size + 4<<20)
				if used := after.TotalAlloc - before.TotalAlloc; used > limit {
					t.Errorf("%d bytes allocated for an input of %d, want at most %d", used, size, limit)
				}
			})
		}
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
