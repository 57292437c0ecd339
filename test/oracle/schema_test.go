package oracle_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// node is an Avro type. Named types are one node wherever they are used, so
// recursive ones are cycles.
type node struct {
	kind             string // Avro's name of the type
	logical          string
	precision, scale int
	size             int    // fixed
	name             string // full name of a record, an enum or a fixed
	aliases          []string
	doc              string
	fields           []*field
	symbols          []string
	fallback         string // an enum's default
	item             *node  // of arrays and maps
	ordered          bool   // a map that is codec.Pairs in Go
	branches         []*node
}

type field struct {
	name, doc string
	aliases   []string
	typ       *node
	fallback  string // the default's JSON; empty when there is none
	unsure    bool   // Java may take the default for one of another branch
}

func (n *node) named() bool { return n.kind == "record" || n.kind == "enum" || n.kind == "fixed" }

// key is what no two branches of a union may share.
func (n *node) key() string {
	if n.named() {
		return n.name
	}
	return n.kind
}

// schema is the type's JSON, each named type written out at its first mention.
func (n *node) schema() string {
	w := &schemaWriter{seen: map[*node]bool{}}
	w.typ(n, "")
	return w.String()
}

// bare is the schema without logical types.
func (n *node) bare() string {
	w := &schemaWriter{seen: map[*node]bool{}, bare: true}
	w.typ(n, "")
	return w.String()
}

type schemaWriter struct {
	strings.Builder
	seen map[*node]bool
	bare bool
}

func (w *schemaWriter) printf(format string, args ...any) { fmt.Fprintf(w, format, args...) }

func (w *schemaWriter) typ(n *node, namespace string) {
	switch n.kind {
	case "union":
		for i, b := range n.branches {
			w.printf("%s", [2]string{"[", ","}[min(i, 1)])
			w.typ(b, namespace)
		}
		w.printf("]")
	case "array":
		w.printf(`{"type":"array","items":`)
		w.typ(n.item, namespace)
		w.printf("}")
	case "map":
		w.printf(`{"type":"map","values":`)
		w.typ(n.item, namespace)
		w.printf("}")
	case "record", "enum", "fixed":
		w.named(n, namespace)
	default:
		if n.logical == "" || w.bare {
			w.printf("%q", n.kind)
			return
		}
		w.printf(`{"type":%q`, n.kind)
		w.logical(n)
		w.printf("}")
	}
}

func (w *schemaWriter) logical(n *node) {
	if n.logical == "" || w.bare {
		return
	}
	w.printf(`,"logicalType":%q`, n.logical)
	if n.logical == "decimal" {
		w.printf(`,"precision":%d`, n.precision)
		if n.scale > 0 {
			w.printf(`,"scale":%d`, n.scale)
		}
	}
}

// named writes a definition, or a mention of what has been defined, with its
// namespace in one of the ways that Avro has.
func (w *schemaWriter) named(n *node, namespace string) {
	own, short := split(n.name)
	if w.seen[n] {
		if own == namespace && len(short)%2 == 0 {
			w.printf("%q", short)
			return
		}
		w.printf("%q", n.name)
		return
	}
	w.seen[n] = true
	w.printf(`{"type":%q`, n.kind)
	switch {
	case own == namespace:
		w.printf(`,"name":%q`, short)
	case own == "" || len(short)%2 == 0:
		w.printf(`,"name":%q,"namespace":%q`, short, own)
	default:
		w.printf(`,"name":%q`, n.name)
	}
	w.extras(n.doc, n.aliases)
	switch n.kind {
	case "enum":
		w.printf(`,"symbols":%s`, toJSON(n.symbols))
		if n.fallback != "" {
			w.printf(`,"default":%q`, n.fallback)
		}
	case "fixed":
		w.printf(`,"size":%d`, n.size)
		w.logical(n)
	case "record":
		w.printf(`,"fields":[`)
		for i, f := range n.fields {
			w.printf(`%s{"name":%q`, [2]string{"", ","}[min(i, 1)], f.name)
			w.extras(f.doc, f.aliases)
			w.printf(`,"type":`)
			w.typ(f.typ, own)
			if f.fallback != "" {
				w.printf(`,"default":%s`, f.fallback)
			}
			w.printf("}")
		}
		w.printf("]")
	}
	w.printf("}")
}

func (w *schemaWriter) extras(doc string, aliases []string) {
	if doc != "" {
		w.printf(`,"doc":%s`, toJSON(doc))
	}
	if len(aliases) > 0 {
		w.printf(`,"aliases":%s`, toJSON(aliases))
	}
}

func split(fullName string) (namespace, short string) {
	i := strings.LastIndexByte(fullName, '.')
	if i < 0 {
		return "", fullName
	}
	return fullName[:i], fullName[i+1:]
}

func toJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings and lists of them
	}
	return string(b)
}

// walk visits every type once.
func (n *node) walk(visit func(*node)) {
	seen := map[*node]bool{}
	var step func(*node)
	step = func(n *node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		visit(n)
		step(n.item)
		for _, b := range n.branches {
			step(b)
		}
		for _, f := range n.fields {
			step(f.typ)
		}
	}
	step(n)
}

// has reports whether any type in n is as asked.
func (n *node) has(is func(*node) bool) bool {
	found := false
	n.walk(func(n *node) { found = found || is(n) })
	return found
}

func isMap(n *node) bool { return n.kind == "map" }

func isBigDecimal(n *node) bool { return n.logical == "big-decimal" }

// clone copies all that hangs on n.
func (n *node) clone(done map[*node]*node) *node {
	if n == nil {
		return nil
	}
	if c := done[n]; c != nil {
		return c
	}
	c := *n
	done[n] = &c
	c.aliases, c.symbols = slices.Clone(n.aliases), slices.Clone(n.symbols)
	c.item = n.item.clone(done)
	c.fields, c.branches = nil, nil
	for _, b := range n.branches {
		c.branches = append(c.branches, b.clone(done))
	}
	for _, f := range n.fields {
		g := *f
		g.aliases, g.typ = slices.Clone(f.aliases), f.typ.clone(done)
		c.fields = append(c.fields, &g)
	}
	return &c
}
