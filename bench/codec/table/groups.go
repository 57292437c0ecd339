package table

import (
	"slices"

	hamba "github.com/hamba/avro/v2"
	twmb "github.com/twmb/avro"

	"github.com/schemactl/schemactl/bench/codec/hand"
	"github.com/schemactl/schemactl/bench/codec/shapes"
	"github.com/schemactl/schemactl/bench/codec/tagged"
)

func smallGroups() ([]Group, error) {
	s, err := newShape("small")
	if err != nil {
		return nil, err
	}
	ourValue, handValue := new(shapes.Small), new(hand.Small)
	if err := both(s, ourValue.UnmarshalAvro, handValue.Decode); err != nil {
		return nil, err
	}
	return groups(s, []Codec{
		encoder(s, "hand-append", handValue, (*hand.Small).Append),
		encoder(s, "ours", ourValue, (*shapes.Small).AppendAvro),
	}, slices.Concat(
		byHand(s, "hand", (*hand.Small).Decode, (*hand.Small).Decode),
		ours(s, (*shapes.Small).UnmarshalAvro, (*shapes.Small).ReadAvro),
	), reflecting[tagged.Small], others(protobuf(protoSmall(handValue))))
}

func eventGroups() ([]Group, error) {
	s, err := newShape("event")
	if err != nil {
		return nil, err
	}
	ourValue, handValue := new(shapes.Event), new(hand.Event)
	if err := both(s, ourValue.UnmarshalAvro, handValue.Decode); err != nil {
		return nil, err
	}
	return groups(s, []Codec{
		encoder(s, "hand-append", handValue, (*hand.Event).Append),
		encoder(s, "ours", ourValue, (*shapes.Event).AppendAvro),
	}, slices.Concat(
		byHand(s, "hand", (*hand.Event).Decode, (*hand.Event).DecodeReuse),
		ours(s, (*shapes.Event).UnmarshalAvro, (*shapes.Event).ReadAvro),
	), reflecting[tagged.Event], others(protobuf(protoEvent(handValue))))
}

func stringsGroups() ([]Group, error) {
	s, err := newShape("strings")
	if err != nil {
		return nil, err
	}
	ourValue, handValue := new(shapes.Strings), new(hand.Strings)
	if err := both(s, ourValue.UnmarshalAvro, handValue.Decode); err != nil {
		return nil, err
	}
	return groups(s, []Codec{
		encoder(s, "hand-append", handValue, (*hand.Strings).Append),
		encoder(s, "ours", ourValue, (*shapes.Strings).AppendAvro),
	}, slices.Concat(
		byHand(s, "hand", (*hand.Strings).Decode, (*hand.Strings).DecodeReuse),
		ours(s, (*shapes.Strings).UnmarshalAvro, (*shapes.Strings).ReadAvro),
	), reflecting[tagged.Strings], others(protobuf(protoStrings(handValue))))
}

func batchGroups() ([]Group, error) {
	s, err := newShape("batch")
	if err != nil {
		return nil, err
	}
	ourValue, handValue := new(shapes.Batch), new(hand.Batch)
	if err := both(s, ourValue.UnmarshalAvro, handValue.Decode); err != nil {
		return nil, err
	}
	return groups(s, []Codec{
		encoder(s, "hand-append", handValue, (*hand.Batch).Append),
		encoder(s, "ours", ourValue, (*shapes.Batch).AppendAvro),
	}, slices.Concat(
		byHand(s, "hand", (*hand.Batch).Decode, (*hand.Batch).DecodeReuse),
		ours(s, (*shapes.Batch).UnmarshalAvro, (*shapes.Batch).ReadAvro),
	), reflecting[tagged.Batch], others(protobuf(protoBatch(handValue))))
}

// both decodes the shape's value for the encoders that get it typed.
func both(s *shape, ours func([]byte) error, byHand func([]byte, hand.Mode) error) error {
	if err := ours(s.value); err != nil {
		return err
	}
	return byHand(s.value, hand.Arena)
}

// source makes more codecs for a shape.
type source func(*shape) (encoders, decoders []Codec, err error)

func others(encoders, decoders []Codec, err error) source {
	return func(*shape) ([]Codec, []Codec, error) { return encoders, decoders, err }
}

// groups are the two groups of a shape: the codecs given and those of sources.
func groups(s *shape, encoders, decoders []Codec, sources ...source) ([]Group, error) {
	for _, more := range sources {
		e, d, err := more(s)
		if err != nil {
			return nil, err
		}
		encoders, decoders = append(encoders, e...), append(decoders, d...)
	}
	return []Group{{s.name, Encode, encoders}, {s.name, Decode, decoders}}, nil
}

// evolveGroups has values of one schema that are read into another's type.
func evolveGroups() ([]Group, error) {
	s := &shape{name: evolve, value: shapes.Value("evolve_writer")}
	writer, reader := shapes.EvolveWriter(), shapes.Schema("evolve_reader")
	resolved, err := twmbResolved(writer, reader)
	if err != nil {
		return nil, err
	}
	s.ref = resolved
	if s.want, err = s.decode(s.value); err != nil {
		return nil, err
	}
	theirs, err := hambaResolved(writer, reader)
	if err != nil {
		return nil, err
	}
	planned, err := oursEvolved(s)
	if err != nil {
		return nil, err
	}
	return []Group{{s.name, Decode, slices.Concat(
		byHand(s, "hand-static", (*hand.Evo).Decode, (*hand.Evo).DecodeReuse),
		planned,
		hambaDecoders[tagged.Evo](s, theirs),
		twmbDecoders[tagged.Evo](s, resolved),
	)}}, nil
}

func twmbResolved(writer, reader string) (*twmb.Schema, error) {
	w, err := twmb.Parse(writer)
	if err != nil {
		return nil, err
	}
	r, err := twmb.Parse(reader)
	if err != nil {
		return nil, err
	}
	return twmb.Resolve(w, r)
}

// hambaResolved gives each schema a cache of its own: both have the same name.
func hambaResolved(writer, reader string) (hamba.Schema, error) {
	w, err := hamba.ParseWithCache(writer, "", new(hamba.SchemaCache))
	if err != nil {
		return nil, err
	}
	r, err := hamba.ParseWithCache(reader, "", new(hamba.SchemaCache))
	if err != nil {
		return nil, err
	}
	return hamba.NewSchemaCompatibility().Resolve(r, w)
}
