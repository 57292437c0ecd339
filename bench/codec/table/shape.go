package table

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/bench/codec/shapes"
)

// shape is the value that all codecs of a group write or read.
type shape struct {
	name   string
	schema string
	value  []byte
	want   any // the value, flattened
	ref    *avro.Schema
}

// newShape reads the value by reflection into maps: the reference for all.
func newShape(name string) (*shape, error) {
	s := &shape{name: name, schema: shapes.Schema(name), value: shapes.Value(name)}
	var err error
	if s.ref, err = avro.Parse(s.schema); err != nil {
		return nil, err
	}
	s.want, err = s.decode(s.value)
	return s, err
}

func (s *shape) decode(src []byte) (any, error) {
	var v any
	rest, err := s.ref.Decode(src, &v)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes after the value", len(rest))
	}
	return flatten(v), err
}

// sameBytes compares encoded bytes with the shape's. Only the order of a map's
// entries may differ.
func (s *shape) sameBytes(got []byte) error {
	if bytes.Equal(got, s.value) {
		return nil
	}
	a, b := slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(s.value))
	if !bytes.Equal(a, b) {
		return fmt.Errorf("the bytes are %x, want %x", got, s.value)
	}
	v, err := s.decode(got)
	if err != nil {
		return err
	}
	return same(v, s.want)
}
