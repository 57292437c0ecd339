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

// timeOfDay is one of the two logical types.
type timeOfDay struct {
	name   string
	schema string
	unit   time.Duration
	append func([]byte, time.Duration) ([]byte, error)
	read   func([]byte, int) (time.Duration, int, error)
}

func timesOfDay() []timeOfDay {
	return []timeOfDay{
		{"millis", `{"type":"int","logicalType":"time-millis"}`, time.Millisecond, codec.AppendTimeMillis, codec.ReadTimeMillis},
		{"micros", `{"type":"long","logicalType":"time-micros"}`, time.Microsecond, codec.AppendTimeMicros, codec.ReadTimeMicros},
	}
}

func TestTimeOfDay(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, kind := range timesOfDay() {
		t.Run(kind.name, func(t *testing.T) {
			t.Parallel()
			peer := avro.MustParse(kind.schema)
			for _, d := range []time.Duration{
				0, kind.unit, 63 * kind.unit, 64 * kind.unit, time.Second, 12*time.Hour + 34*time.Minute + 56*time.Second + 789*kind.unit, day - kind.unit,
			} {
				src, err := kind.append([]byte("x"), d)
				if want := codec.AppendLong([]byte("x"), int64(d/kind.unit)); err != nil || !bytes.Equal(src, want) {
					t.Errorf("%v: % x, want % x, %v", d, src, want, err)
				}
				if got, p, err := kind.read(append(src, 9), 1); got != d || p != len(src) || err != nil {
					t.Errorf("%v: %v, %d, %v", d, got, p, err)
				}
				for n := 1; n < len(src); n++ {
					if _, p, err := kind.read(src[:n], 1); !errors.Is(err, codec.ErrTruncated) || p != 1 {
						t.Errorf("%v in %d bytes: %d, %v", d, n, p, err)
					}
				}
				if cut, err := kind.append([]byte("x"), d+kind.unit-1); err != nil || !bytes.Equal(cut, src) {
					t.Errorf("%v is not cut: % x, %v", d+kind.unit-1, cut, err)
				}
				var back time.Duration
				if agree(t, peer, d, src[1:], &back); back != d {
					t.Errorf("%v: the other reads %v", d, back)
				}
			}
			for _, bad := range []time.Duration{-1, -kind.unit, day, day + 1, math.MaxInt64, math.MinInt64} {
				if got, err := kind.append([]byte("x"), bad); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
					t.Errorf("%v: % x, %v", bad, got, err)
				}
			}
			for _, bad := range []int64{-1, int64(day / kind.unit), 1 << 40, math.MinInt32, math.MaxInt64, math.MinInt64} {
				if _, p, err := kind.read(codec.AppendLong(nil, bad), 0); !errors.Is(err, codec.ErrMalformed) || p != 0 {
					t.Errorf("%d: %d, %v", bad, p, err)
				}
			}
		})
	}
}
