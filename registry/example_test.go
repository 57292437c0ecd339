package registry_test

import (
	"context"
	"fmt"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/memory"
)

func Example() {
	ctx := context.Background()
	reg, err := registry.New(memory.New())
	if err != nil {
		fmt.Println(err)
		return
	}
	e, err := reg.Register(ctx, registry.RegisterRequest{
		Subject: "orders-value",
		Schema:  registry.Schema{Text: `{"type": "record", "name": "shop.Order", "fields": [{"name": "id", "type": "long"}]}`},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(e.ID, e.Version, e.Text)

	check, err := reg.Check(ctx, registry.CheckRequest{
		Subject: "orders-value",
		Schema:  registry.Schema{Text: `{"type": "record", "name": "shop.Order", "fields": [{"name": "id", "type": "int"}]}`},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(check.Compatible, check.Conflict.NewReadsOld[0])
	// Output:
	// 1 1 {"type":"record","name":"Order","namespace":"shop","fields":[{"name":"id","type":"long"}]}
	// false TYPE_MISMATCH at /fields/0/type: reader type: INT not compatible with writer type: LONG
}
