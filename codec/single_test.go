package codec_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

// counter is a record of one int, as the generator would make it; below 0 it
// does not fit.
type counter struct{ n int32 }

const counterText = `{"type":"record","name":"Counter","fields":[{"name":"n","type":"int"}]}`

// counterFingerprint is the other implementation's CRC-64-AVRO of counterText.
func counterFingerprint() uint64 {
	h := avro.NewRabin()
	h.Write(avro.MustParse(counterText).Canonical())
	return h.Sum64()
}

var counterSchema = codec.NewSchema("Counter", counterText, codec.Fingerprints{CRC64: counterFingerprint(), MD5: [16]byte{0xab}, SHA256: [32]byte{0xcd}})

func (c *counter) AvroSchema() *codec.Schema { return counterSchema }

func (c *counter) AppendAvro(dst []byte) ([]byte, error) {
	if c.n < 0 {
		return dst, codec.AtRecord(codec.ErrRange, counterSchema)
	}
	return codec.AppendInt(dst, c.n), nil
}

func (c *counter) ReadAvro(src []byte, _ codec.ReadOptions) ([]byte, error) {
	n, p, err := codec.ReadInt(src, 0)
	c.n = n
	return src[p:], err
}

func (c *counter) DecodeAvro(src []byte) ([]byte, error) {
	return c.ReadAvro(src, codec.ReadOptions{})
}

func (c *counter) UnmarshalAvro(src []byte) error {
	rest, err := c.DecodeAvro(src)
	return codec.Done(counterSchema, src, len(src)-len(rest), err)
}

func TestSingleObject(t *testing.T) {
	t.Parallel()
	peer := avro.MustParse(counterText)
	got, err := codec.AppendSingleObject([]byte("x"), &counter{n: 150})
	if err != nil {
		t.Fatal(err)
	}
	want, err := peer.AppendSingleObject([]byte("x"), map[string]any{"n": 150})
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("% x, want % x, %v", got, want, err)
	}
	src := got[1:]
	if src[0] != 0xc3 || src[1] != 0x01 || binary.LittleEndian.Uint64(src[2:]) != counterFingerprint() {
		t.Errorf("% x", src)
	}
	fingerprint, value, err := codec.ParseSingleObject(src)
	if fingerprint != counterFingerprint() || !bytes.Equal(value, []byte{0xac, 2}) || err != nil {
		t.Errorf("%x, % x, %v", fingerprint, value, err)
	}
	var c counter
	if err := codec.UnmarshalSingleObject(src, &c); err != nil || c.n != 150 {
		t.Errorf("%d, %v", c.n, err)
	}
	if got, err := codec.AppendSingleObject([]byte("x"), &counter{n: -1}); !errors.Is(err, codec.ErrRange) || string(got) != "x" {
		t.Errorf("% x, %v", got, err)
	}
}

func TestSingleObjectErrors(t *testing.T) {
	t.Parallel()
	src, err := codec.AppendSingleObject(nil, &counter{n: 150})
	if err != nil {
		t.Fatal(err)
	}
	changed := func(at int) []byte {
		b := bytes.Clone(src)
		b[at] ^= 1
		return b
	}
	for _, tc := range []struct {
		name string
		src  []byte
		want error
	}{
		{"first byte", changed(0), codec.ErrSingleObject},
		{"second byte", changed(1), codec.ErrSingleObject},
		{"fingerprint", changed(2), codec.ErrFingerprint},
		{"end of the fingerprint", changed(9), codec.ErrFingerprint},
		{"more bytes", append(bytes.Clone(src), 0), codec.ErrTrailing},
		{"value", append(bytes.Clone(src[:10]), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), codec.ErrMalformed},
		{"frame", codec.AppendFrame(nil, 7), codec.ErrSingleObject},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if err := codec.UnmarshalSingleObject(tc.src, &counter{}); !errors.Is(err, tc.want) {
				t.Error(err)
			}
		})
	}
	for n := range src {
		want := codec.ErrSingleObject
		if n >= codec.SingleObjectSize {
			want = codec.ErrTruncated
		}
		if err := codec.UnmarshalSingleObject(src[:n], &counter{}); !errors.Is(err, want) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	other := binary.LittleEndian.AppendUint64([]byte{0xc3, 1}, 0x0123456789abcdef)
	err = codec.UnmarshalSingleObject(append(other, 2), &counter{})
	if err == nil || !strings.Contains(err.Error(), "0123456789abcdef") || !strings.Contains(err.Error(), counterSchema.Fingerprints().CRC64Hex()) {
		t.Errorf("both fingerprints: %v", err)
	}
}

func TestFingerprintsInHex(t *testing.T) {
	t.Parallel()
	f := codec.Fingerprints{CRC64: 0x63dd24e7cc258f8, MD5: [16]byte{0xab, 15: 1}, SHA256: [32]byte{0xcd, 31: 2}}
	if got := f.CRC64Hex(); got != "063dd24e7cc258f8" {
		t.Errorf("CRC-64 %s", got)
	}
	if got := f.MD5Hex(); got != "ab"+strings.Repeat("0", 28)+"01" {
		t.Errorf("MD5 %s", got)
	}
	if got := f.SHA256Hex(); got != "cd"+strings.Repeat("0", 60)+"02" {
		t.Errorf("SHA-256 %s", got)
	}
}

//nolint:paralleltest // allocations are counted for the whole process
func TestFramesAllocateNothing(t *testing.T) {
	c := &counter{n: 150}
	room := make([]byte, 0, 64)
	var err error
	for name, f := range map[string]func(){
		"AppendSingleObject":    func() { room, err = codec.AppendSingleObject(room[:0], c) },
		"UnmarshalSingleObject": func() { err = codec.UnmarshalSingleObject(room, c) },
		"AppendFramed":          func() { room, err = codec.AppendFramed(room[:0], 7, c) },
	} {
		if room, err = codec.AppendSingleObject(room[:0], c); err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, f); n != 0 || err != nil {
			t.Errorf("%s: %v allocations, %v", name, n, err)
		}
	}
}

// FuzzParseSingleObject splits any bytes: what is a single object is rebuilt
// from its parts, and the other implementation splits it in the same way.
func FuzzParseSingleObject(f *testing.F) {
	src, err := codec.AppendSingleObject(nil, &counter{n: 150})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(src)
	f.Add(src[:10])
	f.Add(src[:9])
	f.Add([]byte{0xc3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, src []byte) {
		fingerprint, value, err := codec.ParseSingleObject(src)
		theirs, rest, theirErr := avro.SingleObjectFingerprint(src)
		if (err == nil) != (theirErr == nil) {
			t.Fatalf("%v, the other %v", err, theirErr)
		}
		if err != nil {
			if !errors.Is(err, codec.ErrSingleObject) {
				t.Fatal(err)
			}
			return
		}
		if binary.LittleEndian.Uint64(theirs[:]) != fingerprint || !bytes.Equal(value, rest) {
			t.Fatalf("%x and % x, the other % x and % x", fingerprint, value, theirs, rest)
		}
		if again := append(binary.LittleEndian.AppendUint64([]byte{0xc3, 1}, fingerprint), value...); !bytes.Equal(again, src) {
			t.Fatalf("% x became % x", src, again)
		}
	})
}
