package registrybench

import (
	"encoding/json"
	"fmt"
	"strings"
)

// text is a record of n fields which no other number and no other version has. A
// later version has all fields of the one before and one more, with a default.
func text(number, version, fields int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"type":"record","name":"R%d","namespace":"bench","fields":[`, number)
	kinds := []string{`"string"`, `"long"`, `"double"`, `["null","string"]`, `{"type":"long","logicalType":"timestamp-millis"}`}
	for i := range fields {
		if i > 0 {
			b.WriteByte(',')
		}
		kind := kinds[i%len(kinds)]
		fmt.Fprintf(&b, `{"name":"field_%02d","type":%s`, i, kind)
		if strings.HasPrefix(kind, "[") {
			b.WriteString(`,"default":null`)
		}
		b.WriteByte('}')
	}
	for v := 1; v < version; v++ {
		fmt.Fprintf(&b, `,{"name":"added_%d","type":["null","string"],"default":null}`, v)
	}
	b.WriteString("]}")
	return b.String()
}

// body is a request that gives a schema.
func body(schema string) []byte {
	b, err := json.Marshal(map[string]string{"schema": schema})
	if err != nil {
		panic(err) // a text can be printed
	}
	return b
}
