package codec_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/schemactl/schemactl/codec"
)

func TestFrame(t *testing.T) {
	t.Parallel()
	got := codec.AppendFrame([]byte("x"), 0x01020304)
	if !bytes.Equal(got, []byte{'x', 0, 1, 2, 3, 4}) || len(got) != codec.FrameSize+1 {
		t.Errorf("frame % x", got)
	}
	id, value, err := codec.ParseFrame(append(got[1:], "value"...))
	if id != 0x01020304 || string(value) != "value" || err != nil {
		t.Errorf("%x, %q, %v", id, value, err)
	}
	for _, bad := range [][]byte{nil, {0}, {0, 0, 0, 1}, {1, 0, 0, 0, 1}, []byte("{\"a\":1}")} {
		if _, _, err := codec.ParseFrame(bad); !errors.Is(err, codec.ErrFrame) {
			t.Errorf("% x: %v", bad, err)
		}
	}
}

func TestFramed(t *testing.T) {
	t.Parallel()
	src, err := codec.AppendFramed([]byte("x"), 0x01020304, &counter{n: 150})
	if want := []byte{'x', 0, 1, 2, 3, 4, 0xac, 2}; !bytes.Equal(src, want) || err != nil {
		t.Errorf("% x, want % x, %v", src, want, err)
	}
	if got, err := codec.AppendFramed([]byte("x"), 7, &counter{n: -1}); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
		t.Errorf("% x, %v", got, err)
	}
	src = src[1:]
	var c counter
	if id, err := codec.UnmarshalFramed(src, &c); id != 0x01020304 || c.n != 150 || err != nil {
		t.Errorf("%x, %d, %v", id, c.n, err)
	}
	for n := range src {
		id, err := codec.UnmarshalFramed(src[:n], &c)
		if n < codec.FrameSize && (id != 0 || !errors.Is(err, codec.ErrFrame)) {
			t.Errorf("%d bytes: %x, %v", n, id, err)
		}
		if n >= codec.FrameSize && (id != 0x01020304 || !errors.Is(err, codec.ErrTruncated)) {
			t.Errorf("%d bytes: %x, %v", n, id, err)
		}
	}
	if id, err := codec.UnmarshalFramed(append(src, 0), &c); id != 0x01020304 || !errors.Is(err, codec.ErrTrailing) {
		t.Errorf("more bytes: %x, %v", id, err)
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	s := codec.NewSchema("a.B", "{}", codec.Fingerprints{})
	for want, naming := range map[string]codec.SubjectNaming{
		"t-value": codec.TopicName, "a.B": codec.RecordName, "t-a.B": codec.TopicRecordName,
	} {
		if got := naming("t", s); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// FuzzParseFrame splits any bytes: what is a frame is rebuilt from its parts.
func FuzzParseFrame(f *testing.F) {
	f.Add(codec.AppendFrame(nil, 7))
	f.Add([]byte{})
	f.Add([]byte{1, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, src []byte) {
		id, value, err := codec.ParseFrame(src)
		if err != nil {
			if !errors.Is(err, codec.ErrFrame) {
				t.Fatal(err)
			}
			return
		}
		if again := append(codec.AppendFrame(nil, id), value...); !bytes.Equal(again, src) {
			t.Fatalf("% x became % x", src, again)
		}
	})
}
