package avropairs

import (
	"math/rand/v2"
	"slices"
	"strconv"
)

// Pair is two schemas and the names of the changes that lead from the writer's
// to the reader's, or back.
type Pair struct {
	Writer, Reader string
	Changes        []string
}

// Maker makes random pairs. The same source of numbers gives the same ones.
type Maker struct {
	*rand.Rand
	count     int
	bare      bool   // no type has a namespace
	pool      []*typ // named types that may be mentioned
	root      *typ   // what is being changed
	primitive []string
}

// New makes a maker.
func New(random *rand.Rand) *Maker {
	return &Maker{Rand: random, primitive: []string{"null", "boolean", "int", "int", "long", "long", "float", "double", "bytes", "string", "string"}}
}

// Pair is a random pair. Both texts are complete in themselves. A few are not
// valid: changes do not look at what else they touch.
func (m *Maker) Pair() Pair {
	m.count, m.pool, m.bare = 0, nil, m.chance(25)
	base := m.record(0)
	if m.chance(15) {
		base = m.typ(0)
	}
	m.root = base.clone(map[*typ]*typ{})
	p := Pair{Writer: base.text()}
	for range 1 + m.IntN(4) {
		p.Changes = append(p.Changes, m.change())
	}
	p.Reader = m.root.text()
	if m.chance(50) {
		p.Writer, p.Reader = p.Reader, p.Writer
	}
	return p
}

func (m *Maker) chance(percent int) bool { return m.IntN(100) < percent }

func one[T any](m *Maker, of []T) T { return of[m.IntN(len(of))] }

func (m *Maker) namespace() string {
	if m.bare {
		return ""
	}
	return one(m, []string{"a", "a", "a.b", "c"})
}

func (m *Maker) name(stem string) string {
	m.count++
	return stem + strconv.Itoa(m.count)
}

// aliases are names that a type once had, in full or within its namespace.
func (m *Maker) aliases(t *typ) []string {
	if !m.chance(20) {
		return nil
	}
	old := "Old" + t.name
	if !m.bare && m.chance(50) {
		old = m.namespace() + "." + old
	}
	return []string{old}
}

func (m *Maker) record(depth int) *typ {
	t := &typ{kind: "record", name: m.name("R"), namespace: m.namespace()}
	t.aliases = m.aliases(t)
	m.pool = append(m.pool, t)
	for range m.IntN(5) {
		t.fields = append(t.fields, m.field(depth+1))
	}
	return t
}

func (m *Maker) field(depth int) *field {
	f := &field{name: m.name("f"), typ: m.typ(depth), hasFallback: m.chance(40)}
	if m.chance(15) {
		f.aliases = []string{m.name("old")}
	}
	return f
}

func (m *Maker) enum() *typ {
	t := &typ{kind: "enum", name: m.name("E"), namespace: m.namespace()}
	t.aliases = m.aliases(t)
	for _, i := range m.Perm(5)[:1+m.IntN(4)] {
		t.symbols = append(t.symbols, string(rune('A'+i)))
	}
	if m.chance(40) {
		t.fallback = one(m, t.symbols)
	}
	m.pool = append(m.pool, t)
	return t
}

func (m *Maker) fixed() *typ {
	t := &typ{kind: "fixed", name: m.name("X"), namespace: m.namespace(), size: one(m, []int{1, 4, 12, 16})}
	t.aliases = m.aliases(t)
	if m.chance(30) {
		t.logical = map[string]any{"logicalType": "decimal", "precision": 2, "scale": m.IntN(2)}
	}
	m.pool = append(m.pool, t)
	return t
}

func (m *Maker) typ(depth int) *typ {
	if depth < 4 {
		switch m.IntN(16) {
		case 0, 1:
			return m.record(depth)
		case 2:
			return m.enum()
		case 3:
			return m.fixed()
		case 4:
			return &typ{kind: "array", elem: m.typ(depth + 1)}
		case 5:
			return &typ{kind: "map", elem: m.typ(depth + 1)}
		case 6, 7, 8:
			return m.union(depth)
		case 9, 10:
			if len(m.pool) > 0 {
				return one(m, m.pool) // a recursive one perhaps
			}
		}
	}
	return m.leaf()
}

func (m *Maker) leaf() *typ {
	t := &typ{kind: one(m, m.primitive)}
	if m.chance(80) {
		return t
	}
	switch t.kind {
	case "int":
		t.logical = map[string]any{"logicalType": one(m, []string{"date", "time-millis"})}
	case "long":
		t.logical = map[string]any{"logicalType": one(m, []string{"timestamp-millis", "timestamp-micros", "time-micros"})}
	case "string":
		t.logical = map[string]any{"logicalType": "uuid"}
	case "bytes":
		t.logical = map[string]any{"logicalType": "decimal", "precision": 4 + m.IntN(4), "scale": m.IntN(3)}
	}
	return t
}

func (m *Maker) union(depth int) *typ {
	t := &typ{kind: "union"}
	if m.chance(60) {
		t.add(&typ{kind: "null"})
	}
	for range 1 + m.IntN(3) {
		t.add(m.typ(depth + 1))
	}
	t.add(m.leaf())
	if m.chance(30) {
		m.Shuffle(len(t.branches), func(i, j int) { t.branches[i], t.branches[j] = t.branches[j], t.branches[i] })
	}
	return t
}

// add appends a branch unless one like it is there, or it is a union.
func (t *typ) add(branch *typ) {
	like := func(b *typ) bool { return b.key() == branch.key() }
	if branch.kind != "union" && !slices.ContainsFunc(t.branches, like) {
		t.branches = append(t.branches, branch)
	}
}
