package oracle_test

import (
	"maps"
	"slices"
	"testing"
)

// orderless compares what Java and Python wrote.
var orderless = rules{maps: true, pairs: true}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// gap is something that Apache Avro for Python does not do as Java and the
// specification have it. The package comment explains each.
type gap struct {
	name    string
	applies func(reader *node, p pair) bool
}

// gaps are the only reasons for which Python may differ.
var gaps = []gap{
	{"aliases", did("rename a field", "rename a type")},
	{"string and bytes", did("promote text")},
	{"a union on one side only", did("enter a union", "leave a union", "put the root into a union")},
	{"an enum's default", did("change symbols")},
	{"a field's default", did("drop a field")},
	{"promotion of items", func(reader *node, p pair) bool { return did("promote")(reader, p) && reader.has(holdsNumbers) }},
	{"branches that look alike", func(reader *node, p pair) bool { return reader.has(mixed) || p.writer.has(mixed) }},
	{"a namespace that ends", func(reader *node, p pair) bool {
		return reader.has(rootless(reader)) || p.writer.has(rootless(p.writer))
	}},
}

func did(steps ...string) func(*node, pair) bool {
	return func(_ *node, p pair) bool {
		return slices.ContainsFunc(steps, func(s string) bool { return p.did[s] })
	}
}

// holdsNumbers are arrays, maps and unions in which a number can be promoted.
func holdsNumbers(n *node) bool {
	is := func(n *node) bool { return n.kind == "long" || n.kind == "float" || n.kind == "double" }
	return n.item != nil && is(n.item) || slices.ContainsFunc(n.branches, is)
}

// mixed are unions of which Python takes the first branch that a value could be of.
func mixed(n *node) bool {
	class := map[string]string{
		"boolean": "number", "int": "number", "long": "number", "float": "number", "double": "number",
		"string": "text", "enum": "text", "bytes": "bytes", "fixed": "bytes", "map": "dict", "record": "dict",
	}
	seen := map[string]bool{}
	for _, b := range n.branches {
		name := class[b.kind]
		if name != "" && seen[name] {
			return true
		}
		seen[name] = true
	}
	return false
}

// rootless are types without a namespace inside others that have one.
func rootless(root *node) func(*node) bool {
	return func(n *node) bool {
		own, _ := split(n.name)
		return n.named() && n != root && own == ""
	}
}

// repeatsFixed tells schemas that mention a fixed twice, which Python's
// canonical form defines twice.
func (n *node) repeatsFixed() bool {
	seen, twice := map[*node]bool{}, false
	mention := func(n *node) {
		if n != nil && n.kind == "fixed" {
			twice = twice || seen[n]
			seen[n] = true
		}
	}
	n.walk(func(n *node) {
		mention(n.item)
		for _, b := range n.branches {
			mention(b)
		}
		for _, f := range n.fields {
			mention(f.typ)
		}
	})
	return twice
}

// excused tells differences that have a reason, and counts them by it.
func (c *comparison) excused(p pair) bool {
	for _, g := range gaps {
		if g.applies(c.sample.reader, p) {
			c.count("Python differs: " + g.name)
			return true
		}
	}
	return false
}

// pythonAgain compares Python with the bytes that Java and ours agree on.
// Without logical types, because Python's own times and decimals hold less.
func (c *comparison) pythonAgain(t *testing.T, sources [][]byte) {
	t.Helper()
	n := c.sample.reader
	p := pair{writer: n}
	got := c.python.mustAsk(t, question{Op: "again", Writer: n.bare(), Values: sources})
	if got.Error != "" {
		if !c.excused(p) {
			t.Errorf("%s: Python: %s\n%s", c.sample, got.Error, n.bare())
		}
		return
	}
	for i, v := range got.Values {
		if v.Error == "" && orderless.same(n, v.Bytes, sources[i]) {
			c.count("Python agrees: values")
			continue
		}
		if !c.excused(p) {
			t.Errorf("%s: Python writes % x %s\nof % x\n%s", c.sample, v.Bytes, v.Error, sources[i], n.bare())
			return
		}
	}
}

// pythonResolve compares Python with what Java made of the writer's values.
func (c *comparison) pythonResolve(t *testing.T, p pair, sources [][]byte, want answer) {
	t.Helper()
	reader := c.sample.reader
	got := c.python.mustAsk(t, question{Op: "resolve", Writer: p.writer.bare(), Reader: reader.bare(), Values: sources})
	if got.Error != "" {
		if !c.excused(p) {
			t.Errorf("%s: %v: Python: %s\nwriter %s\nreader %s", c.sample, sorted(p.did), got.Error, p.writer.bare(), reader.bare())
		}
		return
	}
	for i, v := range got.Values {
		w := want.Values[i]
		if (v.Error != "") == (w.Error != "") && (v.Error != "" || orderless.same(reader, v.Bytes, w.Bytes)) {
			c.count("Python agrees: pairs' values")
			continue
		}
		if !c.excused(p) {
			t.Errorf("%s: %v: %s\nof % x\nJava makes   % x %s\nPython makes % x %s\nwriter %s\nreader %s", c.sample, sorted(p.did),
				difference(reader, w.Bytes, v.Bytes), sources[i], w.Bytes, w.Error, v.Bytes, v.Error, p.writer.bare(), reader.bare())
			return
		}
	}
}
