package agreement_test

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
)

// enum is what generated enums have beside a Record's methods.
type enum interface {
	codec.Record
	fmt.Stringer
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

// ordinal is a value of r's type.
func ordinal(t *testing.T, r codec.Record, n int) enum {
	t.Helper()
	v := fresh(r)
	reflect.ValueOf(v).Elem().SetInt(int64(n))
	e, ok := v.(enum)
	if !ok {
		t.Fatalf("%T lacks methods of an enum", v)
	}
	return e
}

// TestEnums goes through all symbols of all enums, and beyond.
func TestEnums(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, r := range records {
		symbols := parsed(t, r).Get("symbols")
		if symbols == nil {
			continue
		}
		seen++
		for i, symbol := range symbols.Elements {
			v := ordinal(t, r, i)
			if text, err := v.MarshalText(); v.String() != symbol.Text || string(text) != symbol.Text || err != nil {
				t.Errorf("%s(%d) is %s, as text %q, %v", typeName(r), i, v, text, err)
			}
			back := ordinal(t, r, 0)
			if err := back.UnmarshalText([]byte(symbol.Text)); err != nil || !same(back, v) {
				t.Errorf("%s from %q: %v, %v", typeName(r), symbol.Text, back, err)
			}
			if err := back.UnmarshalAvro(codec.AppendLong(nil, int64(i))); err != nil || !same(back, v) {
				t.Errorf("%s from ordinal %d: %v, %v", typeName(r), i, back, err)
			}
		}
		notSymbols(t, r, len(symbols.Elements))
	}
	if seen == 0 {
		t.Error("no enums")
	}
}

func notSymbols(t *testing.T, r codec.Record, symbols int) {
	t.Helper()
	for _, n := range []int{-1, symbols, 1 << 40} {
		v := ordinal(t, r, n)
		if text, err := v.MarshalText(); !errors.Is(err, codec.ErrRange) {
			t.Errorf("%s(%d) as text: %q, %v", typeName(r), n, text, err)
		}
		if out, err := v.AppendAvro([]byte("before")); !errors.Is(err, codec.ErrRange) || string(out) != "before" {
			t.Errorf("%s(%d) in binary: %q, %v", typeName(r), n, out, err)
		}
		if !strings.Contains(v.String(), fmt.Sprint(n)) {
			t.Errorf("%s(%d) shows itself as %q", typeName(r), n, v)
		}
		if err := v.UnmarshalAvro(codec.AppendLong(nil, int64(n))); !errors.Is(err, codec.ErrMalformed) {
			t.Errorf("%s from ordinal %d: %v", typeName(r), n, err)
		}
	}
	if err := ordinal(t, r, 0).UnmarshalText([]byte("none of them")); !errors.Is(err, codec.ErrRange) || !strings.Contains(err.Error(), r.AvroSchema().Name()) {
		t.Errorf("%s from unknown text: %v", typeName(r), err)
	}
}
