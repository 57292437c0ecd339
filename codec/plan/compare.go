package plan

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/avro"
)

// identical tells schemas whose values have the same bytes and the same
// meaning. Equal canonical forms alone do not: they leave out logical types.
// Defaults, docs and custom attributes decide nothing when no field is
// missing. Aliases are compared, because a reader's alias may claim a field of
// the same writer.
func identical(writer, reader *avro.Schema) bool {
	if !bytes.Equal(writer.Canonical(), reader.Canonical()) {
		return false
	}
	return sameNode(writer.Root(), reader.Root())
}

// sameNode compares what the canonical form leaves out of two nodes of equal
// canonical form.
func sameNode(a, b *avro.SchemaNode) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.LogicalType != b.LogicalType || a.Precision != b.Precision || a.Scale != b.Scale || !slices.Equal(a.Aliases, b.Aliases) {
		return false
	}
	if len(a.Fields) != len(b.Fields) || len(a.Branches) != len(b.Branches) {
		return false
	}
	for i := range a.Fields {
		x, y := &a.Fields[i], &b.Fields[i]
		if !slices.Equal(x.Aliases, y.Aliases) || !sameLifted(x, y) || !sameNode(&x.Type, &y.Type) {
			return false
		}
	}
	for i := range a.Branches {
		if !sameNode(&a.Branches[i], &b.Branches[i]) {
			return false
		}
	}
	return sameNode(a.Items, b.Items) && sameNode(a.Values, b.Values)
}

// sameLifted compares annotations that stand beside a field's type, where some
// writers have them, instead of inside it.
func sameLifted(a, b *avro.SchemaField) bool {
	for _, name := range []string{"logicalType", "precision", "scale"} {
		if fmt.Sprint(a.Props[name]) != fmt.Sprint(b.Props[name]) {
			return false
		}
	}
	return true
}

// sameTimes refuses pairs that Avro's rules accept and that shift every time:
// milliseconds read as microseconds.
func sameTimes(writer, reader *avro.Schema) error {
	return times(writer.Root().ExpandReferences(), reader.Root().ExpandReferences(), "")
}

// temporal tells the logical types that count from an origin in some unit.
func temporal(logical string) bool {
	return logical == "date" || strings.HasPrefix(logical, "time-") ||
		strings.HasPrefix(logical, "timestamp-") || strings.HasPrefix(logical, "local-timestamp-")
}

func times(w, r *avro.SchemaNode, at string) error {
	if w == nil || r == nil {
		return nil
	}
	if len(w.Branches) > 0 || len(r.Branches) > 0 {
		return branchTimes(w, r, at)
	}
	if temporal(w.LogicalType) && temporal(r.LogicalType) && w.LogicalType != r.LogicalType {
		return fmt.Errorf("%s: the writer has %s, the reader %s, so times would be wrong", strings.TrimPrefix(at, "."), w.LogicalType, r.LogicalType)
	}
	for i := range r.Fields {
		f := &r.Fields[i]
		if old := counterpart(w.Fields, f); old != nil {
			if err := times(&old.Type, &f.Type, at+"."+f.Name); err != nil {
				return err
			}
		}
	}
	if err := times(w.Items, r.Items, at+"[]"); err != nil {
		return err
	}
	return times(w.Values, r.Values, at+"{}")
}

// counterpart is the writer's field that a reader's field takes its value from.
func counterpart(writer []avro.SchemaField, f *avro.SchemaField) *avro.SchemaField {
	for i := range writer {
		if writer[i].Name == f.Name {
			return &writer[i]
		}
	}
	for i := range writer {
		if slices.Contains(f.Aliases, writer[i].Name) {
			return &writer[i]
		}
	}
	return nil
}

// branchTimes compares the branches of unions that can meet: those of one type
// and name. A type that is no union is one branch.
func branchTimes(w, r *avro.SchemaNode, at string) error {
	for _, a := range branches(w) {
		for _, b := range branches(r) {
			if a.Type == b.Type && a.Name == b.Name {
				if err := times(a, b, at); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func branches(n *avro.SchemaNode) []*avro.SchemaNode {
	if len(n.Branches) == 0 {
		return []*avro.SchemaNode{n}
	}
	out := make([]*avro.SchemaNode, len(n.Branches))
	for i := range n.Branches {
		out[i] = &n.Branches[i]
	}
	return out
}
