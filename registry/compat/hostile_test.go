package compat_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/compat"
)

// deep is an array of arrays of a type.
func deep(levels int, leaf string) string {
	return strings.Repeat(`{"type":"array","items":`, levels) + leaf + strings.Repeat("}", levels)
}

// chain is records of which each holds the one before. They are defined in fields
// that two schemas of different prefixes do not share, so that comparing them
// begins with the last one.
func chain(length int, prefix, leaf string) string {
	b := strings.Builder{}
	fmt.Fprintf(&b, `{"type":"record","name":"Top","fields":[{"name":"%s","default":{},"type":{"type":"record","name":"R0","fields":[{"name":"f","type":%s}]}}`, prefix, leaf)
	for i := 1; i < length; i++ {
		fmt.Fprintf(&b, `,{"name":"%s%d","default":{},"type":{"type":"record","name":"R%d","fields":[{"name":"f","type":"R%d"}]}}`, prefix, i, i, i-1)
	}
	fmt.Fprintf(&b, `,{"name":"last","type":"R%d"}]}`, length-1)
	return b.String()
}

// wide is a record of many fields.
func wide(count int, typ string) string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf(`{"name":"f%d","type":%s}`, i, typ)
	}
	return `{"type":"record","name":"W","fields":[` + strings.Join(list, ",") + `]}`
}

