package plan_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/avro"

	"github.com/schemactl/schemactl/codec"
	"github.com/schemactl/schemactl/codec/plan"
	recursive "github.com/schemactl/schemactl/codegen/testdata/recursive/golden"
)

// treeWriter is another version of the reader's: fields stand in another order,
// the label is bytes, and a field that holds the type again is skipped.
const treeWriter = `{"type":"record","name":"other.Tree","fields":[
	{"name":"named","type":{"type":"map","values":["null","Tree"]}},
	{"name":"dropped","type":["null",{"type":"array","items":"Tree"}]},
	{"name":"children","type":["null",{"type":"array","items":"Tree"}]},
	{"name":"label","type":"bytes"}]}`

func treeOf(label string, children ...any) map[string]any {
	return map[string]any{"label": []byte(label), "children": append([]any{}, children...), "named": map[string]any{}, "dropped": nil}
}

func TestDecodeRecursive(t *testing.T) {
	t.Parallel()
	value := treeOf("top", treeOf("left"), treeOf("right", treeOf("leaf")))
	value["named"] = map[string]any{"x": treeOf("named")}
	value["dropped"] = []any{treeOf("lost", treeOf("lost too"))}
	src, err := avro.MustParse(treeWriter).Encode(value)
	if err != nil {
		t.Fatal(err)
	}
	p := compileTree(t)
	var got recursive.Tree
	if err := p.Decode(src, &got); err != nil {
		t.Fatal(err)
	}
	want := recursive.Tree{
		Label:    "top",
		Children: []recursive.Tree{{Label: "left"}, {Label: "right", Children: []recursive.Tree{{Label: "leaf"}}}},
		Named:    map[string]recursive.Tree{"x": {Label: "named"}},
	}
	again, err := got.AppendAvro(nil)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := want.AppendAvro(nil)
	if diff := cmp.Diff(expected, again); err != nil || diff != "" {
		t.Errorf("%v, %+v (-want +got):\n%s", err, got, diff)
	}
	for n := range src {
		if err := p.Decode(src[:n], &got); !errors.Is(err, codec.ErrTruncated) {
			t.Errorf("the first %d of %d bytes: %v", n, len(src), err)
		}
	}
}

// What is read and what is skipped count towards the same depth.
func TestDecodeRecursiveDepth(t *testing.T) {
	t.Parallel()
	p := compileTree(t)
	// No named trees, nothing dropped, one child; at last none, and the labels.
	child := strings.Repeat("\x00\x00\x02\x02", codec.MaxDepth)
	end := "\x00\x00\x02\x00\x00" + strings.Repeat("\x00\x00", codec.MaxDepth)
	var got recursive.Tree
	if err := p.Decode([]byte(child+end), &got); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	if err := p.Decode([]byte("\x00\x00\x02\x02"+child+end+"\x00\x00"), &got); !errors.Is(err, codec.ErrLimit) {
		t.Errorf("beyond the limit: %v", err)
	}
	if err := p.Decode([]byte("\x00\x02\x02"+child+end), &got); !errors.Is(err, codec.ErrLimit) {
		t.Errorf("skipped beyond the limit: %v", err)
	}
}

func compileTree(t *testing.T) *codec.Plan {
	t.Helper()
	p, err := plan.Compile(treeWriter, (&recursive.Tree{}).AvroSchema())
	if err != nil {
		t.Fatal(err)
	}
	return p
}
