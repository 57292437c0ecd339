package codec_test

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codec"
)

func TestDecimalText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text     string
		unscaled int64
		scale    int
		again    string // what String writes, when it differs
	}{
		{"0", 0, 0, ""},
		{"12.50", 1250, 2, ""},
		{"-12.50", -1250, 2, ""},
		{"+7", 7, 0, "7"},
		{"0.05", 5, 2, ""},
		{"-0.05", -5, 2, ""},
		{"-0.00", 0, 2, "0.00"},
		{"007.5", 75, 1, "7.5"},
		{"9223372036854775807", math.MaxInt64, 0, ""},
		{"-9223372036854775808", math.MinInt64, 0, ""},
		{"-9.223372036854775808", math.MinInt64, 18, ""},
		{"0.000000000000000001", 1, 18, ""},
	} {
		d, err := codec.ParseDecimal(tc.text)
		if err != nil || d != codec.NewDecimal(tc.unscaled, tc.scale) {
			t.Errorf("%s: %v, %v", tc.text, d, err)
		}
		want := tc.again
		if want == "" {
			want = tc.text
		}
		if d.String() != want || d.Unscaled() != tc.unscaled || d.Scale() != tc.scale {
			t.Errorf("%s: %s of %d, %d", tc.text, d, d.Unscaled(), d.Scale())
		}
	}
	for _, bad := range []string{"", "-", ".", "1.", ".5", "1,5", "1e3", "0x1", " 1", "1 ", "--1", "1.2.3", "١"} {
		if d, err := codec.ParseDecimal(bad); err == nil {
			t.Errorf("%q: %v", bad, d)
		}
	}
	for _, large := range []string{"9223372036854775808", "0.0000000000000000001", "100000000000.000000001"} {
		if d, err := codec.ParseDecimal(large); !errors.Is(err, codec.ErrRange) {
			t.Errorf("%q: %v, %v", large, d, err)
		}
	}
}

func TestDecimalNumbers(t *testing.T) {
	t.Parallel()
	d := codec.NewDecimal(1250, 2)
	if !d.Equal(codec.NewDecimal(125, 1)) || d.Equal(codec.NewDecimal(1251, 2)) || !(codec.Decimal{}).Equal(codec.NewDecimal(0, 9)) {
		t.Error("Equal compares scales")
	}
	for _, tc := range []struct {
		a, b codec.Decimal
		want int
	}{
		{codec.NewDecimal(math.MaxInt64, 0), codec.NewDecimal(math.MaxInt64, 18), 1},
		{codec.NewDecimal(math.MinInt64, 0), codec.NewDecimal(math.MaxInt64, 18), -1},
		{codec.NewDecimal(-1, 0), codec.NewDecimal(-1, 1), -1},
		{codec.NewDecimal(5, 2), codec.NewDecimal(6, 2), -1},
	} {
		if got := tc.a.Cmp(tc.b); got != tc.want || tc.b.Cmp(tc.a) != -tc.want {
			t.Errorf("%s and %s: %d", tc.a, tc.b, got)
		}
	}
	if got, err := d.Minor(3); got != 12500 || err != nil {
		t.Errorf("Minor(3): %d, %v", got, err)
	}
	if got, err := d.Minor(0); !errors.Is(err, codec.ErrRange) {
		t.Errorf("Minor(0): %d, %v", got, err)
	}
	if got, err := codec.NewDecimal(math.MaxInt64, 0).Rescale(1); !errors.Is(err, codec.ErrRange) {
		t.Errorf("Rescale: %v, %v", got, err)
	}
	if got, err := d.Rescale(19); !errors.Is(err, codec.ErrRange) {
		t.Errorf("Rescale(19): %v, %v", got, err)
	}
	if d.Rat().Cmp(big.NewRat(25, 2)) != 0 || d.Sign() != 1 || codec.NewDecimal(-1, 3).Sign() != -1 || !(codec.Decimal{}).IsZero() {
		t.Error("Rat, Sign or IsZero is wrong")
	}
	var back codec.Decimal
	text, err := json.Marshal(d)
	if err != nil || string(text) != `"12.50"` || json.Unmarshal(text, &back) != nil || back != d {
		t.Errorf("JSON %s, %v, back %v", text, err, back)
	}
}

