package oracle_test

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// schemas makes random schemas. Names are unique among those of one prefix, so
// that all can become one Go package.
type schemas struct {
	*rand.Rand
	prefix  string
	logical bool // with logical types
	count   int
	pool    []*node // types that are complete and may be mentioned again
	open    []*node // records that are being made
}

// root is a schema of its own: a record, rarely an enum or a fixed.
func (g *schemas) root() *node {
	g.pool, g.open = nil, nil
	switch g.IntN(25) {
	case 0:
		return g.enum(g.namespace())
	case 1:
		n := g.fixed(g.namespace())
		n.logical = "" // else it is a type of package codec, and none is generated
		return n
	}
	return g.record(g.namespace(), 0)
}

func (g *schemas) one(of ...string) string { return of[g.IntN(len(of))] }

func (g *schemas) chance(percent int) bool { return g.IntN(100) < percent }

func (g *schemas) namespace() string {
	return g.one("oracle", "oracle", "oracle.inner", "oracle.deep.er", "", "other_9")
}

// fullName is a new name. Types without a namespace can be mentioned only where
// there is none, so they are never put into the pool.
func (g *schemas) fullName(namespace, stem string) string {
	g.count++
	short := g.prefix + stem + strconv.Itoa(g.count)
	if namespace == "" {
		return short
	}
	return namespace + "." + short
}

func (g *schemas) aliases(name string) []string {
	if !g.chance(40) {
		return nil
	}
	namespace, short := split(name)
	old := short + "Old"
	if namespace != "" && g.chance(60) {
		old = g.one(namespace, "oracle.before") + "." + old
	}
	return []string{old}
}

func (g *schemas) doc() string {
	if !g.chance(15) {
		return ""
	}
	return g.one("A doc.", "Two\nlines with \"quotes\".", "ümlaut */ // `x`")
}

func (g *schemas) record(namespace string, depth int) *node {
	n := &node{kind: "record", name: g.fullName(namespace, g.one("Rec", "Order", "HTTPThing")), doc: g.doc()}
	n.aliases = g.aliases(n.name)
	g.open = append(g.open, n)
	size := 1 + g.IntN(7)
	if g.chance(4) {
		size = 0
	}
	for i := range size {
		f := &field{name: g.one("f", "value_", "userId", "type", "URL", "len_") + strconv.Itoa(i), typ: g.typ(depth+1, false), doc: g.doc()}
		if g.chance(35) {
			f.aliases = []string{"old_" + f.name}
		}
		n.fields = append(n.fields, f)
	}
	// Defaults need the fields of the records that they hold. Java takes none
	// that hold the record itself, so it is still open.
	for _, f := range n.fields {
		if g.chance(50) {
			if text, ok := g.fallback(f.typ, 0); ok {
				f.fallback = text
			}
		}
	}
	g.open = g.open[:len(g.open)-1]
	g.keep(n)
	return n
}

func (g *schemas) keep(n *node) {
	if strings.Contains(n.name, ".") {
		g.pool = append(g.pool, n)
	}
}

func (g *schemas) enum(namespace string) *node {
	n := &node{kind: "enum", name: g.fullName(namespace, "Colour"), doc: g.doc()}
	n.aliases = g.aliases(n.name)
	for _, i := range g.Perm(7)[:1+g.IntN(7)] {
		n.symbols = append(n.symbols, []string{"RED", "GREEN", "BLUE", "dark_red", "A1", "_x", "Unknown"}[i])
	}
	if g.chance(50) {
		n.fallback = g.one(n.symbols...)
	}
	g.keep(n)
	return n
}

func (g *schemas) fixed(namespace string) *node {
	n := &node{kind: "fixed", name: g.fullName(namespace, "Hash"), size: []int{1, 2, 4, 7, 16, 20, 33}[g.IntN(7)]}
	n.aliases = g.aliases(n.name)
	if g.logical {
		switch g.IntN(4) {
		case 0:
			n.logical, n.size = "uuid", 16
		case 1:
			n.logical, n.size = "duration", 12
		case 2:
			n.logical = "decimal"
			most := int(math.Log10(2) * float64(8*n.size-1))
			n.precision = 1 + g.IntN(max(most, 1))
			n.scale = g.IntN(n.precision + 1)
			if most == 0 {
				n.logical = ""
			}
		}
	}
	g.keep(n)
	return n
}

// typ is a random type; in a union there is none but it.
func (g *schemas) typ(depth int, inUnion bool) *node {
	if depth < 4 {
		switch g.IntN(14) {
		case 0:
			return g.record(g.inner(), depth)
		case 1:
			return g.enum(g.inner())
		case 2:
			return g.fixed(g.inner())
		case 3:
			return &node{kind: "array", item: g.typ(depth+1, false)}
		case 4:
			return &node{kind: "map", item: g.typ(depth+1, false)}
		case 5, 6, 7:
			if !inUnion {
				return g.union(depth)
			}
		case 8:
			if len(g.pool) > 0 {
				return g.pool[g.IntN(len(g.pool))]
			}
		case 9:
			return g.recursive(inUnion)
		}
	}
	return g.primitive()
}

func (g *schemas) inner() string {
	if g.chance(5) {
		return ""
	}
	own, _ := split(g.open[len(g.open)-1].name)
	if own == "" || g.chance(50) {
		return own
	}
	return g.one("oracle", "oracle.inner", "oracle.deep.er")
}

// recursive mentions a record that is not complete yet, where a value may leave
// it out.
func (g *schemas) recursive(inUnion bool) *node {
	n := g.open[g.IntN(len(g.open))]
	own, _ := split(g.open[len(g.open)-1].name)
	if !strings.Contains(n.name, ".") && own != "" {
		return g.primitive()
	}
	switch i := g.IntN(4); {
	case i == 0 || inUnion:
		return &node{kind: "array", item: n}
	case i == 1:
		return &node{kind: "map", item: n}
	case i == 2:
		return &node{kind: "union", branches: []*node{n, {kind: "null"}}}
	}
	return &node{kind: "union", branches: []*node{{kind: "null"}, n}}
}

// union is null and one type half of the time, in both orders.
func (g *schemas) union(depth int) *node {
	n := &node{kind: "union"}
	size := 2
	if g.chance(50) {
		size = 1 + g.IntN(6)
	}
	if size == 2 || g.chance(40) {
		n.branches = append(n.branches, &node{kind: "null"})
	}
	for range 3 * size {
		if len(n.branches) < size {
			n.add(g.typ(depth+1, true))
		}
	}
	g.Shuffle(len(n.branches), func(i, j int) { n.branches[i], n.branches[j] = n.branches[j], n.branches[i] })
	return n
}

// add appends a branch unless one like it is there.
func (n *node) add(branch *node) bool {
	for _, b := range n.branches {
		if b.key() == branch.key() {
			return false
		}
	}
	n.branches = append(n.branches, branch)
	return true
}

func (g *schemas) primitive() *node {
	n := &node{kind: g.one("null", "boolean", "int", "int", "long", "long", "float", "double", "bytes", "bytes", "string", "string", "string")}
	if n.kind == "null" && g.chance(70) {
		n.kind = "string"
	}
	if !g.logical || g.chance(50) {
		return n
	}
	switch n.kind {
	case "int":
		n.logical = g.one("date", "time-millis")
	case "long":
		n.logical = g.one("time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos",
			"local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos")
	case "string":
		n.logical = "uuid"
	case "bytes":
		n.logical = g.one("decimal", "decimal", "big-decimal")
		if n.logical == "decimal" {
			n.precision = 1 + g.IntN(40)
			n.scale = g.IntN(n.precision + 1)
		}
	}
	return n
}
