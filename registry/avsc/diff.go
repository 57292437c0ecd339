package avsc

import (
	"fmt"
	"slices"
	"strings"
)

// Change is one thing in which two schemas differ.
type Change struct {
	// Kind is added, removed or changed.
	Kind string
	// Path is a type's full name, then a dot and a field, "[]" for the items of an
	// array, "{}" for the values of a map.
	Path string
	// What says what is there, or what was and is.
	What string
}

// The kinds of changes.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// String is the change in one line.
func (c Change) String() string { return fmt.Sprintf("%s %s: %s", c.Kind, c.Path, c.What) }

// Diff lists what changed by meaning from one schema to another, in the order of the
// newer one. It is empty exactly when both are equal by [Schema.Comparable], or spell
// aliases in another order.
func Diff(old, newer *Schema) []Change {
	d := &differ{seen: map[[2]*Type]bool{}}
	d.types(typePath(newer.root), old.root, newer.root)
	return d.list
}

func typePath(t *Type) string {
	if t.Kind.IsNamed() {
		return t.Name.String()
	}
	return string(t.Kind)
}

type differ struct {
	list []Change
	seen map[[2]*Type]bool
}

func (d *differ) add(kind, path, format string, args ...any) {
	d.list = append(d.list, Change{kind, path, fmt.Sprintf(format, args...)})
}

// changed notes a part that is another; an empty text stands for none.
func (d *differ) changed(path, what, old, newer string) {
	switch {
	case old == newer:
	case old == "":
		d.add(Added, path, "%s %s", what, newer)
	case newer == "":
		d.add(Removed, path, "%s %s", what, old)
	default:
		d.add(Changed, path, "%s %s, was %s", what, newer, old)
	}
}

func (d *differ) types(path string, a, b *Type) {
	if a.Kind != b.Kind || a.Kind.IsNamed() && a.Name != b.Name {
		d.changed(path, "type", brief(a), brief(b))
		if a.Kind != b.Kind {
			return
		}
	}
	if d.seen[[2]*Type{a, b}] {
		return
	}
	d.seen[[2]*Type{a, b}] = true
	if b.Kind.IsNamed() {
		path = b.Name.String()
		d.changed(path, "doc", quoted(a.Doc), quoted(b.Doc))
		d.changed(path, "aliases", aliasText(a.Aliases), aliasText(b.Aliases))
	}
	switch b.Kind {
	case Record, Error:
		d.fields(path, a, b)
	case Enum:
		d.words(path, "symbol", a.Symbols, b.Symbols)
		d.changed(path, "default", quoted(a.Default), quoted(b.Default))
	case Fixed:
		d.changed(path, "size", fmt.Sprint(a.Size), fmt.Sprint(b.Size))
	case Array:
		d.types(path+"[]", a.Elem, b.Elem)
	case Map:
		d.types(path+"{}", a.Elem, b.Elem)
	case Union:
		d.union(path, a, b)
	case Null, Boolean, Int, Long, Float, Double, Bytes, String:
	}
	d.props(path, a.Props, b.Props)
}

func (d *differ) fields(path string, a, b *Type) {
	old := map[string]*Field{}
	for _, f := range a.Fields {
		old[f.Name] = f
	}
	var before, after []string
	for _, f := range b.Fields {
		if was := old[f.Name]; was != nil {
			d.field(path+"."+f.Name, was, f)
			after = append(after, f.Name)
			continue
		}
		d.add(Added, path+"."+f.Name, "field of type %s%s%s", brief(f.Type), withDefault(f), aliased(f, old))
	}
	for _, f := range a.Fields {
		if slices.Contains(after, f.Name) {
			before = append(before, f.Name)
		} else {
			d.add(Removed, path+"."+f.Name, "field of type %s%s", brief(f.Type), withDefault(f))
		}
	}
	if !slices.Equal(before, after) {
		d.changed(path, "order of fields", strings.Join(before, ", "), strings.Join(after, ", "))
	}
}

