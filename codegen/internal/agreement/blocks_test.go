package agreement_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	arrays "github.com/schemactl/schemactl/codegen/testdata/arrays/golden"
	enums "github.com/schemactl/schemactl/codegen/testdata/enums/golden"
	plain "github.com/schemactl/schemactl/codegen/testdata/records/golden"
)

// TestSizedBlocks reads and skips blocks that bring their size in bytes, which
// no writer at hand makes.
func TestSizedBlocks(t *testing.T) {
	t.Parallel()
	const item = `{"type":"record","name":"Item","namespace":"test.arrays","fields":[`
	rest := `{"name":"text","type":"string"},{"name":"numbers","type":{"type":"array","items":"int"}},{"name":"maybe","type":["null","long"]}]}`
	skips, err := plan.Compile(item+`{"name":"gone","type":{"type":"array","items":"string"}},`+rest, (&arrays.Item{}).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	moved, err := plan.Compile(item+`{"name":"maybe","type":"int"},{"name":"text","type":"bytes"},{"name":"numbers","type":{"type":"array","items":["int"]}}]}`, (&arrays.Item{}).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	want := &arrays.Item{Text: "t", Numbers: []int32{1, 2, 3}}
	some := &arrays.Item{Text: "t", Numbers: []int32{1, 2, 3}, Maybe: codec.Some[int64](5)}
	cat := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	text := []byte("\x02t")
	numbers := cat(block(-2, 2), []byte{2, 4}, []byte{2, 6}, []byte{0})
	gone := cat(block(-2, 4), []byte("\x02a\x02b"), []byte{2}, []byte("\x02c"), block(-1, 2), []byte("\x02d"), []byte{0})
	for _, tc := range []struct {
		name string
		p    *codec.Plan
		src  []byte
		want *arrays.Item
		is   error
	}{
		{"straight", nil, cat(text, numbers, []byte{0}), want, nil},
		{"by plan", moved, cat([]byte{10}, text, block(-2, 4), []byte{0, 2, 0, 4}, []byte{2, 0, 6, 0}), some, nil},
		{"skipped", skips, cat(gone, text, numbers, []byte{0}), want, nil},
		{"size too large", skips, cat(block(-1, 1000), text, numbers, []byte{0}), nil, codec.ErrTruncated},
		{"negative size", skips, cat(block(-1, -1), text, numbers, []byte{0}), nil, codec.ErrMalformed},
		{"smallest size", skips, cat(block(-1, math.MinInt64), text, numbers, []byte{0}), nil, codec.ErrMalformed},
		{"smallest count", skips, cat(block(math.MinInt64, 1), text, numbers, []byte{0}), nil, codec.ErrMalformed},
		{"count without items", skips, cat(codec.AppendLong(nil, 1<<40), text, numbers, []byte{0}), nil, codec.ErrTruncated},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, o := range allModes() {
				o.Plan = tc.p
				var got arrays.Item
				_, err := got.ReadAvro(bytes.Clone(tc.src), o)
				if !errors.Is(err, tc.is) || (err == nil && !same(&got, tc.want)) {
					t.Fatalf("%+v: %+v, %v", o, got, err)
				}
			}
			for n := range tc.src {
				if tc.is == nil {
					if _, err := new(arrays.Item).ReadAvro(tc.src[:n], codec.ReadOptions{Plan: tc.p}); !errors.Is(err, codec.ErrTruncated) {
						t.Errorf("first %d bytes: %v", n, err)
					}
				}
			}
		})
	}
}

// TestUnresolved meets values that have no place in the reader, beside others of
// the same writer that have one.
func TestUnresolved(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		r      codec.Record
		writer string
		bad    string
		good   string
	}{
		{
			"enum symbol", &enums.Painted{},
			`{"type":"record","name":"Painted","namespace":"test.enums","fields":[
				{"name":"color","type":{"type":"enum","name":"Color","symbols":["PINK","BLUE"]}},
				{"name":"level","type":{"type":"enum","name":"Level","symbols":["NEW","HIGH"]}},
				{"name":"single","type":{"type":"enum","name":"Single","symbols":["only"]}},
				{"name":"colors","type":{"type":"array","items":"Color"}},
				{"name":"levels","type":{"type":"map","values":"Level"}},
				{"name":"letter","type":{"type":"enum","name":"Letter","symbols":["c"]}}]}`,
			"\x02\x00\x00\x02\x00\x00\x00\x00", "\x02\x00\x00\x02\x02\x00\x00\x00",
		},
		{
			"union branch", &plain.Failure{},
			`{"type":"record","name":"Failure","namespace":"test.records","fields":[
				{"name":"code","type":["null","int"]},{"name":"empty","type":{"type":"record","name":"Empty","fields":[]}}]}`,
			"\x00", "\x02\x02",
		},
		{
			"union at the root", &plain.Failure{},
			`["null",{"type":"record","name":"Failure","namespace":"test.records","fields":[
				{"name":"code","type":"int"},{"name":"empty","type":{"type":"record","name":"Empty","fields":[]}}]}]`,
			"\x00", "\x02\x02",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p, err := plan.Compile(tc.writer, tc.r.AvroSchema())
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range allModes() {
				o.Plan = p
				if _, err := fresh(tc.r).ReadAvro([]byte(tc.bad), o); !errors.Is(err, codec.ErrUnresolved) {
					t.Errorf("%+v: %v", o, err)
				}
				if _, err := fresh(tc.r).ReadAvro([]byte(tc.good), o); err != nil {
					t.Errorf("%+v: %v", o, err)
				}
			}
		})
	}
	p, err := plan.Compile(`{"type":"enum","name":"Level","namespace":"test.enums","symbols":["NEW"]}`, new(enums.Level).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	level := enums.LevelHigh
	if err := p.Decode([]byte{0}, &level); err != nil || level != enums.LevelUnknown {
		t.Errorf("the reader's default: %v, %v", level, err)
	}
	if err := p.Decode([]byte{0}, new(enums.Color)); !errors.Is(err, codec.ErrReader) {
		t.Errorf("another type: %v", err)
	}
}
