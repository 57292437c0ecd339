package codec_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/codec"
)

type intPairs = codec.Pairs[int]

// pairsOf makes entries of letters, with the numbers in their order.
func pairsOf(keys string, values ...int) intPairs {
	var p intPairs
	for i, v := range values {
		p = append(p, codec.Pair[int]{Key: keys[i : i+1], Value: v})
	}
	return p
}

func equalInts(a, b int) bool { return a == b }

func TestPairsGetAndSet(t *testing.T) {
	t.Parallel()
	var p intPairs
	if v, ok := p.Get("a"); v != 0 || ok {
		t.Errorf("%d, %v", v, ok)
	}
	p.Set("a", 1)
	p.Set("b", 2)
	p.Set("a", 3)
	p.Set("", 4)
	if diff := cmp.Diff(intPairs{{Key: "a", Value: 3}, {Key: "b", Value: 2}, {Key: "", Value: 4}}, p); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for key, want := range map[string]int{"a": 3, "b": 2, "": 4} {
		if v, ok := p.Get(key); v != want || !ok {
			t.Errorf("%q: %d, %v", key, v, ok)
		}
	}
	if v, ok := p.Get("c"); v != 0 || ok {
		t.Errorf("c: %d, %v", v, ok)
	}
	twice := pairsOf("aba", 1, 2, 3)
	if v, ok := twice.Get("a"); v != 3 || !ok {
		t.Errorf("of a repeated key: %d, %v", v, ok)
	}
	if twice.Set("a", 4); !slices.Equal(twice, pairsOf("aba", 1, 2, 4)) {
		t.Errorf("of a repeated key: %v", twice)
	}
}

func TestEqualPairs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		a, b intPairs
		want bool
	}{
		{"nil and empty", nil, intPairs{}, true},
		{"same order", pairsOf("abc", 1, 2, 3), pairsOf("abc", 1, 2, 3), true},
		{"other order", pairsOf("abc", 1, 2, 3), pairsOf("cab", 3, 1, 2), true},
		{"other order of the last", pairsOf("abc", 1, 2, 3), pairsOf("acb", 1, 3, 2), true},
		{"other value", pairsOf("abc", 1, 2, 3), pairsOf("abc", 1, 2, 4), false},
		{"other value in other order", pairsOf("abc", 1, 2, 3), pairsOf("cab", 3, 1, 9), false},
		{"values swapped", pairsOf("ab", 1, 2), pairsOf("ba", 1, 2), false},
		{"other key", pairsOf("abc", 1, 2, 3), pairsOf("abd", 1, 2, 3), false},
		{"shorter", pairsOf("abc", 1, 2, 3), pairsOf("ab", 1, 2), false},
		{"repeated key in its order", pairsOf("aba", 1, 2, 3), pairsOf("aab", 1, 3, 2), true},
		{"repeated key in another order", pairsOf("aba", 1, 2, 3), pairsOf("aba", 3, 2, 1), false},
		{"repeated key in another order behind others", pairsOf("aba", 1, 2, 3), pairsOf("baa", 2, 3, 1), false},
		{"another key repeated", pairsOf("aab", 1, 1, 2), pairsOf("abb", 1, 2, 2), false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a, b := slices.Clone(tc.a), slices.Clone(tc.b)
			if codec.EqualPairs(a, b, equalInts) != tc.want || codec.EqualPairs(b, a, equalInts) != tc.want {
				t.Errorf("not %v", tc.want)
			}
			if !slices.Equal(a, tc.a) || !slices.Equal(b, tc.b) {
				t.Errorf("they became %v and %v", a, b)
			}
		})
	}
	nan := codec.Pairs[float64]{{Key: "a", Value: math.NaN()}}
	if !codec.EqualPairs(nan, slices.Clone(nan), codec.EqualFloat) {
		t.Error("equal is not asked")
	}
}

// TestEqualPairsKeepsOrderOfRepeatedKeys groups hundreds of entries by their few
// keys.
func TestEqualPairsKeepsOrderOfRepeatedKeys(t *testing.T) {
	t.Parallel()
	var mixed, grouped intPairs
	for i := range 300 {
		mixed = append(mixed, pairsOf("abc"[i%3:], i)...)
	}
	for _, rest := range []int{2, 0, 1} {
		for i := rest; i < 300; i += 3 {
			grouped = append(grouped, mixed[i])
		}
	}
	if !codec.EqualPairs(mixed, grouped, equalInts) || !codec.EqualPairs(grouped, mixed, equalInts) {
		t.Error("not equal")
	}
	grouped[150], grouped[151] = grouped[151], grouped[150]
	if codec.EqualPairs(mixed, grouped, equalInts) || codec.EqualPairs(grouped, mixed, equalInts) {
		t.Error("equal though two entries of a key changed places")
	}
}