// twosComplement is the shortest form of n, by another way than the codec's.
func twosComplement(n int64) []byte {
	b := big.NewInt(n)
	size := 1
	for lo := int64(-128); size < 8 && (n < lo || n > -lo-1); size++ {
		lo <<= 8
	}
	if n < 0 {
		b.Add(b, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
	}
	return b.FillBytes(make([]byte, size))
}

func TestDecimalBytes(t *testing.T) {
	t.Parallel()
	numbers := []int64{0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, 1e18 - 1, 1 - 1e18}
	for shift := range 59 {
		numbers = append(numbers, 1<<shift, -1<<shift)
	}
	for _, n := range numbers {
		want := codec.AppendBytes([]byte("x"), twosComplement(n))
		got, err := codec.AppendDecimal([]byte("x"), codec.NewDecimal(n, 2), 18, 2)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%d (-want +got):\n%s", n, diff)
		}
		d, p, err := codec.ReadDecimal(append(got, 9), 1, 18, 2)
		if d != codec.NewDecimal(n, 2) || p != len(got) || err != nil {
			t.Fatalf("%d: %v, %d, %v", n, d, p, err)
		}
		for _, size := range []int{8, 9, 16} {
			fixed, err := codec.AppendFixedDecimal(nil, codec.NewDecimal(n, 2), 18, 2, size)
			if err != nil || len(fixed) != size {
				t.Fatalf("%d: % x, %v", n, fixed, err)
			}
			d, p, err := codec.ReadFixedDecimal(fixed, 0, 18, 2, size)
			if d != codec.NewDecimal(n, 2) || p != size || err != nil {
				t.Fatalf("%d in %d bytes: %v, %d, %v", n, size, d, p, err)
			}
			if _, _, err := codec.ReadFixedDecimal(fixed[1:], 0, 18, 2, size); !errors.Is(err, codec.ErrTruncated) {
				t.Fatal(err)
			}
		}
	}
	if d, p, err := codec.ReadDecimal([]byte{0}, 0, 18, 2); !d.IsZero() || p != 1 || err != nil {
		t.Errorf("no bytes: %v, %d, %v", d, p, err)
	}
	if got, err := codec.AppendDecimal(nil, codec.NewDecimal(125, 1), 4, 2); err != nil || !cmp.Equal(got, []byte{4, 0x04, 0xe2}) {
		t.Errorf("rescaled: % x, %v", got, err)
	}
	for _, wrong := range []codec.Decimal{codec.NewDecimal(100000, 2), codec.NewDecimal(-100000, 2), codec.NewDecimal(1, 3), codec.NewDecimal(1000, 0), codec.NewDecimal(math.MinInt64, 2)} {
		if got, err := codec.AppendDecimal([]byte("x"), wrong, 5, 2); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
			t.Errorf("%s: %q, %v", wrong, got, err)
		}
	}
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	for _, v := range longs() {
		src := codec.AppendLong(nil, v)
		at, p, err := codec.ReadTimestampMicros(src, 0)
		if p != len(src) || err != nil || at.Location() != time.UTC {
			t.Fatalf("micros %d: %v, %d, %v", v, at, p, err)
		}
		if got, err := codec.AppendTimestampMicros(nil, at); err != nil || !cmp.Equal(src, got) {
			t.Fatalf("micros %d: % x, %v", v, got, err)
		}
		at, p, err = codec.ReadTimestampMillis(src, 0)
		if p != len(src) || err != nil {
			t.Fatalf("millis %d: %v, %d, %v", v, at, p, err)
		}
		if got, err := codec.AppendTimestampMillis(nil, at); err != nil || !cmp.Equal(src, got) {
			t.Fatalf("millis %d: % x, %v", v, got, err)
		}
	}
	for _, tc := range []struct {
		name           string
		at             time.Time
		millis, micros int64
	}{
		{"cut after 1970", time.Unix(1, 999_999_999), 1999, 1_999_999},
		{"cut before 1970", time.Unix(-1, 1), -1000, -1_000_000},
		{"cut just before 1970", time.Unix(-1, 999_999_999), -1, -1},
		{"zero time", time.Time{}, -62135596800000, -62135596800000000},
		{"other zone", time.Date(1970, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3600)), 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			millis, err := codec.AppendTimestampMillis(nil, tc.at)
			if err != nil || !cmp.Equal(millis, codec.AppendLong(nil, tc.millis)) {
				t.Errorf("millis % x, %v", millis, err)
			}
			micros, err := codec.AppendTimestampMicros(nil, tc.at)
			if err != nil || !cmp.Equal(micros, codec.AppendLong(nil, tc.micros)) {
				t.Errorf("micros % x, %v", micros, err)
			}
		})
	}
	last := time.UnixMicro(math.MaxInt64)
	first := time.UnixMicro(math.MinInt64)
	for _, out := range []time.Time{last.Add(time.Microsecond), first.Add(-1), time.Unix(1<<55, 0), time.Unix(-1<<55, 0)} {
		if got, err := codec.AppendTimestampMicros(nil, out); !errors.Is(err, codec.ErrRange) {
			t.Errorf("%v: % x, %v", out, got, err)
		}
	}
	if got, err := codec.AppendTimestampMillis(nil, time.UnixMilli(math.MaxInt64).Add(time.Millisecond)); !errors.Is(err, codec.ErrRange) {
		t.Errorf("% x, %v", got, err)
	}
}

