package memory

import (
	"cmp"
	"slices"

	"github.com/schemactl/schemactl/registry"
)

// subject is what a subject's name stands for.
type subject struct {
	versions []registry.Version // ascending, deleted ones too
	live     int                // how many are not deleted
	// byHash and byMeaning have the numbers of versions, ascending.
	byHash, byMeaning map[registry.Hash][]int
}

// newSubject takes over the list.
func newSubject(versions []registry.Version) *subject {
	sub := &subject{versions: versions, byHash: map[registry.Hash][]int{}, byMeaning: map[registry.Hash][]int{}}
	for _, v := range versions {
		sub.byHash[v.Hash] = append(sub.byHash[v.Hash], v.Number)
		sub.byMeaning[v.Meaning] = append(sub.byMeaning[v.Meaning], v.Number)
		if !v.Deleted {
			sub.live++
		}
	}
	return sub
}

// has tells whether there is a version of that kind. A subject that is not there
// has none.
func (sub *subject) has(which registry.Deleted) bool {
	switch {
	case sub == nil:
		return false
	case which == registry.WithoutDeleted:
		return sub.live > 0
	case which == registry.OnlyDeleted:
		return sub.live < len(sub.versions)
	}
	return true
}

// next is the number of the version to come.
func (sub *subject) next() int {
	if sub == nil {
		return 1
	}
	return sub.versions[len(sub.versions)-1].Number + 1
}

// number answers a version by its number.
func (sub *subject) number(n int) (v registry.Version, ok bool) {
	if sub == nil {
		return registry.Version{}, false
	}
	i, ok := slices.BinarySearchFunc(sub.versions, n, func(v registry.Version, n int) int { return cmp.Compare(v.Number, n) })
	if !ok {
		return registry.Version{}, false
	}
	return sub.versions[i], true
}

// latest answers the newest version that is not deleted.
func (sub *subject) latest() (v registry.Version, ok bool) {
	for _, v := range slices.Backward(sub.versions) {
		if !v.Deleted {
			return v, true
		}
	}
	return registry.Version{}, false
}

// newest answers the version with the highest of the numbers that is of that kind.
func (sub *subject) newest(numbers []int, which registry.Deleted) (v registry.Version, ok bool) {
	for _, n := range slices.Backward(numbers) {
		if v, ok := sub.number(n); ok && which.Takes(v.Deleted) {
			return v, true
		}
	}
	return registry.Version{}, false
}
