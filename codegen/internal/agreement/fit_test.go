package agreement_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/codec"
	arrays "github.com/schemactl/schemactl/codegen/testdata/arrays/golden"
	decimals "github.com/schemactl/schemactl/codegen/testdata/decimals/golden"
	enums "github.com/schemactl/schemactl/codegen/testdata/enums/golden"
	maps "github.com/schemactl/schemactl/codegen/testdata/maps/golden"
	pointer "github.com/schemactl/schemactl/codegen/testdata/pointer/golden"
	times "github.com/schemactl/schemactl/codegen/testdata/times/golden"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
	"github.com/schemactl/schemactl/events"
)

// TestDoesNotFit encodes values that the schema has no form for.
func TestDoesNotFit(t *testing.T) {
	t.Parallel()
	far := time.Unix(1<<55, 0)
	wide := func(digits string) codec.BigDecimal {
		d, err := codec.ParseBigDecimal(digits)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	ok := func(change func(*times.Times)) *times.Times {
		v := times.NewTimes()
		change(v)
		return v
	}
	pay := func(change func(*unions.Payment)) *unions.Payment {
		v := unions.NewPayment()
		change(v)
		return v
	}
	for _, tc := range []struct {
		name string
		r    codec.Record
		text string
	}{
		{"enum", &events.MessageCreated{Priority: 3}, "schemactl.events.MessageCreated.priority: "},
		{"negative enum", &events.MessageCreated{Priority: -1}, "priority"},
		{"enum in an array", &enums.Painted{Colors: []enums.Color{0, 7}}, "colors[1]"},
		{"enum in a map", &enums.Painted{Levels: map[string]enums.Level{"a.b": 3}}, `levels["a.b"]`},
		{"decimal of a finer scale", &events.MessageCreated{Price: events.Money{Amount: codec.NewDecimal(1, 3)}}, "price.amount"},
		{"decimal of 19 digits", &events.MessageCreated{Price: events.Money{Amount: codec.NewDecimal(1e18, 2)}}, "price.amount"},
		{"decimal that grows", &events.Money{Amount: codec.NewDecimal(1e17, 0)}, "amount"},
		{"decimal in a fixed", &decimals.Decimals{ShortPrice: codec.NewDecimal(1e6, 6)}, "short_price"},
		{"decimal in an option", &decimals.Decimals{Maybe: codec.Some(codec.NewDecimal(1e6, 3))}, "maybe"},
		{"wide decimal", &decimals.Decimals{Wide: wide("1" + strings.Repeat("0", 28))}, "wide"},
		{"wide decimal of a finer scale", &decimals.Decimals{FixedWide: wide("0.5")}, "fixed_wide"},
		{"rat that no decimal is", &pointer.Pointer{Amount: big.NewRat(1, 3)}, "amount"},
		{"micros", &events.MessageCreated{CreatedAt: far}, "created_at"},
		{"millis", ok(func(v *times.Times) { v.AtMillis = far }), "at_millis"},
		{"nanos", ok(func(v *times.Times) { v.AtNanos = time.Time{} }), "at_nanos"},
		{"local nanos", ok(func(v *times.Times) { v.LocalNanos = time.Time{} }), "local_nanos"},
		{"local millis", ok(func(v *times.Times) { v.LocalMillis = far }), "local_millis"},
		{"date", ok(func(v *times.Times) { v.Day = far }), "day"},
		{"date in an array", ok(func(v *times.Times) { v.Days = []time.Time{{}, far} }), "days[1]"},
		{"time of day below 0", ok(func(v *times.Times) { v.ClockMillis = -1 }), "clock_millis"},
		{"time of day of 24 hours", ok(func(v *times.Times) { v.ClockMicros = 24 * time.Hour }), "clock_micros"},
		{"time of day in an option", ok(func(v *times.Times) { v.MaybeClock = codec.Some(25 * time.Hour) }), "maybe_clock"},
		{"time in a map", &maps.Maps{Times: map[string]time.Time{"a.b": far}}, `times["a.b"]`},
		{"nil in a union", pay(func(v *unions.Payment) { v.Method = unions.PaymentMethodFromCard(nil) }), "unions.Payment.method: "},
		{"inside a union", pay(func(v *unions.Payment) {
			v.Method = unions.PaymentMethodFromCard(&unions.Card{Expires: codec.Some(far)})
		}), "unions.Payment.method.expires: "},
		{"enum in a union", pay(func(v *unions.Payment) { v.Named = unions.PaymentNamedFromColor(9) }), "named"},
		{"nil in a map of unions", pay(func(v *unions.Payment) {
			v.Containers = unions.PaymentContainersFromMap(map[string]unions.PaymentContainersMapValue{"k": unions.PaymentContainersMapValueFromCard(nil)})
		}), `unions.Payment.containers["k"]: `},
		{"far down", pay(func(v *unions.Payment) {
			v.Next = unions.PaymentNextFromPayment(pay(func(v *unions.Payment) { v.At = unions.PaymentAtFromLong(far) }))
		}), "unions.Payment.next.at: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			before := make([]byte, 6, 4096)
			copy(before, "before")
			out, err := tc.r.AppendAvro(before)
			if !errors.Is(err, codec.ErrRange) || string(out) != "before" {
				t.Fatalf("%q, %v", out, err)
			}
			if !strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), "offset") {
				t.Errorf("error %q does not say %q", err, tc.text)
			}
		})
	}
}

// TestEmptyItems appends more items without bytes than can be read.
func TestEmptyItems(t *testing.T) {
	t.Parallel()
	v := &arrays.Arrays{Empties: make([]arrays.Empty, codec.MaxEmptyItems)}
	var back arrays.Arrays
	if err := back.UnmarshalAvro(encoded(t, v)); err != nil || !same(v, &back) {
		t.Errorf("as many as allowed: %v", err)
	}
}
