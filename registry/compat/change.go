package compat

import (
	"fmt"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/registry/avsc"
)

// changes are the ways to mend a problem in the new schema, the smallest first.
func (p problem) changes() []change {
	return p.reason.changes(p.oldReads, 0)
}

// changes are those of a reason that stands so deep in others.
func (r *reason) changes(oldReads bool, depth int) []change {
	mine, theirs := r.reader, r.writer
	if oldReads {
		mine, theirs = theirs, mine
	}
	switch {
	case r.rule == TooComplex:
		return []change{{text: "split the schema into smaller ones"}}
	case r.rule == AmbiguousField && oldReads:
		return []change{{text: "rename all but one of the new schema's fields that the old field stands for, or leave them out"}}
	case r.rule == AmbiguousField:
		return []change{r.keepOneAlias()}
	case r.field != nil && oldReads:
		return r.keepField()
	case r.field != nil:
		return r.fillField()
	case r.rule == NameMismatch:
		back := change{text: fmt.Sprintf("call %s %s again", mine.Name, theirs.Name.Short), apply: func(e *editor) bool {
			return e.on(mine, func(t *avsc.Type) bool { t.Name.Short = theirs.Name.Short; return true })
		}}
		if oldReads { // the old schema knows no new alias
			return []change{back}
		}
		return []change{{text: fmt.Sprintf("give %s the alias %q", mine.Name, theirs.Name), apply: func(e *editor) bool {
			return e.on(mine, func(t *avsc.Type) bool { t.Aliases = append(t.Aliases, theirs.Name); return true })
		}}, back}
	case r.rule == FixedSizeMismatch:
		return []change{{text: fmt.Sprintf("set the size of %s back to %d", mine.Name, theirs.Size), apply: func(e *editor) bool {
			return e.on(mine, func(t *avsc.Type) bool { t.Size = theirs.Size; return true })
		}}}
	case r.rule == MissingEnumSymbols:
		return r.mendSymbols(oldReads)
	case r.rule == MissingUnionBranch:
		return append(r.mendBranch(oldReads, depth), r.mendUnion(oldReads)...)
	}
	return r.mendType(oldReads)
}

// keepOneAlias leaves one of the names that fit: the field's own, or the first alias.
func (r *reason) keepOneAlias() change {
	f := r.field
	fits := func(name string) bool {
		return slices.ContainsFunc(r.writer.Fields, func(w *avsc.Field) bool { return w.Name == name })
	}
	kept := fits(f.Name)
	var aliases, dropped []string
	for _, alias := range f.Aliases {
		switch {
		case !fits(alias):
			aliases = append(aliases, alias)
		case kept:
			dropped = append(dropped, alias)
		default:
			aliases, kept = append(aliases, alias), true
		}
	}
	return change{text: fmt.Sprintf("take the alias %s from the field %q", quoted(dropped), f.Name), apply: func(e *editor) bool {
		return e.onField(r.reader, f.Name, func(c *avsc.Field) bool { c.Aliases = aliases; return true })
	}}
}

// fillField mends a field of the new schema that old data lacks.
func (r *reason) fillField() []change {
	f := r.field
	edit := func(run func(*avsc.Field) bool) func(*editor) bool {
		return func(e *editor) bool { return e.onField(r.reader, f.Name, run) }
	}
	list := []change{{text: fmt.Sprintf("give the field %q a default", f.Name)}}
	if text, ok := zero(f.Type, nil); ok {
		if value, err := avsc.ParseJSON(text); err == nil {
			list[0] = change{text: fmt.Sprintf("give the field %q a default, such as %s", f.Name, value), apply: edit(func(c *avsc.Field) bool {
				c.Default = &value
				return true
			})}
		}
	}
	if null, err := avsc.ParseJSON("null"); err == nil && f.Type.Kind != avsc.Null && !startsWithNull(f.Type) {
		list = append(list, change{text: fmt.Sprintf("make the field %q optional: null first, with the default null", f.Name), apply: edit(func(c *avsc.Field) bool {
			rest := slices.DeleteFunc(slices.Clone(branches(c.Type)), func(b *avsc.Type) bool { return b.Kind == avsc.Null })
			c.Type = &avsc.Type{Kind: avsc.Union, Branches: append([]*avsc.Type{{Kind: avsc.Null}}, rest...)}
			c.Default = &null
			return true
		})})
	}
	for _, old := range unmatched(r.writer, r.reader) {
		list = append(list, change{text: fmt.Sprintf("if it is the old field %q under a new name, give it the alias %q", old.Name, old.Name), apply: edit(func(c *avsc.Field) bool {
			c.Aliases = append(slices.Clip(c.Aliases), old.Name)
			return true
		})})
	}
	return append(list, change{text: fmt.Sprintf("leave the field %q out", f.Name), apply: func(e *editor) bool {
		return e.on(r.reader, func(t *avsc.Type) bool {
			t.Fields = slices.DeleteFunc(t.Fields, func(c *avsc.Field) bool { return c.Name == f.Name })
			return true
		})
	}})
}

