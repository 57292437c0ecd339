package oracle_test

import (
	"encoding/binary"
	"fmt"
	"math/big"
	"reflect"
	"slices"
)

// rules say in what two encodings of one value may differ.
type rules struct {
	maps  bool // the order of entries of maps that Go keeps none of
	pairs bool // the order of entries of those whose order it keeps
	scale bool // the scale of big-decimals
}

// same reports whether two encodings hold the same value.
func (r rules) same(n *node, a, b []byte) bool {
	if slices.Equal(a, b) {
		return true
	}
	lenient := n.has(isMap) || r.scale && n.has(isBigDecimal)
	if !lenient {
		return false
	}
	x, errX := tree(n, a, r)
	y, errY := tree(n, b, r)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// tree decodes a value into maps, slices and raw bytes; two that differ only as
// the rules allow are equal.
func tree(n *node, src []byte, r rules) (v any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("decode % x: %v", src, r)
		}
	}()
	t := &treeReader{src, r}
	v = t.read(n)
	if len(t.src) > 0 {
		return nil, fmt.Errorf("%d bytes are left", len(t.src))
	}
	return v, nil
}

// bigDecimal is the number: its scale is no part of it where Go has *big.Rat.
func bigDecimal(text string) string {
	t := &treeReader{src: []byte(text)}
	unscaled := []byte(t.take(int(t.long())))
	n := new(big.Int).SetBytes(unscaled)
	if len(unscaled) > 0 && unscaled[0] > 127 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(unscaled))))
	}
	scale := t.long()
	ten := new(big.Int).Exp(big.NewInt(10), big.NewInt(max(scale, -scale)), nil)
	if scale < 0 {
		return new(big.Rat).SetInt(n.Mul(n, ten)).String()
	}
	return new(big.Rat).SetFrac(n, ten).String()
}

// treeReader panics where the input is wrong.
type treeReader struct {
	src []byte
	rules
}

func (t *treeReader) long() int64 {
	v, size := binary.Varint(t.src)
	if size <= 0 {
		panic("bad number")
	}
	t.src = t.src[size:]
	return v
}

func (t *treeReader) take(size int) string {
	b := t.src[:size]
	t.src = t.src[size:]
	return string(b)
}

func (t *treeReader) read(n *node) any {
	switch n.kind {
	case "null":
		return nil
	case "boolean":
		return t.take(1)
	case "int", "long", "enum":
		return t.long()
	case "float":
		return t.take(4)
	case "double":
		return t.take(8)
	case "string", "bytes":
		text := t.take(int(t.long()))
		if t.scale && isBigDecimal(n) {
			return bigDecimal(text)
		}
		return text
	case "fixed":
		return t.take(n.size)
	case "union":
		i := t.long()
		return [2]any{i, t.read(n.branches[i])}
	case "array", "map":
		return t.items(n)
	}
	fields := make([]any, len(n.fields))
	for i, f := range n.fields {
		fields[i] = t.read(f.typ)
	}
	return fields
}

func (t *treeReader) items(n *node) any {
	array, entries := []any{}, map[string]any{}
	keyed := n.kind == "map" && (n.ordered && t.pairs || !n.ordered && t.maps)
	for count := t.long(); count != 0; count = t.long() {
		if count < 0 {
			count = -count
			t.long()
		}
		for range count {
			key := ""
			if n.kind == "map" {
				key = t.take(int(t.long()))
			}
			item := t.read(n.item)
			switch {
			case keyed:
				entries[key] = item
			case n.kind == "map":
				array = append(array, [2]any{key, item})
			default:
				array = append(array, item)
			}
		}
	}
	if keyed {
		return entries
	}
	return array
}

// difference names the first place where two encodings differ.
func difference(n *node, a, b []byte) string {
	x, errX := tree(n, a, orderless)
	y, errY := tree(n, b, orderless)
	if errX != nil || errY != nil {
		return fmt.Sprintf("not of the schema: %v, %v", errX, errY)
	}
	return differ(n, x, y, "")
}

func differ(n *node, x, y any, at string) string {
	if reflect.DeepEqual(x, y) {
		return ""
	}
	v, w := reflect.ValueOf(x), reflect.ValueOf(y)
	switch n.kind {
	case "record":
		for i, f := range n.fields {
			if d := differ(f.typ, v.Index(i).Interface(), w.Index(i).Interface(), at+"."+f.name); d != "" {
				return d
			}
		}
	case "array":
		for i := range min(v.Len(), w.Len()) {
			if d := differ(n.item, v.Index(i).Interface(), w.Index(i).Interface(), fmt.Sprintf("%s[%d]", at, i)); d != "" {
				return d
			}
		}
	case "map":
		for _, k := range v.MapKeys() {
			if w.MapIndex(k).IsValid() {
				if d := differ(n.item, v.MapIndex(k).Interface(), w.MapIndex(k).Interface(), fmt.Sprintf("%s[%q]", at, k)); d != "" {
					return d
				}
			}
		}
	case "union":
		if v.Index(0).Interface() == w.Index(0).Interface() {
			return differ(n.branches[v.Index(0).Elem().Int()], v.Index(1).Interface(), w.Index(1).Interface(), at)
		}
	}
	one := node{kind: n.kind, logical: n.logical, precision: n.precision, scale: n.scale}
	return fmt.Sprintf("at %s, %s %s(%d, %d): %#v, %#v", at, one.kind, one.logical, one.precision, one.scale, x, y)
}
