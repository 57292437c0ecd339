package avropairs_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/schemactl/schemactl/internal/avropairs"
	"github.com/schemactl/schemactl/registry/avsc"
	"github.com/schemactl/schemactl/registry/compat"
)

// Both verdicts have to be frequent, and nearly all texts valid.
func TestShares(t *testing.T) {
	t.Parallel()
	m := avropairs.New(rand.New(rand.NewPCG(1, 1)))
	var valid, fits, recursive int
	const n = 2000
	changes := map[string]int{}
	for range n {
		p := m.Pair()
		w, errW := avsc.Parse(p.Writer)
		r, errR := avsc.Parse(p.Reader)
		if errW != nil || errR != nil || w.Validate() != nil || r.Validate() != nil {
			continue
		}
		valid++
		for _, c := range p.Changes {
			changes[c]++
		}
		if len(compat.Check(w, r)) == 0 {
			fits++
		}
		if isRecursive(w.Root()) {
			recursive++
		}
	}
	t.Logf("%d of %d valid, %d compatible, %d recursive, changes: %v", valid, n, fits, recursive, changes)
	if valid < n*9/10 || fits < valid/4 || fits > valid*3/4 || recursive < valid/20 {
		t.Error("the pairs are one-sided")
	}
}

func isRecursive(t *avsc.Type) bool {
	open := map[*avsc.Type]bool{}
	var step func(*avsc.Type) bool
	step = func(t *avsc.Type) bool {
		if t == nil {
			return false
		}
		if open[t] {
			return true
		}
		open[t] = true
		defer delete(open, t)
		for _, f := range t.Fields {
			if step(f.Type) {
				return true
			}
		}
		return slices.ContainsFunc(t.Branches, step) || step(t.Elem)
	}
	return step(t)
}
