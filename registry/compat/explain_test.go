package compat_test

import (
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/schemactl/schemactl/internal/avropairs"
	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/compat"
)

// fields is a record of such fields.
func fields(list ...string) string {
	return `{"type":"record","name":"R","fields":[` + strings.Join(list, ",") + `]}`
}

const (
	intA  = `{"name":"a","type":"int"}`
	longA = `{"name":"a","type":"long"}`
	intB  = `{"name":"b","type":"int"}`
	enumC = `{"name":"c","type":{"type":"enum","name":"E","symbols":["X"]}}`
	enumD = `{"name":"c","type":{"type":"enum","name":"E","symbols":["X","Y"]}}`
)

// Each case has the texts of the first explanation's fixes, and the schema of the
// first fix.
func TestExplain(t *testing.T) {
	t.Parallel()
	const backward, forward, full = "new reads old", "old reads new", "both"
	for _, tc := range []struct {
		name, old, new, ways string
		reader, breaks       string
		fixes                []string
		schema               string
	}{
		{
			"field added", fields(intA), fields(intA, intB), backward,
			compat.New, `readers with the new schema fail on data that was written with the old one: they want the field "b" of R, which the data lacks and for which they have no default`,
			[]string{`give the field "b" a default, such as 0`, `make the field "b" optional: null first, with the default null`, `leave the field "b" out`},
			fields(intA, `{"name":"b","type":"int","default":0}`),
		}, {
			"field renamed", fields(intA), fields(intB), backward,
			compat.New, `the field "b" of R`,
			[]string{
				`give the field "b" a default, such as 0`, `make the field "b" optional: null first, with the default null`,
				`if it is the old field "a" under a new name, give it the alias "a"`, `leave the field "b" out`,
			},
			fields(`{"name":"b","type":"int","default":0}`),
		}, {
			"field dropped", fields(intA, intB), fields(intB), forward,
			compat.Old, `readers that still have the old schema fail on data that is written with the new one: they want the field "a" of R`,
			[]string{`keep the field "a" (readers of the old schema need it until none of them is left)`}, fields(intA, intB),
		}, {
			"field renamed with an alias, for old readers", fields(intA), fields(`{"name":"b","type":"int","aliases":["a"]}`), forward,
			compat.Old, `the field "a" of R`,
			[]string{
				`call the field "b" "a" still: the old schema does not know the alias`,
				`keep the field "a" (readers of the old schema need it until none of them is left)`,
			}, fields(intA),
		}, {
			"type narrowed", fields(longA), fields(intA), backward,
			compat.New, `they cannot read long as int`,
			[]string{`widen it to long; int is too narrow`, `make it a union of int and long`}, fields(longA),
		}, {
			"type widened for old readers", fields(intA), fields(longA), forward,
			compat.Old, `they cannot read long as int`, []string{`make it int again instead of long`}, fields(intA),
		}, {
			"symbol dropped", fields(enumD), fields(enumC), backward,
			compat.New, `they do not know the symbols [Y] of E and have no default for such`,
			[]string{`put the symbols "Y" back`, `give the enum E a default, such as "X", for symbols that it does not know`}, fields(enumD),
		}, {
			"symbol added for old readers", fields(enumC), fields(enumD), forward,
			compat.Old, `they do not know the symbols [Y]`,
			[]string{`leave the symbols "Y" out until the enum of the registered schema has a default`}, fields(enumC),
		}, {
			"made required", fields(`{"name":"a","type":["null","int"]}`), fields(intA), backward,
			compat.New, `they cannot read null as int`,
			[]string{`keep the branch null: make it a union of int and null`}, fields(`{"name":"a","type":["int","null"]}`),
		}, {
			"branch dropped", `["null","int","string"]`, `["null","int"]`, backward,
			compat.New, `their union of null, int has no branch for string`,
			[]string{`put the branch string back into the union of null, int`}, `["null","int","string"]`,
		}, {
			"branch added for old readers", `["null","int"]`, `["null","int","string"]`, forward,
			compat.Old, `has no branch for string`, []string{`leave the branch string out`}, `["null","int"]`,
		}, {
			"record in a union", `["null",` + fields(intA) + `]`, `["null",` + fields(intA, intB) + `]`, backward,
			compat.New, `the branch for record R of their union of null, R does not fit: they want the field "b" of R`,
			[]string{`give the field "b" a default, such as 0`, `put the branch R back into the union of null, R`},
			`["null",` + fields(intA, `{"name":"b","type":"int","default":0}`) + `]`,
		}, {
			"renamed", `{"type":"fixed","name":"n.A","size":2}`, `{"type":"fixed","name":"n.B","size":2}`, backward,
			compat.New, `they know the type as n.B, the data is of n.A`,
			[]string{`give n.B the alias "n.A"`, `call n.B A again`}, `{"type":"fixed","name":"B","namespace":"n","size":2,"aliases":["A"]}`,
		}, {
			"renamed for both", `{"type":"fixed","name":"n.A","size":2}`, `{"type":"fixed","name":"n.B","size":4}`, full,
			compat.Old, `they know the type as n.A`, []string{`call n.B A again`}, `{"type":"fixed","name":"A","namespace":"n","size":2}`,
		}, {
			"ambiguous", fields(intA, intB), fields(`{"name":"c","type":"int","aliases":["a","b"]}`), backward,
			compat.New, `their field c matches the writer's fields [a, b]`,
			[]string{`take the alias "b" from the field "c"`}, fields(`{"name":"c","type":"int","aliases":["a"]}`),
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := compat.Explain(compat.Question{
				Old: parse(t, tc.old), New: parse(t, tc.new), OldReadsNew: tc.ways != backward, NewReadsOld: tc.ways != forward,
			})
			if len(got) == 0 {
				t.Fatal("no explanation")
			}
			first := got[0]
			var texts []string
			for _, f := range first.Fixes {
				texts = append(texts, f.Text)
			}
			if diff := cmp.Diff(tc.fixes, texts); diff != "" {
				t.Errorf("fixes (-want +got):\n%s", diff)
			}
			if first.Reader != tc.reader || !strings.Contains(first.Breaks, tc.breaks) {
				t.Errorf("reader %s: %s, want %s", first.Reader, first.Breaks, tc.breaks)
			}
			if diff := cmp.Diff(tc.schema, first.Fixes[0].Schema); diff != "" {
				t.Errorf("schema (-want +got):\n%s", diff)
			}
		})
	}
}

