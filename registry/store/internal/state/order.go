package state

import (
	"iter"
	"slices"
	"strings"

	"github.com/schemactl/schemactl/registry"
)

// mostInRun bounds what is moved when a subject comes or goes.
const mostInRun = 256

// order holds subjects in the order of their names: runs, one behind the other,
// which know how many of their subjects are live. So the nth subject of a kind is
// found by the counts of the runs, without looking at those before it.
type order struct{ runs []run }

// run is a part of the order, never an empty one.
type run struct {
	subjects []*subject
	live     int // how many have a version that is not deleted
}

func (r *run) count(which registry.Deleted) int {
	switch which {
	case registry.WithoutDeleted:
		return r.live
	case registry.OnlyDeleted:
		return len(r.subjects) - r.live
	case registry.WithDeleted:
	}
	return len(r.subjects)
}

// is tells whether a subject is one of that kind.
func (sub *subject) is(which registry.Deleted) bool {
	return which == registry.WithDeleted || (sub.live > 0) == (which == registry.WithoutDeleted)
}

func byName(sub *subject, name string) int { return strings.Compare(sub.name, name) }

// find answers the run that a name belongs to, and where in it: behind all others, the
// end of the last run. There has to be one.
func (o *order) find(name string) (i, at int) {
	i, _ = slices.BinarySearchFunc(o.runs, name, func(r run, name string) int {
		return byName(r.subjects[len(r.subjects)-1], name)
	})
	i = min(i, len(o.runs)-1)
	at, _ = slices.BinarySearchFunc(o.runs[i].subjects, name, byName)
	return i, at
}

// insert adds a subject that is not there.
func (o *order) insert(sub *subject) {
	if len(o.runs) == 0 {
		o.runs = []run{{subjects: []*subject{sub}, live: liveIn(sub)}}
		return
	}
	i, at := o.find(sub.name)
	r := &o.runs[i]
	r.subjects = slices.Insert(r.subjects, at, sub)
	r.live += liveIn(sub)
	if len(r.subjects) <= mostInRun {
		return
	}
	rest := run{subjects: slices.Clone(r.subjects[mostInRun/2:])}
	rest.live = liveIn(rest.subjects...)
	r.subjects = slices.Clone(r.subjects[:mostInRun/2])
	r.live -= rest.live
	o.runs = slices.Insert(o.runs, i+1, rest)
}

// remove takes out a subject that is there, and live or not as when it was inserted.
func (o *order) remove(sub *subject) {
	i, at := o.find(sub.name)
	r := &o.runs[i]
	r.subjects = slices.Delete(r.subjects, at, at+1)
	r.live -= liveIn(sub)
	if len(r.subjects) == 0 {
		o.runs = slices.Delete(o.runs, i, i+1)
	}
}

func liveIn(list ...*subject) int {
	n := 0
	for _, sub := range list {
		if sub.is(registry.WithoutDeleted) {
			n++
		}
	}
	return n
}

// rank is how many subjects of a kind come before a name.
func (o *order) rank(name string, which registry.Deleted) int {
	if len(o.runs) == 0 {
		return 0
	}
	i, at := o.find(name)
	n := 0
	for _, r := range o.runs[:i] {
		n += r.count(which)
	}
	r := &o.runs[i]
	if r.count(which) == len(r.subjects) {
		return n + at
	}
	for _, sub := range r.subjects[:at] {
		if sub.is(which) {
			n++
		}
	}
	return n
}

// walk goes over the subjects of a kind from the nth to the one before the end, until
// yield has enough.
func (o *order) walk(n, end int, which registry.Deleted, yield func(*subject) bool) bool {
	skip, left := n, end-n
	for i := range o.runs {
		r := &o.runs[i]
		if here := r.count(which); here <= skip {
			skip -= here
			continue
		}
		subjects := r.subjects
		if r.count(which) == len(subjects) { // as nearly always, and looking at them takes time
			subjects, skip = subjects[skip:], 0
		}
		for _, sub := range subjects {
			switch {
			case left == 0:
				return true
			case !sub.is(which):
			case skip > 0:
				skip--
			case !yield(sub):
				return false
			default:
				left--
			}
		}
	}
	return true
}

// page goes over the subjects that a request is about, in order, from its offset on.
func (o *order) page(req registry.SubjectsRequest) iter.Seq[*subject] {
	return func(yield func(*subject) bool) {
		skip := max(req.Page.Offset, 0)
		for _, part := range parts(req.Prefix, req.DefaultOnly) {
			from, to := o.rank(part[0], req.Deleted), o.rank(part[1], req.Deleted)
			if n := max(to-from, 0); n <= skip {
				skip -= n
				continue
			}
			if !o.walk(from+skip, to, req.Deleted, yield) {
				return
			}
			skip = 0
		}
	}
}

// parts are the bounds, the second not included, between which names begin so.
func parts(prefix string, defaultOnly bool) [][2]string {
	end := prefix + "\xff" // no byte of a name, which is UTF-8
	if !defaultOnly {
		return [][2]string{{prefix, end}}
	}
	// Names with a context stand between those without: they begin with a colon and a dot.
	return [][2]string{{prefix, min(end, ":.")}, {max(prefix, ":/"), end}}
}
