package codec_test

import (
	"bytes"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

// timestamp is one of the six logical types.
type timestamp struct {
	name   string
	local  bool
	per    int64 // units in a second
	append func([]byte, time.Time) ([]byte, error)
	read   func([]byte, int) (time.Time, int, error)
}

func timestamps() []timestamp {
	return []timestamp{
		{"timestamp-millis", false, 1e3, codec.AppendTimestampMillis, codec.ReadTimestampMillis},
		{"timestamp-micros", false, 1e6, codec.AppendTimestampMicros, codec.ReadTimestampMicros},
		{"timestamp-nanos", false, 1e9, codec.AppendTimestampNanos, codec.ReadTimestampNanos},
		{"local-timestamp-millis", true, 1e3, codec.AppendLocalTimestampMillis, codec.ReadLocalTimestampMillis},
		{"local-timestamp-micros", true, 1e6, codec.AppendLocalTimestampMicros, codec.ReadLocalTimestampMicros},
		{"local-timestamp-nanos", true, 1e9, codec.AppendLocalTimestampNanos, codec.ReadLocalTimestampNanos},
	}
}

// unixOf is the time of v units since 1970 in UTC, by division alone.
func unixOf(v, per int64) time.Time {
	seconds, rest := v/per, v%per
	if rest < 0 {
		seconds--
		rest += per
	}
	return time.Unix(seconds, rest*(1e9/per)).UTC()
}

func TestAllTimestamps(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("east", 5*3600+45*60)
	for _, kind := range timestamps() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			values := []int64{0, 1, -1, 999, 1000, -999, -1000, -1001, 1e18 + 1, -1e18 - 1, 9e18, -9e18, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1}
			for shift := range 63 {
				values = append(values, 1<<shift, -1<<shift)
			}
			for _, v := range values {
				src := codec.AppendLong([]byte("x"), v)
				at, p, err := kind.read(append(src, 9), 1)
				if want := unixOf(v, kind.per); !at.Equal(want) || at.Location() != time.UTC || p != len(src) || err != nil {
					t.Fatalf("%d: %v, want %v, %d, %v", v, at, want, p, err)
				}
				if got, err := kind.append([]byte("x"), at); err != nil || !bytes.Equal(got, src) {
					t.Fatalf("%d: % x, %v", v, got, err)
				}
				if cut, err := kind.append([]byte("x"), at.Add(time.Duration(1e9/kind.per-1))); err != nil || !bytes.Equal(cut, src) {
					t.Fatalf("%d is not cut towards the past: % x, %v", v, cut, err)
				}
				for n := 1; n < len(src); n++ {
					if _, p, err := kind.read(src[:n], 1); !errors.Is(err, codec.ErrTruncated) || p != 1 {
						t.Fatalf("%d in %d bytes: %d, %v", v, n, p, err)
					}
				}
			}
			for _, v := range []int64{math.MaxInt64, math.MinInt64} {
				step := time.Duration(1e9 / kind.per)
				if v < 0 {
					step = -step
				}
				if got, err := kind.append([]byte("x"), unixOf(v, kind.per).Add(step)); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
					t.Errorf("beyond %d: % x, %v", v, got, err)
				}
			}
			for _, far := range []time.Time{time.Unix(1<<60, 0), time.Unix(-1<<60, 0), time.Unix(1<<60, 0).In(east), time.Unix(-1<<60, 0).In(east)} {
				if got, err := kind.append([]byte("x"), far); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
					t.Errorf("far: % x, %v", got, err)
				}
			}
		})
	}
}

func TestTimestampPeer(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{time.UTC, time.FixedZone("east", 5*3600+45*60), time.FixedZone("west", -11*3600-1)}
	for _, kind := range timestamps() {
		peer := avro.MustParse(`{"type":"long","logicalType":"` + kind.name + `"}`)
		for _, zone := range zones {
			for _, at := range []time.Time{
				time.Date(2026, 2, 28, 23, 59, 59, 999_999_999, zone),
				time.Date(1969, 12, 31, 23, 59, 59, 999_999_999, zone),
				time.Date(1900, 1, 1, 0, 0, 0, 1, zone),
				time.Date(2262, 4, 11, 0, 0, 0, 0, zone),
			} {
				at = at.Truncate(time.Duration(1e9 / kind.per)) // others round in other ways
				src, err := kind.append(nil, at)
				if err != nil {
					t.Fatal(err)
				}
				var back time.Time
				agree(t, peer, at, src, &back)
				got, _, err := kind.read(src, 0)
				if err != nil || !got.Equal(back) {
					t.Errorf("%s %v: %v, the other reads %v, %v", kind.name, at, got, back, err)
				}
				if kind.local {
					if !codec.EqualLocal(at, got) || got.Hour() != at.Hour() || got.Day() != at.Day() {
						t.Errorf("%s: the wall clock %v became %v", kind.name, at, got)
					}
				} else if !got.Equal(at) {
					t.Errorf("%s: %v became %v", kind.name, at, got)
				}
			}
		}
	}
}

func TestLocalOutOfRangeOnTheWall(t *testing.T) {
	t.Parallel()
	last := unixOf(math.MaxInt64, 1e9)
	east := last.In(time.FixedZone("", 3600))
	if got, err := codec.AppendLocalTimestampNanos(nil, east); !errors.Is(err, codec.ErrRange) {
		t.Errorf("% x, %v", got, err)
	}
	west := last.Add(time.Hour).In(time.FixedZone("", -3600))
	if got, err := codec.AppendLocalTimestampNanos(nil, west); err != nil || !bytes.Equal(got, codec.AppendLong(nil, math.MaxInt64)) {
		t.Errorf("% x, %v", got, err)
	}
	if got, err := codec.AppendTimestampNanos(nil, time.Time{}); !errors.Is(err, codec.ErrRange) {
		t.Errorf("zero time: % x, %v", got, err)
	}
}

func TestEqualLocalAndDate(t *testing.T) {
	t.Parallel()
	east := time.FixedZone("", 14*3600)
	noon := time.Date(2026, 1, 1, 12, 0, 0, 5, time.UTC)
	now := time.Now()
	for _, tc := range []struct {
		name        string
		a, b        time.Time
		local, date bool
	}{
		{"same", noon, noon, true, true},
		{"same wall clock elsewhere", noon, time.Date(2026, 1, 1, 12, 0, 0, 5, east), true, true},
		{"same instant elsewhere", noon, noon.In(east), false, false},
		{"a nanosecond later", noon, noon.Add(1), false, true},
		{"a second later", noon, noon.Add(time.Second), false, true},
		{"last of the day", time.Date(2026, 1, 1, 23, 59, 59, 0, east), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), false, true},
		{"midnight", time.Date(2026, 1, 2, 0, 0, 0, 0, east), time.Date(2026, 1, 1, 23, 59, 59, 999_999_999, east), false, false},
		{"around 1970", time.Unix(-1, 0).UTC(), time.Unix(0, 0).UTC(), false, false},
		{"zero times", time.Time{}, time.Time{}.In(time.UTC), true, true},
		{"with and without the process clock", now, now.Round(0), true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if codec.EqualLocal(tc.a, tc.b) != tc.local || codec.EqualLocal(tc.b, tc.a) != tc.local {
				t.Errorf("EqualLocal is not %v", tc.local)
			}
			if codec.EqualDate(tc.a, tc.b) != tc.date || codec.EqualDate(tc.b, tc.a) != tc.date {
				t.Errorf("EqualDate is not %v", tc.date)
			}
		})
	}
}
