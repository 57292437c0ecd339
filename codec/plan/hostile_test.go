package plan_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
)

// crowd is a record whose fields are unions of n records of equal shape that
// hold each other.
func crowd(prefix string, n int) string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`"%s%d"`, prefix, i))
	}
	union := "[" + strings.Join(all, ",") + "]"
	var fields []string
	for i := range n {
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":{"type":"record","name":"%s%d","fields":[{"name":"u","type":%s}]}}`, i, prefix, i, union))
	}
	return `{"type":"record","name":"Top","fields":[` + strings.Join(fields, ",") + `]}`
}

// TestHostile has schemas of a few KiB to MiB that could take for ever.
func TestHostile(t *testing.T) {
	t.Parallel()
	nest := func(leaf string, levels int) string {
		text := `{"type":"record","name":"R0","fields":[{"name":"x","type":` + leaf + `}]}`
		for i := 1; i < levels; i++ {
			text = fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"a","type":%s},{"name":"b","type":"R%d"}]}`, i, text, i-1)
		}
		return text
	}
	var chain, mentions []string
	for i := range 50_000 {
		chain = append(chain, fmt.Sprintf(`{"name":"f%d","type":{"type":"record","name":"C%d","fields":[{"name":"x","type":["null","C%d"]}]}}`, i, i, i+1))
		mentions = append(mentions, fmt.Sprintf(`{"name":"m%d","type":["null",{"type":"map","values":"int"}]}`, i))
	}
	chain = append(chain, `{"name":"end","type":{"type":"record","name":"C50000","fields":[]}}`)
	top := func(fields []string) string {
		return `{"type":"record","name":"Top","fields":[` + strings.Join(fields, ",") + `]}`
	}
	for _, tc := range []struct {
		name, writer, reader string
		want                 error
	}{
		{"doubled at every level", nest(`"null"`, 60), nest(`"null"`, 60), nil},
		{"doubled at every level, other leaf", nest(`"long"`, 60), nest(`"int"`, 60), plan.ErrIncompatible},
		{"doubled and dropped", top([]string{`{"name":"x","type":` + nest(`"null"`, 60) + `}`}), top(nil), nil},
		{"all pairs", crowd("A", 60), crowd("A", 60), nil},
		{"other names", crowd("A", 400), crowd("B", 400), plan.ErrIncompatible},
		{"all pairs in another namespace", strings.ReplaceAll(crowd("A", 400), `"A`, `"x.A`), strings.ReplaceAll(crowd("A", 400), `"A`, `"y.A`), nil},
		{"long chain", top(chain), top(nil), plan.ErrSchema},
		{"many types", top(mentions), top(nil), plan.ErrSchema},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			_, err := plan.Compile(tc.writer, codec.NewSchema("Top", tc.reader, codec.Fingerprints{}))
			if !errors.Is(err, tc.want) {
				t.Errorf("%.300v, want %v", err, tc.want)
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("took %s", took)
			}
			if err != nil && len(err.Error()) > 50_000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
		})
	}
}

// TestSkipOfNothing skips a type that holds itself 2^59 times and takes no bytes.
func TestSkipOfNothing(t *testing.T) {
	t.Parallel()
	text := `{"type":"record","name":"R0","fields":[]}`
	for i := 1; i < 60; i++ {
		text = fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"a","type":%s},{"name":"b","type":"R%d"}]}`, i, text, i-1)
	}
	p := compile(t, record(field("x", text)), record())
	d := codec.NewDecoder(0)
	if at, err := codec.Skip(nil, 0, p.Root.Steps[0].Node, &d); err != nil || at != 0 {
		t.Errorf("offset %d, %v", at, err)
	}
}

