package codec_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

// integers are numbers at the edges of bytes and digits, and others.
func integers() []*big.Int {
	one := big.NewInt(1)
	all := []*big.Int{new(big.Int)}
	for bit := range uint(150) {
		u := new(big.Int).Lsh(one, bit)
		all = append(all, u, new(big.Int).Sub(u, one), new(big.Int).Add(u, one))
	}
	for digits := int64(1); digits < 45; digits++ {
		u := new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil)
		all = append(all, u, new(big.Int).Sub(u, one), new(big.Int).Add(u, one))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		all = append(all, new(big.Int).SetBytes(b))
	}
	for _, u := range all {
		all = append(all, new(big.Int).Neg(u))
	}
	return all
}

// wideTwos is two's complement by way of 2^(8 size), the shortest when size is 0.
func wideTwos(u *big.Int, size int) []byte {
	one := big.NewInt(1)
	n := max(size, 1)
	for ; size == 0; n++ {
		half := new(big.Int).Lsh(one, uint(8*n-1))
		if u.Cmp(half) < 0 && u.Cmp(new(big.Int).Neg(half)) >= 0 {
			break
		}
	}
	return new(big.Int).And(u, new(big.Int).Sub(new(big.Int).Lsh(one, uint(8*n)), one)).FillBytes(make([]byte, n))
}

func TestWideDecimal(t *testing.T) {
	t.Parallel()
	const precision, scale, size = 38, 9, 20
	text := avro.MustParse(`{"type":"bytes","logicalType":"decimal","precision":38,"scale":9}`)
	fixed := avro.MustParse(`{"type":"fixed","name":"F","size":20,"logicalType":"decimal","precision":38,"scale":9}`)
	for _, u := range integers() {
		d := codec.NewBigDecimal(u, scale)
		rat := new(big.Rat).SetFrac(u, big.NewInt(1e9))
		src, err := codec.AppendWideDecimal([]byte("x"), d, precision, scale)
		byRat, errRat := codec.AppendRat([]byte("x"), rat, precision, scale)
		inFixed, errFixed := codec.AppendFixedWideDecimal([]byte("x"), d, precision, scale, size)
		byFixedRat, errFixedRat := codec.AppendFixedRat([]byte("x"), rat, precision, scale, size)
		if digits := len(strings.TrimPrefix(u.String(), "-")); digits > precision {
			for _, err := range []error{err, errRat, errFixed, errFixedRat} {
				if !errors.Is(err, codec.ErrRange) {
					t.Fatalf("%s: %v", u, err)
				}
			}
			if string(src)+string(byRat)+string(inFixed)+string(byFixedRat) != "xxxx" {
				t.Fatalf("%s: something was appended", u)
			}
			long := codec.AppendBytes(nil, wideTwos(u, 0))
			if _, p, err := codec.ReadWideDecimal(long, 0, precision, scale); !errors.Is(err, codec.ErrMalformed) || p != 0 {
				t.Fatalf("%s: read %d, %v", u, p, err)
			}
			if _, p, err := codec.ReadRat(long, 0, precision, scale); !errors.Is(err, codec.ErrMalformed) || p != 0 {
				t.Fatalf("%s: read %d, %v", u, p, err)
			}
			continue
		}
		for _, err := range []error{err, errRat, errFixed, errFixedRat} {
			if err != nil {
				t.Fatalf("%s: %v", u, err)
			}
		}
		if want := codec.AppendBytes([]byte("x"), wideTwos(u, 0)); !bytes.Equal(src, want) || !bytes.Equal(byRat, want) {
			t.Fatalf("%s: % x and % x, want % x", u, src, byRat, want)
		}
		if want := append([]byte("x"), wideTwos(u, size)...); !bytes.Equal(inFixed, want) || !bytes.Equal(byFixedRat, want) {
			t.Fatalf("%s: % x and % x, want % x", u, inFixed, byFixedRat, want)
		}
		readWide(t, u, src, inFixed, scale)
		var back big.Rat
		agree(t, text, rat, src[1:], &back)
		agree(t, fixed, rat, inFixed[1:], &back)
	}
}

