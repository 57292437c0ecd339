package compat_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/compat"
)

// A type that fits only if another does, and that one does not: the first
// verdict must not outlive the assumption it was made under.
func TestVerdictUnderAssumption(t *testing.T) {
	t.Parallel()
	const text = `{"type":"record","name":"Top","fields":[
		{"name":"a","type":["null",{"type":"record","name":"A","fields":[
			{"name":"b","type":{"type":"record","name":"B","fields":[{"name":"a","type":["null","A"]}]}},
			{"name":"x","type":"%s"}]}]},
		{"name":"b","type":"B"}]}`
	found := compat.Check(parse(t, fmt.Sprintf(text, "long")), parse(t, fmt.Sprintf(text, "int")))
	paths := map[string]bool{}
	for _, f := range found {
		paths[f.Path] = true
	}
	if !paths["/fields/0/type/1"] || len(found) < 2 {
		t.Errorf("findings %v: both fields of Top are incompatible", found)
	}
}

// Types that mention each other twice at each level double the paths.
func TestManyPaths(t *testing.T) {
	t.Parallel()
	nested := func(leaf string) *avsc.Schema {
		text := fmt.Sprintf(`{"type":"record","name":"R0","fields":[{"name":"x","type":%q}]}`, leaf)
		for i := 1; i < 60; i++ {
			text = fmt.Sprintf(`{"type":"record","name":"R%d","fields":[{"name":"a","type":%s},{"name":"b","type":"R%d"}]}`, i, text, i-1)
		}
		return parse(t, text)
	}
	if found := compat.Check(nested("long"), nested("int")); len(found) != 1 {
		t.Errorf("%d findings, want the one that there is", len(found))
	}
}

func TestNoSharedState(t *testing.T) {
	t.Parallel()
	fields := strings.Repeat("x", 3)
	w := parse(t, `{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]}]}`)
	r := parse(t, `{"type":"record","name":"N","fields":[{"name":"next","type":["null","N"]},{"name":"`+fields+`","type":"int"}]}`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 500 {
				if len(compat.Check(w, r)) != 1 || len(compat.Check(r, w)) != 0 {
					t.Error("another verdict")
					return
				}
			}
		})
	}
	wg.Wait()
}
