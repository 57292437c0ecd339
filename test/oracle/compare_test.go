package oracle_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
)

// comparison asks all peers the same about one sample.
type comparison struct {
	*oracle
	random *rand.Rand
	sample *sample
	rules  rules
}

// again has all read and write values of the schema itself: random bytes from
// here, and values that Java made up.
func (c *comparison) again(t *testing.T) {
	t.Helper()
	n, text := c.sample.reader, c.sample.text
	var plain, blocks, tame [][]byte
	for i := range perSchema() {
		plain = append(plain, values{Rand: c.random, Tame: i%2 == 0}.one(n))
		blocks = append(blocks, values{Rand: c.random, Blocks: true}.one(n))
		tame = append(tame, values{Rand: c.random, Tame: true}.one(n))
	}
	c.compare(t, "plain values", plain, c.java.mustAsk(t, question{Op: "again", Writer: text, Values: plain}))
	c.compare(t, "values in blocks", blocks, c.java.mustAsk(t, question{Op: "again", Writer: text, Values: blocks}))
	if !n.has(alike) {
		c.compare(t, "values as Java's own types", tame, c.java.mustAsk(t, question{Op: "again", Writer: text, Values: tame, Logical: true}))
	}
	c.javas(t)
	c.pythonAgain(t, plain)
}

// constrained are logical types of which not every value of the base is one.
func constrained(n *node) bool {
	return slices.Contains([]string{"decimal", "big-decimal", "uuid", "time-millis", "time-micros"}, n.logical)
}

// alike are unions of which two branches are the same class in Java, which
// then writes the first.
func alike(n *node) bool {
	class := map[string]string{"uuid": "UUID", "decimal": "BigDecimal", "big-decimal": "BigDecimal", "time-millis": "LocalTime", "time-micros": "LocalTime"}
	seen := map[string]bool{}
	for _, b := range n.branches {
		name := class[b.logical]
		if name != "" && seen[name] {
			return true
		}
		seen[name] = true
	}
	return false
}

// compare has ours read and write the values, and compares with what Java wrote.
func (c *comparison) compare(t *testing.T, what string, sources [][]byte, want answer) {
	t.Helper()
	n, text := c.sample.reader, c.sample.text
	if want.Error != "" {
		t.Errorf("%s: %s: Java: %s\n%s", c.sample, what, want.Error, text)
		return
	}
	got := c.ours.mustAsk(t, question{Op: "again", Type: c.sample.id(), Values: sources})
	if got.Error != "" {
		t.Errorf("%s: %s: %s", c.sample, what, got.Error)
		return
	}
	for i, v := range got.Values {
		c.count(what)
		w := want.Values[i]
		switch {
		case v.Error == "" && w.Error == "" && c.rules.same(n, v.Bytes, w.Bytes):
			c.count("values")
			// Where Go keeps a map's order, the bytes are those that it read.
			kept := c.rules
			kept.pairs = false
			if what == "plain values" && !kept.same(n, v.Bytes, sources[i]) {
				t.Errorf("%s: %s: another order than % x: % x\n%s", c.sample, what, sources[i], v.Bytes, text)
				return
			}
		case strings.Contains(v.Error, codec.ErrLimit.Error()) && len(sources[i]) > codec.MaxDepth:
			c.count("values that ours refuses as nested too deep")
		default:
			t.Errorf("%s: %s: %s\nof % x\nJava writes % x %s\nours        % x %s\n%s", c.sample, what, difference(n, w.Bytes, v.Bytes), sources[i], w.Bytes, w.Error, v.Bytes, v.Error, text)
			return
		}
	}
}

// resolve has all read values of the pair's writer.
func (c *comparison) resolve(t *testing.T, p pair) {
	t.Helper()
	reader, text, writer := c.sample.reader, c.sample.text, p.writer.schema()
	var sources [][]byte
	for i := range perSchema() {
		sources = append(sources, values{Rand: c.random, Blocks: i%2 == 0}.one(p.writer))
	}
	want := c.java.mustAsk(t, question{Op: "resolve", Writer: writer, Reader: text, Values: sources})
	if want.Error != "" {
		t.Errorf("%s: %v: Java: %s\nwriter %s\nreader %s", c.sample, sorted(p.did), want.Error, writer, text)
		return
	}
	got := c.ours.mustAsk(t, question{Op: "resolve", Type: c.sample.id(), Writer: writer, Values: sources})
	if got.Error != "" {
		c.refused(t, p, got.Error, want)
		return
	}
	c.count("pairs")
	for i, v := range got.Values {
		w := want.Values[i]
		switch {
		case strings.Contains(w.Error, "Not an array: [") || strings.Contains(w.Error, "Not a map: ["):
			c.count("values that Java cannot read for a default's sake")
		case w.Error == "" && strings.Contains(v.Error, "the writer has record "+beside):
			c.count("values of records of another name, which Java reads by their fields")
		case v.Error != "" && w.Error != "" && !strings.Contains(v.Error, "PANIC"):
			c.count("values of pairs that both refuse")
		case v.Error == "" && w.Error == "" && c.rules.same(reader, v.Bytes, w.Bytes):
			c.count("values of pairs")
		default:
			t.Errorf("%s: %v: %s\nof % x\nJava makes % x %s\nours       % x %s\nwriter %s\nreader %s",
				c.sample, sorted(p.did), difference(reader, w.Bytes, v.Bytes), sources[i], w.Bytes, w.Error, v.Bytes, v.Error, writer, text)
			return
		}
	}
	c.pythonResolve(t, p, sources, want)
}

// refused: a pair for which ours has no plan must be one that Java's checker
// refuses too; Java's decoder then fails when a value comes, ours before.
func (c *comparison) refused(t *testing.T, p pair, why string, want answer) {
	t.Helper()
	writer, text := p.writer.schema(), c.sample.text
	check := c.java.mustAsk(t, question{Op: "compatible", Writer: writer, Reader: text})
	c.count("pairs that both refuse")
	if check.Error != "" || check.Compatible {
		t.Errorf("%s: %v: Java says compatible %s, ours %s\nwriter %s\nreader %s", c.sample, sorted(p.did), check.Error, why, writer, text)
		return
	}
	for _, v := range want.Values {
		if v.Error == "" {
			c.count("values that Java reads of pairs that both refuse")
		}
	}
}
