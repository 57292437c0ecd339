package avropairs

import (
	"encoding/json"
	"slices"
	"strings"
)

// typ is an Avro type. Named types are one node wherever they are mentioned.
type typ struct {
	kind            string
	logical         map[string]any
	namespace, name string
	aliases         []string
	fields          []*field
	symbols         []string
	fallback        string // an enum's default
	size            int
	elem            *typ
	branches        []*typ
}

type field struct {
	name        string
	aliases     []string
	typ         *typ
	hasFallback bool
}

func (t *typ) named() bool { return t.kind == "record" || t.kind == "enum" || t.kind == "fixed" }

func (t *typ) fullName() string {
	if t.namespace == "" {
		return t.name
	}
	return t.namespace + "." + t.name
}

// key is what no two branches of a union may share.
func (t *typ) key() string {
	if t.named() {
		return t.fullName()
	}
	return t.kind
}

// text is the schema's JSON, with each named type written out at its first
// mention.
func (t *typ) text() string {
	b, err := json.Marshal(t.json(map[*typ]bool{}))
	if err != nil {
		panic(err) // maps, lists and strings
	}
	return string(b)
}

func (t *typ) json(known map[*typ]bool) any {
	switch {
	case t.kind == "union":
		list := []any{}
		for _, b := range t.branches {
			list = append(list, b.json(known))
		}
		return list
	case t.named() && known[t]:
		return t.fullName()
	case !t.named() && t.elem == nil && t.logical == nil:
		return t.kind
	}
	m := object{{"type", t.kind}}
	if t.named() {
		known[t] = true
		m = append(m, member{"name", t.name}, member{"namespace", t.namespace})
		m = m.strings("aliases", t.aliases)
	}
	switch t.kind {
	case "array":
		m = append(m, member{"items", t.elem.json(known)})
	case "map":
		m = append(m, member{"values", t.elem.json(known)})
	case "fixed":
		m = append(m, member{"size", t.size})
	case "enum":
		m = append(m, member{"symbols", t.symbols})
		if t.fallback != "" {
			m = append(m, member{"default", t.fallback})
		}
	case "record":
		fields := []any{}
		for _, f := range t.fields {
			one := object{{"name", f.name}, {"type", f.typ.json(known)}}
			if value, ok := f.typ.value(nil); f.hasFallback && ok {
				one = append(one, member{"default", value})
			}
			fields = append(fields, one.strings("aliases", f.aliases))
		}
		m = append(m, member{"fields", fields})
	}
	for _, key := range []string{"logicalType", "precision", "scale"} {
		if v, ok := t.logical[key]; ok {
			m = append(m, member{key, v})
		}
	}
	return m
}

// value is a default for a field of the type; recursive records have none.
func (t *typ) value(open []*typ) (any, bool) {
	switch t.kind {
	case "null":
		return nil, true
	case "boolean":
		return true, true
	case "int", "long":
		return 1, true
	case "float", "double":
		return 0.5, true
	case "string", "bytes":
		return "", true
	case "fixed":
		return strings.Repeat("a", t.size), true
	case "enum":
		return t.symbols[0], true
	case "array":
		return []any{}, true
	case "map":
		return object{}, true
	case "union":
		return t.branches[0].value(open)
	}
	if slices.Contains(open, t) {
		return nil, false
	}
	m := object{}
	for _, f := range t.fields {
		v, ok := f.typ.value(append(open, t))
		if !ok {
			return nil, false
		}
		m = append(m, member{f.name, v})
	}
	return m, true
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

func (o object) strings(key string, list []string) object {
	if len(list) == 0 {
		return o
	}
	return append(o, member{key, list})
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b = append(append(append(b, key...), ':'), value...)
	}
	return append(b, '}'), nil
}

// walk visits every type once.
func (t *typ) walk(visit func(*typ)) {
	seen := map[*typ]bool{}
	var step func(*typ)
	step = func(t *typ) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		visit(t)
		step(t.elem)
		for _, b := range t.branches {
			step(b)
		}
		for _, f := range t.fields {
			step(f.typ)
		}
	}
	step(t)
}

// clone copies all that hangs on t.
func (t *typ) clone(done map[*typ]*typ) *typ {
	if t == nil || done[t] != nil {
		return done[t]
	}
	c := *t
	done[t] = &c
	c.aliases, c.symbols = slices.Clone(t.aliases), slices.Clone(t.symbols)
	c.elem = t.elem.clone(done)
	c.fields, c.branches = nil, nil
	for _, b := range t.branches {
		c.branches = append(c.branches, b.clone(done))
	}
	for _, f := range t.fields {
		g := *f
		g.aliases, g.typ = slices.Clone(f.aliases), f.typ.clone(done)
		c.fields = append(c.fields, &g)
	}
	return &c
}
