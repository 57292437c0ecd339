package codec_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

func TestEqualRat(t *testing.T) {
	t.Parallel()
	half, zero := big.NewRat(1, 2), new(big.Rat)
	for _, tc := range []struct {
		a, b *big.Rat
		want bool
	}{
		{nil, nil, true},
		{nil, zero, true},
		{nil, half, false},
		{half, big.NewRat(2, 4), true},
		{half, zero, false},
		{half, big.NewRat(-1, 2), false},
	} {
		if codec.EqualRat(tc.a, tc.b) != tc.want || codec.EqualRat(tc.b, tc.a) != tc.want {
			t.Errorf("%v and %v", tc.a, tc.b)
		}
	}
}

func TestRatDoesNotFit(t *testing.T) {
	t.Parallel()
	huge := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), 1<<16))
	for _, v := range []*big.Rat{big.NewRat(1, 3), big.NewRat(1, 1000), big.NewRat(100000, 1), big.NewRat(-100000, 1), huge} {
		if got, err := codec.AppendRat([]byte("x"), v, 7, 2); !errors.Is(err, codec.ErrRange) || string(got) != "x" || len(err.Error()) > 200 {
			t.Errorf("%.40s: % x, %v", v, got, err)
		}
		if got, err := codec.AppendFixedRat([]byte("x"), v, 7, 2, 8); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
			t.Errorf("%.40s: % x, %v", v, got, err)
		}
	}
	v := big.NewRat(128, 1)
	if got, err := codec.AppendFixedRat([]byte("x"), v, 7, 0, 1); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
		t.Errorf("128 in a byte: % x, %v", got, err)
	}
	if v.Cmp(big.NewRat(128, 1)) != 0 {
		t.Errorf("the value became %s", v)
	}
	for name, f := range map[string]func() ([]byte, error){
		"0200":       func() ([]byte, error) { return codec.AppendRat(nil, nil, 7, 2) },
		"0000000000": func() ([]byte, error) { return codec.AppendFixedRat(nil, nil, 7, 2, 5) },
		"06020000":   func() ([]byte, error) { return codec.AppendBigRat(nil, nil) },
	} {
		if got, err := f(); err != nil || hex.EncodeToString(got) != name {
			t.Errorf("nil: %x, want %s, %v", got, name, err)
		}
	}
}

func TestBigRat(t *testing.T) {
	t.Parallel()
	peer := avro.MustParse(`{"type":"bytes","logicalType":"big-decimal"}`)
	power := func(base, n int64) *big.Int { return new(big.Int).Exp(big.NewInt(base), big.NewInt(n), nil) }
	smallest := new(big.Rat).SetFloat64(math.SmallestNonzeroFloat64)
	for _, v := range []*big.Rat{
		new(big.Rat), big.NewRat(1, 1), big.NewRat(-7, 1), big.NewRat(1000, 1), big.NewRat(224, 100), big.NewRat(-12345, 100), big.NewRat(1, 8), big.NewRat(1, 125),
		big.NewRat(3, 40), big.NewRat(3, 250), smallest, new(big.Rat).SetFrac(big.NewInt(1), power(2, 1074)), new(big.Rat).SetFrac(big.NewInt(-3), power(5, 1074)),
		new(big.Rat).SetFrac(power(3, 50), power(10, 1074)), new(big.Rat).SetInt(power(10, 1074)),
	} {
		kept := new(big.Rat).Set(v)
		src, err := codec.AppendBigRat([]byte("x"), v)
		if err != nil {
			t.Fatalf("%s: %v", v, err)
		}
		var back big.Rat
		if agree(t, peer, v, src[1:], &back); back.Cmp(v) != 0 {
			t.Errorf("%s: the other reads %s", v, &back)
		}
		if got, p, err := codec.ReadBigRat(append(src, 9), 1); err != nil || p != len(src) || got.Cmp(v) != 0 {
			t.Errorf("%s: %s, %d, %v", v, got, p, err)
		}
		if v.Cmp(kept) != 0 {
			t.Errorf("%s became %s", kept, v)
		}
		for n := 1; n < len(src); n++ {
			if _, p, err := codec.ReadBigRat(src[:n], 1); !errors.Is(err, codec.ErrTruncated) || p != 1 {
				t.Fatalf("%s in %d bytes: %d, %v", v, n, p, err)
			}
		}
	}
	for _, v := range []*big.Rat{
		big.NewRat(1, 3), big.NewRat(1, 70), new(big.Rat).SetFrac(big.NewInt(1), power(2, 1075)), new(big.Rat).SetFrac(big.NewInt(1), power(5, 1075)),
		new(big.Rat).SetFrac(big.NewInt(1), power(2, 100_000)), new(big.Rat).SetFrac(big.NewInt(1), power(3, 100_000)), new(big.Rat).SetInt(power(2, 8*codec.MaxBigSize)),
	} {
		if got, err := codec.AppendBigRat([]byte("x"), v); !errors.Is(err, codec.ErrRange) || string(got) != "x" || len(err.Error()) > 200 {
			t.Errorf("%.40s: % x, %v", v, got, err)
		}
	}
	for _, scale := range []int{codec.MaxRatScale + 1, -codec.MaxRatScale - 1} {
		src, err := codec.AppendBigDecimal(nil, codec.NewBigDecimal(big.NewInt(1), scale))
		if err != nil {
			t.Fatal(err)
		}
		if _, p, err := codec.ReadBigRat(src, 0); !errors.Is(err, codec.ErrLimit) || p != 0 {
			t.Errorf("scale %d: %d, %v", scale, p, err)
		}
	}
	negative, err := codec.AppendBigDecimal(nil, parseBig(t, "12E+3"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _, err := codec.ReadBigRat(negative, 0); err != nil || got.Cmp(big.NewRat(12000, 1)) != 0 {
		t.Errorf("12E+3: %v, %v", got, err)
	}
}

// TestRatBelongsToCaller changes a decoded fraction; the input stays as it was.
func TestRatBelongsToCaller(t *testing.T) {
	t.Parallel()
	src := []byte{2, 5}
	kept := bytes.Clone(src)
	for range 2 {
		r, _, err := codec.ReadRat(src, 0, 30, 0)
		if err != nil || r.Cmp(big.NewRat(5, 1)) != 0 {
			t.Fatalf("%v, %v", r, err)
		}
		r.Num().SetInt64(9)
		r.SetInt64(7)
	}
	if !bytes.Equal(src, kept) {
		t.Errorf("% x", src)
	}
}