func startsWithNull(t *avsc.Type) bool {
	return t.Kind == avsc.Union && len(t.Branches) > 0 && t.Branches[0].Kind == avsc.Null
}

// keepField mends a field that the new schema lacks and old readers want.
func (r *reason) keepField() []change {
	f := r.field
	list := []change{{text: fmt.Sprintf("keep the field %q (readers of the old schema need it until none of them is left)", f.Name), apply: func(e *editor) bool {
		return e.on(r.writer, func(t *avsc.Type) bool {
			if slices.ContainsFunc(t.Fields, func(c *avsc.Field) bool { return c.Name == f.Name }) {
				return false
			}
			dropAlias(t, f.Name)
			at := min(slices.Index(r.reader.Fields, f), len(t.Fields))
			t.Fields = slices.Insert(t.Fields, at, &avsc.Field{Name: f.Name, Type: e.graft(f.Type), Doc: f.Doc, Order: f.Order, Props: f.Props})
			return true
		})
	}}}
	for _, renamed := range unmatched(r.writer, r.reader) {
		back := change{text: fmt.Sprintf("if the new field %q is meant, call it %q still", renamed.Name, f.Name), apply: func(e *editor) bool {
			return e.on(r.writer, func(t *avsc.Type) bool {
				dropAlias(t, f.Name)
				return e.onField(r.writer, renamed.Name, func(c *avsc.Field) bool { c.Name = f.Name; return true })
			})
		}}
		if slices.Contains(renamed.Aliases, f.Name) { // then it is meant
			back.text = fmt.Sprintf("call the field %q %q still: the old schema does not know the alias", renamed.Name, f.Name)
			list = slices.Insert(list, 0, back)
			continue
		}
		list = append(list, back)
	}
	return list
}

// dropAlias takes a name from the aliases of a record's fields.
func dropAlias(record *avsc.Type, name string) {
	for _, f := range record.Fields {
		f.Aliases = slices.DeleteFunc(slices.Clone(f.Aliases), func(a string) bool { return a == name })
	}
}

// unmatched are some fields of the writer that the reader has not.
func unmatched(w, r *avsc.Type) []*avsc.Field {
	known := map[string]bool{}
	for _, f := range r.Fields {
		known[f.Name] = true
		for _, alias := range f.Aliases {
			known[alias] = true
		}
	}
	var list []*avsc.Field
	for _, f := range w.Fields {
		if !known[f.Name] && len(list) < maxInner {
			list = append(list, f)
		}
	}
	return list
}

func (r *reason) mendSymbols(oldReads bool) []change {
	missing := missingSymbols(r.writer, r.reader)
	if oldReads {
		return []change{{text: fmt.Sprintf("leave the symbols %s out until the enum of the registered schema has a default", quoted(missing)), apply: func(e *editor) bool {
			return e.on(r.writer, func(t *avsc.Type) bool {
				t.Symbols = slices.DeleteFunc(slices.Clone(t.Symbols), func(s string) bool { return slices.Contains(missing, s) })
				if t.Default != nil && slices.Contains(missing, *t.Default) {
					t.Default = nil
				}
				return len(t.Symbols) > 0
			})
		}}}
	}
	list := []change{{text: fmt.Sprintf("put the symbols %s back", quoted(missing)), apply: func(e *editor) bool {
		return e.on(r.reader, func(t *avsc.Type) bool { t.Symbols = append(t.Symbols, missing...); return true })
	}}}
	if len(r.reader.Symbols) > 0 {
		first := r.reader.Symbols[0]
		list = append(list, change{text: fmt.Sprintf("give the enum %s a default, such as %q, for symbols that it does not know", r.reader.Name, first), apply: func(e *editor) bool {
			return e.on(r.reader, func(t *avsc.Type) bool { t.Default = &first; return true })
		}})
	}
	return list
}

