package codec_test

import (
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

// TestBigDecimalJava compares with what Java's Conversions.BigDecimalConversion
// of Avro 1.12.0 writes.
func TestBigDecimalJava(t *testing.T) {
	t.Parallel()
	peer := avro.MustParse(`{"type":"bytes","logicalType":"big-decimal"}`)
	for _, tc := range []struct{ text, want string }{
		{"0", "06020000"},
		{"0.00", "06020004"},
		{"0E+3", "06020005"},
		{"1", "06020100"},
		{"-1", "0602ff00"},
		{"127", "06027f00"},
		{"128", "0804008000"},
		{"-128", "06028000"},
		{"-129", "0804ff7f00"},
		{"255", "080400ff00"},
		{"256", "0804010000"},
		{"2.24", "080400e004"},
		{"3.14", "0804013a04"},
		{"-123.45", "0804cfc704"},
		{"12E+3", "06020c05"},
		{"1E-6144", "0802018060"},
		{"-32768", "0804800000"},
		{"32768", "0a0600800000"},
		{"12345678901234567890123456789.0123456789", "24205ce0e9a56015fec5aadfa328ae39811514"},
		{"-170141183460469231731687303715884105728", "24208000000000000000000000000000000000"},
		{"1E+16384", "0a0201ffff01"},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			d := parseBig(t, tc.text)
			src, err := codec.AppendBigDecimal([]byte("x"), d)
			if err != nil || hex.EncodeToString(src[1:]) != tc.want {
				t.Fatalf("%x, want %s, %v", src[1:], tc.want, err)
			}
			got, p, err := codec.ReadBigDecimal(append(src, 9), 1)
			if err != nil || p != len(src) || got.Scale() != d.Scale() || got.Unscaled().Cmp(d.Unscaled()) != 0 {
				t.Errorf("back %s, %d, %v", got, p, err)
			}
			for n := 1; n < len(src); n++ {
				if _, p, err := codec.ReadBigDecimal(src[:n], 1); !errors.Is(err, codec.ErrTruncated) || p != 1 {
					t.Errorf("%d bytes: %d, %v", n, p, err)
				}
			}
			var other big.Rat
			if rest, err := peer.Decode(src[1:], &other); err != nil || len(rest) > 0 || other.Cmp(d.Rat()) != 0 {
				t.Errorf("the other reads %s, % x, %v", &other, rest, err)
			}
		})
	}
}

func TestBigDecimalLimits(t *testing.T) {
	t.Parallel()
	// wrap is a big-decimal of any unscaled bytes and what follows them.
	wrap := func(unscaled []byte, rest ...byte) []byte {
		return codec.AppendBytes(nil, append(codec.AppendBytes(nil, unscaled), rest...))
	}
	scale := func(v int64) []byte { return codec.AppendLong(nil, v) }
	most := append([]byte{1}, make([]byte, codec.MaxBigSize-1)...)
	for _, tc := range []struct {
		name string
		src  []byte
		want error
	}{
		{"largest scale", wrap([]byte{1}, scale(codec.MaxBigScale)...), nil},
		{"smallest scale", wrap([]byte{1}, scale(-codec.MaxBigScale)...), nil},
		{"scale too large", wrap([]byte{1}, scale(codec.MaxBigScale+1)...), codec.ErrLimit},
		{"scale too small", wrap([]byte{1}, scale(-codec.MaxBigScale-1)...), codec.ErrLimit},
		{"scale 2^31-1", wrap([]byte{1}, scale(1<<31-1)...), codec.ErrLimit},
		{"scale -2^31", wrap([]byte{1}, scale(-1<<31)...), codec.ErrLimit},
		{"scale beyond an int", wrap([]byte{1}, scale(1<<31)...), codec.ErrMalformed},
		{"scale that does not end", wrap([]byte{1}, 0x80), codec.ErrMalformed},
		{"no scale", wrap([]byte{1}), codec.ErrMalformed},
		{"bytes after the scale", wrap([]byte{1}, 0, 0), codec.ErrMalformed},
		{"nothing", []byte{0}, codec.ErrMalformed},
		{"unscaled number beyond the value", []byte{4, 4, 1, 0, 0, 0, 0}, codec.ErrMalformed},
		{"negative length of the unscaled number", []byte{4, 1, 0}, codec.ErrMalformed},
		{"negative length", []byte{1}, codec.ErrMalformed},
		{"no unscaled bytes", wrap(nil, 4), nil},
		{"sign in many bytes", wrap(append(make([]byte, 2*codec.MaxBigSize), 5), 0), nil},
		{"largest", wrap(most, 0), nil},
		{"a byte too large", wrap(append(most, 0), 0), codec.ErrLimit},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d, p, err := codec.ReadBigDecimal(tc.src, 0)
			if !errors.Is(err, tc.want) || (err != nil && (p != 0 || len(err.Error()) > 200)) || (err == nil && p != len(tc.src)) {
				t.Errorf("%.40s, %d, %v", d, p, err)
			}
			if err != nil {
				return
			}
			if again, err := codec.AppendBigDecimal(nil, d); err != nil || (tc.name != "no unscaled bytes" && len(again) > len(tc.src)) {
				t.Errorf("written again it has %d bytes, %v", len(again), err)
			}
		})
	}
	over := codec.NewBigDecimal(new(big.Int).Lsh(big.NewInt(1), 8*codec.MaxBigSize-1), 0)
	if got, err := codec.AppendBigDecimal([]byte("x"), over); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	far, _, err := codec.ReadWideDecimal([]byte{2, 1}, 0, 30_000, codec.MaxBigScale+1)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := codec.AppendBigDecimal([]byte("x"), far); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
		t.Errorf("% x, %v", got, err)
	}
	under := codec.NewBigDecimal(new(big.Int).Neg(over.Unscaled()), 0)
	if got, err := codec.AppendBigDecimal(nil, under); err != nil || len(got) != 3+3+codec.MaxBigSize+1 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}
