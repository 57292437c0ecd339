package plan

// symbolMatch is how an enum's symbols fit another's.
type symbolMatch struct {
	ordinals  []int
	same      bool
	unfitting bool // no symbol at all has a place
}

// enum shares the list of symbols between all places of a pair: a hostile schema
// could mention a long enum many times.
func (c *compiler) enum(w, r *schemaType) outcome {
	key := pair{w, r}
	m := c.enums[key]
	if m == nil {
		m = matchSymbols(w, r)
		c.enums[key] = m
	}
	if m.unfitting {
		return refuse("the reader's enum %s has no symbol of the writer's, and no default", short(r.name))
	}
	n := c.node(w)
	n.Symbols, n.Names = m.ordinals, w.symbols
	return outcome{node: n, same: m.same}
}

func matchSymbols(w, r *schemaType) *symbolMatch {
	m := &symbolMatch{
		ordinals: make([]int, len(w.symbols)), same: len(w.symbols) == len(r.symbols),
		unfitting: len(w.symbols) > 0,
	}
	for i, s := range w.symbols {
		j, ok := r.symbolIndex[s]
		if !ok {
			j = r.fallback
		}
		m.ordinals[i] = j
		m.same = m.same && i == j
		m.unfitting = m.unfitting && j < 0
	}
	return m
}
