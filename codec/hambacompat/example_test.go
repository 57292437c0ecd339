package hambacompat_test

import (
	"errors"
	"fmt"

	"github.com/hamba/avro/v2"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/hambacompat"
	"github.com/schemactl/schemactl/codec/plan"
	"github.com/schemactl/schemactl/events"
)

// The calls are those of hamba/avro; only the package's name changes.
func Example() {
	schema := avro.MustParse(new(events.Money).AvroSchema().String())

	data, err := hambacompat.Marshal(schema, &events.Money{Amount: codec.NewDecimal(1999, 2), Currency: "EUR"})
	fmt.Printf("%x %v\n", data, err)

	var price events.Money
	err = hambacompat.Unmarshal(schema, data, &price)
	fmt.Println(price.Amount, price.Currency, err)

	// hamba would read this without an error.
	err = hambacompat.Unmarshal(schema, data[:4], &price)
	fmt.Println(errors.Is(err, codec.ErrTruncated))
	// Output:
	// 0407cf06455552 <nil>
	// 19.99 EUR <nil>
	// true
}

// A writer's schema that is not the type's own needs no Resolve.
func ExampleConfig() {
	api := hambacompat.Config{Plans: plan.NewCache()}.Freeze()
	writer := avro.MustParse(`{"type": "record", "name": "schemactl.shared.Money", "fields": [
		{"name": "currency", "type": "string"},
		{"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 18, "scale": 2}},
		{"name": "rounded", "type": "boolean"}
	]}`)

	var price events.Money
	err := api.Unmarshal(writer, []byte{6, 'E', 'U', 'R', 4, 0x07, 0xcf, 1}, &price)
	fmt.Println(price.Amount, price.Currency, err)
	// Output: 19.99 EUR <nil>
}
