package oracle_test

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// parseSchema reads a schema that is right and complete in itself.
func parseSchema(text string) (n *node, err error) {
	v, err := avrojson.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	p := &schemaParser{types: map[string]*node{}}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	return p.typ(v, ""), nil
}

// schemaParser panics where the schema is wrong.
type schemaParser struct {
	types map[string]*node
}

func (p *schemaParser) typ(v *avrojson.Value, namespace string) *node {
	switch v.Kind {
	case avrojson.Array:
		n := &node{kind: "union"}
		for _, b := range v.Elements {
			n.branches = append(n.branches, p.typ(b, namespace))
		}
		return n
	case avrojson.String:
		return p.mention(v.Text, namespace)
	case avrojson.Object:
	default:
		panic("no type: " + v.String())
	}
	if v.Get("type").Kind != avrojson.String {
		return p.typ(v.Get("type"), namespace)
	}
	switch kind := v.Get("type").Text; kind {
	case "array":
		return &node{kind: kind, item: p.typ(v.Get("items"), namespace)}
	case "map":
		return &node{kind: kind, item: p.typ(v.Get("values"), namespace)}
	case "record", "error", "enum", "fixed":
		return p.named(v, namespace)
	default:
		n := *p.mention(kind, namespace)
		n.takeLogical(v)
		return &n
	}
}

func (p *schemaParser) mention(name, namespace string) *node {
	if slices.Contains([]string{"null", "boolean", "int", "long", "float", "double", "bytes", "string"}, name) {
		return &node{kind: name}
	}
	n := p.types[qualified(name, namespace)]
	if n == nil {
		panic("no type is called " + name)
	}
	return n
}

func qualified(name, namespace string) string {
	if strings.Contains(name, ".") || namespace == "" {
		return name
	}
	return namespace + "." + name
}

func (p *schemaParser) named(v *avrojson.Value, namespace string) *node {
	if own := v.Get("namespace"); own != nil {
		namespace = own.Text
	}
	n := &node{kind: v.Get("type").Text, name: qualified(v.Get("name").Text, namespace), aliases: texts(v.Get("aliases"))}
	namespace, _ = split(n.name)
	p.types[n.name] = n
	switch n.kind {
	case "enum":
		n.symbols = texts(v.Get("symbols"))
		if d := v.Get("default"); d != nil {
			n.fallback = d.Text
		}
	case "fixed":
		n.size = whole(v.Get("size"))
		n.takeLogical(v)
	default:
		n.kind = "record"
		for _, member := range v.Get("fields").Elements {
			f := &field{name: member.Get("name").Text, aliases: texts(member.Get("aliases")), typ: p.typ(member.Get("type"), namespace)}
			if d := member.Get("default"); d != nil {
				f.fallback, f.unsure = d.String(), unsure(f.typ, d)
			}
			n.fields = append(n.fields, f)
		}
	}
	return n
}

// takeLogical takes a logical type that fits its base; others are ignored.
func (n *node) takeLogical(v *avrojson.Value) {
	logical := v.Get("logicalType")
	if logical == nil || logical.Kind != avrojson.String {
		return
	}
	fits := map[string][]string{
		"int":    {"date", "time-millis"},
		"long":   {"time-micros", "timestamp-millis", "timestamp-micros", "timestamp-nanos", "local-timestamp-millis", "local-timestamp-micros", "local-timestamp-nanos"},
		"string": {"uuid"},
		"bytes":  {"decimal", "big-decimal"},
		"fixed":  {"decimal"},
	}[n.kind]
	own, sized := map[string]int{"uuid": 16, "duration": 12}[logical.Text]
	if sized && n.kind == "fixed" && n.size == own {
		fits = append(fits, logical.Text)
	}
	if !slices.Contains(fits, logical.Text) {
		return
	}
	n.logical = logical.Text
	if n.logical == "decimal" {
		n.precision, n.scale = whole(v.Get("precision")), whole(v.Get("scale"))
		digits := math.Log10(2) * float64(8*n.size-1)
		if n.precision < 1 || n.scale < 0 || n.scale > n.precision || n.kind == "fixed" && float64(n.precision) > digits {
			n.logical, n.precision, n.scale = "", 0, 0
		}
	}
}

// unsure reports whether Java may take a default for one of a branch that it is
// not of: two branches look to it as if it were.
func unsure(n *node, v *avrojson.Value) bool {
	switch n.kind {
	case "union":
		var of []*node
		for _, b := range n.branches {
			if b.takes(v.String()) {
				of = append(of, b)
			}
		}
		return len(of) != 1 || unsure(of[0], v)
	case "array":
		return slices.ContainsFunc(v.Elements, func(item *avrojson.Value) bool { return unsure(n.item, item) })
	case "map":
		return slices.ContainsFunc(v.Members, func(m avrojson.Member) bool { return unsure(n.item, m.Value) })
	case "record":
		return slices.ContainsFunc(n.fields, func(f *field) bool {
			own := v.Get(f.name)
			return own == nil && f.unsure || own != nil && unsure(f.typ, own)
		})
	}
	return false
}

func texts(v *avrojson.Value) []string {
	var all []string
	if v != nil {
		for _, e := range v.Elements {
			all = append(all, e.Text)
		}
	}
	return all
}

// whole is a whole number, 0 when there is none.
func whole(v *avrojson.Value) int {
	if v == nil {
		return 0
	}
	n, err := strconv.Atoi(v.Text)
	if err != nil {
		panic(err)
	}
	return n
}
