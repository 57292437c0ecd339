package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
)

func TestCache(t *testing.T) {
	t.Parallel()
	c := plan.NewCache()
	text := record(field("a", `["null","long"]`))
	target := schemaOf(text)
	writer := func(i int) string { return record(field("a", `"long"`), field(fmt.Sprintf("x%d", i), `"int"`)) }
	kept, err := c.Plan(writer(0), target)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 600 {
		if _, err := c.Plan(writer(i), target); err != nil {
			t.Fatal(err)
		}
		if i%10 == 0 {
			if p, _ := c.Plan(writer(0), schemaOf(strings.Clone(text))); p != kept {
				t.Fatalf("plan in use was dropped after %d others", i)
			}
		}
	}
	first, _ := c.Plan(writer(1), target)
	if again, _ := c.Plan(writer(1), target); again != first {
		t.Error("plan was not kept")
	}
	_, err = c.Plan("{", target)
	_, again := c.Plan("{", target)
	if err == nil || err != again { //nolint:errorlint // the very same error is wanted
		t.Errorf("errors %v and %v", err, again)
	}
}

// A default or an alias changes the plan and not the fingerprint.
func TestCacheGoesByText(t *testing.T) {
	t.Parallel()
	c := plan.NewCache()
	writer := record(field("a", `"int"`))
	lacking, with := schemaOf(record(field("b", `"int"`))), schemaOf(record(`{"name":"b","type":"int","default":1}`))
	aliased := schemaOf(record(`{"name":"b","type":"int","default":1,"aliases":["a"]}`))
	for range 2 {
		if _, err := c.Plan(writer, lacking); !errors.Is(err, plan.ErrIncompatible) {
			t.Errorf("without a default: %v", err)
		}
		if p, err := c.Plan(writer, with); err != nil || len(p.Root.Defaults) != 1 || p.Reader != with {
			t.Errorf("with a default: %v, %v", p, err)
		}
		if p, err := c.Plan(writer, aliased); err != nil || len(p.Root.Defaults) != 0 || p.Reader != aliased {
			t.Errorf("with an alias: %v, %v", p, err)
		}
	}
	_, bad := c.Plan(writer, schemaOf("{"))
	if _, err := c.Plan(writer, schemaOf("{")); bad == nil || err != bad { //nolint:errorlint // the very same error is wanted
		t.Errorf("bad reader: %v, %v", bad, err)
	}
}

// Large schemas are dropped before there are many of them.
func TestCacheBoundsText(t *testing.T) {
	t.Parallel()
	c := plan.NewCache()
	target := schemaOf(record())
	large := func(i int) string {
		return strings.Repeat(" ", 3<<20) + record(field(fmt.Sprintf("x%d", i), `"int"`))
	}
	first, err := c.Plan(large(0), target)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := c.Plan(large(0), target); again != first {
		t.Error("not kept")
	}
	for i := range 22 {
		if _, err := c.Plan(large(i+1), target); err != nil {
			t.Fatal(err)
		}
	}
	if again, _ := c.Plan(large(0), target); again == first {
		t.Error("66 MiB of schemas are kept")
	}
}

func TestCacheSharesCompilation(t *testing.T) {
	t.Parallel()
	c := plan.NewCache()
	readers := []*codec.Schema{schemaOf(wide("long")), schemaOf(wide("long")), schemaOf(wide("double"))}
	const writers, callers = 8, 16
	plans := make([][]*codec.Plan, writers*len(readers))
	for i := range plans {
		plans[i] = make([]*codec.Plan, callers)
	}
	start := make(chan struct{})
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			<-start
			for i := range plans {
				at := (i + caller) % len(plans)
				writer := wide("int") + strings.Repeat(" ", at/len(readers))
				p, err := c.Plan(writer, readers[at%len(readers)])
				if err != nil {
					t.Error(err)
				}
				plans[at][caller] = p
			}
		})
	}
	close(start)
	wg.Wait()
	for at, same := range plans {
		for _, p := range same {
			if p != same[0] || p == nil {
				t.Fatalf("pair %d: callers at once got plans of their own", at)
			}
		}
	}
	if plans[0][0] != plans[1][0] || plans[0][0] == plans[2][0] {
		t.Error("readers of equal text have a plan each, or all share one")
	}
}

// TestCacheUnderPressure drops plans while others ask for them; the race
// detector looks on.
func TestCacheUnderPressure(t *testing.T) {
	t.Parallel()
	c := plan.NewCache()
	var wg sync.WaitGroup
	for caller := range 8 {
		wg.Go(func() {
			for i := range 400 {
				n := (i*7 + caller*31) % 700
				reader := schemaOf(record(fmt.Sprintf(`{"name":"a","type":"int","default":%d}`, n%60)))
				p, err := c.Plan(record(field(fmt.Sprintf("x%d", n), `"int"`)), reader)
				if err != nil || p.Root.Steps[0].Name != fmt.Sprintf("x%d", n) || p.Reader.String() != reader.String() {
					t.Errorf("%v, %v", p, err)
				}
			}
		})
	}
	wg.Wait()
}
