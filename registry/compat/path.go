package compat

import (
	"slices"
	"strings"
)

// path is a place in the reader's schema: one step of a JSON pointer behind
// another. Nil is the root. Steps share what is before them, so that a path
// costs one step however deep it is.
type path struct {
	up   *path
	step string
}

func (p *path) with(steps ...string) *path {
	for _, step := range steps {
		p = &path{p, step}
	}
	return p
}

func (p *path) String() string {
	var steps []string
	size := 1
	for ; p != nil; p = p.up {
		steps = append(steps, p.step)
		size += len(p.step) + 1
	}
	if len(steps) == 0 {
		return "/"
	}
	var b strings.Builder
	b.Grow(size)
	for _, step := range slices.Backward(steps) {
		b.WriteByte('/')
		b.WriteString(step)
	}
	return b.String()
}
