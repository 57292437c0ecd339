package oracle_test

import (
	"strings"
	"testing"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// javas compares values that Java made up.
func (c *comparison) javas(t *testing.T) {
	t.Helper()
	made := answer{Error: "java.lang.OutOfMemoryError"}
	if c.sample.reader.javaSize() < 500 {
		made = c.java.mustAsk(t, question{Op: "random", Writer: c.sample.text, Count: perSchema(), Seed: int64(*seed)})
	}
	if strings.Contains(made.Error, "StackOverflowError") || strings.Contains(made.Error, "OutOfMemoryError") {
		c.count("types of which Java's own values do not end")
		return
	}
	var theirs [][]byte
	for _, v := range made.Values {
		theirs = append(theirs, v.Bytes)
	}
	c.compare(t, "values that Java made", theirs, made)
}

// javaSize is how many records one of Java's random values holds on average: it
// makes arrays shorter the deeper they are, and takes any branch of a union.
func (n *node) javaSize() float64 {
	type place struct {
		n     *node
		depth int
	}
	known := map[place]float64{}
	var size func(n *node, depth int) float64
	size = func(n *node, depth int) float64 {
		at, sum := place{n, depth}, 0.0
		if s, ok := known[at]; ok {
			return s
		}
		switch n.kind {
		case "array", "map":
			if length := float64(4 - depth); length > 0 {
				sum = length * size(n.item, depth+1)
			}
		case "union":
			for _, b := range n.branches {
				sum += size(b, depth) / float64(len(n.branches))
			}
		case "record":
			sum = 1
			for _, f := range n.fields {
				if depth < 100 {
					sum += size(f.typ, depth+1)
				}
			}
		}
		known[at] = sum
		return sum
	}
	return size(n, 0)
}

// withoutDefaults takes out what decides no fingerprint: Java looks at defaults
// before it knows the types that other files define.
func withoutDefaults(t *testing.T, files []string) []string {
	t.Helper()
	var strip func(v *avrojson.Value)
	strip = func(v *avrojson.Value) {
		var kept []avrojson.Member
		for _, m := range v.Members {
			if m.Key != "default" {
				strip(m.Value)
				kept = append(kept, m)
			}
		}
		v.Members = kept
		for _, e := range v.Elements {
			strip(e)
		}
	}
	var all []string
	for _, text := range files {
		v, err := avrojson.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		strip(v)
		all = append(all, v.String())
	}
	return all
}
