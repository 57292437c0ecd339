package codec_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codec"
)

// longs are numbers at the edges of every length of varint.
func longs() []int64 {
	out := []int64{0, math.MaxInt64, math.MinInt64, math.MaxInt32, math.MinInt32}
	for shift := range 63 {
		v := int64(1) << shift
		out = append(out, v-1, v, v+1, -v, -v-1, 1-v)
	}
	return out
}

func TestLong(t *testing.T) {
	t.Parallel()
	for _, v := range longs() {
		// encoding/binary writes signed varints as Avro does.
		want := binary.AppendVarint([]byte("x"), v)
		got := codec.AppendLong([]byte("x"), v)
		if !bytes.Equal(want, got) {
			t.Fatalf("%d: % x, want % x", v, got, want)
		}
		for _, tail := range [][]byte{nil, {0xff}, make([]byte, 20)} { // near the end and far from it
			src := append(slices.Clip(got), tail...)
			back, p, err := codec.ReadLong(src, 1)
			if back != v || p != len(got) || err != nil {
				t.Fatalf("%d with %d bytes after it: %d, offset %d, %v", v, len(tail), back, p, err)
			}
		}
		small, p, err := codec.ReadInt(append(got, make([]byte, 20)...), 1)
		fits := v >= math.MinInt32 && v <= math.MaxInt32
		if fits && (int64(small) != v || p != len(got) || err != nil) || !fits && !errors.Is(err, codec.ErrMalformed) {
			t.Fatalf("int %d: %d, %v", v, small, err)
		}
	}
}

func TestVarintErrors(t *testing.T) {
	t.Parallel()
	ff := func(n int, last ...byte) []byte { return append(bytes.Repeat([]byte{0xff}, n), last...) }
	for _, tc := range []struct {
		name string
		src  []byte
		is   error
	}{
		{"nothing", nil, codec.ErrTruncated},
		{"one byte of two", ff(1), codec.ErrTruncated},
		{"nine bytes of ten", ff(9), codec.ErrTruncated},
		{"eleven bytes", ff(10, 0), codec.ErrMalformed},
		{"eleven bytes and more", append(ff(10, 0), make([]byte, 20)...), codec.ErrMalformed},
		{"65 bits", ff(9, 2), codec.ErrMalformed},
		{"65 bits and more", append(ff(9, 2), make([]byte, 20)...), codec.ErrMalformed},
		{"without end", ff(30), codec.ErrMalformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, p, err := codec.ReadLong(append([]byte("xy"), tc.src...), 2)
			if p != 2 || !errors.Is(err, tc.is) {
				t.Errorf("offset %d, error %v", p, err)
			}
			if e, ok := errors.AsType[*codec.Error](err); !ok || e.Offset != 2 {
				t.Errorf("error %#v", err)
			}
		})
	}
	// Longer than needed, but not wrong, but for ints, which have five bytes at most:
	// other writers do it.
	for _, pad := range [][]byte{{0x82, 0}, {0x82, 0x80, 0}, {0x82, 0x80, 0x80, 0x80, 0}, {0x82, 0x80, 0x80, 0x80, 0x80, 0}, {0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0}} {
		for _, tail := range [][]byte{nil, make([]byte, 20)} {
			if v, p, err := codec.ReadLong(append(slices.Clip(pad), tail...), 0); v != 1 || p != len(pad) || err != nil {
				t.Errorf("% x: %d, %d, %v", pad, v, p, err)
			}
		}
		set, p, err := codec.ReadNullable(pad, 0, 0)
		if len(pad) > 5 && !errors.Is(err, codec.ErrMalformed) || len(pad) <= 5 && (!set || p != len(pad) || err != nil) {
			t.Errorf("branch % x: %t, %d, %v", pad, set, p, err)
		}
		v, p, err := codec.ReadEnum[int](pad, 0, 2)
		if len(pad) > 5 && !errors.Is(err, codec.ErrMalformed) || len(pad) <= 5 && (v != 1 || p != len(pad) || err != nil) {
			t.Errorf("ordinal % x: %d, %d, %v", pad, v, p, err)
		}
	}
}