// What is offered as a schema passes, whatever the pair; and it is offered for
// nearly every pair.
func TestOfferedFixesPassSoak(t *testing.T) {
	t.Parallel()
	n := 1500
	if os.Getenv("SOAK") == "full" {
		n = 50_000
	}
	m := avropairs.New(rand.New(rand.NewPCG(3, 1)))
	var conflicts, fixes, offered, mended int
	for range n {
		p := m.Pair()
		old, errOld := avsc.Parse(p.Writer)
		changed, errNew := avsc.Parse(p.Reader)
		if errOld != nil || errNew != nil || old.Validate() != nil || changed.Validate() != nil {
			continue
		}
		q := compat.Question{Old: old, New: changed, OldReadsNew: m.IntN(3) > 0}
		q.NewReadsOld = !q.OldReadsNew || m.IntN(2) > 0
		list := compat.Explain(q)
		if fits := passes(q, changed); fits != (len(list) == 0) {
			t.Fatalf("fits: %t, %d explanations\nold %s\nnew %s", fits, len(list), p.Writer, p.Reader)
		}
		found := false
		for _, e := range list {
			for _, f := range e.Fixes {
				fixes++
				if f.Schema == "" {
					continue
				}
				offered++
				found = true
				fixed, err := avsc.Parse(f.Schema)
				if err != nil || fixed.Validate() != nil || !passes(q, fixed) {
					t.Errorf("%s: does not pass: %s\nold %s\nnew %s", f.Text, f.Schema, p.Writer, p.Reader)
				}
			}
			if len(e.Fixes) == 0 || e.Breaks == "" {
				t.Errorf("nothing is said of %v", e.Finding)
			}
		}
		if len(list) > 0 {
			conflicts++
			if found {
				mended++
			}
		}
	}
	t.Logf("%d conflicts, a schema for %d; %d fixes, %d with a schema", conflicts, mended, fixes, offered)
	if conflicts < n/10 || mended < conflicts*97/100 {
		t.Error("too few conflicts, or too few that can be mended")
	}
}

func passes(q compat.Question, changed *avsc.Schema) bool {
	return (!q.OldReadsNew || len(compat.Check(changed, q.Old)) == 0) && (!q.NewReadsOld || len(compat.Check(q.Old, changed)) == 0)
}
