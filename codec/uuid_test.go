package codec_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
)

const someUUID = "0190f5e2-7c4b-7b1e-8a53-5d6c1f0e9b27"

func TestUUIDText(t *testing.T) {
	t.Parallel()
	want := codec.UUID{0x01, 0x90, 0xf5, 0xe2, 0x7c, 0x4b, 0x7b, 0x1e, 0x8a, 0x53, 0x5d, 0x6c, 0x1f, 0x0e, 0x9b, 0x27}
	for _, text := range []string{someUUID, strings.ToUpper(someUUID)} {
		u, err := codec.ParseUUID(text)
		if u != want || err != nil || u.String() != someUUID || u.IsZero() {
			t.Errorf("%s: %v, %v", text, u, err)
		}
	}
	if u, err := codec.ParseUUID("00000000-0000-0000-0000-000000000000"); !u.IsZero() || err != nil {
		t.Errorf("zero: %v, %v", u, err)
	}
	if u, err := codec.ParseUUID("ffffffff-ffff-ffff-ffff-ffffffffffff"); u.String() != "ffffffff-ffff-ffff-ffff-ffffffffffff" || err != nil {
		t.Errorf("last: %v, %v", u, err)
	}
	var back codec.UUID
	text, err := json.Marshal(map[codec.UUID]codec.UUID{want: want})
	if err != nil || string(text) != `{"`+someUUID+`":"`+someUUID+`"}` {
		t.Errorf("JSON %s, %v", text, err)
	}
	if err := json.Unmarshal([]byte(`"`+someUUID+`"`), &back); err != nil || back != want {
		t.Errorf("JSON back %v, %v", back, err)
	}
	for _, bad := range badUUIDs() {
		if u, err := codec.ParseUUID(bad); !errors.Is(err, codec.ErrRange) || !u.IsZero() {
			t.Errorf("%q: %v, %v", bad, u, err)
		}
		if err := back.UnmarshalText([]byte(bad)); !errors.Is(err, codec.ErrRange) || back != want {
			t.Errorf("%q: %v, %v", bad, back, err)
		}
	}
}

// badUUIDs spoils each character in turn, beside other forms.
func badUUIDs() []string {
	all := []string{
		"", "1-1-1-1-1", someUUID[1:], someUUID + "0", "{" + someUUID + "}", "urn:uuid:" + someUUID,
		strings.ReplaceAll(someUUID, "-", ""), strings.Repeat("a", 36), strings.Repeat("-", 36),
	}
	for i := range someUUID {
		for _, c := range []string{"g", "-", "/", ":", "@", "`", "G", "\x00", "\xc1", " "} {
			if bad := someUUID[:i] + c + someUUID[i+1:]; bad != someUUID {
				all = append(all, bad)
			}
		}
	}
	return all
}

func TestUUIDBytes(t *testing.T) {
	t.Parallel()
	u, err := codec.ParseUUID(someUUID)
	if err != nil {
		t.Fatal(err)
	}
	src := codec.AppendUUID([]byte("x"), u)
	if want := string(codec.AppendString([]byte("x"), someUUID)); string(src) != want {
		t.Errorf("%q, want %q", src, want)
	}
	if got, p, err := codec.ReadUUID(append(src, 9), 1); got != u || p != len(src) || err != nil {
		t.Errorf("%v, %d, %v", got, p, err)
	}
	for n := 1; n < len(src); n++ {
		if _, p, err := codec.ReadUUID(src[:n], 1); !errors.Is(err, codec.ErrTruncated) || p != 1 {
			t.Errorf("%d bytes: %d, %v", n, p, err)
		}
	}
	for _, bad := range append(badUUIDs(), strings.Repeat("a", 1000)) {
		if _, p, err := codec.ReadUUID(codec.AppendString(nil, bad), 0); !errors.Is(err, codec.ErrMalformed) || p != 0 || len(err.Error()) > 250 {
			t.Errorf("%q: %d, %v", bad, p, err)
		}
	}
}

// TestUUIDPeer reads what another implementation writes, and the other way round.
func TestUUIDPeer(t *testing.T) {
	t.Parallel()
	u, err := codec.ParseUUID(someUUID)
	if err != nil {
		t.Fatal(err)
	}
	text := avro.MustParse(`{"type":"string","logicalType":"uuid"}`)
	fixed := avro.MustParse(`{"type":"fixed","name":"U","size":16,"logicalType":"uuid"}`)
	var got [16]byte
	agree(t, text, [16]byte(u), codec.AppendUUID(nil, u), &got)
	if got != u {
		t.Errorf("text: %x", got)
	}
	got = [16]byte{}
	agree(t, fixed, [16]byte(u), append([]byte(nil), u[:]...), &got)
	if got != u {
		t.Errorf("fixed: %x", got)
	}
}

// agree checks that the other implementation writes value as we did, and reads
// into back what we wrote.
func agree(t *testing.T, s *avro.Schema, value any, ours []byte, back any) {
	t.Helper()
	theirs, err := s.AppendEncode(nil, value)
	if err != nil {
		t.Fatalf("%v: %v", value, err)
	}
	if string(theirs) != string(ours) {
		t.Errorf("%v: ours % x, theirs % x", value, ours, theirs)
	}
	if rest, err := s.Decode(ours, back); err != nil || len(rest) > 0 {
		t.Errorf("%v: % x are left, %v", value, rest, err)
	}
}

//nolint:paralleltest // allocations are counted for the whole process
func TestFixedSizesAllocateNothing(t *testing.T) {
	u, err := codec.ParseUUID(someUUID)
	if err != nil {
		t.Fatal(err)
	}
	d := codec.Duration{Months: 1, Days: 2, Milliseconds: 3}
	text, fixed := codec.AppendUUID(nil, u), codec.AppendDuration(nil, d)
	room := make([]byte, 0, 64)
	for name, f := range map[string]func(){
		"AppendUUID":     func() { room = codec.AppendUUID(room[:0], u) },
		"ReadUUID":       func() { u, _, err = codec.ReadUUID(text, 0) },
		"ParseUUID":      func() { u, err = codec.ParseUUID(someUUID) },
		"AppendDuration": func() { room = codec.AppendDuration(room[:0], d) },
		"ReadDuration":   func() { d, _, err = codec.ReadDuration(fixed, 0) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 || err != nil {
			t.Errorf("%s: %v allocations, %v", name, n, err)
		}
	}
}

func FuzzReadUUID(f *testing.F) {
	f.Add(codec.AppendString(nil, someUUID))
	f.Add(codec.AppendString(nil, strings.ToUpper(someUUID)))
	f.Add(codec.AppendString(nil, "1-1-1-1-1"))
	f.Add([]byte{0x48})
	f.Fuzz(func(t *testing.T, src []byte) {
		u, p, err := codec.ReadUUID(src, 0)
		text, q, other := codec.ReadString(src, "", 0)
		if err != nil {
			if p != 0 || (!errors.Is(err, codec.ErrMalformed) && !errors.Is(err, codec.ErrTruncated)) {
				t.Fatalf("%d, %v", p, err)
			}
			if _, err := codec.ParseUUID(text); other == nil && err == nil {
				t.Fatalf("%q is a UUID", text)
			}
			return
		}
		if p != q || other != nil || u.String() != strings.ToLower(text) {
			t.Fatalf("%q: %v, %d and %d, %v", text, u, p, q, other)
		}
	})
}
