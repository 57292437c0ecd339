package plan

import (
	"math"
	"math/bits"

	"github.com/schemactl/schemactl/codec"
)

// measure fills in what a graph of types says only as a whole: which records can
// hold themselves, and how many bytes values take.
func measure(root *schemaType, types int) {
	m := measurer{visits: make(map[*schemaType]*visit, types)}
	m.walk(root)
	// Sizes below the true least are safe: so recursive types start at 0 and grow
	// with every round. All but odd types are right after two.
	const rounds = 16
	for range rounds {
		changed := false
		for _, t := range m.order {
			least, constant := size(t)
			changed = changed || least != t.least || constant != t.constant
			t.least, t.constant = least, constant
		}
		if !changed {
			break
		}
	}
}

// measurer is Tarjan's search for the parts of a graph that lead to themselves.
type measurer struct {
	visits map[*schemaType]*visit
	stack  []*schemaType
	order  []*schemaType // what a type holds stands before it, but in cycles
}

type visit struct {
	number, low int
	open        bool // on the stack
	cyclic      bool // leads to itself
}

func (m *measurer) walk(t *schemaType) *visit {
	v := &visit{number: len(m.visits), low: len(m.visits), open: true}
	m.visits[t] = v
	m.stack = append(m.stack, t)
	next := func(u *schemaType) {
		switch w := m.visits[u]; {
		case u == t:
			v.cyclic = true
		case w == nil:
			v.low = min(v.low, m.walk(u).low)
		case w.open:
			v.low = min(v.low, w.number)
		}
	}
	for i := range t.fields {
		next(t.fields[i].typ)
	}
	if t.item != nil {
		next(t.item)
	}
	for _, b := range t.branches {
		next(b)
	}
	m.order = append(m.order, t)
	if v.low == v.number {
		m.close(t, v)
	}
	return v
}

// close takes the types off the stack that lead to each other: t and those
// above it.
func (m *measurer) close(t *schemaType, v *visit) {
	for {
		last := m.stack[len(m.stack)-1]
		m.stack = m.stack[:len(m.stack)-1]
		m.visits[last].open = false
		if last == t {
			t.recursive = v.cyclic && t.kind == codec.KindRecord
			return
		}
		v.cyclic = true
		last.recursive = last.kind == codec.KindRecord
	}
}

// size answers the fewest bytes of a value, and whether all take as many.
func size(t *schemaType) (least int, constant bool) {
	switch t.kind {
	case codec.KindNull:
		return 0, true
	case codec.KindBoolean:
		return 1, true
	case codec.KindFloat:
		return 4, true
	case codec.KindDouble:
		return 8, true
	case codec.KindFixed:
		return t.least, true
	case codec.KindRecord:
		constant = !t.recursive
		for i := range t.fields {
			f := t.fields[i].typ
			least = add(least, f.least)
			constant = constant && f.constant
		}
		return least, constant && least < mostLeast
	case codec.KindUnion:
		least = math.MaxInt
		for i, b := range t.branches {
			least = min(least, add(indexBytes(i), b.least))
		}
		if len(t.branches) == 0 {
			least = 1
		}
		return least, false
	default:
		return 1, false
	}
}

// indexBytes is how many bytes the number of a branch takes.
func indexBytes(i int) int {
	const zigzag, perByte = 1, 7
	return (bits.Len(uint(i)) + zigzag + perByte - 1) / perByte
}

// mostLeast bounds what is counted, so that no product of it overflows: no input
// is long enough for many such values.
const mostLeast = 1 << 24

// add stops at mostLeast.
func add(a, b int) int {
	if a >= mostLeast || b >= mostLeast {
		return mostLeast
	}
	return min(a+b, mostLeast)
}
