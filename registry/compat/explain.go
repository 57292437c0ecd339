package compat

import (
	"fmt"
	"strings"

	"github.com/schemactl/schemactl/registry/avsc"
)

// The sides of a comparison: the schema that is registered, and the one that is to be.
const (
	Old = "old"
	New = "new"
)

// Question is what [Explain] is asked: two schemas that do not fit together.
type Question struct {
	// Old is registered and stays as it is; New may still be changed.
	Old, New *avsc.Schema
	// OldReadsNew and NewReadsOld say which directions have to work.
	OldReadsNew, NewReadsOld bool
}

// Explanation says what a finding means, and what to do.
type Explanation struct {
	Finding Finding `json:"finding"`
	// Reader is the side that cannot read what the other one wrote: [Old] or [New].
	Reader string `json:"reader"`
	// Breaks says in a sentence what goes wrong, and for whom.
	Breaks string `json:"breaks"`
	// Fixes are changes of the new schema that would let it pass, the smallest
	// first.
	Fixes []Fix `json:"fixes"`
}

// Fix is a change of the new schema.
type Fix struct {
	Text string `json:"text"`
	// Schema is the new schema with this change and, where there are more
	// findings, with the first fix of each other one. It has been checked: it
	// passes in all directions asked for. Schema is empty where the change takes a
	// choice that is not ours, or where the two schemas are too large.
	Schema string `json:"schema,omitempty"`
}

// Explain explains every finding, those about the old schema as the reader first.
// Nil means that the schemas fit. It takes a few times as long as [Check].
func Explain(q Question) []Explanation {
	r := &repairer{Question: q, valid: q.New.Validate() == nil, size: len(q.New.Canonical())}
	problems := r.problems(q.New)
	r.budget = maxRepairWork
	var list []Explanation
	for _, p := range problems {
		e := Explanation{Finding: p.finding, Reader: New, Fixes: []Fix{}}
		who := "readers with the new schema fail on data that was written with the old one: "
		if p.oldReads {
			e.Reader, who = Old, "readers that still have the old schema fail on data that is written with the new one: "
		}
		e.Breaks = who + p.breaks(0)
		for _, c := range p.changes() {
			e.Fixes = append(e.Fixes, Fix{Text: c.text, Schema: r.repair(problems, c)})
		}
		list = append(list, e)
	}
	return list
}

// problem is a finding with its direction.
type problem struct {
	*reason
	finding  Finding
	oldReads bool
}

// problems are what stands in the way of a new schema.
func (r *repairer) problems(changed *avsc.Schema) []problem {
	var list []problem
	if r.OldReadsNew {
		found, steps := check(changed, r.Old)
		list, r.budget = distinctProblems(list, found, true), r.budget-steps*stepCost
	}
	if r.NewReadsOld {
		found, steps := check(r.Old, changed)
		list, r.budget = distinctProblems(list, found, false), r.budget-steps*stepCost
	}
	return list
}

func distinctProblems(list []problem, reasons []*reason, oldReads bool) []problem {
	seen := map[Finding]bool{}
	size := 0
	for _, r := range reasons {
		f := Finding{r.rule, r.at.String(), r.detail}
		if size += len(f.Path); size > maxPathBytes && len(seen) > 0 {
			break
		}
		if !seen[f] {
			seen[f] = true
			list = append(list, problem{r, f, oldReads})
		}
	}
	return list
}

// breaks says what readers meet in data. Depth is how deep the reason stands in
// others.
func (r *reason) breaks(depth int) string {
	switch r.rule {
	case NameMismatch:
		return fmt.Sprintf("they know the type as %s, the data is of %s", r.reader.Name, r.writer.Name)
	case FixedSizeMismatch:
		return fmt.Sprintf("they expect %d bytes of %s, the data has %d", r.reader.Size, r.reader.Name, r.writer.Size)
	case MissingEnumSymbols:
		return fmt.Sprintf("they do not know the symbols %s of %s and have no default for such", r.detail, r.reader.Name)
	case ReaderFieldMissingDefault:
		return fmt.Sprintf("they want the field %q of %s, which the data lacks and for which they have no default", r.field.Name, r.reader.Name)
	case MissingUnionBranch:
		if len(r.inner) == 0 {
			return fmt.Sprintf("their %s has no branch for %s", spell(r.reader), spell(r.writer))
		}
		if depth == maxInnerDepth {
			return fmt.Sprintf("the branch for %s of their %s does not fit", spell(r.writer), spell(r.reader))
		}
		var parts []string
		for _, inner := range r.inner[:min(len(r.inner), maxInner)] {
			parts = append(parts, inner.breaks(depth+1))
		}
		return fmt.Sprintf("the branch for %s of their %s does not fit: %s", spell(r.writer), spell(r.reader), strings.Join(parts, "; "))
	case AmbiguousField:
		return fmt.Sprintf("their field %s", r.detail)
	case TooComplex:
		return "it is not known whether they can: there are " + r.detail
	case TypeMismatch:
	}
	if r.field != nil {
		return fmt.Sprintf("they want the field %q of %s, which the data lacks; the default of the enum %s is none of the field",
			r.field.Name, r.reader.Name, r.field.Type.Name)
	}
	return fmt.Sprintf("they cannot read %s as %s", spell(r.writer), spell(r.reader))
}

// maxInner is how many reasons for a branch are told.
const maxInner = 3

// spell is a type in a few words.
func spell(t *avsc.Type) string {
	switch {
	case t.Kind.IsNamed():
		return string(t.Kind) + " " + t.Name.String()
	case t.Kind == avsc.Array:
		return "array of " + shortly(t.Elem)
	case t.Kind == avsc.Map:
		return "map of " + shortly(t.Elem)
	case t.Kind == avsc.Union:
		var parts []string
		for _, b := range t.Branches[:min(len(t.Branches), maxInner)] {
			parts = append(parts, shortly(b))
		}
		if len(t.Branches) > maxInner {
			parts = append(parts, "…")
		}
		return "union of " + strings.Join(parts, ", ")
	}
	return string(t.Kind)
}

func shortly(t *avsc.Type) string {
	if t.Kind.IsNamed() {
		return t.Name.String()
	}
	return string(t.Kind)
}
