package plan

import (
	"fmt"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/internal/avrojson"
)

// maxWriter bounds a writer's schema, in bytes.
const maxWriter = 4 << 20

// Plan reads values of one writer's schema into types of one reader's. It is
// immutable and safe for concurrent use.
type Plan struct {
	writer string
	reader *codec.Schema
	// resolved decodes the writer's bytes into the reader's layout, and target
	// encodes that. Both are nil when the schemas say the same.
	resolved, target *avro.Schema
}

// Writer is the full name of the writer's type.
func (p *Plan) Writer() string { return p.writer }

// Identical reports whether writer and reader say the same in everything that
// decides decoding, so that Decode is a direct call.
func (p *Plan) Identical() bool { return p.resolved == nil }

// Decode reads src, exactly one value of the writer's schema, into dst, a
// value of the reader's. On an error dst is undefined. Errors of the bytes
// satisfy errors.Is with the sentinels of package codec on the direct way only.
func (p *Plan) Decode(src []byte, dst codec.Record) error {
	if s := dst.AvroSchema(); s != p.reader && s.String() != p.reader.String() {
		return fmt.Errorf("decode %s: %w: it reads %s", s.Name(), ErrReader, p.reader.Name())
	}
	if p.Identical() {
		return dst.UnmarshalAvro(src)
	}
	var value any
	// The value lives no longer than src here, and tags tell a union's branches
	// apart without guessing.
	rest, err := p.resolved.Decode(src, &value, avro.AliasInput(), avro.TaggedUnions())
	if err != nil {
		return fmt.Errorf("decode %s as %s: %w", p.writer, p.reader.Name(), err)
	}
	if len(rest) > 0 {
		return fmt.Errorf("decode %s as %s: %w: %d of %d", p.writer, p.reader.Name(), codec.ErrTrailing, len(rest), len(src))
	}
	again, err := p.target.AppendEncode(make([]byte, 0, 2*len(src)), value)
	if err != nil {
		return fmt.Errorf("decode %s as %s: %w", p.writer, p.reader.Name(), err)
	}
	return dst.UnmarshalAvro(again)
}

func compile(writer string, reader *codec.Schema) (*Plan, error) {
	name, err := Name(writer)
	if err != nil {
		return nil, err
	}
	p := &Plan{writer: name, reader: reader}
	if writer == reader.String() {
		return p, nil
	}
	from, err := avro.Parse(writer)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrSchema, name, err)
	}
	to, err := avro.Parse(reader.String())
	if err != nil {
		return nil, fmt.Errorf("reader schema %s: %w", reader.Name(), err)
	}
	if identical(from, to) {
		return p, nil
	}
	if err := avro.CheckCompatibility(from, to); err != nil {
		return nil, fmt.Errorf("read %s as %s: %w: %w", name, reader.Name(), ErrIncompatible, err)
	}
	if err := sameTimes(from, to); err != nil {
		return nil, fmt.Errorf("read %s as %s: %w: %w", name, reader.Name(), ErrIncompatible, err)
	}
	if from, err = bare(writer); err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrSchema, name, err)
	}
	if p.target, err = bare(reader.String()); err != nil {
		return nil, fmt.Errorf("reader schema %s: %w", reader.Name(), err)
	}
	if p.resolved, err = avro.Resolve(from, p.target); err != nil {
		return nil, fmt.Errorf("read %s as %s: %w: %w", name, reader.Name(), ErrIncompatible, err)
	}
	return p, nil
}

// bare parses a schema without its logical types. Values then pass through as
// numbers and bytes: nothing is converted on the way and nothing can be lost.
func bare(schema string) (*avro.Schema, error) {
	v, err := avrojson.Parse([]byte(schema))
	if err != nil {
		return nil, err
	}
	dropLogical(v)
	return avro.Parse(v.String())
}

// dropLogical removes "logicalType" wherever a schema may have it. Defaults
// and custom attributes are left alone.
func dropLogical(v *avrojson.Value) {
	for _, e := range v.Elements {
		dropLogical(e)
	}
	kept := v.Members[:0]
	for _, m := range v.Members {
		if m.Key == "logicalType" {
			continue
		}
		switch m.Key {
		case "type", "items", "values", "fields":
			dropLogical(m.Value)
		}
		kept = append(kept, m)
	}
	v.Members = kept
}
