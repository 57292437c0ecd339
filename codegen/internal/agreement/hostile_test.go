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
	arrays "github.com/schemactl/schemactl/codegen/testdata/arrays/golden"
	decimals "github.com/schemactl/schemactl/codegen/testdata/decimals/golden"
	maps "github.com/schemactl/schemactl/codegen/testdata/maps/golden"
	pairs "github.com/schemactl/schemactl/codegen/testdata/pairs/golden"
	primitives "github.com/schemactl/schemactl/codegen/testdata/primitives/golden"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
	unions "github.com/schemactl/schemactl/codegen/testdata/unions/golden"
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
		{"int of 33 bits", &primitives.Primitives{}, cat([]byte{0}, long(nil, 1<<31)), codec.ErrMalformed, "small"},
		{"boolean 2", &primitives.Primitives{}, cat([]byte{2}, make([]byte, 200)), codec.ErrMalformed, "flag: boolean byte 0x02"},
		{"nulls 2^27", &arrays.Arrays{}, cat(long(nil, 1<<27), make([]byte, 100)), codec.ErrLimit, "nulls"},
		{"nulls in two blocks", &arrays.Arrays{}, cat(long(nil, 4000), long(nil, 297), make([]byte, 100)), codec.ErrLimit, "nulls"},
		{"empty records 2^27", &arrays.Arrays{}, cat(make([]byte, 9), long(nil, 1<<27), make([]byte, 100)), codec.ErrLimit, "empties"},
		{"map of nulls 2^27", &maps.Maps{}, cat(long(nil, 1<<27), make([]byte, 100)), codec.ErrTruncated, "set"},
		{"pairs of nulls 2^27", &pairs.Ordered{}, cat([]byte{0, 0, 0}, long(nil, 1<<27), make([]byte, 100)), codec.ErrTruncated, "nulls"},
		{"pairs count MinInt64", &pairs.Ordered{}, block(math.MinInt64, 0), codec.ErrMalformed, "labels"},
		{"union branch 4 of 4", &unions.Payment{}, []byte{8, 0, 0}, codec.ErrMalformed, "method: union branch 4 of 4"},
		{"union branch -1 of 4", &unions.Payment{}, []byte{1, 0, 0}, codec.ErrMalformed, "method: union branch -1 of 4"},
		{"union branch 2^40", &unions.Payment{}, long(nil, 1<<40), codec.ErrMalformed, "method"},
		{"array in a union 2^40", &unions.Payment{}, cat([]byte{0, 0, 0, 0, 0, 0}, long(nil, 1<<40)), codec.ErrTruncated, "containers"},
		{"wide decimal of 1 MiB", &decimals.Decimals{}, cat(make([]byte, 2+12+3), long(nil, 1<<20), bytes.Repeat([]byte{0x7f}, 1<<20)), codec.ErrMalformed, "wide"},
		{"big-decimal of scale 2^31-1", &decimals.Decimals{}, cat(make([]byte, 2+12+3+1+16), []byte{14, 2, 5}, long(nil, math.MaxInt32)), codec.ErrLimit, "big"},
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