// readWide reads what TestWideDecimal wrote after one byte, and its beginnings.
func readWide(t *testing.T, u *big.Int, src, inFixed []byte, scale int) {
	t.Helper()
	const precision = 38
	size := len(inFixed) - 1
	rat := codec.NewBigDecimal(u, scale).Rat()
	if d, p, err := codec.ReadWideDecimal(append(src, 9), 1, precision, scale); err != nil || p != len(src) || d.Unscaled().Cmp(u) != 0 || d.Scale() != scale {
		t.Fatalf("%s: %s, %d, %v", u, d, p, err)
	}
	if d, p, err := codec.ReadFixedWideDecimal(append(inFixed, 9), 1, precision, scale, size); err != nil || p != len(inFixed) || d.Unscaled().Cmp(u) != 0 || d.Scale() != scale {
		t.Fatalf("%s: %s, %d, %v", u, d, p, err)
	}
	if r, p, err := codec.ReadRat(append(src, 9), 1, precision, scale); err != nil || p != len(src) || r.Cmp(rat) != 0 {
		t.Fatalf("%s: %s, %d, %v", u, r, p, err)
	}
	if r, p, err := codec.ReadFixedRat(append(inFixed, 9), 1, precision, scale, size); err != nil || p != len(inFixed) || r.Cmp(rat) != 0 {
		t.Fatalf("%s: %s, %d, %v", u, r, p, err)
	}
	for n := 1; n < len(src); n++ {
		if _, p, err := codec.ReadWideDecimal(src[:n], 1, precision, scale); !errors.Is(err, codec.ErrTruncated) || p != 1 {
			t.Fatalf("%d bytes: %d, %v", n, p, err)
		}
		if _, p, err := codec.ReadRat(src[:n], 1, precision, scale); !errors.Is(err, codec.ErrTruncated) || p != 1 {
			t.Fatalf("%d bytes: %d, %v", n, p, err)
		}
	}
	for n := 1; n < len(inFixed); n++ {
		if _, p, err := codec.ReadFixedWideDecimal(inFixed[:n], 1, precision, scale, size); !errors.Is(err, codec.ErrTruncated) || p != 1 {
			t.Fatalf("%d bytes: %d, %v", n, p, err)
		}
		if _, p, err := codec.ReadFixedRat(inFixed[:n], 1, precision, scale, size); !errors.Is(err, codec.ErrTruncated) || p != 1 {
			t.Fatalf("%d bytes: %d, %v", n, p, err)
		}
	}
}

func TestWideDecimalRescales(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text             string
		precision, scale int
		want             string // unscaled; empty when it does not fit
	}{
		{"12.5", 30, 3, "12500"},
		{"12.500", 30, 1, "125"},
		{"12.500", 30, 0, ""},
		{"12.501", 30, 2, ""},
		{"12E+3", 30, 2, "1200000"},
		{"12E+3", 5, 0, "12000"},
		{"12E+3", 4, 0, ""},
		{"0E-16384", 30, 2, "0"},
		{"0E+16384", 30, 2, "0"},
		{"1E-16384", 30, 2, ""},
		{"1E+16384", 30, 2, ""},
		{strings.Repeat("9", 30), 30, 0, strings.Repeat("9", 30)},
		{"1" + strings.Repeat("0", 30), 30, 0, ""},
		{"-" + strings.Repeat("9", 30), 30, 0, "-" + strings.Repeat("9", 30)},
		{"-1" + strings.Repeat("0", 30), 30, 0, ""},
		{"1" + strings.Repeat("0", 30) + ".0", 31, 0, "1" + strings.Repeat("0", 30)},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			got, err := codec.AppendWideDecimal([]byte("x"), parseBig(t, tc.text), tc.precision, tc.scale)
			if tc.want == "" {
				if !errors.Is(err, codec.ErrRange) || string(got) != "x" {
					t.Errorf("% x, %v", got, err)
				}
				return
			}
			if want := codec.AppendBytes([]byte("x"), wideTwos(bigOf(t, tc.want), 0)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("% x, want % x, %v", got, want, err)
			}
		})
	}
	if got, err := codec.AppendFixedWideDecimal([]byte("x"), parseBig(t, "128"), 30, 0, 1); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
		t.Errorf("128 in a byte: % x, %v", got, err)
	}
	if got, err := codec.AppendFixedWideDecimal(nil, parseBig(t, "-128"), 30, 0, 1); err != nil || !bytes.Equal(got, []byte{0x80}) {
		t.Errorf("-128 in a byte: % x, %v", got, err)
	}
	if d, p, err := codec.ReadWideDecimal([]byte{0}, 0, 30, 2); !d.IsZero() || d.Scale() != 2 || p != 1 || err != nil {
		t.Errorf("no bytes: %s, %d, %v", d, p, err)
	}
	// A sign in many bytes is no reason to refuse, a long number is none to allocate.
	padded := codec.AppendBytes(nil, append(bytes.Repeat([]byte{0xff}, 1000), 0x85))
	if d, _, err := codec.ReadWideDecimal(padded, 0, 20, 0); err != nil || d.String() != "-123" {
		t.Errorf("padded: %s, %v", d, err)
	}
	long := codec.AppendBytes(nil, bytes.Repeat([]byte{0x55}, 1<<20))
	if _, _, err := codec.ReadWideDecimal(long, 0, 20, 0); !errors.Is(err, codec.ErrMalformed) {
		t.Error(err)
	}
}

