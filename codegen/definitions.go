package codegen

import (
	"context"
	"io/fs"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/internal/avrojson"
)

// Definition is a type at the top of a schema file, or an event, in the form in
// which a registry keeps it: beside others that it refers to.
type Definition struct {
	// File is the schema file's path in its file system.
	File string
	// Name is the full name.
	Name string
	// Topic is the topic of an event, without a prefix; empty for a type that is
	// none.
	Topic string
	// Text is the schema with the types of other definitions mentioned by their full
	// names. Every type is written out in exactly one definition, but where
	// definitions mention each other in a circle: each of those has all of them.
	Text string
	// Uses are the names of the definitions that hold what Text mentions and does not
	// define, sorted.
	Uses []string
	// Whole is the schema complete in itself, as generated code has it.
	Whole string
}

// Definitions reads schema files, as [Generate] does, into definitions: those that
// others use come first. Schemas that are wrong are a [*SchemaError].
func Definitions(ctx context.Context, schemas fs.FS, label string) ([]Definition, error) {
	p, err := parse(ctx, schemas, label)
	if err != nil {
		return nil, err
	}
	u := newUnits(p)
	if err := p.err(); err != nil {
		return nil, err
	}
	return u.inOrder()
}

// unit is a type that becomes a definition.
type unit struct {
	root *namedType
	text string
	uses []*unit
	// circle are the units that this one uses and that use it, itself among them.
	circle map[*unit]bool
}

// units are the definitions to be.
type units struct {
	parser *parser
	list   []*unit
	// home is where each type is written out.
	home map[*namedType]*unit
}

func newUnits(p *parser) *units {
	u := &units{parser: p, home: map[*namedType]*unit{}}
	for _, f := range p.files {
		for _, v := range f.json.Elements { // a list of definitions
			u.add(p.defs[v])
		}
		u.add(p.defs[f.json])
		for _, n := range f.types {
			if n.event[attributeTopic] != nil {
				u.add(n)
			}
		}
	}
	slices.SortFunc(u.list, func(a, b *unit) int { return strings.Compare(a.root.fullName(), b.root.fullName()) })
	for _, one := range u.list {
		u.claim(one, one.root.json)
	}
	for _, one := range u.list {
		u.settle(one, one.root)
	}
	return u
}

// claim makes a unit the home of the types that its source defines.
func (u *units) claim(one *unit, v *avrojson.Value) {
	if n := u.parser.defs[v]; n != nil && n.json == v && n != one.root {
		if u.home[n] != nil {
			return
		}
		u.home[n] = one
	}
	for _, m := range v.Members {
		u.claim(one, m.Value)
	}
	for _, e := range v.Elements {
		u.claim(one, e)
	}
}

func (u *units) add(n *namedType) {
	if n == nil || u.home[n] != nil {
		return
	}
	if topic := n.event[attributeTopic]; topic != nil && !validTopic(topic.Text) {
		u.parser.failIn(n.file, topic, n.fullName(), "%q is no Kafka topic: up to 249 letters, digits, dots, underscores and hyphens", topic.Text)
	}
	one := &unit{root: n}
	u.home[n] = one
	u.list = append(u.list, one)
}

// settle makes a unit the home of what its types mention and that has none: types
// whose definition is inside of one that repeats another.
func (u *units) settle(one *unit, n *namedType) {
	for _, f := range n.fields {
		u.settleType(one, f.typ)
	}
}

func (u *units) settleType(one *unit, t *schemaType) {
	switch {
	case t.named != nil:
		if u.home[t.named] == nil {
			u.home[t.named] = one
			u.settle(one, t.named)
		}
	case t.item != nil:
		u.settleType(one, t.item)
	}
	for _, b := range t.branches {
		u.settleType(one, b)
	}
}

// inOrder writes the texts.
func (u *units) inOrder() ([]Definition, error) {
	for _, one := range u.list {
		one.circle = map[*unit]bool{one: true}
		if err := u.write(one); err != nil {
			return nil, err
		}
	}
	order := u.findCircles()
	for _, one := range order {
		if len(one.circle) > 1 {
			if err := u.write(one); err != nil {
				return nil, err
			}
		}
	}
	all := make([]Definition, len(order))
	for i, one := range order {
		n := one.root
		d := Definition{File: n.file.path, Name: n.fullName(), Text: one.text, Whole: n.text}
		if topic := n.event[attributeTopic]; topic != nil {
			d.Topic = topic.Text
		}
		for _, used := range one.uses {
			d.Uses = append(d.Uses, used.first().root.fullName())
		}
		slices.Sort(d.Uses)
		d.Uses = slices.Compact(d.Uses)
		all[i] = d
	}
	return all, nil
}

// first stands for the units of a circle, since the text of each has all of them.
func (one *unit) first() *unit {
	least := one
	for other := range one.circle {
		if other.root.fullName() < least.root.fullName() {
			least = other
		}
	}
	return least
}

func (u *units) write(one *unit) error {
	var uses []*unit
	w := &textWriter{parser: u.parser, seen: map[*namedType]bool{}}
	w.elsewhere = func(n *namedType) bool {
		home := u.home[n]
		if home == nil || one.circle[home] {
			return false
		}
		if !slices.Contains(uses, home) {
			uses = append(uses, home)
		}
		return true
	}
	w.definition(one.root, "")
	one.text, one.uses = string(w.b), uses
	if w.err != nil {
		u.parser.failIn(one.root.file, one.root.json, one.root.fullName(), "%v", w.err)
		return u.parser.err()
	}
	return nil
}

// findCircles fills in the circles and lists the units, used ones first. (Tarjan's
// strongly connected components, which come out in that order.)
func (u *units) findCircles() []*unit {
	var order, open []*unit
	number, low := map[*unit]int{}, map[*unit]int{}
	var visit func(*unit)
	visit = func(one *unit) {
		number[one] = len(number) + 1
		low[one] = number[one]
		open = append(open, one)
		for _, used := range one.uses {
			if number[used] == 0 {
				visit(used)
				low[one] = min(low[one], low[used])
			} else if slices.Contains(open, used) {
				low[one] = min(low[one], number[used])
			}
		}
		if low[one] != number[one] {
			return
		}
		at := slices.Index(open, one)
		circle := slices.Clone(open[at:])
		open = open[:at]
		slices.SortFunc(circle, func(a, b *unit) int { return strings.Compare(a.root.fullName(), b.root.fullName()) })
		members := map[*unit]bool{}
		for _, member := range circle {
			members[member] = true
		}
		for _, member := range circle {
			member.circle = members
		}
		order = append(order, circle...)
	}
	for _, one := range u.list {
		if number[one] == 0 {
			visit(one)
		}
	}
	return order
}
