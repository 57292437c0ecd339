package table

import (
	"github.com/schemactl/schemactl/bench/codec/shapes"
	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
)

// reader is a generated type's ReadAvro as a function.
type reader[T any] func(*T, []byte, codec.ReadOptions) ([]byte, error)

// with is the reader with its options, as a caller has them.
func (r reader[T]) with(o codec.ReadOptions) func(*T, []byte) error {
	o.Whole = true
	return func(v *T, src []byte) error {
		_, err := r(v, src, o)
		return err
	}
}

// ours are the decoders of generated code in all modes.
func ours[T any](s *shape, unmarshal func(*T, []byte) error, read reader[T]) []Codec {
	return []Codec{
		decoder(s, "ours", unmarshal),
		decoder(s, "ours-alias", read.with(codec.ReadOptions{Mode: codec.Alias})),
		redecoder(s, "ours-alias-reuse", read.with(codec.ReadOptions{Mode: codec.Alias, Reuse: true})),
		decoder(s, "ours-copy", read.with(codec.ReadOptions{Mode: codec.Copy})),
	}
}

// oursEvolved are the decoders of generated code for evolve: by a plan, and
// straight on the same fields in the reader's schema.
func oursEvolved(s *shape) ([]Codec, error) {
	p, err := plan.NewCache().Plan(shapes.EvolveWriter(), (*shapes.Evo)(nil).AvroSchema())
	if err != nil {
		return nil, err
	}
	straight, err := sameFields(s)
	if err != nil {
		return nil, err
	}
	written, err := asWritten(s)
	if err != nil {
		return nil, err
	}
	read := reader[shapes.Evo]((*shapes.Evo).ReadAvro)
	readSame := reader[shapes.EvoSame]((*shapes.EvoSame).ReadAvro)
	return []Codec{
		decoder(s, "ours", read.with(codec.ReadOptions{Plan: p})),
		decoder(s, "ours-alias", read.with(codec.ReadOptions{Plan: p, Mode: codec.Alias})),
		redecoder(s, "ours-alias-reuse", read.with(codec.ReadOptions{Plan: p, Mode: codec.Alias, Reuse: true})),
		decoder(s, "ours-copy", read.with(codec.ReadOptions{Plan: p, Mode: codec.Copy})),
		decoder(written, "ours-written", (*shapes.EvoWritten).UnmarshalAvro),
		decoder(straight, "ours-straight", readSame.with(codec.ReadOptions{})),
		decoder(straight, "ours-straight-alias", readSame.with(codec.ReadOptions{Mode: codec.Alias})),
		redecoder(straight, "ours-straight-alias-reuse", readSame.with(codec.ReadOptions{Mode: codec.Alias, Reuse: true})),
	}, nil
}

// asWritten is the value of evolve in the writer's own type, without resolution.
func asWritten(s *shape) (*shape, error) {
	var v shapes.EvoWritten
	err := v.UnmarshalAvro(s.value)
	return &shape{name: s.name, value: s.value, want: flatten(&v)}, err
}

// sameFields is the value of evolve with only those fields that its writer has,
// in the reader's schema.
func sameFields(s *shape) (*shape, error) {
	var v shapes.Evo
	p, err := plan.NewCache().Plan(shapes.EvolveWriter(), v.AvroSchema())
	if err != nil {
		return nil, err
	}
	if _, err := v.ReadAvro(s.value, codec.ReadOptions{Plan: p, Whole: true}); err != nil {
		return nil, err
	}
	only := shapes.EvoSame{Name: v.Name, ID: v.ID, Count: v.Count, Score: v.Score, Tags: v.Tags}
	src, err := only.AppendAvro(nil)
	return &shape{name: s.name, value: src, want: flatten(&only)}, err
}
