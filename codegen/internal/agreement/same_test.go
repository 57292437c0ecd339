package agreement_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/schemactl/schemactl/codec"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
)

// TestSame checks the comparison that other tests rely on.
func TestSame(t *testing.T) {
	t.Parallel()
	long, text := unions.PaymentMethodFromLong(1), unions.PaymentMethodFromString("")
	now := time.Unix(1, 0).UTC()
	for i, tc := range []struct {
		a, b any
		want bool
	}{
		{[]int{}, []int(nil), true},
		{[]int{1}, []int(nil), false},
		{map[string]int{"a": 1}, map[string]int{"a": 1}, true},
		{map[string]int{"a": 1}, map[string]int{"b": 1}, false},
		{map[string]int{"a": 1}, map[string]int{}, false},
		{codec.Some(""), codec.Opt[string]{}, false},
		{&long, &text, false},
		{&long, &long, true},
		{math.NaN(), math.NaN(), true},
		{1.0, math.NaN(), false},
		{big.NewInt(7), big.NewInt(7), true},
		{big.NewInt(7), big.NewInt(-7), false},
		{now, now.Add(1), false},
		{&now, (*time.Time)(nil), false},
		{codec.NewDecimal(10, 1), codec.NewDecimal(100, 2), false},
	} {
		if got := same(tc.a, tc.b); got != tc.want || same(tc.b, tc.a) != got {
			t.Errorf("%d: %v and %v: %t", i, tc.a, tc.b, got)
		}
	}
}
