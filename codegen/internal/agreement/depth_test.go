package agreement_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
)

func TestDepth(t *testing.T) {
	t.Parallel()
	chain := func(n int) *recursive.Chain {
		c := &recursive.Chain{}
		for range n {
			c = &recursive.Chain{Next: c}
		}
		return c
	}
	src, err := chain(codec.MaxDepth).AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	var back recursive.Chain
	if err := back.UnmarshalAvro(src); err != nil || !back.Equal(chain(codec.MaxDepth)) {
		t.Errorf("as deep as allowed: %v", err)
	}
	before := []byte("before")
	out, err := chain(codec.MaxDepth + 1).AppendAvro(before)
	if !errors.Is(err, codec.ErrLimit) || string(out) != "before" {
		t.Errorf("one too deep: %q, %v", out, err)
	}
	loop := &recursive.Chain{}
	loop.Next = loop
	if _, err := loop.AppendAvro(nil); !errors.Is(err, codec.ErrLimit) {
		t.Errorf("value that holds itself: %v", err)
	}
}

// TestDepthByPlan nests what is read by plan, what is skipped and unions.
func TestDepthByPlan(t *testing.T) {
	t.Parallel()
	deep := bytes.Repeat([]byte{0, 2}, 1_000_000)
	changed, err := plan.Compile(`{"type":"record","name":"Chain","namespace":"test.recursive","fields":[
		{"name":"value","type":"int"},{"name":"next","type":["null","Chain"]}]}`, (&recursive.Chain{}).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	skipped, err := plan.Compile(`{"type":"record","name":"Chain","namespace":"test.recursive","fields":[
		{"name":"gone","type":{"type":"record","name":"Gone","fields":[{"name":"v","type":"int"},{"name":"next","type":["null","Gone"]}]}},
		{"name":"value","type":"int"}]}`, (&recursive.Chain{}).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		r    codec.Record
		p    *codec.Plan
		src  []byte
		path string
	}{
		{"straight", &recursive.Chain{}, nil, deep, "test.recursive.Chain.next.next."},
		{"resolved", &recursive.Chain{}, changed, deep, "test.recursive.Chain.next.next."},
		{"skipped", &recursive.Chain{}, skipped, deep, "test.recursive.Chain.gone.next.next."},
		// All fields in front of next, and next's second branch.
		{"union", &unions.Payment{}, nil, bytes.Repeat([]byte{0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 2}, 100_000), "unions.Payment.next.next."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, o := range allModes() {
				o.Plan = tc.p
				_, err := fresh(tc.r).ReadAvro(tc.src, o)
				if !errors.Is(err, codec.ErrLimit) || !strings.HasPrefix(err.Error(), tc.path) {
					t.Errorf("%+v: %v", o, err)
				}
				o.MaxDepth = 3
				if _, err := fresh(tc.r).ReadAvro(tc.src, o); !errors.Is(err, codec.ErrLimit) || !strings.Contains(err.Error(), "more than 3 deep") {
					t.Errorf("%+v: %v", o, err)
				}
			}
		})
	}
}

// TestDepthIsOneForAMessage nests two types that hold themselves, one inside the
// other: what can be written can be read.
func TestDepthIsOneForAMessage(t *testing.T) {
	t.Parallel()
	nested := func(outer, inner int) *recursive.Outer {
		in := &recursive.Inner{}
		for range inner {
			in = &recursive.Inner{Next: in}
		}
		out := &recursive.Outer{Between: recursive.Between{Inner: *in}}
		out.Between.Either.SetInner(in)
		for range outer {
			out = &recursive.Outer{Next: out}
		}
		return out
	}
	for _, tc := range []struct {
		outer, inner int
		fits         bool
	}{{600, 300, true}, {600, 399, true}, {600, 600, false}, {1001, 0, false}} {
		src, err := nested(tc.outer, tc.inner).AppendAvro(nil)
		if (err == nil) != tc.fits || (err != nil && !errors.Is(err, codec.ErrLimit)) {
			t.Errorf("%d and %d levels: %v", tc.outer, tc.inner, err)
		}
		var back recursive.Outer
		if err := back.UnmarshalAvro(src); tc.fits && (err != nil || !back.Equal(nested(tc.outer, tc.inner))) {
			t.Errorf("%d and %d levels are written and not read: %v", tc.outer, tc.inner, err)
		}
	}
}

// TestDepthAtTheCap asks for more levels than a stack holds.
func TestDepthAtTheCap(t *testing.T) {
	t.Parallel()
	deep := bytes.Repeat([]byte{0, 2}, 2_000_000)
	var chain recursive.Chain
	if _, err := chain.ReadAvro(deep, codec.ReadOptions{MaxDepth: 1 << 40}); !errors.Is(err, codec.ErrLimit) {
		t.Errorf("a chain: %v", err)
	}
	wide := bytes.Repeat([]byte{0, 2, 2, 'a'}, 1_000_000)
	var payment unions.Payment
	for _, mode := range []codec.Mode{codec.Alias, codec.Copy} {
		if _, err := payment.ReadAvro(wide, codec.ReadOptions{Mode: mode, MaxDepth: 1 << 40}); err == nil {
			t.Error("nonsense is read")
		}
	}
}
