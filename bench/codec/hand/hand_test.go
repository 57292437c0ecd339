package hand_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/schemactl/schemactl/bench/codec/hand"
	"github.com/schemactl/schemactl/bench/codec/shapes"
)

// decoders read each value by hand.
var decoders = map[string]func([]byte, hand.Mode) error{
	"small":         func(src []byte, m hand.Mode) error { return new(hand.Small).Decode(src, m) },
	"event":         func(src []byte, m hand.Mode) error { return new(hand.Event).Decode(src, m) },
	"strings":       func(src []byte, m hand.Mode) error { return new(hand.Strings).Decode(src, m) },
	"batch":         func(src []byte, m hand.Mode) error { return new(hand.Batch).Decode(src, m) },
	"evolve_writer": func(src []byte, m hand.Mode) error { return new(hand.Evo).Decode(src, m) },
}

// TestCut checks that the yardstick is honest: it finds that a value is cut at any
// place, or followed by a byte.
func TestCut(t *testing.T) {
	t.Parallel()
	for name, decode := range decoders {
		for _, mode := range []hand.Mode{hand.Arena, hand.Alias, hand.Copy} {
			t.Run(fmt.Sprint(name, mode), func(t *testing.T) {
				t.Parallel()
				src := shapes.Value(name)
				if err := decode(src, mode); err != nil {
					t.Fatal(err)
				}
				for i := 0; i < len(src); i += 1 + i/500 {
					if err := decode(src[:i:i], mode); err == nil {
						t.Fatalf("no error for the first %d of %d bytes", i, len(src))
					}
				}
				if err := decode(append(src, 0), mode); err == nil {
					t.Error("no error for a byte too many")
				}
			})
		}
	}
}

// TestBroken has bytes that are wrong and not only cut.
func TestBroken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, shape, src string }{
		{"boolean of 2", "small", "\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"int of 33 bits", "small", "\x00\x00\x80\x80\x80\x80\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"varint of 11 bytes", "small", "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01\x00\x00"},
		{"negative length", "small", "\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"enum ordinal", "event", "\x00\x0c\x00\x00\x00\x00\x00"},
		{"branch 2", "event", "\x00\x00\x00\x00\x00\x04"},
		{"count beyond the input", "strings", "\x00\x00\x00\x00\x00\x00\x00\x00\x80\x80\x80\x80\x10"},
		{"count of the least long", "strings", "\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []hand.Mode{hand.Arena, hand.Alias, hand.Copy} {
				if err := decoders[c.shape]([]byte(c.src), mode); err == nil {
					t.Errorf("mode %d: no error", mode)
				}
			}
		})
	}
}

func TestDepth(t *testing.T) {
	t.Parallel()
	src := []byte("\x00\x00") // a batch without entries, then nodes in nodes
	for range 2000 {
		src = append(src, 0, 0, 2)
	}
	src = append(src, 0, 0, 0)
	for range 2000 {
		src = append(src, 0)
	}
	if err := new(hand.Batch).Decode(src, hand.Alias); err == nil {
		t.Error("2000 levels are read")
	}
}

// TestValues checks what the other codecs are compared with against the values
// that are known.
func TestValues(t *testing.T) {
	t.Parallel()
	var small hand.Small
	if err := small.Decode(shapes.Value("small"), hand.Arena); err != nil {
		t.Fatal(err)
	}
	want := hand.Small{
		ID: 918_273_645_546, UUID: "5c1d2e3f-7a8b-4c9d-9e0f-112233445566", Count: 42_000, Active: true, Score: 3.14159265,
		TS: time.UnixMilli(1_760_000_000_123).UTC(),
	}
	if small != want {
		t.Errorf("small is %+v, want %+v", small, want)
	}
	var evo hand.Evo
	if err := evo.Decode(shapes.Value("evolve_writer"), hand.Arena); err != nil {
		t.Fatal(err)
	}
	if evo.Name != "Grace Hopper" || evo.Region != "eu-west-1" || evo.Note.Set || len(evo.Tags) != 5 || evo.Tags[4] != "pioneer" {
		t.Errorf("evolve is %+v", evo)
	}
}