// TestEveryPrecision goes to the last number of each precision and one beyond.
func TestEveryPrecision(t *testing.T) {
	t.Parallel()
	for precision := 1; precision <= 80; precision++ {
		for _, sign := range []string{"", "-"} {
			last := bigOf(t, sign+strings.Repeat("9", precision))
			beyond := bigOf(t, sign+"1"+strings.Repeat("0", precision))
			src, err := codec.AppendRat(nil, new(big.Rat).SetInt(last), precision, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got, _, err := codec.ReadRat(src, 0, precision, 0); err != nil || got.Num().Cmp(last) != 0 {
				t.Fatalf("%s: %v, %v", last, got, err)
			}
			if got, err := codec.AppendWideDecimal(nil, codec.NewBigDecimal(beyond, 0), precision, 0); !errors.Is(err, codec.ErrRange) {
				t.Fatalf("%s of %d digits: % x, %v", beyond, precision, got, err)
			}
			if got, _, err := codec.ReadWideDecimal(codec.AppendBytes(nil, wideTwos(beyond, 0)), 0, precision, 0); !errors.Is(err, codec.ErrMalformed) {
				t.Fatalf("%s of %d digits: %v, %v", beyond, precision, got, err)
			}
		}
	}
}

// TestWideDecimalJava compares with what Java's DecimalConversion of Avro 1.12.0
// writes for precision 45 and scale 7, and with a fixed of 20 bytes.
func TestWideDecimalJava(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want, fixed string }{
		{"-123456789012345678901234567890.1234567", "ff123b1a8199614ad2c571918360b479", "ffffffffff123b1a8199614ad2c571918360b479"},
		{"0.0000001", "01", "0000000000000000000000000000000000000001"},
		{"99999999999999999999999999999999999999", "2cd76fe086b93ce2f768a00b229fffff676980", "002cd76fe086b93ce2f768a00b229fffff676980"},
		{"-1", "ff676980", "ffffffffffffffffffffffffffffffffff676980"},
	} {
		d := parseBig(t, tc.text)
		got, err := codec.AppendWideDecimal(nil, d, 45, 7)
		if err != nil || hex.EncodeToString(got[1:]) != tc.want || int(got[0]) != len(tc.want) {
			t.Errorf("%s: % x, want %s, %v", tc.text, got, tc.want, err)
		}
		fixed, err := codec.AppendFixedWideDecimal(nil, d, 45, 7, 20)
		if err != nil || hex.EncodeToString(fixed) != tc.fixed {
			t.Errorf("%s: % x, want %s, %v", tc.text, fixed, tc.fixed, err)
		}
	}
}
