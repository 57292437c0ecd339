package plan

import (
	"fmt"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// Name is the full name of a schema, for choosing what reads its values. A
// schema without a name, such as "string" or a map, is named by its type; a
// union has none and is ErrSchema.
func Name(schemaJSON string) (string, error) {
	if len(schemaJSON) > maxWriter {
		return "", fmt.Errorf("%w: larger than %d bytes", ErrSchema, maxWriter)
	}
	v, err := avrojson.Parse([]byte(schemaJSON))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrSchema, err)
	}
	for v.Kind == avrojson.Object {
		if name := v.Get("name"); name != nil && name.Kind == avrojson.String && name.Text != "" {
			return fullName(name.Text, v.Get("namespace")), nil
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

func fullName(name string, namespace *avrojson.Value) string {
	if strings.Contains(name, ".") || namespace == nil || namespace.Text == "" {
		return strings.TrimPrefix(name, ".")
	}
	return namespace.Text + "." + name
}
