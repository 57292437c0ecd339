package codec_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
)

// bigOf is a number from its digits.
func bigOf(t testing.TB, digits string) *big.Int {
	t.Helper()
	u, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		t.Fatal(digits)
	}
	return u
}

// parseBig reads a number that is right.
func parseBig(t testing.TB, text string) codec.BigDecimal {
	t.Helper()
	d, err := codec.ParseBigDecimal(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestBigDecimalText(t *testing.T) {
	t.Parallel()
	nines := strings.Repeat("9", 100)
	for _, tc := range []struct {
		text     string
		unscaled string
		scale    int
		again    string // what String writes, when it differs
	}{
		{"0", "0", 0, ""},
		{"12.50", "1250", 2, ""},
		{"-12.50", "-1250", 2, ""},
		{"+7", "7", 0, "7"},
		{"-0.05", "-5", 2, ""},
		{"-0.00", "0", 2, "0.00"},
		{"007.5", "75", 1, "7.5"},
		{"-9223372036854775809", "-9223372036854775809", 0, ""},
		{nines + "." + nines, nines + nines, 100, ""},
		{"12E+3", "12", -3, ""},
		{"-12e3", "-12", -3, "-12E+3"},
		{"0E+3", "0", -3, ""},
		{"125E-3", "125", 3, "0.125"},
		{"1.25E2", "125", 0, "125"},
		{"1.25e1", "125", 1, "12.5"},
		{"0." + strings.Repeat("0", 40) + "1", "1", 41, ""},
		{"-0." + strings.Repeat("0", 41) + "1", "-1", 42, "-1E-42"},
		{"0E-42", "0", 42, ""},
		{"1E-16384", "1", 16384, ""},
		{"-12E+16384", "-12", -16384, ""},
		{"0." + strings.Repeat("1", 16384), strings.Repeat("1", 16384), 16384, ""},
	} {
		d, err := codec.ParseBigDecimal(tc.text)
		if err != nil || d.Unscaled().Cmp(bigOf(t, tc.unscaled)) != 0 || d.Scale() != tc.scale {
			t.Errorf("%s: %v with scale %d, %v", tc.text, d.Unscaled(), d.Scale(), err)
		}
		want := tc.again
		if want == "" {
			want = tc.text
		}
		if d.String() != want {
			t.Errorf("%s: %s, want %s", tc.text, d, want)
		}
		if back := parseBig(t, d.String()); back.Scale() != d.Scale() || back.Unscaled().Cmp(d.Unscaled()) != 0 {
			t.Errorf("%s: read again it is %s", tc.text, back)
		}
	}
	for _, bad := range []string{
		"", "-", ".", "1.", ".5", "1,5", "0x1", " 1", "1 ", "--1", "1.2.3", "١", "1_0", "e3", "E", "1E", "1E+", "1E+-3", "1E1.5", "1E2E3", "1e 3", "NaN", "Inf", "1/3",
	} {
		if d, err := codec.ParseBigDecimal(bad); err == nil || errors.Is(err, codec.ErrRange) {
			t.Errorf("%q: %v, %v", bad, d, err)
		}
	}
	for _, far := range []string{
		"1E+16385", "1E-16385", "0E-16385", "0." + strings.Repeat("0", 16384) + "1", "1E+9223372036854775807", "1E-9223372036854775808",
		"1.0E-9223372036854775808", "1E99999999999999999999", "1E2147483648", strings.Repeat("9", 157_827), strings.Repeat("0", 163_841),
	} {
		if d, err := codec.ParseBigDecimal(far); !errors.Is(err, codec.ErrRange) || len(err.Error()) > 200 {
			t.Errorf("%.40q: %.40s, %v", far, d, err)
		}
	}
}

func TestBigDecimalIsImmutable(t *testing.T) {
	t.Parallel()
	u := big.NewInt(1250)
	d := codec.NewBigDecimal(u, 2)
	u.SetInt64(7)
	d.Unscaled().SetInt64(8)
	d.Rat().SetInt64(9)
	if d.String() != "12.50" {
		t.Errorf("it became %s", d)
	}
	whole := codec.NewBigDecimal(big.NewInt(5), 0)
	whole.Rat().Num().SetInt64(9)
	if whole.String() != "5" {
		t.Errorf("it became %s", whole)
	}
	var zero codec.BigDecimal
	zero.Unscaled().SetInt64(1)
	if !zero.IsZero() || zero.Sign() != 0 || zero.String() != "0" || zero.Rat().Sign() != 0 || !zero.Equal(codec.NewBigDecimal(nil, 9)) {
		t.Errorf("the zero value is %s", zero)
	}
	for _, scale := range []int{codec.MaxBigScale + 1, -codec.MaxBigScale - 1} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("scale %d is taken", scale)
				}
			}()
			codec.NewBigDecimal(nil, scale)
		}()
	}
}

