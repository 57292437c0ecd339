package bench_test

import (
	"bytes"
	"testing"

	hamba "github.com/hamba/avro/v2"
	twmb "github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
)

// event is one value in the shapes that the libraries take.
type event struct {
	name   string
	value  codec.Record
	fresh  func() codec.Record
	tagged any        // a pointer to the struct with tags, filled
	empty  func() any // a pointer to an empty one
}

// values are a large event with every construct and a small one.
func values(b *testing.B) []event {
	b.Helper()
	all := []event{
		{
			"MessageCreated", messageCreated(), func() codec.Record { return new(events.MessageCreated) },
			new(taggedMessageCreated), func() any { return new(taggedMessageCreated) },
		},
		{
			"MessageDelivered", messageDelivered(), func() codec.Record { return new(events.MessageDelivered) },
			new(taggedMessageDelivered), func() any { return new(taggedMessageDelivered) },
		},
	}
	for _, e := range all {
		_, err := twmb.MustParse(e.value.AvroSchema().String()).Decode(encoded(b, e.value), e.tagged)
		check(b, err)
	}
	return all
}

func encoded(b *testing.B, r codec.Record) []byte {
	b.Helper()
	src, err := r.AppendAvro(nil)
	check(b, err)
	return src
}

// rival is another library with a schema parsed for it.
type rival struct {
	name   string
	encode func(dst []byte, v any) ([]byte, error)
	decode func(src []byte, v any) error
}

// rivals are used as fast as their APIs allow: schemas parsed before, and the
// buffer used again where that is possible.
func rivals(b *testing.B, schema string) []rival {
	b.Helper()
	theirs, err := hamba.Parse(schema)
	check(b, err)
	api := hamba.Config{DisableBlockSizeHeader: true}.Freeze()
	third, err := twmb.Parse(schema)
	check(b, err)
	var out bytes.Buffer
	writer := api.NewEncoder(theirs, &out)
	return []rival{
		{"hamba", func(_ []byte, v any) ([]byte, error) {
			out.Reset()
			err := writer.Encode(v)
			return out.Bytes(), err
		}, func(src []byte, v any) error { return api.Unmarshal(theirs, src, v) }},
		{"twmb", func(dst []byte, v any) ([]byte, error) { return third.AppendEncode(dst, v) }, func(src []byte, v any) error {
			_, err := third.Decode(src, v)
			return err
		}},
	}
}

// BenchmarkEncode writes one event into a buffer that is used again.
func BenchmarkEncode(b *testing.B) {
	for _, e := range values(b) {
		want := encoded(b, e.value)
		b.Run(e.name+"/schemactl", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(want)))
			var buf []byte
			for b.Loop() {
				out, err := e.value.AppendAvro(buf[:0])
				check(b, err)
				buf = out
			}
		})
		for _, r := range rivals(b, e.value.AvroSchema().String()) {
			b.Run(e.name+"/"+r.name, func(b *testing.B) {
				out, err := r.encode(nil, e.tagged)
				check(b, err)
				if !bytes.Equal(out, want) {
					b.Fatalf("it writes %x, want %x", out, want)
				}
				b.ReportAllocs()
				b.SetBytes(int64(len(want)))
				var buf []byte
				for b.Loop() {
					out, err := r.encode(buf[:0], e.tagged)
					check(b, err)
					buf = out
				}
			})
		}
	}
}

// BenchmarkDecode reads one event into a new value, as a consumer does.
func BenchmarkDecode(b *testing.B) {
	for _, e := range values(b) {
		src := encoded(b, e.value)
		b.Run(e.name+"/schemactl", func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				check(b, e.fresh().UnmarshalAvro(src))
			}
		})
		for _, r := range rivals(b, e.value.AvroSchema().String()) {
			b.Run(e.name+"/"+r.name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(src)))
				for b.Loop() {
					check(b, r.decode(src, e.empty()))
				}
			})
		}
	}
}
