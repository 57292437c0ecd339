package oracle_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// fallback is a default's JSON; not every type has one here.
func (g *schemas) fallback(n *node, depth int) (text string, ok bool) {
	if depth > 3 {
		return "", false
	}
	switch n.kind {
	case "null":
		return "null", true
	case "boolean":
		return g.one("true", "false"), true
	case "int", "long":
		return strconv.FormatInt(g.number(n), 10), true
	case "float", "double":
		return g.one("0", "-1.5", "1e10", "0.1", "3", "-0.0"), true
	case "string":
		if n.logical == "uuid" {
			return strconv.Quote(uuidText(g.Uint64(), g.Uint64())), true
		}
		return toJSON(g.one("", "plain", "ümlaut 漢字 🚚", "quote \" \\ and\ttab", "\x00")), true
	case "bytes", "fixed":
		return latin(values{Rand: g.Rand}.raw(n)), true
	case "enum":
		return strconv.Quote(g.one(n.symbols...)), true
	case "union":
		return g.choice(n, depth)
	case "array", "map":
		return g.items(n, depth)
	}
	return g.members(n, depth)
}

// choice is a default of a union: of any branch, if no branch before it is one
// that Java would take for the value.
func (g *schemas) choice(n *node, depth int) (string, bool) {
	i := g.IntN(len(n.branches))
	text, ok := g.fallback(n.branches[i], depth)
	if ok && !slices.ContainsFunc(n.branches[:i], func(b *node) bool { return b.takes(text) }) {
		return text, true
	}
	return g.fallback(n.branches[0], depth)
}

// takes reports whether Java takes a default for one of this branch: it looks
// at the kind of the JSON value, and not even at that where the branch is no
// primitive type.
func (n *node) takes(text string) bool {
	switch n.kind {
	case "null":
		return text == "null"
	case "boolean":
		return text == "true" || text == "false"
	case "int", "long", "float", "double":
		return strings.ContainsAny(text[:1], "-0123456789")
	case "string", "bytes", "fixed":
		return text[0] == '"'
	}
	return true
}

func (g *schemas) items(n *node, depth int) (string, bool) {
	var parts []string
	for i := range g.IntN(3) {
		text, ok := g.fallback(n.item, depth+1)
		if !ok {
			break
		}
		if n.kind == "map" {
			text = fmt.Sprintf("%q:%s", "k"+strconv.Itoa(i), text)
		}
		parts = append(parts, text)
	}
	if n.kind == "map" {
		return "{" + strings.Join(parts, ",") + "}", true
	}
	return "[" + strings.Join(parts, ",") + "]", true
}

// members is a record's default: fields that have one may be missing.
func (g *schemas) members(n *node, depth int) (string, bool) {
	if slices.Contains(g.open, n) {
		return "", false // its fields are not known yet
	}
	var parts []string
	for _, f := range n.fields {
		if f.fallback != "" && g.chance(50) {
			continue
		}
		text, ok := g.fallback(f.typ, depth+1)
		if !ok {
			return "", false
		}
		parts = append(parts, strconv.Quote(f.name)+":"+text)
	}
	return "{" + strings.Join(parts, ",") + "}", true
}

// latin writes bytes as Avro's defaults do: a code point each.
func latin(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	text, err := json.Marshal(string(r))
	if err != nil {
		panic(err) // a string
	}
	return string(text)
}
