package plan

import "github.com/schemactl/schemactl/codec"

// match is the outcome of a pair of records, arrays or maps.
type match struct {
	node *codec.Node
	why  reasons // of records; nil while the pair is being compiled, and when it fits
	same bool
	// usedBy are the matches that hold this one: none of them is the same on both
	// sides unless this one is.
	usedBy []*match
}

// record compiles a pair of records once. What is found not to fit while others
// count as fitting does not fit for good; what was found to fit on the way may
// have relied on a pair that does not, and is forgotten with it.
func (c *compiler) record(w, r *schemaType) outcome {
	key := pair{w, r}
	m := c.pairs[key]
	if m == nil {
		m = &match{node: c.node(w)}
		start := len(c.trail)
		c.pairs[key], c.trail = m, append(c.trail, key)
		outer := c.open
		c.open = m
		m.why = c.fields(m, w, r)
		c.open = outer
		if m.why != nil {
			m.node = nil // it may be large, and nobody will read it
			for _, inner := range c.trail[start+1:] {
				if found := c.pairs[inner]; found != nil && found.why == nil {
					delete(c.pairs, inner)
				}
			}
			c.trail = c.trail[:start]
		}
	}
	if m.why != nil {
		return outcome{why: m.why}
	}
	return c.use(m, true) // finish decides
}

func (c *compiler) fields(m *match, w, r *schemaType) reasons {
	// Steps count like nodes: a record that fits nowhere is tried again and again.
	if c.nodes += len(w.fields); c.nodes > maxNodes {
		c.over = true
		return reasons{{}}
	}
	var why reasons
	from := sources(w, r)
	m.same = len(w.fields) == len(r.fields)
	m.node.Steps = make([]codec.Step, len(w.fields))
	for i := range w.fields {
		f, j := &w.fields[i], from.reader[i]
		step := codec.Step{Field: j, Name: f.name}
		if j < 0 {
			step.Node = c.skip(f.typ)
			m.same = false
		} else {
			got := c.place(f.typ, r.fields[j].typ)
			if got.why != nil {
				why = why.add(got.why.under(r.fields[j].name))
			}
			step.Node, step.Union = got.node, f.typ.kind == codec.KindUnion
			m.same = m.same && got.same && i == j
		}
		m.node.Steps[i] = step
	}
	for j := range r.fields {
		switch f := &r.fields[j]; {
		case from.filled[j]:
		case f.deflt != nil:
			m.node.Defaults = append(m.node.Defaults, j)
			m.same = false
		default:
			lacking := reason{text: "the writer's " + short(w.name) + " lacks the field, and the reader has no default"}
			why = why.add(reasons{lacking}.under(f.name))
		}
	}
	return why
}

// source says which fields feed which.
type source struct {
	reader []int  // for each of the writer's fields the reader's, or -1
	filled []bool // for each of the reader's fields
}

func sources(w, r *schemaType) source {
	s := source{reader: make([]int, len(w.fields)), filled: make([]bool, len(r.fields))}
	for i := range w.fields {
		j, ok := r.fieldIndex[w.fields[i].name]
		if !ok {
			j = -1
		} else {
			s.filled[j] = true
		}
		s.reader[i] = j
	}
	for j := range r.fields {
		if s.filled[j] {
			continue
		}
		for _, alias := range r.fields[j].aliases {
			if i, ok := w.fieldIndex[alias]; ok && s.reader[i] < 0 {
				s.reader[i], s.filled[j] = j, true
				break
			}
		}
	}
	return s
}

// skip gives the node of a type that nobody wants. A record that takes no bytes
// becomes a null: records that hold each other twice at every level would be
// passed through for ever.
func (c *compiler) skip(w *schemaType) *codec.Node {
	if n := c.skips[w]; n != nil {
		return n
	}
	n := c.node(w)
	c.skips[w] = n
	if w.constant && w.least == 0 && w.kind == codec.KindRecord {
		n.Kind = codec.KindNull
		return n
	}
	if !c.enter() {
		return n
	}
	defer c.leave()
	if w.item != nil {
		n.Item = c.skip(w.item)
	}
	if len(w.fields) > 0 {
		n.Steps = make([]codec.Step, len(w.fields))
		for i := range w.fields {
			n.Steps[i] = codec.Step{Field: -1, Name: w.fields[i].name, Node: c.skip(w.fields[i].typ)}
		}
	}
	if len(w.branches) > 0 {
		n.Branches = make([]*codec.Node, len(w.branches))
		for i, b := range w.branches {
			n.Branches[i] = c.skip(b)
		}
	}
	return n
}