func TestDate(t *testing.T) {
	t.Parallel()
	for _, v := range []int32{0, 1, -1, 20779, -719162, math.MaxInt32, math.MinInt32} {
		src := codec.AppendInt(nil, v)
		day, p, err := codec.ReadDate(src, 0)
		if p != len(src) || err != nil || day.Hour() != 0 || day.Location() != time.UTC {
			t.Errorf("%d: %v, %d, %v", v, day, p, err)
		}
		for _, at := range []time.Time{day, day.Add(24*time.Hour - 1)} {
			if got, err := codec.AppendDate(nil, at); err != nil || !cmp.Equal(src, got) {
				t.Errorf("%v: % x, %v", at, got, err)
			}
		}
	}
	east := time.FixedZone("", 14*3600)
	for _, at := range []time.Time{time.Date(2026, 1, 1, 0, 0, 0, 0, east), time.Date(2026, 1, 1, 23, 59, 59, 0, east)} {
		got, err := codec.AppendDate(nil, at)
		if want := codec.AppendInt(nil, 20454); err != nil || !cmp.Equal(want, got) {
			t.Errorf("%v: % x, want % x, %v", at, got, want, err)
		}
	}
	for _, out := range []time.Time{codec.DateOf(math.MaxInt32).AddDate(0, 0, 1), codec.DateOf(math.MinInt32).Add(-1)} {
		if got, err := codec.AppendDate(nil, out); !errors.Is(err, codec.ErrRange) {
			t.Errorf("%v: % x, %v", out, got, err)
		}
	}
}

func TestOpt(t *testing.T) {
	t.Parallel()
	some, none := codec.Some(5), codec.None[int]()
	if v, ok := some.Get(); v != 5 || !ok || !some.IsSet() || some.Or(7) != 5 || *some.Ptr() != 5 || *some.Ref() != 5 {
		t.Errorf("some: %v", some)
	}
	if v, ok := none.Get(); v != 0 || ok || none.IsSet() || none.Or(7) != 7 || none.Ptr() != nil || none.Ref() != nil {
		t.Errorf("none: %v", none)
	}
	if codec.FromPtr(some.Ptr()) != some || codec.FromPtr[int](nil) != none || none != (codec.Opt[int]{}) {
		t.Error("FromPtr is wrong")
	}
	*some.Ptr() = 6
	if some != codec.Some(5) {
		t.Error("Ptr points into the Opt")
	}
	at := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	here := at.In(time.FixedZone("", 3600))
	if !codec.Some(at).Equal(codec.Some(here)) || codec.Some(at).Equal(codec.None[time.Time]()) || !codec.None[time.Time]().Equal(codec.None[time.Time]()) {
		t.Error("Equal of times is wrong")
	}
	if !codec.Some([]int{1}).Equal(codec.Some([]int{1})) || codec.Some([]int{1}).Equal(codec.Some([]int{2})) {
		t.Error("Equal of slices is wrong")
	}
	for text, want := range map[string]codec.Opt[int]{"5": some, "null": none, " null ": none} {
		var got struct{ V codec.Opt[int] }
		got.V = codec.Some(99)
		if err := json.Unmarshal([]byte(`{"V":`+text+`}`), &got); err != nil || got.V != want {
			t.Errorf("%s: %v, %v", text, got.V, err)
		}
	}
	var got codec.Opt[int]
	if err := json.Unmarshal([]byte(`"x"`), &got); err == nil || got.IsSet() {
		t.Errorf("text for a number: %v, %v", got, err)
	}
	if b, err := json.Marshal([]codec.Opt[int]{some, none}); err != nil || string(b) != "[5,null]" {
		t.Errorf("JSON %s, %v", b, err)
	}
}
