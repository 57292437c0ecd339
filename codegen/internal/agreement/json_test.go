package agreement_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
	pairs "github.com/schemactl/schemactl/codegen/testdata/pairs/golden"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
)

// TestJSON sends random values through encoding/json and back.
func TestJSON(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, r codec.Record) {
		schema := parsed(t, r)
		other := bare(t, schema)
		random := newValues(31, schema)
		random.tame = true
		for range 30 {
			src, err := other.Encode(random.value(schema, 0))
			if err != nil {
				t.Fatal(err)
			}
			v := fresh(r)
			if err := v.UnmarshalAvro(src); err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			back := fresh(r)
			if err := json.Unmarshal(text, back); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
			if out := encoded(t, back); !bytes.Equal(out, src) || !equal(t, v, back) {
				t.Fatalf("%s\n%+v\n%+v", text, v, back)
			}
		}
	})
}

func TestUnionJSON(t *testing.T) {
	t.Parallel()
	card := unions.PaymentMethodFromCard(&unions.Card{Number: "1"})
	long := unions.PaymentMethodFromLong(5)
	null := unions.PaymentMethodFromNull()
	color := unions.PaymentNamedFromColor(unions.ColorGreen)
	for _, tc := range []struct {
		name string
		v    any
		want string
	}{
		{"record", &card, `{"unions.Card":{"number":"1","expires":null}}`},
		{"number", &long, `{"long":5}`},
		{"null", &null, `null`},
		{"enum", &color, `{"unions.Color":"GREEN"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			text, err := json.Marshal(tc.v)
			if err != nil || string(text) != tc.want {
				t.Errorf("%s, %v, want %s", text, err, tc.want)
			}
		})
	}
	for _, text := range []string{`{"int":5}`, `5`, `{}`, `{"long":5,"string":""}`, `{"long":"x"}`, `[]`, `{"Card":{}}`} {
		var u unions.PaymentMethod
		if err := json.Unmarshal([]byte(text), &u); err == nil {
			t.Errorf("%s was read as %+v", text, u)
		}
	}
	var u unions.PaymentMethod
	if err := json.Unmarshal([]byte(`{"int":5}`), &u); err == nil || !strings.Contains(err.Error(), "null, string, long and unions.Card") {
		t.Errorf("unknown branch: %v", err)
	}
}

// TestPairs keeps the order of map entries, and those of equal keys, where Go
// maps would not.
func TestPairs(t *testing.T) {
	t.Parallel()
	v := pairs.Ordered{Labels: codec.Pairs[string]{{Key: "z", Value: "1"}, {Key: "a", Value: "2"}, {Key: "m", Value: "3"}}}
	src := encoded(t, &v)
	var back pairs.Ordered
	if err := back.UnmarshalAvro(src); err != nil || !same(&v, &back) {
		t.Fatalf("%+v, %v", back, err)
	}
	if out := encoded(t, &back); !bytes.Equal(src, out) {
		t.Errorf("% x became % x", src, out)
	}
}
