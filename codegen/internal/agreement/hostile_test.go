package agreement_test

import (
	"bytes"
	"errors"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/schemactl/schemactl/codec"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	types "github.com/schemactl/schemactl/codegen/testdata/types/golden"
	"github.com/schemactl/schemactl/events"
)

// message is a MessageCreated up to its attachments.
func message(t *testing.T) []byte {
	t.Helper()
	b, err := (&events.MessageCreated{}).AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	created := len(codec.AppendLong(nil, time.Time{}.UnixMicro()))
	return b[:len(b)-created-2]
}

// upTo is an Everything before the item counts of one of its fields.
func upTo(t *testing.T, field string) []byte {
	t.Helper()
	list, table := make([]struct{}, 3), map[string]struct{}{"marker": {}}
	v, w := &types.Everything{}, &types.Everything{}
	switch field {
	case "nulls":
		v.Nulls = list
	case "empties":
		v.Empties = make([]types.Empty, 3)
	case "set":
		v.Set = table
	}
	a, err := v.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := w.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range a {
		if a[i] != b[i] {
			return a[:i]
		}
	}
	t.Fatal("nothing differs")
	return nil
}

// block is a negative count with a byte size.
func block(count, size int64) []byte {
	return codec.AppendLong(codec.AppendLong(nil, count), size)
}