// mendBranch mends the branch of the reader's union that the type is meant for.
func (r *reason) mendBranch(oldReads bool, depth int) []change {
	if len(r.inner) == 0 || len(r.inner) > maxMendedInner || depth == maxInnerDepth {
		return nil
	}
	var texts []string
	var firsts []change
	for _, inner := range r.inner {
		all := inner.changes(oldReads, depth+1)
		if len(all) == 0 || all[0].apply == nil {
			return nil
		}
		firsts = append(firsts, all[0])
		if len(texts) < maxInner {
			texts = append(texts, all[0].text)
		}
	}
	mend := change{text: strings.Join(texts, "; "), apply: func(e *editor) bool {
		did := false
		for _, c := range firsts {
			did = c.apply(e) || did
		}
		return did
	}}
	for _, c := range firsts {
		mend.parts += max(c.parts, 1)
	}
	return []change{mend}
}

// mendUnion gives the reader's union a branch, or takes the writer's away.
func (r *reason) mendUnion(oldReads bool) []change {
	if !oldReads {
		return []change{{text: fmt.Sprintf("put the branch %s back into the %s", shortly(r.writer), spell(r.reader)), apply: func(e *editor) bool {
			return e.on(r.reader, func(t *avsc.Type) bool { addBranch(t, e.graft(r.writer)); return true })
		}}}
	}
	if r.isBranch() {
		return []change{{text: fmt.Sprintf("leave the branch %s out", shortly(r.writer)), apply: func(e *editor) bool { return e.leaveOut(r.writer) }}}
	}
	return []change{r.putBack(r.writer, r.reader)}
}

// isBranch tells whether the finding is about a branch of the writer's union.
func (r *reason) isBranch() bool {
	return r.at != nil && strings.Trim(r.at.step, "0123456789") == ""
}

// mendType mends a type that became another one.
func (r *reason) mendType(oldReads bool) []change {
	if oldReads {
		list := []change{r.putBack(r.writer, r.reader)}
		if r.isBranch() {
			out := change{text: fmt.Sprintf("leave the branch %s out", shortly(r.writer)), apply: func(e *editor) bool { return e.leaveOut(r.writer) }}
			list = slices.Insert(list, 0, out)
		}
		return list
	}
	union := change{text: fmt.Sprintf("make it a union of %s and %s", shortly(r.reader), shortly(r.writer)), apply: func(e *editor) bool {
		return e.on(r.reader, func(c *avsc.Type) bool {
			u := &avsc.Type{Kind: avsc.Union}
			for _, b := range append(slices.Clone(branches(c)), branches(e.graft(r.writer))...) {
				addBranch(u, b)
			}
			return e.replace(r.reader, u)
		})
	}}
	if r.isBranch() {
		union.text = fmt.Sprintf("keep the branch %s: make it a union of %s and %s", shortly(r.writer), shortly(r.reader), shortly(r.writer))
		return []change{union}
	}
	return []change{r.putBack(r.reader, r.writer), union}
}

// putBack gives the new schema the type of the old one.
func (r *reason) putBack(mine, theirs *avsc.Type) change {
	verb := "make it %s again instead of %s"
	if promotes(mine.Kind, theirs.Kind) && mine == r.reader {
		verb = "widen it to %s; %s is too narrow"
	}
	return change{text: fmt.Sprintf(verb, spell(theirs), spell(mine)), apply: func(e *editor) bool { return e.replace(mine, e.graft(theirs)) }}
}

func quoted(list []string) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = fmt.Sprintf("%q", s)
	}
	return strings.Join(parts, ", ")
}
