package oracle_test

import (
	"strings"
	"testing"
)

// fingerprints compares the fingerprints of every type that Java finds in files
// that mention each other's types. A SHA-256 that is equal says that the
// canonical form is. s is nil when the files are all of the package's.
func (o *oracle) fingerprints(t *testing.T, b *batch, s *sample, files []string) {
	t.Helper()
	want := o.java.mustAsk(t, question{Op: "files", Files: withoutDefaults(t, files)})
	if s != nil && strings.Contains(want.Error, "Can't redefine: ") {
		o.count("schemas that Java reads only as one file")
		want = o.java.mustAsk(t, question{Op: "files", Files: []string{s.text}})
	}
	if want.Error != "" {
		t.Errorf("%s: Java: %s\n%s", b.name, want.Error, strings.Join(files, "\n"))
		return
	}
	nodes := map[string]*node{}
	for _, other := range b.cases {
		if s == nil || other == s {
			other.reader.walk(func(n *node) { nodes[n.name] = n })
		}
	}
	for _, name := range sorted(want.Types) {
		theirs, n := want.Types[name], nodes[name]
		if n != nil && n.kind == "fixed" && n.logical != "" {
			continue // a type of package codec, so that none is generated
		}
		got := o.ours.mustAsk(t, question{Op: "describe", Type: b.name + " " + name})
		if got.Error != "" || got.CRC64 != theirs.CRC64 || got.MD5 != theirs.MD5 || got.SHA256 != theirs.SHA256 {
			t.Errorf("%s (-seed %d): %s: fingerprints %s %s %s %s, Java has %s %s %s of\n%s",
				name, *seed, b.name, got.Error, got.CRC64, got.MD5, got.SHA256, theirs.CRC64, theirs.MD5, theirs.SHA256, theirs.Canonical)
			continue
		}
		// The schema that is registered says the same as the files.
		again := o.java.mustAsk(t, question{Op: "describe", Writer: got.Schema})
		switch {
		case strings.Contains(again.Error, "Schema fields not set yet"):
			o.count("types that Java reads only without defaults")
			again = o.java.mustAsk(t, question{Op: "describe", Writer: withoutDefaults(t, []string{got.Schema})[0]})
		case strings.Contains(again.Error, "Undefined schema: ") && n != nil && n.has(rootless(nil)) && !strings.Contains(name, "."):
			o.count("types that cannot be mentioned where they are")
			continue
		}
		if again.Canonical != theirs.Canonical {
			t.Errorf("%s (-seed %d): %s: AvroSchema is %s\n%s, want\n%s", name, *seed, b.name, again.Error, again.Canonical, theirs.Canonical)
		}
		o.count("types whose fingerprints were compared")
	}
}

// canonical compares Java with Python, which keeps {"type": "long"} where a
// logical type was: it is asked without them.
func (c *comparison) canonical(t *testing.T) {
	t.Helper()
	n := c.sample.reader
	if n.has(rootless(n)) || n.repeatsFixed() {
		return
	}
	c.count("types whose canonical form Python was asked for")
	want := c.java.mustAsk(t, question{Op: "describe", Writer: c.sample.text})
	p := c.python.mustAsk(t, question{Op: "describe", Writer: n.bare()})
	if want.Error != "" || p.Canonical != want.Canonical || p.CRC64 != want.CRC64 || p.MD5 != want.MD5 || p.SHA256 != want.SHA256 {
		t.Errorf("%s: Python %s %s %s has\n%s, Java %s %s\n%s", c.sample, p.Error, p.CRC64, p.SHA256, p.Canonical, want.Error, want.CRC64, want.Canonical)
	}
}
