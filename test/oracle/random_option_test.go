package oracle_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/codegen"
)

// options choose Go names and forms of maps for single types, fields and symbols.
func (g *schemas) options(root *node) codegen.Options {
	o := codegen.Options{Names: map[string]string{}}
	root.walk(func(n *node) {
		if !n.named() || n.kind == "fixed" && n.logical != "" {
			return
		}
		_, short := split(n.name)
		if g.chance(40) {
			o.Names[n.name] = "Picked" + short
		}
		for i, s := range n.symbols {
			if g.chance(30) {
				o.Names[n.name+"."+s] = fmt.Sprintf("Symbol%s%d", short, i)
			}
		}
		for i, f := range n.fields {
			if g.chance(30) {
				o.Names[n.name+"."+f.name] = g.one("Picked", "X_", "Zwölf") + fmt.Sprint(i)
			}
			if g.chance(60) && len(f.typ.ownMaps()) > 0 {
				o.Pairs = append(o.Pairs, n.name+"."+f.name)
			}
		}
	})
	return o
}

// ownMaps are the maps in a field's type before the next record.
func (n *node) ownMaps() []*node {
	var all []*node
	switch n.kind {
	case "map":
		all = append(n.item.ownMaps(), n)
	case "array":
		all = n.item.ownMaps()
	case "union":
		for _, b := range n.branches {
			all = append(all, b.ownMaps()...)
		}
	}
	return all
}

// markPairs marks the maps whose order Go keeps: all, or those of some fields.
func (n *node) markPairs(all bool, fields []string) {
	n.walk(func(n *node) {
		for _, f := range n.fields {
			for _, m := range f.typ.ownMaps() {
				m.ordered = m.ordered || all || slices.Contains(fields, n.name+"."+f.name)
			}
		}
	})
}

// files are a schema in one file or in several, which mention each other's types
// in whatever order they are read. A type that stands in none of its own is
// defined wherever it is first mentioned, more than once perhaps.
func (g *schemas) files(root *node, number string) map[string]string {
	files := map[string]string{}
	apart := []*node{root}
	root.walk(func(n *node) {
		// A type without a namespace cannot be mentioned from inside one.
		if n.named() && n != root && strings.Contains(n.name, ".") && g.chance(25) {
			apart = append(apart, n)
		}
	})
	for i, n := range apart {
		w := &schemaWriter{seen: map[*node]bool{}}
		for _, other := range apart {
			w.seen[other] = other != n
		}
		w.typ(n, "")
		name := fmt.Sprintf("schema_%s.avsc", number)
		if i > 0 {
			name = fmt.Sprintf("%c_%s_%d.avsc", 'a'+rune(g.IntN(26)), number, i)
		}
		files[name] = w.String()
	}
	return files
}
