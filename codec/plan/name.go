package plan

import (
	"fmt"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// Name is the full name of a schema, for choosing what reads its values. A
// schema without a name, such as "string" or a map, is named by its type; a
// union has none and is ErrSchema.
func Name(schemaJSON string) (string, error) {
	if len(schemaJSON) > maxSchema {
		return "", fmt.Errorf("%w: larger than %d bytes", ErrSchema, maxSchema)
	}
	v, err := avrojson.Parse([]byte(schemaJSON))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSchema, err)
	}
	for v.Kind == avrojson.Object {
		if name := v.Get("name"); name != nil && name.Kind == avrojson.String && name.Text != "" {
			namespace := ""
			if ns := v.Get("namespace"); ns != nil {
				namespace = ns.Text
			}
			return fullName(name.Text, namespace), nil
		}
		inner := v.Get("type")
		if inner == nil {
			return "", fmt.Errorf(`%w: neither "name" nor "type"`, ErrSchema)
		}
		v = inner
	}
	if v.Kind != avrojson.String || v.Text == "" {
		return "", fmt.Errorf("%w: %s has no name", ErrSchema, v.Kind)
	}
	return v.Text, nil
}
