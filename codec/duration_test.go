package codec_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	peer := avro.MustParse(`{"type":"fixed","name":"D","size":12,"logicalType":"duration"}`)
	for _, tc := range []struct {
		d     codec.Duration
		text  string
		bytes []byte
	}{
		{codec.Duration{}, "PT0S", make([]byte, 12)},
		{codec.Duration{Months: 1}, "P1M", []byte{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{codec.Duration{Days: 2}, "P2D", []byte{0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0}},
		{codec.Duration{Milliseconds: 1}, "PT0.001S", []byte{0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0}},
		{codec.Duration{Milliseconds: 500}, "PT0.5S", []byte{0, 0, 0, 0, 0, 0, 0, 0, 0xf4, 1, 0, 0}},
		{codec.Duration{Milliseconds: 1000}, "PT1S", []byte{0, 0, 0, 0, 0, 0, 0, 0, 0xe8, 3, 0, 0}},
		{codec.Duration{Months: 14, Days: 3, Milliseconds: 4005}, "P14M3DT4.005S", []byte{14, 0, 0, 0, 3, 0, 0, 0, 0xa5, 0x0f, 0, 0}},
		{
			codec.Duration{Months: math.MaxUint32, Days: math.MaxUint32, Milliseconds: math.MaxUint32},
			"P4294967295M4294967295DT4294967.295S", bytes.Repeat([]byte{0xff}, 12),
		},
	} {
		t.Run(tc.text, func(t *testing.T) {
			t.Parallel()
			if tc.d.String() != tc.text {
				t.Errorf("text %s", tc.d)
			}
			src := codec.AppendDuration([]byte("x"), tc.d)
			if !bytes.Equal(src[1:], tc.bytes) {
				t.Errorf("% x, want % x", src[1:], tc.bytes)
			}
			if d, p, err := codec.ReadDuration(append(src, 9), 1); d != tc.d || p != len(src) || err != nil {
				t.Errorf("%v, %d, %v", d, p, err)
			}
			for n := 1; n < len(src); n++ {
				if _, p, err := codec.ReadDuration(src[:n], 1); !errors.Is(err, codec.ErrTruncated) || p != 1 {
					t.Errorf("%d bytes: %d, %v", n, p, err)
				}
			}
			var back avro.Duration
			theirs := avro.Duration{Months: tc.d.Months, Days: tc.d.Days, Milliseconds: tc.d.Milliseconds}
			if agree(t, peer, theirs, src[1:], &back); back != theirs {
				t.Errorf("the other reads %v", back)
			}
		})
	}
}
