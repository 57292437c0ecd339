package codegen

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

// typicalTree is a folder of so many events of 20 fields, an eighth of which
// bring the shared types along.
func typicalTree(events int) fstest.MapFS {
	const shared = `{"type":"record","name":"Money","namespace":"shop.shared","fields":[{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}},{"name":"currency","type":{"type":"enum","name":"Currency","symbols":["EUR","USD","CHF"]},"default":"EUR"}]}`
	files := fstest.MapFS{"shared/money.avsc": {Data: []byte(shared)}}
	for i := range events {
		var b strings.Builder
		fmt.Fprintf(&b, "{\n  \"type\": \"record\",\n  \"name\": \"Event%d\",\n  \"namespace\": \"shop.orders\",\n  \"doc\": \"What happened to an order.\",\n  \"fields\": [\n", i)
		money := `"shop.shared.Money"`
		if i%8 == 0 {
			money = shared
		}
		fmt.Fprintf(&b, "    {\"name\": \"total\", \"type\": %s},\n", money)
		for f := range 6 {
			fmt.Fprintf(&b, "    {\"name\": \"text_%d\", \"type\": \"string\", \"doc\": \"Some text.\"},\n", f)
			fmt.Fprintf(&b, "    {\"name\": \"at_%d\", \"type\": {\"type\": \"long\", \"logicalType\": \"timestamp-micros\"}},\n", f)
			fmt.Fprintf(&b, "    {\"name\": \"maybe_%d\", \"type\": [\"null\", \"string\"], \"default\": null},\n", f)
		}
		fmt.Fprintf(&b, "    {\"name\": \"tags\", \"type\": {\"type\": \"map\", \"values\": \"string\"}, \"default\": {}}\n  ]\n}\n")
		files[fmt.Sprintf("orders/event_%d.avsc", i)] = &fstest.MapFile{Data: []byte(b.String())}
	}
	return files
}

// BenchmarkParse reads 500 schemas of 20 fields.
func BenchmarkParse(b *testing.B) {
	files := typicalTree(500)
	size := 0
	for _, f := range files {
		size += len(f.Data)
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(b.Context(), files, ""); err != nil {
			b.Fatal(err)
		}
	}
}
