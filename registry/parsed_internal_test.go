package registry

import (
	"fmt"
	"testing"

	"github.com/schemactl/schemactl/registry/avsc"
)

// However long the texts are, no more of them is kept than the bound, and the last one
// is there.
func TestParsedCacheIsBounded(t *testing.T) {
	t.Parallel()
	s, err := avsc.Parse(`"int"`)
	if err != nil {
		t.Fatal(err)
	}
	c := newParsedCache(1000)
	key := func(i int) contentKey { return contentKey{Key: Key{Context: fmt.Sprint(i)}} }
	for i := range 100 {
		for range 2 { // the same once more takes no more room
			c.put(key(i), parsedSchema{s, maxParsedBytes / 10})
		}
		if c.bytes > maxParsedBytes || len(c.byID) > 10 || i > 20 && len(c.byID) < 10 {
			t.Fatalf("after %d: %d schemas of %d bytes", i, len(c.byID), c.bytes)
		}
	}
	c.put(key(101), parsedSchema{s, 2 * maxParsedBytes})
	if c.get(key(101)) == nil || len(c.byID) != 1 {
		t.Errorf("of one beyond the bound: %d schemas of %d bytes", len(c.byID), c.bytes)
	}
	for i := range 2000 {
		c.put(key(i), parsedSchema{s, 1})
	}
	if len(c.byID) > 1000 {
		t.Errorf("%d schemas", len(c.byID))
	}
}