func TestFloats(t *testing.T) {
	t.Parallel()
	for _, v := range []float64{0, math.Copysign(0, -1), 1, -1.5, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.Inf(-1), math.NaN()} {
		src := codec.AppendDouble([]byte("x"), v)
		got, p, err := codec.ReadDouble(src, 1)
		if math.Float64bits(got) != math.Float64bits(v) || p != 9 || err != nil {
			t.Errorf("double %g: %g, %d, %v", v, got, p, err)
		}
		small, p, err := codec.ReadFloat(codec.AppendFloat([]byte("x"), float32(v)), 1)
		if math.Float32bits(small) != math.Float32bits(float32(v)) || p != 5 || err != nil {
			t.Errorf("float %g: %g, %d, %v", v, small, p, err)
		}
		if !codec.EqualFloat(got, v) || codec.EqualFloat(got, v+1) && !math.IsInf(v, 0) && v != math.MaxFloat64 && !math.IsNaN(v) {
			t.Errorf("%g: equality is wrong", v)
		}
	}
}

func TestBoolean(t *testing.T) {
	t.Parallel()
	src := codec.AppendBool(codec.AppendBool(nil, true), false)
	if diff := cmp.Diff([]byte{1, 0}, src); diff != "" {
		t.Error(diff)
	}
	for b := range 256 {
		v, p, err := codec.ReadBool([]byte{byte(b)}, 0)
		switch {
		case b < 2 && (v != (b == 1) || p != 1 || err != nil):
			t.Errorf("%d: %t, %d, %v", b, v, p, err)
		case b >= 2 && !errors.Is(err, codec.ErrMalformed):
			t.Errorf("%d: %v", b, err)
		}
	}
	if _, _, err := codec.ReadBool(nil, 0); !errors.Is(err, codec.ErrTruncated) {
		t.Error(err)
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 63, 64, 65, 127, 128, 8191, 8192, 1 << 20} {
		text := string(bytes.Repeat([]byte{'a'}, n))
		src := codec.AppendString([]byte("x"), text)
		if !bytes.Equal(src, codec.AppendBytes([]byte("x"), []byte(text))) {
			t.Errorf("%d: string and bytes differ", n)
		}
		for name, mode := range modes {
			buf, all := mode(append(slices.Clip(src), 7))
			got, p, err := codec.ReadString(buf, all, 1)
			if got != text || p != len(src) || err != nil {
				t.Errorf("%s, string of %d: %d, %v", name, n, p, err)
			}
			raw, p, err := codec.ReadBytes(buf, all, 1)
			if string(raw) != text || p != len(src) || err != nil || (n == 0) != (raw == nil) {
				t.Errorf("%s, bytes of %d: %d, %v", name, n, p, err)
			}
			if n == 0 {
				continue
			}
			buf, all = mode(src[:len(src)-1])
			if _, p, err = codec.ReadString(buf, all, 1); p != 1 || !errors.Is(err, codec.ErrTruncated) {
				t.Errorf("%s, string of %d cut: %d, %v", name, n, p, err)
			}
		}
	}
}

var modes = map[string]func([]byte) ([]byte, string){
	"arena": start(codec.ReadOptions{Whole: true}), "front": start(codec.ReadOptions{}),
	"alias": start(codec.ReadOptions{Mode: codec.Alias}), "copy": start(codec.ReadOptions{Mode: codec.Copy}),
}

// start gives the input as the options have it.
func start(o codec.ReadOptions) func(src []byte) ([]byte, string) {
	return func(src []byte) ([]byte, string) {
		_, buf, text := o.Start(src)
		return buf, text
	}
}

// named is a schema of which only the name matters.
func named(name string) *codec.Schema { return codec.NewSchema(name, "", codec.Fingerprints{}) }

// TestModes looks at who shares memory with whom.
func TestModes(t *testing.T) {
	t.Parallel()
	for name, shared := range map[string]bool{"arena": false, "front": false, "alias": true, "copy": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			src := codec.AppendBytes(codec.AppendString(nil, "text"), []byte("bytes"))
			buf, all := modes[name](src)
			text, p, err := codec.ReadString(buf, all, 0)
			if err != nil {
				t.Fatal(err)
			}
			raw, _, err := codec.ReadBytes(buf, all, p)
			if err != nil {
				t.Fatal(err)
			}
			raw = append(raw, '!') // may not reach past the value
			raw[0] = 'B'
			if text != "text" || string(raw) != "Bytes!" {
				t.Errorf("%q and %q", text, raw)
			}
			for i := range src {
				src[i] = 'z'
			}
			if (text != "text") != shared {
				t.Errorf("after a change of the input: %q", text)
			}
		})
	}
}