// TestEqualPairsOfMany compares two hundred thousand entries in opposite orders,
// which would take minutes if each were looked for.
func TestEqualPairsOfMany(t *testing.T) {
	t.Parallel()
	var a intPairs
	for i := range 200_000 {
		a = append(a, codec.Pair[int]{Key: fmt.Sprint(i), Value: i})
	}
	b := slices.Clone(a)
	slices.Reverse(b)
	start := time.Now()
	if !codec.EqualPairs(a, b, equalInts) {
		t.Error("not equal")
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("%v", took)
	}
}

//nolint:paralleltest // allocations are counted for the whole process
func TestEqualPairsInOneOrderAllocatesNothing(t *testing.T) {
	a, b := pairsOf("abc", 1, 2, 3), pairsOf("abc", 1, 2, 3)
	if n := testing.AllocsPerRun(100, func() {
		if !codec.EqualPairs(a, b, equalInts) {
			t.Error("not equal")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestPairsJSON(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text  string
		pairs intPairs
		again string // what is written, when it differs
	}{
		{`{}`, nil, ""},
		{`null`, nil, "{}"},
		{` null `, nil, "{}"},
		{`{"z":1,"a":2,"":3}`, intPairs{{"z", 1}, {"a", 2}, {"", 3}}, ""},
		{` { "z" : 1 , "a" : 2 } `, pairsOf("za", 1, 2), `{"z":1,"a":2}`},
		{`{"a":1,"a":2}`, pairsOf("aa", 1, 2), ""},
		{`{"\"\u00e4\n":1}`, intPairs{{"\"ä\n", 1}}, `{"\"ä\n":1}`},
	} {
		got := pairsOf("old", 1, 2, 3)
		if err := json.Unmarshal([]byte(tc.text), &got); err != nil {
			t.Errorf("%s: %v", tc.text, err)
		}
		if diff := cmp.Diff(tc.pairs, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.text, diff)
		}
		want := tc.again
		if want == "" {
			want = tc.text
		}
		if b, err := json.Marshal(struct{ P intPairs }{got}); err != nil || string(b) != `{"P":`+want+`}` {
			t.Errorf("%s: %s, %v", tc.text, b, err)
		}
	}
	for _, bad := range []string{`[]`, `1`, `"a"`, `{"a":"x"}`, `{"a":1.5}`, `{"a":1`, `{"a"}`, `{1:1}`, ``, `{} {}`, `{},`, `true`, `{"a":1,}`} {
		var got intPairs
		if err := got.UnmarshalJSON([]byte(bad)); err == nil || got != nil {
			t.Errorf("%s: %v, %v", bad, got, err)
		}
	}
	nested := codec.Pairs[codec.Pairs[*codec.Decimal]]{{"b", codec.Pairs[*codec.Decimal]{{"y", nil}, {"x", new(codec.NewDecimal(150, 2))}}}, {"a", nil}}
	b, err := json.Marshal(nested)
	if err != nil || string(b) != `{"b":{"y":null,"x":"1.50"},"a":{}}` {
		t.Errorf("nested: %s, %v", b, err)
	}
	var back codec.Pairs[codec.Pairs[*codec.Decimal]]
	if err := json.Unmarshal(b, &back); err != nil || len(back) != 2 || *back[0].Value[1].Value != codec.NewDecimal(150, 2) {
		t.Errorf("nested: %v, %v", back, err)
	}
	if b, err := json.Marshal(codec.Pairs[float64]{{"a", math.NaN()}}); err == nil {
		t.Errorf("not a number: %s", b)
	}
}

// FuzzPairsJSON compares with a Go map, where the last of repeated keys wins too.
func FuzzPairsJSON(f *testing.F) {
	for _, text := range []string{`{"z":1,"a":2}`, `{"a":1,"a":2}`, `{}`, `null`, `[]`, `{"a":{}}`, `{"\ud800":1}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		var got intPairs
		var want map[string]int
		err, wantErr := json.Unmarshal(src, &got), json.Unmarshal(src, &want)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%v, of a map %v", err, wantErr)
		}
		if err != nil {
			return
		}
		for key, v := range want {
			if have, ok := got.Get(key); !ok || have != v {
				t.Fatalf("%q: %d, want %d", key, have, v)
			}
		}
		b, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var back intPairs
		if err := json.Unmarshal(b, &back); err != nil || !slices.Equal(got, back) {
			t.Fatalf("%v became %v, %v", got, back, err)
		}
	})
}
