package codec_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
)

func TestEnterUnion(t *testing.T) {
	t.Parallel()
	branches := make([]*codec.Node, 70)
	for i := range branches {
		branches[i] = &codec.Node{Kind: codec.KindLong, Branch: i}
	}
	branches[3].Unreadable = "branch long: no place"
	union := unionOf(branches...)
	for _, tc := range []struct {
		name   string
		src    []byte
		branch int
		want   error
		text   string
	}{
		{"first", longOf(0), 0, nil, ""},
		{"63", longOf(63), 63, nil, ""},
		{"two bytes", longOf(64), 64, nil, ""},
		{"last", longOf(69), 69, nil, ""},
		{"long form of a small number", []byte{0x84, 0}, 2, nil, ""},
		{"unreadable", longOf(3), 0, codec.ErrUnresolved, "branch long: no place"},
		{"beyond", longOf(70), 0, codec.ErrMalformed, "union branch 70 of 70"},
		{"negative", longOf(-1), 0, codec.ErrMalformed, "union branch -1"},
		{"huge", longOf(math.MinInt64), 0, codec.ErrMalformed, "union branch"},
		{"nothing", nil, 0, codec.ErrTruncated, "varint"},
		{"cut", []byte{0x80}, 0, codec.ErrTruncated, "varint"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			src := join([]byte{9}, tc.src)
			n, p, err := codec.EnterUnion(src, 1, union)
			if tc.want != nil {
				if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) || n != nil || p != 1 {
					t.Errorf("%v, %d, %v", n, p, err)
				}
				return
			}
			if err != nil || n != branches[tc.branch] || p != len(src) {
				t.Errorf("branch %v, offset %d, %v", n, p, err)
			}
		})
	}
}

func TestPromote(t *testing.T) {
	t.Parallel()
	const past = math.MaxInt32 + 1
	for _, tc := range []struct {
		from   codec.Kind
		src    []byte
		float  float32
		double float64
	}{
		{codec.KindInt, longOf(math.MinInt32), math.MinInt32, math.MinInt32},
		{codec.KindInt, longOf(1<<24 + 1), 1 << 24, 1<<24 + 1},
		{codec.KindLong, longOf(past), past, past},
		{codec.KindLong, longOf(1<<53 + 1), 1 << 53, 1 << 53},
		{codec.KindLong, longOf(math.MaxInt64), 1 << 63, 1 << 63},
		{codec.KindFloat, codec.AppendFloat(nil, 0.1), 0.1, float64(float32(0.1))},
		{codec.KindDouble, codec.AppendDouble(nil, 0.1), 0, 0.1},
	} {
		src := join([]byte{9}, tc.src)
		if tc.float != 0 {
			if v, p, err := codec.PromoteFloat(src, 1, tc.from); v != tc.float || p != len(src) || err != nil {
				t.Errorf("%s as float: %v, %d, %v", tc.from, v, p, err)
			}
		}
		if v, p, err := codec.PromoteDouble(src, 1, tc.from); v != tc.double || p != len(src) || err != nil {
			t.Errorf("%s as double: %v, %d, %v", tc.from, v, p, err)
		}
		for cut := 1; cut < len(src); cut++ {
			if _, p, err := codec.PromoteDouble(src[:cut], 1, tc.from); !errors.Is(err, codec.ErrTruncated) || p != 1 {
				t.Errorf("%s, %d bytes as double: %d, %v", tc.from, cut-1, p, err)
			}
			if tc.float == 0 {
				continue
			}
			if _, p, err := codec.PromoteFloat(src[:cut], 1, tc.from); !errors.Is(err, codec.ErrTruncated) || p != 1 {
				t.Errorf("%s, %d bytes as float: %d, %v", tc.from, cut-1, p, err)
			}
		}
	}
	if _, p, err := codec.PromoteFloat(longOf(past), 0, codec.KindInt); !errors.Is(err, codec.ErrMalformed) || p != 0 {
		t.Errorf("an int of 33 bits as float: %d, %v", p, err)
	}
	nan := codec.AppendFloat(nil, float32(math.NaN()))
	if v, _, err := codec.PromoteDouble(nan, 0, codec.KindFloat); !math.IsNaN(v) || err != nil {
		t.Errorf("NaN: %v, %v", v, err)
	}
}

func TestResolveEnum(t *testing.T) {
	t.Parallel()
	type color int
	at := &codec.Node{Kind: codec.KindEnum, Symbols: []int{2, -1, 0}, Names: []string{"RED", "GREEN", "BLUE"}}
	for _, tc := range []struct {
		src  []byte
		got  color
		want error
		text string
	}{
		{longOf(0), 2, nil, ""},
		{longOf(2), 0, nil, ""},
		{longOf(1), 0, codec.ErrUnresolved, "GREEN"},
		{longOf(3), 0, codec.ErrMalformed, "enum ordinal 3 of 3 symbols"},
		{longOf(-1), 0, codec.ErrMalformed, "enum ordinal -1"},
		{longOf(math.MaxInt64), 0, codec.ErrMalformed, "enum ordinal"},
		{nil, 0, codec.ErrTruncated, "varint"},
	} {
		src := join([]byte{9}, tc.src)
		got, p, err := codec.ResolveEnum[color](src, 1, at)
		if tc.want == nil {
			if got != tc.got || p != len(src) || err != nil {
				t.Errorf("%x: %d, %d, %v", tc.src, got, p, err)
			}
			continue
		}
		if !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) || p != 1 {
			t.Errorf("%x: %d, %v", tc.src, p, err)
		}
	}
}
