package codegen_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/schemactl/schemactl/codegen"
)

// tree is a synthetic tree of schema files as a company has them: about twenty
// fields each, in every third a nested record and an enum, in every fifth a
// mention of another file's record.
func tree(files int) fstest.MapFS {
	out := fstest.MapFS{}
	for i := range files {
		team := i % 17
		var fields []string
		add := func(name, typ, more string) {
			fields = append(fields, fmt.Sprintf(`{"name":%q,"type":%s,"doc":"The %s, as the source of the event has it."%s}`, name, typ, name, more))
		}
		for j := range 4 {
			add(fmt.Sprintf("reference_%d", j), `"string"`, "")
			add(fmt.Sprintf("count_%d", j), `"long"`, `,"default":0`)
			add(fmt.Sprintf("note_%d", j), `["null","string"]`, `,"default":null`)
		}
		add("created_at", `{"type":"long","logicalType":"timestamp-micros"}`, "")
		add("amount", `{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}`, "")
		add("active", `"boolean"`, `,"default":true`)
		add("labels", `{"type":"map","values":"string"}`, `,"default":{}`)
		add("rates", `{"type":"array","items":"double"}`, "")
		if i%3 == 0 {
			add("address", fmt.Sprintf(`{"type":"record","name":"Address%d","fields":[
				{"name":"street","type":"string"},{"name":"city","type":"string"},{"name":"postcode","type":["null","string"]}]}`, i), "")
			add("status", fmt.Sprintf(`{"type":"enum","name":"Status%d","symbols":["OPEN","CLOSED","IN_PROGRESS"]}`, i), "")
		}
		if i%5 == 0 && i > 0 {
			add("previous", fmt.Sprintf(`["null","acme.team%d.OrderChanged%d"]`, (i-1)%17, i-1), `,"default":null`)
		}
		out[fmt.Sprintf("team%d/order_changed_%d.avsc", team, i)] = &fstest.MapFile{Data: fmt.Appendf(nil,
			`{"type":"record","name":"OrderChanged%d","namespace":"acme.team%d","doc":"An order was changed.","fields":[%s]}`,
			i, team, strings.Join(fields, ",\n"))}
	}
	return out
}

const benchmarkFiles = 500

func BenchmarkGenerate(b *testing.B) {
	schemas := tree(benchmarkFiles)
	for b.Loop() {
		if _, err := codegen.Generate(b.Context(), codegen.Request{Schemas: schemas, Out: filepath.Join(b.TempDir(), "events")}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCheckUnchanged(b *testing.B) {
	req := codegen.Request{Schemas: tree(benchmarkFiles), Out: filepath.Join(b.TempDir(), "events")}
	if _, err := codegen.Generate(b.Context(), req); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := codegen.Check(b.Context(), req)
		if err != nil || len(r.Changed()) != 0 {
			b.Fatal(err, len(r.Changed()))
		}
	}
}