func TestHostile(t *testing.T) { //nolint:paralleltest // it measures what is allocated
	long := codec.AppendLong
	cat := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	for _, tc := range []struct { //nolint:paralleltest // see above
		name string
		r    codec.Record
		src  []byte
		is   error
		text string
	}{
		{"array count 2^27", &events.MessageCreated{}, cat(message(t), long(nil, 1<<27)), codec.ErrTruncated, "attachments"},
		{"array count 2^62", &events.MessageCreated{}, cat(message(t), long(nil, 1<<62)), codec.ErrTruncated, "attachments"},
		{"block count -2^27", &events.MessageCreated{}, cat(message(t), block(-1<<27, 0)), codec.ErrTruncated, "attachments"},
		{"block count MinInt64", &events.MessageCreated{}, cat(message(t), block(math.MinInt64, 0)), codec.ErrMalformed, "attachments"},
		{"block size MinInt64", &events.MessageCreated{}, cat(message(t), block(-1, math.MinInt64)), codec.ErrMalformed, "attachments"},
		{"block size 2^62", &events.MessageCreated{}, cat(message(t), block(-1, 1<<62)), codec.ErrTruncated, "attachments"},
		{"map count 2^27", &events.MessageCreated{}, cat(message(t), []byte{0}, long(nil, 1<<27)), codec.ErrTruncated, "labels"},
		{"map count MinInt64", &events.MessageCreated{}, cat(message(t), []byte{0}, block(math.MinInt64, 0)), codec.ErrMalformed, "labels"},
		{"text length 2^40", &events.MessageCreated{}, cat([]byte{0, 0, 0}, long(nil, 1<<40)), codec.ErrTruncated, "author.display_name"},
		{"text length MaxInt64", &events.MessageCreated{}, cat([]byte{0, 0, 0}, long(nil, math.MaxInt64)), codec.ErrTruncated, "author.display_name"},
		{"text length -1", &events.MessageCreated{}, cat([]byte{0, 0, 0}, long(nil, -1), make([]byte, 20)), codec.ErrMalformed, "author.display_name"},
		{"text length MinInt64", &events.MessageCreated{}, cat([]byte{0, 0, 0}, long(nil, math.MinInt64)), codec.ErrMalformed, "author.display_name"},
		{"varint of 11 bytes", &events.MessageCreated{}, cat(bytes.Repeat([]byte{0xff}, 10), []byte{1}, make([]byte, 40)), codec.ErrMalformed, "message_id"},
		{"varint of 65 bits", &events.MessageCreated{}, cat(bytes.Repeat([]byte{0xff}, 9), []byte{2}, make([]byte, 40)), codec.ErrMalformed, "message_id"},
		{"enum ordinal 3", &events.MessageCreated{}, cat(make([]byte, 7), []byte{6}, make([]byte, 40)), codec.ErrMalformed, "priority: enum ordinal 3 of 3"},
		{"enum ordinal -1", &events.MessageCreated{}, cat(make([]byte, 7), []byte{1}, make([]byte, 40)), codec.ErrMalformed, "priority"},
		{"enum ordinal 2^33", &events.MessageCreated{}, cat(make([]byte, 7), long(nil, 1<<33), make([]byte, 40)), codec.ErrMalformed, "priority"},
		{"union branch 2", &events.Attachment{}, []byte{0, 0, 4, 0}, codec.ErrMalformed, "media_type: union branch 2 of 2"},
		{"union branch -1", &events.Attachment{}, []byte{0, 0, 1, 0}, codec.ErrMalformed, "media_type"},
		{"decimal of 9 bytes", &events.Money{}, []byte{18, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0}, codec.ErrMalformed, "amount"},
		{"decimal of 19 digits", &events.Money{}, cat([]byte{16, 0x7f}, make([]byte, 8)), codec.ErrMalformed, "amount"},
		{"decimal length 2^40", &events.Money{}, long(nil, 1<<40), codec.ErrTruncated, "amount"},
		{"int of 33 bits", &types.Inner{}, cat([]byte{0}, long(nil, 1<<31)), codec.ErrMalformed, "count"},
		{"boolean 2", &types.Everything{}, cat([]byte{2}, make([]byte, 200)), codec.ErrMalformed, "flag: boolean byte 0x02"},
		{"nulls 2^27", &types.Everything{}, cat(upTo(t, "nulls"), long(nil, 1<<27), make([]byte, 100)), codec.ErrLimit, "nulls"},
		{"nulls in two blocks", &types.Everything{}, cat(upTo(t, "nulls"), long(nil, 4000), long(nil, 97), make([]byte, 100)), codec.ErrLimit, "nulls"},
		{"empty records 2^27", &types.Everything{}, cat(upTo(t, "empties"), long(nil, 1<<27), make([]byte, 100)), codec.ErrLimit, "empties"},
		{"map of nulls 2^27", &types.Everything{}, cat(upTo(t, "set"), long(nil, 1<<27), make([]byte, 100)), codec.ErrTruncated, "set"},
		{"tree 20 million deep", &recursive.Tree{}, bytes.Repeat([]byte{0, 2}, 20_000_000), codec.ErrLimit, "children[0].children[0]"},
		{"chain 1 million deep", &recursive.Chain{}, bytes.Repeat([]byte{0, 2}, 1_000_000), codec.ErrLimit, "next.next"},
		{"left and right 1 million deep", &recursive.Left{}, make([]byte, 1_000_000), codec.ErrLimit, "right.left"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			err := fresh(tc.r).UnmarshalAvro(tc.src)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			if !errors.Is(err, tc.is) {
				t.Fatalf("error %v, want %v", err, tc.is)
			}
			want := tc.r.AvroSchema().Name() + "." + tc.text
			if !strings.HasPrefix(err.Error(), want) || !strings.Contains(err.Error(), "at offset ") {
				t.Errorf("error %q does not begin with %q or has no offset", err, want)
			}
			if len(err.Error()) > 500 {
				t.Errorf("error of %d bytes", len(err.Error()))
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > uint64(4*len(tc.src)+8<<20) {
				t.Errorf("%d bytes allocated for an input of %d", used, len(tc.src))
			}
			if took > 2*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

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

// TestDoesNotFit encodes values that the schema has no form for.
func TestDoesNotFit(t *testing.T) {
	t.Parallel()
	far := time.Unix(1<<55, 0)
	for _, tc := range []struct {
		name string
		r    codec.Record
		text string
	}{
		{"enum", &events.MessageCreated{Priority: 3}, "schemactl.events.MessageCreated.priority: "},
		{"negative enum", &events.MessageCreated{Priority: -1}, "priority"},
		{"decimal of a finer scale", &events.MessageCreated{Price: events.Money{Amount: codec.NewDecimal(1, 3)}}, "price.amount"},
		{"decimal of 19 digits", &events.MessageCreated{Price: events.Money{Amount: codec.NewDecimal(1e18, 2)}}, "price.amount"},
		{"decimal that grows", &events.Money{Amount: codec.NewDecimal(1e17, 0)}, "amount"},
		{"micros", &events.MessageCreated{CreatedAt: far}, "created_at"},
		{"millis", &types.Everything{Millis: far}, "millis"},
		{"date", &types.Everything{Day: far}, "day"},
		{"in an array", &types.Everything{Colors: []types.Color{0, 7}}, "colors[1]"},
		{"in a map", &types.Everything{Times: map[string]time.Time{"a.b": far}}, `times["a.b"]`},
		{"in an option", &types.Everything{MaybePrice: codec.Some(codec.NewDecimal(1e9, 2))}, "maybe_price"},
		{"in a fixed", &types.Everything{ShortPrice: codec.NewDecimal(1e6, 6)}, "short_price"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			out, err := tc.r.AppendAvro([]byte("before"))
			if !errors.Is(err, codec.ErrRange) || string(out) != "before" {
				t.Fatalf("%q, %v", out, err)
			}
			if !strings.Contains(err.Error(), tc.text) || strings.Contains(err.Error(), "offset") {
				t.Errorf("error %q does not say %q", err, tc.text)
			}
		})
	}
}
