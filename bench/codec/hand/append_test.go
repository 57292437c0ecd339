package hand

import (
	"encoding/binary"
	"testing"
)

// TestAppendLong compares all lengths of varints with those of the standard
// library, whose signed varints are Avro's.
func TestAppendLong(t *testing.T) {
	t.Parallel()
	for shift := range 64 {
		for _, d := range []int64{-1, 0, 1} {
			v := int64(1)<<shift + d
			for _, v := range []int64{v, -v} {
				want := string(binary.AppendVarint(nil, v))
				got := appendLong(nil, v)
				if string(got) != want {
					t.Errorf("%d is %x, want %x", v, got, want)
				}
				back, p, err := readLong(got, 0)
				if back != v || p != len(got) || err != nil {
					t.Errorf("%d is read as %d, %d bytes, %v", v, back, p, err)
				}
				if back, _, err = readLong(append(got, make([]byte, 10)...), 0); back != v || err != nil {
					t.Errorf("%d is read as %d, %v before other bytes", v, back, err)
				}
			}
		}
	}
}
