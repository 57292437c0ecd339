package table

import (
	"bytes"
	"fmt"

	hamba "github.com/hamba/avro/v2"
	"github.com/linkedin/goavro/v2"
	twmb "github.com/twmb/avro"
)

// The libraries that work by reflection are used as fast as their APIs allow:
// schemas are parsed before, and buffers are used again.

// config writes an array or map as one block without byte counts, as all others
// do.
var config = hamba.Config{DisableBlockSizeHeader: true, BlockLength: 1 << 20}.Freeze()

// hambaEncoder is hamba's Writer, flushed into a buffer that is used again.
func hambaEncoder[T any](s *shape, v *T) (Codec, error) {
	schema, err := hamba.Parse(s.schema)
	if err != nil {
		return Codec{}, err
	}
	var out bytes.Buffer
	w := hamba.NewWriter(&out, len(s.value), hamba.WithWriterConfig(config))
	return encoder(s, "hamba-writer", v, func(v *T, _ []byte) ([]byte, error) {
		out.Reset()
		w.WriteVal(schema, v)
		err := w.Flush()
		return out.Bytes(), err
	}), nil
}

func hambaDecoders[T any](s *shape, schema hamba.Schema) []Codec {
	decode := func(v *T, src []byte) error { return config.Unmarshal(schema, src, v) }
	return []Codec{
		decoder(s, "hamba", decode),
		redecoder(s, "hamba-reuse", decode),
	}
}

func twmbEncoder[T any](s *shape, v *T) Codec {
	return encoder(s, "twmb-append", v, func(v *T, dst []byte) ([]byte, error) {
		return s.ref.AppendEncode(dst, v)
	})
}

func twmbDecoders[T any](s *shape, schema *twmb.Schema) []Codec {
	alias := []twmb.Opt{twmb.AliasInput()}
	with := func(opts []twmb.Opt) func(*T, []byte) error {
		return func(v *T, src []byte) error {
			_, err := schema.Decode(src, v, opts...)
			return err
		}
	}
	return []Codec{
		decoder(s, "twmb", with(nil)),
		decoder(s, "twmb-alias", with(alias)),
		redecoder(s, "twmb-alias-reuse", with(alias)),
	}
}

// reflecting are the encoders and decoders of all libraries that work by
// reflection, for a shape whose struct with tags is T.
func reflecting[T any](s *shape) (encoders, decoders []Codec, err error) {
	v := new(T)
	if _, err := s.ref.Decode(s.value, v); err != nil {
		return nil, nil, err
	}
	writer, err := hambaEncoder(s, v)
	if err != nil {
		return nil, nil, err
	}
	schema, err := hamba.Parse(s.schema)
	if err != nil {
		return nil, nil, err
	}
	maps, err := newGoavro(s)
	if err != nil {
		return nil, nil, err
	}
	encoders = []Codec{writer, twmbEncoder(s, v), maps.encoder()}
	decoders = append(hambaDecoders[T](s, schema), twmbDecoders[T](s, s.ref)...)
	return encoders, append(decoders, maps.decoder()), nil
}

// goavroMaps is goavro, which knows no structs.
type goavroMaps struct {
	shape *shape
	codec *goavro.Codec
	value any
}

func newGoavro(s *shape) (*goavroMaps, error) {
	c, err := goavro.NewCodec(s.schema)
	if err != nil {
		return nil, err
	}
	v, rest, err := c.NativeFromBinary(s.value)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("goavro leaves %d bytes", len(rest))
	}
	return &goavroMaps{shape: s, codec: c, value: v}, err
}

func (g *goavroMaps) encoder() Codec {
	return encoder(g.shape, "goavro", &g.value, func(v *any, dst []byte) ([]byte, error) {
		return g.codec.BinaryFromNative(dst, *v)
	})
}

func (g *goavroMaps) decoder() Codec {
	c := decoder(g.shape, "goavro", func(v *any, src []byte) (err error) {
		*v, _, err = g.codec.NativeFromBinary(src)
		return err
	})
	c.Check = func() error {
		v, _, err := g.codec.NativeFromBinary(g.shape.value)
		if err != nil {
			return err
		}
		return same(untagged(v), g.shape.want)
	}
	return c
}

// untagged takes the names of branches off the values of unions.
func untagged(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = untagged(v[i])
		}
	case map[string]any:
		for _, branch := range []string{"string", "long", "double", "long.timestamp-micros"} {
			if value, ok := v[branch]; ok && len(v) == 1 {
				return value
			}
		}
		for key := range v {
			v[key] = untagged(v[key])
		}
	}
	return v
}
