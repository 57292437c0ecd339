package codec_test

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/schemactl/schemactl/codec"
)

// forms are the ways to write v as a varint: the shortest, and longer ones whose
// last bytes are zero, up to ten bytes.
func forms(v int64) [][]byte {
	short := binary.AppendVarint(nil, v)
	out := [][]byte{short}
	for len(out[len(out)-1]) < binary.MaxVarintLen64 {
		last := out[len(out)-1]
		next := append([]byte(nil), last...)
		next[len(next)-1] |= 0x80
		out = append(out, append(next, 0))
	}
	return out
}

// TestReadShapes reads every length of varint by the functions that look at the
// bytes themselves; ReadLong is compared with encoding/binary in TestLong.
func TestReadShapes(t *testing.T) {
	t.Parallel()
	values := longs()
	for _, year := range []int{1, 1968, 1969, 1970, 1971, 1978, 1979, 2004, 2026, 2039, 2040, 2262, 3111, 3112, 9999} {
		at := time.Date(year, 5, 4, 3, 2, 1, 987_654_321, time.UTC)
		values = append(values, at.UnixMilli(), at.UnixMicro())
	}
	for _, v := range values {
		for _, form := range forms(v) {
			for _, tail := range []int{0, 1, 2, 4, 16} {
				readShapes(t, v, append([]byte{0xff}, form...), make([]byte, tail))
				readShapes(t, v, append([]byte{0xff}, form...), []byte{0xff, 0xff, 0xff, 0xff}[:min(tail, 4)])
			}
		}
	}
}

func readShapes(t *testing.T, v int64, head, tail []byte) {
	t.Helper()
	src := append(append([]byte(nil), head...), tail...)
	small, p, err := codec.ReadInt(src, 1)
	switch {
	case v < math.MinInt32 || v > math.MaxInt32, len(head)-1 > binary.MaxVarintLen32:
		if !errors.Is(err, codec.ErrMalformed) || p != 1 {
			t.Fatalf("int %d in % x: %d, offset %d, %v", v, head[1:], small, p, err)
		}
	case int64(small) != v || p != len(head) || err != nil:
		t.Fatalf("int %d in % x: %d, offset %d, %v", v, head[1:], small, p, err)
	}
	if got, p, err := codec.ReadTimestampMillis(src, 1); err != nil || p != len(head) || got != time.UnixMilli(v).UTC() {
		t.Fatalf("millis %d in % x: %v, offset %d, %v", v, head[1:], got, p, err)
	}
	if got, p, err := codec.ReadTimestampMicros(src, 1); err != nil || p != len(head) || got != time.UnixMicro(v).UTC() {
		t.Fatalf("micros %d in % x: %v, offset %d, %v", v, head[1:], got, p, err)
	}
	for cut := 1; cut < len(head); cut++ {
		for name, read := range map[string]func([]byte, int) error{
			"int":    func(b []byte, p int) error { _, _, err := codec.ReadInt(b, p); return err },
			"millis": func(b []byte, p int) error { _, _, err := codec.ReadTimestampMillis(b, p); return err },
			"micros": func(b []byte, p int) error { _, _, err := codec.ReadTimestampMicros(b, p); return err },
		} {
			if err := read(head[:cut:cut], 1); !errors.Is(err, codec.ErrTruncated) {
				t.Fatalf("%s % x of % x: %v", name, head[1:cut], head[1:], err)
			}
		}
	}
}

func TestAppendStrings(t *testing.T) {
	t.Parallel()
	for _, sizes := range [][]int{{}, {0}, {1, 63, 64, 65, 8191, 8192}, {5, 5, 5}} {
		var items []string
		want := []byte("x")
		if len(sizes) > 0 {
			want = binary.AppendVarint(want, int64(len(sizes)))
		}
		for _, n := range sizes {
			item := string(make([]byte, n))
			items = append(items, item)
			want = append(binary.AppendVarint(want, int64(n)), item...)
		}
		want = append(want, 0)
		for _, room := range []int{1, 2, 70, 100_000} {
			dst := append(make([]byte, 0, room), 'x')
			if got := codec.AppendStrings(dst, items); string(got) != string(want) {
				t.Fatalf("%v with room for %d: % x, want % x", sizes, room, got, want)
			}
		}
	}
}
