package codec_test

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/schemactl/schemactl/codec"
)

// Nodes as package codec/plan makes them.
var (
	nullNode   = &codec.Node{Kind: codec.KindNull}
	boolNode   = &codec.Node{Kind: codec.KindBoolean, Least: 1, Size: 1}
	intNode    = &codec.Node{Kind: codec.KindInt, Least: 1}
	longNode   = &codec.Node{Kind: codec.KindLong, Least: 1}
	floatNode  = &codec.Node{Kind: codec.KindFloat, Least: 4, Size: 4}
	doubleNode = &codec.Node{Kind: codec.KindDouble, Least: 8, Size: 8}
	bytesNode  = &codec.Node{Kind: codec.KindBytes, Least: 1}
	textNode   = &codec.Node{Kind: codec.KindString, Least: 1}
	fixedNode  = &codec.Node{Kind: codec.KindFixed, Least: 3, Size: 3}
	enumNode   = &codec.Node{Kind: codec.KindEnum, Least: 1}
	emptyNode  = recordNode(0, 0)
	pairNode   = recordNode(9, 9, boolNode, doubleNode)
	mixedNode  = recordNode(2, 0, nullNode, longNode, textNode)
)

func recordNode(least, size int, fields ...*codec.Node) *codec.Node {
	n := &codec.Node{Kind: codec.KindRecord, Least: least, Size: size}
	for i, f := range fields {
		n.Steps = append(n.Steps, codec.Step{Field: -1, Name: string(rune('a' + i)), Node: f})
	}
	return n
}

func listOf(item *codec.Node) *codec.Node {
	return &codec.Node{Kind: codec.KindArray, Least: 1, Item: item}
}

func mapOf(item *codec.Node) *codec.Node {
	return &codec.Node{Kind: codec.KindMap, Least: 1, Item: item}
}

func unionOf(branches ...*codec.Node) *codec.Node {
	return &codec.Node{Kind: codec.KindUnion, Least: 1, Branches: branches}
}

// chainNode is a record of an optional other one of its kind.
func chainNode() *codec.Node {
	n := &codec.Node{Kind: codec.KindRecord, Least: 1, Recursive: true}
	n.Steps = []codec.Step{{Field: -1, Name: "next", Node: unionOf(nullNode, n)}}
	return n
}

// longOf is the varint of numbers one after another.
func longOf(numbers ...int64) []byte {
	var b []byte
	for _, n := range numbers {
		b = codec.AppendLong(b, n)
	}
	return b
}

func join(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func TestSkip(t *testing.T) {
	t.Parallel()
	eight := make([]byte, 8)
	for _, tc := range []struct {
		name string
		node *codec.Node
		src  []byte
	}{
		{"null", nullNode, nil},
		{"boolean", boolNode, []byte{1}},
		{"int", intNode, longOf(math.MinInt32)},
		{"long", longNode, longOf(math.MinInt64)},
		{"float", floatNode, eight[:4]},
		{"double", doubleNode, eight},
		{"bytes", bytesNode, append(longOf(3), 0xff, 0xff, 0xff)},
		{"no bytes", bytesNode, longOf(0)},
		{"long text", textNode, append(longOf(300), make([]byte, 300)...)},
		{"fixed", fixedNode, eight[:3]},
		{"fixed of nothing", &codec.Node{Kind: codec.KindFixed}, nil},
		{"enum", enumNode, longOf(2)},
		{"record of nothing", emptyNode, nil},
		{"record of fixed sizes", pairNode, make([]byte, 9)},
		{"record", mixedNode, append(longOf(-7, 2), "ab"...)},
		{"union of null", unionOf(textNode, nullNode), longOf(1)},
		{"union of text", unionOf(nullNode, textNode), append(longOf(1, 2), "ab"...)},
		{"array of nothing", listOf(longNode), longOf(0)},
		{"array", listOf(longNode), longOf(2, 5, math.MaxInt64, 1, 6, 0)},
		{"array of doubles", listOf(doubleNode), join(longOf(2), eight, eight, longOf(0))},
		{"array of pairs", listOf(pairNode), join(longOf(1), make([]byte, 9), longOf(1), make([]byte, 9), longOf(0))},
		{"array of nulls", listOf(nullNode), longOf(2000, 0)},
		{"array of empty records", listOf(emptyNode), longOf(3, 4, 0)},
		{"sized block", listOf(textNode), join(longOf(-2, 4), longOf(1), []byte("a"), longOf(1), []byte("b"), longOf(0))},
		{"sized and plain blocks", listOf(longNode), longOf(1, 9, -1, 1, 9, 1, 9, 0)},
		{"sized block of nulls beyond the limit", listOf(nullNode), longOf(-5000, 0, 0)},
		{"array of arrays", listOf(listOf(longNode)), longOf(2, 1, 7, 0, 0, 0)},
		{"map", mapOf(longNode), join(longOf(2, 1), []byte("a"), longOf(9, 1), []byte("b"), longOf(9, 0))},
		{"map of doubles", mapOf(doubleNode), join(longOf(1, 1), []byte("a"), eight, longOf(0))},
		{"map of nulls", mapOf(nullNode), join(longOf(2, 0, 1), []byte("a"), longOf(0))},
		{"sized map", mapOf(longNode), join(longOf(-1, 3, 1), []byte("a"), longOf(9, 0))},
		{"chain", chainNode(), longOf(1, 1, 1, 0)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			for _, before := range [][]byte{nil, {7, 7}} {
				d := codec.NewDecoder(0)
				src := join(before, tc.src, []byte{5})
				got, err := codec.Skip(src, len(before), tc.node, &d)
				if err != nil || got != len(before)+len(tc.src) {
					t.Errorf("offset %d of %d, %v", got, len(before)+len(tc.src), err)
				}
			}
			for cut := range tc.src {
				d := codec.NewDecoder(0)
				// A prefix that is complete in itself is none of these values.
				if got, err := codec.Skip(tc.src[:cut:cut], 0, tc.node, &d); !errors.Is(err, codec.ErrTruncated) {
					t.Errorf("the first %d of %d bytes: offset %d, %v", cut, len(tc.src), got, err)
				}
			}
		})
	}
}