func TestBigDecimalCmp(t *testing.T) {
	t.Parallel()
	// Ascending; each line holds equal numbers.
	lines := [][]string{
		{"-1E+16384", "-10E+16383"},
		{"-" + strings.Repeat("9", 300)},
		{"-2", "-2.000"},
		{"-1.0000000000000000000000000000000000001"},
		{"-1", "-1.00", "-1000E-3", "-0.1E1"},
		{"-0.9999999999999999999999999999999999999"},
		{"-1E-16384"},
		{"0", "0.00", "0E+16384", "0E-16384"},
		{"1E-16384", "0.1E-16383"},
		{"1E-16383"},
		{"0.99"},
		{"1", "1.0000"},
		{"1.01"},
		{"7.9"},
		{"8"},
		{"8.1"},
		{"9.99999"},
		{"10", "1E+1", "0.1E2"},
		{"1023"},
		{"1024", "1024.0", "102.4E1"},
		{"1E+16384", "1" + strings.Repeat("0", 16384), "1" + strings.Repeat("0", 20000) + "E-3616"},
		{"1" + strings.Repeat("0", 16383) + "1"},
	}
	for i, as := range lines {
		for j, bs := range lines {
			want := 0
			if i != j {
				want = 1
			}
			if i < j {
				want = -1
			}
			for _, a := range as {
				for _, b := range bs {
					x, y := parseBig(t, a), parseBig(t, b)
					if got := x.Cmp(y); got != want || x.Equal(y) != (want == 0) {
						t.Errorf("%.60s and %.60s: %d, want %d", a, b, got, want)
					}
				}
			}
		}
	}
}

func TestBigDecimalConversions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text    string
		rat     string
		decimal string // empty when it does not fit
	}{
		{"0", "0", "0"},
		{"0.000", "0", "0.000"},
		{"0E-300", "0", "0.000000000000000000"},
		{"0E+300", "0", "0"},
		{"12.50", "25/2", "12.50"},
		{"-12.50", "-25/2", "-12.50"},
		{"12E+3", "12000", "12000"},
		{"9E+18", "9000000000000000000", "9000000000000000000"},
		{"1E+19", "10000000000000000000", ""},
		{"10E+18", "10000000000000000000", ""},
		{"9223372036854775807", "9223372036854775807", "9223372036854775807"},
		{"9223372036854775808", "9223372036854775808", ""},
		{"-9223372036854775808", "-9223372036854775808", "-9223372036854775808"},
		{"-9.223372036854775808", "-9223372036854775808/1000000000000000000", "-9.223372036854775808"},
		{"-9.2233720368547758080", "-9223372036854775808/1000000000000000000", "-9.223372036854775808"},
		{"100.000000000000000000", "100", "100.0000000000000000"},
		{"92233720368547758.0700", "9223372036854775807/100", "92233720368547758.07"},
		{"92233720368547758.0800", "9223372036854775808/100", ""},
		{"1" + strings.Repeat("0", 16) + "." + strings.Repeat("0", 16384), "1" + strings.Repeat("0", 16), "1" + strings.Repeat("0", 16) + ".00"},
		{"0.0000000000000000010", "1/1000000000000000000", "0.000000000000000001"},
		{"0.0000000000000000001", "1/10000000000000000000", ""},
		{"1E-16384", "", ""},
		{"1E+16384", "", ""},
	} {
		d := parseBig(t, tc.text)
		if tc.rat != "" {
			if want, ok := new(big.Rat).SetString(tc.rat); !ok || d.Rat().Cmp(want) != 0 {
				t.Errorf("%s: fraction %s", tc.text, d.Rat())
			}
		}
		got, err := d.Decimal()
		if tc.decimal == "" {
			if !errors.Is(err, codec.ErrRange) || len(err.Error()) > 200 {
				t.Errorf("%s: %s, %v", tc.text, got, err)
			}
			continue
		}
		if err != nil || got.String() != tc.decimal || got.Rat().Cmp(d.Rat()) != 0 {
			t.Errorf("%s: %s, want %s, %v", tc.text, got, tc.decimal, err)
		}
	}
	if d, err := parseBig(t, "0.00").Decimal(); err != nil || d.Scale() != 2 {
		t.Errorf("the scale of 0.00 became %d, %v", d.Scale(), err)
	}
	for _, n := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64} {
		for _, scale := range []int{0, 1, 17, 18} {
			if d, err := codec.NewBigDecimal(big.NewInt(n), scale).Decimal(); err != nil || d != codec.NewDecimal(n, scale) {
				t.Errorf("%d with scale %d: %v, %v", n, scale, d, err)
			}
		}
	}
}

func TestBigDecimalJSON(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"12.50", "12E+3", "0", "-0.000000000000000000000000000000000001"} {
		d := parseBig(t, text)
		b, err := json.Marshal(d)
		if err != nil || string(b) != `"`+text+`"` {
			t.Errorf("%s: %s, %v", text, b, err)
		}
		var back codec.BigDecimal
		if err := json.Unmarshal(b, &back); err != nil || !back.Equal(d) || back.Scale() != d.Scale() {
			t.Errorf("%s: back %s, %v", text, back, err)
		}
	}
	d := parseBig(t, "1")
	if err := d.UnmarshalText([]byte("x")); err == nil || d.String() != "1" {
		t.Errorf("%s, %v", d, err)
	}
}
