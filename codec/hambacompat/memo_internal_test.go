package hambacompat

import (
	"testing"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/events"
)

// A program that parses a schema for every message, and types that come and go,
// do not fill the memory.
func TestMemoIsBounded(t *testing.T) {
	t.Parallel()
	var m memo
	text := new(events.Money).AvroSchema().String()
	for range 2*mostPairs + 1 {
		given, err := parse(text)
		if err != nil {
			t.Fatal(err)
		}
		f, err := m.find(given, codec.NewSchema("schemactl.shared.Money", text, codec.Fingerprints{}))
		if err != nil || f.differs != "" {
			t.Fatalf("%v, %q", err, f.differs)
		}
		if len(m.pairs) > mostPairs || len(m.own) > mostPairs {
			t.Fatalf("%d pairs, %d schemas, %d are the most", len(m.pairs), len(m.own), mostPairs)
		}
	}
}