func TestFixed(t *testing.T) {
	t.Parallel()
	var v [4]byte
	p, err := codec.ReadFixed(v[:], []byte("xabcdy"), 1)
	if p != 5 || err != nil || string(v[:]) != "abcd" {
		t.Errorf("%q, %d, %v", v, p, err)
	}
	if p, err = codec.ReadFixed(v[:], []byte("xabc"), 1); p != 1 || !errors.Is(err, codec.ErrTruncated) {
		t.Errorf("%d, %v", p, err)
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	long := codec.AppendLong
	for _, tc := range []struct {
		name  string
		src   []byte
		least int
		want  int
		is    error
	}{
		{"end", []byte{0}, 1, 0, nil},
		{"three", append(long(nil, 3), 1, 2, 3), 1, 3, nil},
		{"three of two bytes in five", append(long(nil, 3), 1, 2, 3, 4, 5), 2, 0, codec.ErrTruncated},
		{"with a size", append(long(long(nil, -3), 3), 1, 2, 3), 1, 3, nil},
		{"with a size too large", append(long(long(nil, -3), 4), 1, 2, 3), 1, 0, codec.ErrTruncated},
		{"with a size cut", long(nil, -3), 1, 0, codec.ErrTruncated},
		{"nothing", nil, 1, 0, codec.ErrTruncated},
		{"no bytes each", long(nil, codec.MaxEmptyItems), 0, codec.MaxEmptyItems, nil},
		{"no bytes each, too many", long(nil, codec.MaxEmptyItems+1), 0, 0, codec.ErrLimit},
		{"no bytes each, largest", long(nil, math.MaxInt64), 0, 0, codec.ErrLimit},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := codec.NewDecoder(0)
			n, _, err := d.Block(tc.src, 0, tc.least)
			if n != tc.want || !errors.Is(err, tc.is) {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	_, _, err := codec.ReadLong([]byte("abc"), 3)
	err = codec.AtField(codec.AtKey(codec.AtIndex(codec.AtField(err, named("Inner"), "size"), 3), "k.1"), named("a.b.C"), "files")
	if got, want := err.Error(), `a.b.C.files["k.1"][3].size: varint: input ends early at offset 3`; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
	plain := codec.AtField(errors.New("plain"), named("C"), "f")
	if got, want := plain.Error(), `C.f: plain`; got != want {
		t.Errorf("error %q, want %q", got, want)
	}
}

func TestRandomBytes(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		src := make([]byte, r.IntN(24))
		for i := range src {
			src[i] = byte(r.Uint32()) | byte(r.IntN(2)<<7)
		}
		want, n := binary.Varint(src)
		got, p, err := codec.ReadLong(src, 0)
		if (n > 0) != (err == nil) || n > 0 && (got != want || p != n) {
			t.Fatalf("% x: %d, %d, %v; want %d, %d", src, got, p, err, want, n)
		}
	}
}

// TestDeepErrorText builds a path from its end, as decoders do on their way
// out: what is shown are its two ends, whatever was left out before.
func TestDeepErrorText(t *testing.T) {
	t.Parallel()
	var whole strings.Builder
	_, _, err := codec.ReadLong(nil, 0)
	const levels = 1000
	for i := range levels {
		err = codec.AtField(codec.AtIndex(err, levels-1-i), named("R"), "f")
		if i > 0 {
			whole.WriteByte('.')
		}
		fmt.Fprintf(&whole, "f[%d]", i)
	}
	path := whole.String()
	want := "R." + path[:120] + "…" + path[len(path)-120:] + ": varint: input ends early at offset 0"
	if got := err.Error(); got != want {
		t.Errorf("error %q\nwant  %q", got, want)
	}
	if e, ok := errors.AsType[*codec.Error](err); !ok || len(e.Path) > 480 {
		t.Errorf("path of %d bytes is kept", len(e.Path))
	}
}