// mesh is records of which each mentions all those before it, and the first one
// the last, by a union of all.
func mesh(count int, prefix, leaf string) string {
	b := strings.Builder{}
	fmt.Fprintf(&b, `{"type":"record","name":"Top","fields":[`)
	for i := range count {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"name":"t%d","type":{"type":"record","name":"%s%d","fields":[{"name":"top","type":["null","Top"]}`, i, prefix, i)
		for j := range i {
			fmt.Fprintf(&b, `,{"name":"f%d","type":["null","%s%d"]}`, j, prefix, j)
		}
		fmt.Fprintf(&b, `,{"name":"x","type":%s}]}}`, leaf)
	}
	b.WriteString(`]}`)
	return b.String()
}

// union has many branches that all could be read as each other but for their names.
func union(count int, prefix string) string {
	list := make([]string, count)
	for i := range list {
		list[i] = fmt.Sprintf(`{"type":"fixed","name":"%s%d","size":1}`, prefix, i)
	}
	return `[` + strings.Join(list, ",") + `]`
}

// records is a union of records, each of as many fields.
func records(count, fields int, prefix, field string) string {
	list := make([]string, count)
	for i := range list {
		own := make([]string, fields)
		for j := range own {
			own[j] = fmt.Sprintf(`{"name":"f%d",%s}`, j, field)
		}
		list[i] = fmt.Sprintf(`{"type":"record","name":"%s%d","fields":[%s]}`, prefix, i, strings.Join(own, ","))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// enums is a union of enums, each of as many symbols.
func enums(count, symbols int, prefix string) string {
	list := make([]string, count)
	for i := range list {
		own := make([]string, symbols)
		for j := range own {
			own[j] = fmt.Sprintf(`"%s%d"`, prefix, j)
		}
		list[i] = fmt.Sprintf(`{"type":"enum","name":"%s%d","symbols":[%s]}`, prefix, i, strings.Join(own, ","))
	}
	return "[" + strings.Join(list, ",") + "]"
}

// aliased is a record of fields that have as many aliases.
func aliased(fields, aliases int) string {
	names := make([]string, aliases)
	for i := range names {
		names[i] = fmt.Sprintf(`"f%d"`, i)
	}
	list := make([]string, fields)
	for i := range list {
		list[i] = fmt.Sprintf(`{"name":"a%d","type":"int","aliases":[%s]}`, i, strings.Join(names, ","))
	}
	return `{"type":"record","name":"W","fields":[` + strings.Join(list, ",") + `]}`
}

// Hostile schemas end in a verdict, by counted work: time is bounded by it.
func TestHostileSchemas(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, writer, reader string
		want                 compat.Rule // of the last finding; empty when it fits
	}{
		{"deep", deep(390, `"int"`), deep(390, `"long"`), ""},
		{"deep, does not fit", deep(390, `"long"`), deep(390, `"int"`), compat.TypeMismatch},
		{"chain", chain(9000, "a", `"int"`), chain(9000, "b", `"long"`), ""},
		{"chain, too long", chain(10_100, "a", `"int"`), chain(10_100, "b", `"long"`), compat.TooComplex},
		{"wide", wide(20_000, `"int"`), wide(20_000, `"long"`), ""},
		{"wide, nothing fits", wide(20_000, `"long"`), wide(20_000, `"int"`), compat.TypeMismatch},
		{"mesh", mesh(60, "R", `"int"`), mesh(60, "R", `"long"`), ""},
		{"mesh, nothing fits", mesh(60, "R", `"long"`), mesh(60, "R", `"int"`), compat.MissingUnionBranch},
		{"union", union(400, "R"), union(400, "R"), ""},
		{"records, all fields fit but no name", records(350, 50, "A", `"type":["null","int","long","string"]`), records(350, 50, "B", `"type":["null","int","long","string"]`), compat.TooComplex},
		{"records, all fields are missing", records(350, 0, "A", ""), records(350, 70, "B", `"type":"int","default":1`), compat.TooComplex},
		{"enums", enums(200, 400, "A"), enums(200, 400, "B"), compat.TooComplex},
		{"a long name", `[{"type":"fixed","name":"` + strings.Repeat("n", 100_000) + `","size":1}]`, union(2000, "R"), compat.TooComplex},
		{"long symbols", `[{"type":"enum","name":"E","symbols":["` + strings.Repeat("n", 100_000) + `"]}]`, enums(2000, 1, "R"), compat.TooComplex},
		{"many aliases", wide(5000, `"int"`), aliased(3, 5000), compat.AmbiguousField},
		{"union, not even one type fits", union(300, "R"), `"int"`, compat.TypeMismatch},
		{"union, nothing fits", union(2000, "R"), union(2000, "S"), compat.TooComplex},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			found := compat.Check(parse(t, tc.writer), parse(t, tc.reader))
			size := 0
			for _, f := range found {
				size += len(f.Path) + len(f.Detail)
			}
			if len(found) > 201 || size > 2<<20 {
				t.Errorf("%d findings of %d bytes", len(found), size)
			}
			switch {
			case tc.want == "" && len(found) > 0:
				t.Errorf("%d findings, the first: %v", len(found), found[0])
			case tc.want != "" && (len(found) == 0 || found[len(found)-1].Rule != tc.want):
				t.Errorf("%d findings, want %s: %.500v", len(found), tc.want, found)
			}
			compat.Explain(compat.Question{Old: parse(t, tc.writer), New: parse(t, tc.reader), OldReadsNew: true, NewReadsOld: true})
		})
	}
}

// FuzzCheck checks whatever are two schemas: no panic, a schema reads its own
// data, nothing is without a bound, and a schema that is offered passes.
func FuzzCheck(f *testing.F) {
	for _, p := range [][2]string{
		{deep(100, `"int"`), deep(100, `"string"`)},
		{chain(5, "a", `"int"`), chain(5, "b", `"string"`)},
		{wide(5, `"long"`), wide(5, `"int"`)},
		{mesh(4, "R", `"long"`), mesh(4, "R", `"int"`)},
		{union(4, "R"), union(4, "S")},
		{`{"type":"enum","name":"E","symbols":["A","A"],"default":"B"}`, `{"type":"enum","name":"E","symbols":[]}`},
		{`[]`, `[[],["int","int"]]`},
		{`{"type":"record","name":"R","fields":[{"name":"a","type":"R"}]}`, `{"type":"record","name":"R","aliases":["x.R"],"fields":[{"name":"a","type":["null","R"],"aliases":["a","b"]},{"name":"a","type":"int"}]}`},
	} {
		f.Add(p[0], p[1])
	}
	f.Fuzz(func(t *testing.T, writer, reader string) {
		w, err := avsc.Parse(writer)
		if err != nil {
			if !errors.Is(err, avsc.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		r, err := avsc.Parse(reader)
		if err != nil {
			return
		}
		found := compat.Check(w, r)
		if len(found) > 201 {
			t.Errorf("%d findings", len(found))
		}
		if w.Validate() == nil && w.Root().Kind != avsc.Union {
			if own := compat.Check(w, w); len(own) > 0 {
				t.Errorf("%s cannot read its own data: %v", writer, own)
			}
		}
		q := compat.Question{Old: w, New: r, OldReadsNew: true, NewReadsOld: true}
		for _, e := range compat.Explain(q) {
			for _, fix := range e.Fixes {
				if fix.Schema == "" {
					continue
				}
				fixed, err := avsc.Parse(fix.Schema)
				if err != nil || !passes(q, fixed) {
					t.Errorf("%s: %s does not pass: %v", fix.Text, fix.Schema, err)
				}
			}
		}
	})
}
