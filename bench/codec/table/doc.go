// Package table is the list of all codecs that are compared: for each shape of
// package shapes and for encoding and decoding a [Group] of ways to do the same
// work. The command codecbench measures them against each other, the benchmarks
// of this package measure one at a time, and its tests check that all of them
// write the same bytes and read the same values.
package table

import (
	"fmt"
	"slices"
)

// Op is the work of a group.
type Op string

// What codecs do: Encode writes a value into a buffer that is used again, Decode
// reads one into a new value unless the codec's name says reuse.
const (
	Encode Op = "encode"
	Decode Op = "decode"
)

// Group is a set of codecs that do the same work: one table of the report.
type Group struct {
	Shape  string
	Op     Op
	Codecs []Codec
}

// Name is shape and work, as in small/encode.
func (g *Group) Name() string { return g.Shape + "/" + string(g.Op) }

// Hand is the name of the hand-written codec that the others are compared with.
func (g *Group) Hand() string {
	switch {
	case g.Op == Encode:
		return "hand-append"
	case g.Shape == evolve:
		return "hand-static-arena"
	}
	return "hand-arena"
}

// Ours is the name of the generated codec as it is used by default.
func (g *Group) Ours() string { return "ours" }

// Hamba is the name of hamba/avro's codec that the others are compared with.
func (g *Group) Hamba() string {
	if g.Op == Encode {
		return "hamba-writer"
	}
	return "hamba"
}

// Codec is one way to do a group's work. It is not safe for concurrent use.
type Codec struct {
	// Name says whose it is and in which mode: alias decodes strings that point
	// into the input, reuse decodes into a value that was decoded into before.
	Name string
	// Bytes is the length of the encoded value.
	Bytes int
	// Run does the work n times.
	Run func(n int) error
	// Check does it once and compares the outcome with what it must be.
	Check func() error
}

const evolve = "evolve"

// Shapes are the names of all shapes, in the order of the report.
func Shapes() []string { return []string{"small", "event", "strings", "batch", evolve} }

// Groups are those of one shape, encoding before decoding. Each call makes them
// anew: what is not measured need not fill the heap.
func Groups(shape string) ([]Group, error) {
	switch shape {
	case "small":
		return smallGroups()
	case "event":
		return eventGroups()
	case "strings":
		return stringsGroups()
	case "batch":
		return batchGroups()
	case evolve:
		return evolveGroups()
	}
	return nil, fmt.Errorf("there is no shape %s", shape)
}

// Check runs the checks of all codecs of a group and names the first that fails.
func (g *Group) Check() error {
	for _, c := range g.Codecs {
		if err := c.Check(); err != nil {
			return fmt.Errorf("%s/%s: %w", g.Name(), c.Name, err)
		}
	}
	return nil
}

// Find is the codec of that name, or nil.
func (g *Group) Find(name string) *Codec {
	i := slices.IndexFunc(g.Codecs, func(c Codec) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &g.Codecs[i]
}
