package codec_test

import (
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/schemactl/schemactl/codec"
)

// TestBigDecimalCost works with the numbers that cost most of those that can be
// read. The bound is a thousand times what it takes.
func TestBigDecimalCost(t *testing.T) {
	t.Parallel()
	huge := new(big.Int).Lsh(big.NewInt(1), 8*codec.MaxBigSize-2)
	tens := new(big.Int).Exp(big.NewInt(10), big.NewInt(157_000), nil)
	start := time.Now()
	var all []codec.BigDecimal
	for _, u := range []*big.Int{big.NewInt(1), huge, tens, new(big.Int).Neg(huge)} {
		for _, scale := range []int{-codec.MaxBigScale, 0, 1, codec.MaxBigScale} {
			src, err := codec.AppendBigDecimal(nil, codec.NewBigDecimal(u, scale))
			if err != nil {
				t.Fatal(err)
			}
			d, _, err := codec.ReadBigDecimal(src, 0)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, d)
		}
	}
	for _, a := range all {
		if n := len(a.String()); n > 3*codec.MaxBigSize {
			t.Errorf("%d characters", n)
		}
		if back := parseBig(t, a.String()); !back.Equal(a) {
			t.Errorf("%.40s became %.40s", a, back)
		}
		if n := a.Rat().Num().BitLen() + a.Rat().Denom().BitLen(); n > 16*codec.MaxBigSize {
			t.Errorf("a fraction of %d bits", n)
		}
		if _, err := a.Decimal(); err != nil && !errors.Is(err, codec.ErrRange) {
			t.Error(err)
		}
		if _, err := codec.AppendWideDecimal(nil, a, 38, 10); err != nil && (!errors.Is(err, codec.ErrRange) || len(err.Error()) > 200) {
			t.Error(err)
		}
		for _, b := range all {
			if a.Equal(b) != (b.Cmp(a) == 0) {
				t.Errorf("%.40s and %.40s", a, b)
			}
		}
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("%v", took)
	} else {
		t.Logf("%v for %d numbers", took, len(all))
	}
}

// TestBigDecimalCmpOfSmallNumbers makes no large power of ten for numbers of a
// few bytes.
//
//nolint:paralleltest // allocations are counted for the whole process
func TestBigDecimalCmpOfSmallNumbers(t *testing.T) {
	a, b := parseBig(t, "1E-16384"), parseBig(t, "1E+16384")
	if n := testing.AllocsPerRun(100, func() { a.Cmp(b) }); n != 0 {
		t.Errorf("%v allocations for a comparison", n)
	}
}
