package hambacompat

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/hamba/avro/v2"
)

// actual follows a reference to its type.
func actual(s avro.Schema) avro.Schema {
	if ref, ok := s.(*avro.RefSchema); ok {
		return ref.Schema()
	}
	return s
}

// parts are the schemas that s is made of.
func parts(s avro.Schema) []avro.Schema {
	switch s := s.(type) {
	case *avro.RecordSchema:
		var all []avro.Schema
		for _, f := range s.Fields() {
			all = append(all, f.Type())
		}
		return all
	case *avro.ArraySchema:
		return []avro.Schema{s.Items()}
	case *avro.MapSchema:
		return []avro.Schema{s.Values()}
	case *avro.UnionSchema:
		return s.Types()
	}
	return nil
}

// checkUnresolved looks for traces of hamba's Resolve: the bytes of such a
// schema are another's.
func checkUnresolved(s avro.Schema) error {
	seen := map[avro.Schema]bool{}
	var walk func(s avro.Schema) error
	walk = func(s avro.Schema) error {
		s = actual(s)
		if seen[s] {
			return nil
		}
		seen[s] = true
		if s.CacheFingerprint() != s.Fingerprint() {
			return ErrResolved
		}
		for _, part := range parts(s) {
			if err := walk(part); err != nil {
				return err
			}
		}
		return nil
	}
	return walk(s)
}

// difference says where two schemas first differ in what decides bytes or what
// they mean: names, fields, symbols, sizes, branches, logical types. It is empty
// when they do not.
func difference(given, own avro.Schema) string {
	c := comparison{assumed: map[[2]avro.Schema]bool{}}
	return c.types("", given, own)
}

// comparison takes pairs of types for equal while they are being compared, which
// is what ends recursion.
type comparison struct {
	assumed map[[2]avro.Schema]bool
}

func (c *comparison) types(path string, given, own avro.Schema) string {
	given, own = actual(given), actual(own)
	if a, b := label(given), label(own); a != b {
		return at(path, "%s where the type has %s", a, b)
	}
	key := [2]avro.Schema{given, own}
	if c.assumed[key] {
		return ""
	}
	c.assumed[key] = true
	switch own := own.(type) {
	case *avro.RecordSchema:
		if given, ok := given.(*avro.RecordSchema); ok {
			return c.records(path, given, own)
		}
	case *avro.EnumSchema:
		if given, ok := given.(*avro.EnumSchema); ok {
			if !slices.Equal(given.Symbols(), own.Symbols()) {
				return at(path, "symbols %q where the type has %q", given.Symbols(), own.Symbols())
			}
			return ""
		}
	case *avro.FixedSchema:
		if given, ok := given.(*avro.FixedSchema); ok {
			if given.Size() != own.Size() {
				return at(path, "%d bytes where the type has %d", given.Size(), own.Size())
			}
			return ""
		}
	case *avro.ArraySchema:
		if given, ok := given.(*avro.ArraySchema); ok {
			return c.types(path+"[]", given.Items(), own.Items())
		}
	case *avro.MapSchema:
		if given, ok := given.(*avro.MapSchema); ok {
			return c.types(path+"{}", given.Values(), own.Values())
		}
	case *avro.UnionSchema:
		if given, ok := given.(*avro.UnionSchema); ok {
			return c.unions(path, given, own)
		}
	case *avro.PrimitiveSchema, *avro.NullSchema:
		return "" // the label tells all
	}
	return at(path, "%T is none of hamba's schemas", given)
}

func (c *comparison) records(path string, given, own *avro.RecordSchema) string {
	a, b := given.Fields(), own.Fields()
	for i := range min(len(a), len(b)) {
		if a[i].Name() != b[i].Name() {
			return at(path, "field %s where the type has %s", a[i].Name(), b[i].Name())
		}
		next := a[i].Name()
		if path != "" {
			next = path + "." + next
		}
		if d := c.types(next, a[i].Type(), b[i].Type()); d != "" {
			return d
		}
	}
	if len(a) != len(b) {
		return at(path, "%d fields where the type has %d", len(a), len(b))
	}
	return ""
}

func (c *comparison) unions(path string, given, own *avro.UnionSchema) string {
	a, b := given.Types(), own.Types()
	if len(a) != len(b) {
		return at(path, "%d branches where the type has %d", len(a), len(b))
	}
	for i := range a {
		if d := c.types(path, a[i], b[i]); d != "" {
			return d
		}
	}
	return ""
}

func at(path, format string, args ...any) string {
	if path != "" {
		path += ": "
	}
	return path + fmt.Sprintf(format, args...)
}

// label tells a type apart from those of another kind, name or logical type.
func label(s avro.Schema) string {
	text := string(s.Type())
	if n, ok := s.(avro.NamedSchema); ok {
		text += " " + n.FullName()
	}
	if a := annotation(s); a != "" {
		text += " {" + a + "}"
	}
	return text
}

// logicalTypes are those that Avro knows, by base.
var logicalTypes = map[avro.Type][]string{
	avro.Int: {"date", "time-millis"},
	avro.Long: {
		"time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos",
		"local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos",
	},
	avro.Bytes:  {"decimal", "big-decimal"},
	avro.String: {"uuid"},
	avro.Fixed:  {"decimal", "duration", "uuid"},
}

// annotation is a logical type as members of JSON; empty when there is none.
// hamba knows fewer than Avro 1.12 has, but keeps the others as properties.
func annotation(s avro.Schema) string {
	l, ok := s.(avro.LogicalTypeSchema)
	if !ok {
		return ""
	}
	if known := l.Logical(); known != nil {
		return known.String()
	}
	p, ok := s.(avro.PropertySchema)
	if !ok {
		return ""
	}
	name, ok := p.Prop("logicalType").(string)
	if !ok || !slices.Contains(logicalTypes[s.Type()], name) {
		return ""
	}
	return `"logicalType":"` + name + `"` + number(p, "precision") + number(p, "scale")
}

// number is a property as a member of JSON; empty when it is none.
func number(p avro.PropertySchema, member string) string {
	if v, ok := p.Prop(member).(float64); ok {
		return `,"` + member + `":` + strconv.FormatFloat(v, 'g', -1, 64)
	}
	return ""
}
