package client_test

import (
	"strings"
	"testing"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/client"
	"github.com/schemactl/schemactl/registry/compat"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, newClient func(...client.Option) *client.Client) {
		ctx, c := t.Context(), newClient()
		register(t, c, "a", avro(order2))
		if err := c.SetLevel(ctx, "a", registry.LevelForward); err != nil {
			t.Fatal(err)
		}
		explain := func(req registry.CheckRequest) []compat.Explanation {
			t.Helper()
			result := noErr[registry.CheckResult](t)(c.Check(ctx, req))
			return noErr[[]compat.Explanation](t)(c.Explain(ctx, req, result))
		}
		equal(t, "nothing to explain", 0, len(explain(registry.CheckRequest{Subject: "a", Schema: avro(order2)})))
		equal(t, "broken text", 0, len(explain(registry.CheckRequest{Subject: "a", Schema: avro("{"), Verbose: true})))
		for _, version := range []int{0, 1} {
			list := explain(registry.CheckRequest{Subject: "a", Schema: avro(order), Version: version})
			if len(list) != 1 || list[0].Reader != compat.Old || !strings.Contains(list[0].Breaks, `"qty"`) || len(list[0].Fixes) == 0 {
				t.Errorf("version %d: %+v", version, list)
			}
		}
	})
}