func TestSkipErrors(t *testing.T) {
	t.Parallel()
	huge := longOf(1 << 62)
	for _, tc := range []struct {
		name string
		node *codec.Node
		src  []byte
		want error
		text string
	}{
		{"varint of eleven bytes", longNode, []byte(strings.Repeat("\xff", 11)), codec.ErrMalformed, "varint"},
		{"negative length", textNode, longOf(-1), codec.ErrMalformed, "negative length"},
		{"huge length", bytesNode, huge, codec.ErrTruncated, "bytes of 4611686018427387904 bytes"},
		{"most negative length", bytesNode, longOf(math.MinInt64), codec.ErrMalformed, "negative length"},
		{"branch", unionOf(nullNode, longNode), longOf(2), codec.ErrMalformed, "union branch 2 of 2"},
		{"negative branch", unionOf(nullNode, longNode), longOf(-1), codec.ErrMalformed, "union branch -1 of 2"},
		{"huge branch", unionOf(nullNode), huge, codec.ErrMalformed, "union branch"},
		{"empty union", unionOf(), longOf(0), codec.ErrMalformed, "union branch 0 of 0"},
		{"huge count", listOf(longNode), huge, codec.ErrTruncated, "items"},
		{"huge count of doubles", listOf(doubleNode), join(longOf(1<<61), make([]byte, 64)), codec.ErrTruncated, "items"},
		{"count beyond the bytes", listOf(doubleNode), join(longOf(2), make([]byte, 15)), codec.ErrTruncated, "2 items"},
		{"most negative count", listOf(longNode), longOf(math.MinInt64, 0), codec.ErrMalformed, "item count"},
		{"negative block size", listOf(longNode), longOf(-1, -1), codec.ErrMalformed, "negative block size"},
		{"huge block size", listOf(longNode), longOf(-1, 1<<62), codec.ErrTruncated, "block of"},
		{"block size that overflows", listOf(longNode), longOf(-1, math.MaxInt64), codec.ErrTruncated, "block of"},
		{"too many nulls", listOf(nullNode), longOf(4100), codec.ErrLimit, "4100 items of no bytes"},
		{"too many nulls in all", listOf(emptyNode), longOf(4090, 20), codec.ErrLimit, "20 items of no bytes"},
		{"huge map", mapOf(nullNode), huge, codec.ErrTruncated, "items"},
		{"key beyond the bytes", mapOf(nullNode), longOf(1, 9), codec.ErrTruncated, "string of 9 bytes"},
		{"path", recordNode(1, 0, listOf(mixedNode)), longOf(2, 0, 0, 0, 9), codec.ErrTruncated, "a[1].c: string"},
		{"in itself", &codec.Node{Kind: codec.KindFixed, Least: math.MaxInt, Size: math.MaxInt}, make([]byte, 99), codec.ErrTruncated, "fixed of"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			d := codec.NewDecoder(0)
			if _, err := codec.Skip(tc.src, 0, tc.node, &d); !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("%v, want %v with %q", err, tc.want, tc.text)
			}
		})
	}
}

func TestSkipDepth(t *testing.T) {
	t.Parallel()
	// The outermost value is not nested.
	deep := func(n int) []byte { return append([]byte(strings.Repeat("\x02", n)), 0) }
	chain := chainNode()
	d := codec.NewDecoder(0)
	for range 3 { // levels are counted back
		if at, err := codec.Skip(deep(codec.MaxDepth), 0, chain, &d); err != nil || at != codec.MaxDepth+1 {
			t.Errorf("at the limit: offset %d, %v", at, err)
		}
	}
	if _, err := codec.Skip(deep(codec.MaxDepth+1), 0, chain, &d); !errors.Is(err, codec.ErrLimit) {
		t.Errorf("beyond the limit: %v", err)
	}
	o := codec.ReadOptions{MaxDepth: 3}
	d, src, _ := o.Start(deep(4))
	if _, err := codec.Skip(src, 0, chain, &d); !errors.Is(err, codec.ErrLimit) {
		t.Errorf("beyond a limit of one's own: %v", err)
	}
	// A record that always holds itself has no end.
	endless := &codec.Node{Kind: codec.KindRecord, Recursive: true}
	endless.Steps = []codec.Step{{Field: -1, Name: "a", Node: endless}, {Field: -1, Name: "b", Node: endless}}
	d = codec.NewDecoder(0)
	if _, err := codec.Skip(nil, 0, endless, &d); !errors.Is(err, codec.ErrLimit) {
		t.Errorf("endless: %v", err)
	}
}

func FuzzSkip(f *testing.F) {
	node := recordNode(6, 0, listOf(mixedNode), mapOf(unionOf(nullNode, chainNode(), pairNode)), listOf(doubleNode), listOf(nullNode), enumNode, textNode)
	f.Add(longOf(0, 0, 0, 0, 0, 0))
	f.Add(longOf(1, 2, 0, -1, 2, 0, 0, 0, 1, 0, 1, 1, 0, 0, 0, 5, 0, 3, 0))
	f.Fuzz(func(t *testing.T, src []byte) {
		d := codec.NewDecoder(0)
		at, err := codec.Skip(src, 0, node, &d)
		if err == nil && (at < 0 || at > len(src)) {
			t.Fatalf("offset %d of %d", at, len(src))
		}
	})
}
