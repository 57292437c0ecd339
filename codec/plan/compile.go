package plan

import (
	"fmt"

	"github.com/schemactl/schemactl/codec"
)

// Limits of compiling. Both are far above what schemas of people need, and keep
// hostile ones from taking more than some hundred MiB or a few seconds.
const (
	// maxNodes bounds the nodes that are made for a pair of schemas, those of
	// branches that were tried in vain included.
	maxNodes = 100_000
	// maxNesting bounds how deep types hold each other, by name or in place.
	maxNesting = 5_000
)

// Compile gives the plan for reading values of the writer's schema into the
// reader's type. The writer's schema is JSON that is complete in itself.
// ErrSchema and ErrIncompatible tell why there is none. A pair that needs more
// than 100,000 nodes or whose types hold each other more than 5,000 deep is
// ErrSchema.
//
// Whoever meets the same schemas again keeps the plan, or uses a [Cache].
func Compile(writer string, reader *codec.Schema) (*codec.Plan, error) {
	r, err := parseReader(reader)
	if err != nil {
		return nil, err
	}
	return compile(writer, reader, r)
}

func parseReader(reader *codec.Schema) (*schemaType, error) {
	r, err := parseSchema(reader.String())
	if err != nil {
		return nil, fmt.Errorf("reader schema %s: %w", reader.Name(), err)
	}
	return r, nil
}

func compile(writer string, reader *codec.Schema, r *schemaType) (*codec.Plan, error) {
	w, err := parseSchema(writer)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSchema, err)
	}
	p := &codec.Plan{Writer: w.kind.String(), Reader: reader}
	if w.isNamed() {
		p.Writer = w.name
	}
	c := &compiler{
		pairs: map[pair]*match{}, enums: map[pair]*symbolMatch{},
		skips: map[*schemaType]*codec.Node{}, copies: map[place]*codec.Node{},
	}
	got := c.place(w, r)
	switch {
	case c.over:
		return nil, fmt.Errorf("%w: %s with %s needs more than %d nodes or nests more than %d deep",
			ErrSchema, short(p.Writer), reader.Name(), maxNodes, maxNesting)
	case got.why != nil:
		return nil, fmt.Errorf("read %s as %s: %w: %s", short(p.Writer), reader.Name(), ErrIncompatible, got.why)
	}
	c.finish()
	p.Root = got.node
	return p, nil
}

// pair is a type of each schema; they are compared by identity.
type pair struct{ writer, reader *schemaType }

// compiler makes the nodes of one pair of schemas.
type compiler struct {
	// pairs holds the records met so far. While a pair is being compiled it
	// counts as fitting, which ends recursion.
	pairs map[pair]*match
	trail []pair // of pairs, in the order in which they were met
	open  *match // the record, array or map whose content is being compiled
	// containers are the arrays and maps met so far.
	containers []*match

	enums  map[pair]*symbolMatch
	skips  map[*schemaType]*codec.Node
	copies map[place]*codec.Node

	nodes, depth int
	over         bool // a limit has been reached, and the outcome is void
}

// outcome is what became of one place: a node, or the reasons why there is none.
type outcome struct {
	node *codec.Node
	// same says that the straight decoder reads the place, if the records in it
	// are the same too.
	same bool
	why  reasons
}

func refuse(format string, args ...any) outcome {
	return outcome{why: reasons{{text: fmt.Sprintf(format, args...)}}}
}

// node is a new node of the writer's type, without what it holds.
func (c *compiler) node(w *schemaType) *codec.Node {
	if c.nodes++; c.nodes > maxNodes {
		c.over = true
	}
	n := &codec.Node{Kind: w.kind, Recursive: w.recursive, Least: min(w.least, mostLeast)}
	if w.constant {
		n.Size = w.least
	}
	return n
}

// enter counts a level of nesting, which leave counts back. It reports false
// beyond a limit.
func (c *compiler) enter() bool {
	if c.depth++; c.depth > maxNesting {
		c.over = true
	}
	return !c.over
}

func (c *compiler) leave() { c.depth-- }

// place compiles a place where the types must match by name.
func (c *compiler) place(w, r *schemaType) outcome {
	switch {
	case w.kind == codec.KindUnion:
		return c.writerUnion(w, r)
	case r.kind == codec.KindUnion:
		return c.readerUnion(w, r, nowhere)
	case w.kind == r.kind && w.isNamed() && !sameName(w, r):
		return refuse("the writer has %s %s, the reader %s", w.kind, short(w.name), short(r.name))
	default:
		return c.plain(w, r)
	}
}

// sameName tells named types that may be read as each other.
func sameName(w, r *schemaType) bool {
	return unqualified(w.name) == unqualified(r.name) || r.hasAlias(w.name)
}

// plain compiles types that are no unions and whose names do not matter any more.
func (c *compiler) plain(w, r *schemaType) outcome {
	if !c.enter() {
		return refuse("")
	}
	defer c.leave()
	if text := clash(w.logical, r.logical); text != "" {
		return outcome{why: reasons{{text: text}}}
	}
	if w.kind != r.kind {
		if !promotes(w.kind, r.kind) {
			return refuse("the writer has %s, the reader %s", w.label(), r.label())
		}
		return outcome{node: c.node(w)}
	}
	switch w.kind {
	case codec.KindRecord:
		return c.record(w, r)
	case codec.KindEnum:
		return c.enum(w, r)
	case codec.KindFixed:
		if w.least != r.least {
			return refuse("the writer's fixed %s has %d bytes, the reader's %d", short(w.name), w.least, r.least)
		}
	case codec.KindArray, codec.KindMap:
		return c.container(w, r)
	default:
	}
	return outcome{node: c.node(w), same: w.logical == r.logical}
}

// container compiles an array or a map, which can be the same for itself, as
// records can.
func (c *compiler) container(w, r *schemaType) outcome {
	m := &match{node: c.node(w)}
	outer := c.open
	c.open = m
	got := c.place(w.item, r.item)
	c.open = outer
	if got.why != nil {
		step := "[]"
		if w.kind == codec.KindMap {
			step = "{}"
		}
		return outcome{why: got.why.under(step)}
	}
	m.node.Item, m.same = got.node, got.same
	c.containers = append(c.containers, m)
	return c.use(m, got.same)
}

// use notes that the place being compiled holds m.
func (c *compiler) use(m *match, same bool) outcome {
	if c.open != nil {
		m.usedBy = append(m.usedBy, c.open)
	}
	return outcome{node: m.node, same: same}
}

// promotes tells whether a reader takes values of another kind.
func promotes(w, r codec.Kind) bool {
	switch w {
	case codec.KindInt:
		return r == codec.KindLong || r == codec.KindFloat || r == codec.KindDouble
	case codec.KindLong:
		return r == codec.KindFloat || r == codec.KindDouble
	case codec.KindFloat:
		return r == codec.KindDouble
	case codec.KindString:
		return r == codec.KindBytes
	case codec.KindBytes:
		return r == codec.KindString
	default:
		return false
	}
}