func FuzzPlan(f *testing.F) {
	readers := []string{
		record(field("a", `"int"`), field("b", `["null","string",{"type":"array","items":"double"}]`)),
		`{"type":"record","name":"Node","fields":[{"name":"v","type":"long"},{"name":"next","type":["null","Node"]},{"name":"e","type":{"type":"enum","name":"E","symbols":["A"],"default":"A"}}]}`,
	}
	for _, r := range readers {
		f.Add(r)
		f.Add(strings.ReplaceAll(r, "long", "int"))
	}
	f.Add(`["null",{"type":"record","name":"Node","fields":[{"name":"next","type":"Node"},{"name":"x","type":{"type":"fixed","name":"F","size":9}}]}]`)
	f.Add(crowd("A", 3))
	f.Fuzz(func(t *testing.T, writer string) {
		for _, r := range append(readers, writer) {
			p, err := plan.Compile(writer, schemaOf(r))
			if (p == nil) == (err == nil) {
				t.Fatalf("%v, %v", p, err)
			}
			if err != nil {
				if r != writer && !errors.Is(err, plan.ErrSchema) && !errors.Is(err, plan.ErrIncompatible) {
					t.Fatal(err)
				}
				continue
			}
			if r == writer && p.Root.Kind == codec.KindRecord && !p.Identical() {
				t.Fatalf("not identical to itself: %s", writer)
			}
			d := codec.NewDecoder(0)
			if _, err := codec.Skip([]byte("\x02\x04abc\x00\x01\x02\x03\x04\x05\x06\x07"), 0, p.Root, &d); err != nil && errors.Is(err, codec.ErrUnresolved) {
				t.Fatal(err)
			}
		}
	})
}

// Sizes whose product with a count is beyond 64 bits: a skip neither goes
// backwards nor on for ever.
func TestSkipHugeSizes(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"type":"record","name":"R0","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":2147483647}},{"name":"b","type":"F"}]}`)
	typ := b.String()
	for i := 1; i <= 33; i++ {
		typ = fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"a","type":%s},{"name":"b","type":"R%d"}]}`, i, typ, i-1)
	}
	p, err := plan.Compile(`{"type":"record","name":"S","fields":[{"name":"x","type":{"type":"array","items":`+typ+`}},{"name":"next","type":"long"}]}`,
		codec.NewSchema("S", `{"type":"record","name":"S","fields":[{"name":"next","type":"long"}]}`, codec.Fingerprints{}))
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range [][]byte{{4, 0, 0}, {0x81, 0, 0, 8}, {2, 0}, {0x80, 0x80, 0x80, 0x80, 8, 0}} {
		d := codec.NewDecoder(len(src))
		if q, err := codec.Skip(src, 0, p.Root.Steps[0].Node, &d); err == nil || q < 0 {
			t.Errorf("% x: offset %d, %v", src, q, err)
		}
	}
}

// A small schema whose parts fit nowhere and are tried for each other part.
func TestCompileGivesUp(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"type":"record","name":"R","fields":[{"name":"u","type":["null"`)
	for i := range 2000 {
		big := `"B"`
		if i == 0 {
			var fields strings.Builder
			for j := range 6000 {
				fmt.Fprintf(&fields, `,{"name":"f%d","type":"E"}`, j)
			}
			big = `{"type":"record","name":"B","fields":[{"name":"e","type":{"type":"fixed","name":"E","size":1}}` + fields.String() + `]}`
		}
		fmt.Fprintf(&b, `,{"type":"record","name":"W%d","fields":[{"name":"big","type":%s}]}`, i, big)
	}
	b.WriteString(`]}]}`)
	reader := codec.NewSchema("R", `{"type":"record","name":"R","fields":[{"name":"u","type":["null",{"type":"record","name":"A","fields":[
		{"name":"big","type":{"type":"record","name":"B","fields":[{"name":"x","type":"long","default":1}]}},{"name":"need","type":"long"}]}]}]}`, codec.Fingerprints{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := plan.Compile(b.String(), reader)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, plan.ErrSchema) {
		t.Errorf("error %v", err)
	}
	if used := (after.TotalAlloc - before.TotalAlloc) >> 20; used > 1000 {
		t.Errorf("%d MiB", used)
	}
}

// A record may be called map, and stand beside one.
func TestNameOfAKind(t *testing.T) {
	t.Parallel()
	text := `{"type":"record","name":"S","fields":[{"name":"u","type":[{"type":"map","values":"int"},{"type":"record","name":"map","fields":[]}]}]}`
	if _, err := plan.Compile(text, codec.NewSchema("S", text, codec.Fingerprints{})); err != nil {
		t.Error(err)
	}
}