func withDefault(f *Field) string {
	if f.Default == nil {
		return ", no default"
	}
	return ", default " + f.Default.String()
}

// aliased says which field of the old schema a new one stands for.
func aliased(f *Field, old map[string]*Field) string {
	for _, alias := range f.Aliases {
		if old[alias] != nil {
			return ", another name of " + alias
		}
	}
	return ""
}

func (d *differ) field(path string, a, b *Field) {
	d.types(path, a.Type, b.Type)
	d.changed(path, "default", defaultText(a), defaultText(b))
	d.changed(path, "doc", quoted(a.Doc), quoted(b.Doc))
	d.changed(path, "order", a.Order, b.Order)
	d.changed(path, "aliases", sortedList(a.Aliases), sortedList(b.Aliases))
	d.props(path, a.Props, b.Props)
}

func defaultText(f *Field) string {
	if f.Default == nil {
		return ""
	}
	return string(appendValue(nil, f.Default.v, true))
}

func (d *differ) union(path string, a, b *Type) {
	old := map[string]*Type{}
	var before, after []string
	for _, t := range a.Branches {
		old[typePath(t)] = t
		before = append(before, typePath(t))
	}
	for _, t := range b.Branches {
		after = append(after, typePath(t))
		if was := old[typePath(t)]; was != nil {
			d.types(path, was, t)
		}
	}
	d.words(path, "branch", before, after)
}

// words compares lists whose items are each there once.
func (d *differ) words(path, what string, a, b []string) {
	in := func(list []string) func(string) bool {
		return func(word string) bool { return !slices.Contains(list, word) }
	}
	for _, word := range slices.DeleteFunc(slices.Clone(b), func(w string) bool { return slices.Contains(a, w) }) {
		d.add(Added, path, "%s %s", what, word)
	}
	for _, word := range slices.DeleteFunc(slices.Clone(a), func(w string) bool { return slices.Contains(b, w) }) {
		d.add(Removed, path, "%s %s", what, word)
	}
	before, after := slices.DeleteFunc(slices.Clone(a), in(b)), slices.DeleteFunc(slices.Clone(b), in(a))
	if !slices.Equal(before, after) {
		d.add(Changed, path, "order of %s: %s, was %s", what, strings.Join(after, ", "), strings.Join(before, ", "))
	}
}

func (d *differ) props(path string, a, b []Prop) {
	value := func(list []Prop, key string) string {
		for _, p := range list {
			if p.Key == key {
				return string(appendValue(nil, p.Value.v, true))
			}
		}
		return ""
	}
	for _, p := range b {
		if p.Key != versionProp {
			d.changed(path, p.Key, value(a, p.Key), value(b, p.Key))
		}
	}
	for _, p := range a {
		if p.Key != versionProp && value(b, p.Key) == "" {
			d.changed(path, p.Key, value(a, p.Key), "")
		}
	}
}

// brief is a type in a few words.
func brief(t *Type) string {
	switch {
	case t.Kind.IsNamed():
		return string(t.Kind) + " " + t.Name.String()
	case t.Kind == Array:
		return "array of " + brief(t.Elem)
	case t.Kind == Map:
		return "map of " + brief(t.Elem)
	case t.Kind == Union:
		branches := make([]string, len(t.Branches))
		for i, b := range t.Branches {
			branches[i] = brief(b)
		}
		return "union of " + strings.Join(branches, ", ")
	}
	for _, p := range t.Props {
		if p.Key == "logicalType" {
			return string(t.Kind) + " " + p.Value.String()
		}
	}
	return string(t.Kind)
}

func quoted(text *string) string {
	if text == nil {
		return ""
	}
	return string(appendString(nil, *text))
}

func aliasText(list []Name) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = n.String()
	}
	return sortedList(texts)
}

func sortedList(list []string) string {
	return strings.Join(slices.Sorted(slices.Values(list)), ", ")
}
