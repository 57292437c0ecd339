package agreement_test

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/schemactl/schemactl/codec"
)

// TestRandomValues has both implementations write and read the same values.
func TestRandomValues(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		other := bare(t, schema)
		random := newValues(7, schema)
		var last codec.Record
		var lastBytes []byte
		for range 60 {
			value := random.value(schema, 0)
			want, err := other.Encode(value)
			if err != nil {
				t.Fatalf("encode %v: %v", value, err)
			}
			v := fresh(r)
			if err := v.UnmarshalAvro(want); err != nil {
				t.Fatalf("decode % x: %v", want, err)
			}
			got, err := v.AppendAvro([]byte("before"))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, append([]byte("before"), want...)) {
				t.Fatalf("value %v\nours   % x\ntheirs % x", value, got[6:], want)
			}
			if diff := cmp.Diff(value, decode(t, other, got[6:]), cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("read back (-want +got):\n%s", diff)
			}
			again := fresh(r)
			if err := again.UnmarshalAvro(want); err != nil || !same(v, again) || !equal(t, v, again) {
				t.Fatalf("decoded again: %v\n%+v\n%+v", err, v, again)
			}
			if last != nil && equal(t, v, last) != bytes.Equal(want, lastBytes) {
				t.Fatalf("equal %t\n% x\n% x", equal(t, v, last), want, lastBytes)
			}
			last, lastBytes = v, want
		}
	})
}

// equal asks the generated method, which has another name where a field takes
// its own; types without one are compared by ==.
func equal(t *testing.T, a, b codec.Record) bool {
	t.Helper()
	v := reflect.ValueOf(a)
	for i := range v.NumMethod() {
		m := v.Method(i)
		if !strings.HasPrefix(v.Type().Method(i).Name, "Equal") || m.Type().NumIn() != 1 {
			continue
		}
		out := m.Call([]reflect.Value{reflect.ValueOf(b)})[0].Bool()
		back := reflect.ValueOf(b).Method(i).Call([]reflect.Value{v})[0].Bool()
		if out != back {
			t.Fatalf("%+v and %+v: equal is %t one way and %t the other", a, b, out, back)
		}
		return out
	}
	if v.Elem().Kind() == reflect.Struct {
		t.Fatalf("%T has no method Equal", a)
	}
	return v.Elem().Equal(reflect.ValueOf(b).Elem())
}

// TestTruncated cuts values at every offset.
func TestTruncated(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		other := bare(t, schema)
		random := newValues(11, schema)
		for range 5 {
			src, err := other.Encode(random.value(schema, 0))
			if err != nil {
				t.Fatal(err)
			}
			for n := range min(len(src), 1500) {
				if err := fresh(r).UnmarshalAvro(src[:n]); !errors.Is(err, codec.ErrTruncated) {
					t.Fatalf("first %d of % x: error %v", n, src, err)
				}
				if _, err := fresh(r).DecodeAvro(src[:n]); !errors.Is(err, codec.ErrTruncated) {
					t.Fatalf("first %d of % x: error %v", n, src, err)
				}
			}
		}
	})
}

// TestAnyBytes flips bytes of real values: whatever decodes must survive the
// way back, and nothing may panic.
func TestAnyBytes(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		other := bare(t, schema)
		random := newValues(13, schema)
		for range 150 {
			src, err := other.Encode(random.value(schema, 0))
			if err != nil {
				t.Fatal(err)
			}
			for range 1 + random.IntN(4) {
				if len(src) > 0 {
					src[random.IntN(len(src))] = byte(random.Uint32())
				}
			}
			survives(t, r, src, codec.ReadOptions{Whole: true})
		}
	})
}

// survives checks the properties that hold for any input.
func survives(t testing.TB, r codec.Record, src []byte, o codec.ReadOptions) {
	t.Helper()
	v := fresh(r)
	before := bytes.Clone(src)
	_, err := v.ReadAvro(src, o)
	if !bytes.Equal(before, src) {
		t.Fatal("decoding changed its input")
	}
	if err != nil {
		if e, ok := errors.AsType[*codec.Error](err); !ok || e.Offset < 0 || e.Offset > len(src) || e.Record == "" {
			t.Fatalf("%.200x: error %v tells no place", src, err)
		}
		return
	}
	out, err := v.AppendAvro(nil)
	if err != nil {
		t.Fatalf("%.200x was decoded, but encoding says: %v", src, err)
	}
	again := fresh(r)
	if err := again.UnmarshalAvro(out); err != nil {
		t.Fatalf("%.200x was encoded as %.200x, but decoding says: %v", src, out, err)
	}
	if !same(v, again) {
		t.Fatalf("%.200x does not survive:\n%+v\n%+v", src, v, again)
	}
}
