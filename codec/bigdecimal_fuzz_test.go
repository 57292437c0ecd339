package codec_test

import (
	"encoding/hex"
	"errors"
	"math/big"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

func FuzzReadBigDecimal(f *testing.F) {
	peer := avro.MustParse(`{"type":"bytes","logicalType":"big-decimal"}`)
	for _, text := range []string{"06020000", "080400e004", "0804cfc704", "06020c05", "0802018060", "0a0201ffff01", "0600ff01", "0a0480800000", "0a02ffffff01"} {
		src, err := hex.DecodeString(text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		d, p, err := codec.ReadBigDecimal(src, 0)
		var other big.Rat
		rest, otherErr := peer.Decode(src, &other)
		if err != nil {
			if p != 0 || (!errors.Is(err, codec.ErrMalformed) && !errors.Is(err, codec.ErrTruncated) && !errors.Is(err, codec.ErrLimit)) {
				t.Fatalf("%d, %v", p, err)
			}
			if otherErr == nil && !errors.Is(err, codec.ErrLimit) {
				t.Fatalf("the other reads %s, we say %v", &other, err)
			}
			return
		}
		if otherErr == nil && (len(src)-len(rest) != p || d.Rat().Cmp(&other) != 0) {
			t.Fatalf("%s, the other reads %s", d, &other)
		}
		again, err := codec.AppendBigDecimal(nil, d)
		if err != nil || len(again) > p+1 { // no unscaled bytes become one
			t.Fatalf("%s: % x, %v", d, again, err)
		}
		back, err := codec.ParseBigDecimal(d.String())
		if err != nil || back.Scale() != d.Scale() || back.Unscaled().Cmp(d.Unscaled()) != 0 {
			t.Fatalf("%s became %s, %v", d, back, err)
		}
		if wide, err := codec.AppendWideDecimal(nil, d, 40, 10); err == nil {
			if back, _, err := codec.ReadWideDecimal(wide, 0, 40, 10); err != nil || !back.Equal(d) {
				t.Fatalf("%s became %s, %v", d, back, err)
			}
		}
		if small, err := d.Decimal(); err == nil && small.Rat().Cmp(d.Rat()) != 0 {
			t.Fatalf("%s became %s", d, small)
		}
	})
}

func FuzzParseBigDecimal(f *testing.F) {
	for _, text := range []string{"0", "-12.50", "12E+3", "1.5e-7", "1E+99999999999", ".5", "1e", "0.00000000000000000000000000000000000000000000001"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := codec.ParseBigDecimal(text)
		if err != nil {
			return
		}
		back, err := codec.ParseBigDecimal(d.String())
		if err != nil || back.Scale() != d.Scale() || back.Unscaled().Cmp(d.Unscaled()) != 0 {
			t.Fatalf("%s became %s, %v", d, back, err)
		}
		if want, ok := new(big.Rat).SetString(text); !ok || want.Cmp(d.Rat()) != 0 {
			t.Fatalf("%q is %s", text, d)
		}
		if small, err := codec.ParseDecimal(text); err == nil && (small.Scale() != d.Scale() || small.Rat().Cmp(d.Rat()) != 0) {
			t.Fatalf("%q is %s and %s", text, small, d)
		}
	})
}
