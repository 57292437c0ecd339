package table_test

import (
	"testing"

	"github.com/schemactl/schemactl/bench/codec/table"
)

func allGroups(tb testing.TB) []table.Group {
	tb.Helper()
	var all []table.Group
	for _, shape := range table.Shapes() {
		groups, err := table.Groups(shape)
		if err != nil {
			tb.Fatal(err)
		}
		all = append(all, groups...)
	}
	return all
}

// TestCodecs checks that all codecs of a group write the same bytes and read the
// same values.
func TestCodecs(t *testing.T) {
	t.Parallel()
	for _, g := range allGroups(t) {
		for _, c := range g.Codecs {
			t.Run(g.Name()+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				if err := c.Check(); err != nil {
					t.Error(err)
				}
				if err := c.Run(3); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// TestNames checks that every group has the codecs that others are compared with,
// and no name twice.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, g := range allGroups(t) {
		for _, name := range []string{g.Hand(), g.Hamba(), g.Ours()} {
			if g.Find(name) == nil {
				t.Errorf("%s has no %s", g.Name(), name)
			}
		}
		seen := map[string]bool{}
		for _, c := range g.Codecs {
			if seen[c.Name] {
				t.Errorf("%s has %s twice", g.Name(), c.Name)
			}
			seen[c.Name] = true
		}
	}
}

// BenchmarkCodec measures one codec at a time, for profiles and for comparing two
// versions of it. To compare codecs use the command codecbench, which takes turns.
func BenchmarkCodec(b *testing.B) {
	if testing.Short() {
		b.Skip("the command codecbench measures the same")
	}
	for _, g := range allGroups(b) {
		for _, c := range g.Codecs {
			b.Run(g.Name()+"/"+c.Name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(c.Bytes))
				if err := c.Run(b.N); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}
