// Package state is all that a registry holds, in memory, with an index for each
// question: no answer walks over all subjects. Stores that keep records elsewhere
// answer reads from it, and bring it up to date by [State.Apply].
package state

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/schemactl/schemactl/registry"
)

// content is a schema and the versions that have it. The schema never changes.
type content struct {
	registry.Content
	uses []registry.SubjectVersion
	// first is where uses begins: most have one, and what is not allocated by itself
	// need not be looked at when garbage is collected.
	first [1]registry.SubjectVersion
}

// version is one version of a subject.
type version struct {
	*content
	number  int
	created int64 // milliseconds since 1970
	deleted bool
	came    registry.Moment
}

// subject is what a subject's name stands for.
type subject struct {
	name     string
	versions []version // ascending, deleted ones too
	live     int       // how many are not deleted
	first    [1]version
	// inserted is the last moment at which a version came that is not the highest.
	inserted registry.Moment
}

// space is a context: ids count within it.
type space struct {
	lastID uint32
	byID   map[uint32]*content
	byHash map[registry.Hash]*content
	// twins counts the contents beside those: others may give one hash two ids.
	twins int
	// known says that the context is listed.
	known bool
}

// State has no lock of its own. Lists that it gives out are copies.
type State struct {
	spaces    map[string]*space
	referrers map[registry.SubjectVersion][]*content
	subjects  map[string]*subject // those that have versions
	order     order               // of the same
	configs   map[string]registry.Config
	modes     map[string]registry.Mode
	// now is the moment at which the last version came. It never goes back: what is
	// taken back was seen by whoever asked in the same change.
	now registry.Moment
}

// New is an empty state.
func New() *State {
	return &State{
		spaces:    map[string]*space{registry.DefaultContext: newSpace(true)},
		referrers: map[registry.SubjectVersion][]*content{},
		subjects:  map[string]*subject{},
		configs:   map[string]registry.Config{},
		modes:     map[string]registry.Mode{},
	}
}

// Anew is an empty state that comes in the place of s: its moments are later.
func (s *State) Anew() *State {
	fresh := New()
	fresh.now = s.now
	return fresh
}

func newSpace(known bool) *space {
	return &space{byID: map[uint32]*content{}, byHash: map[registry.Hash]*content{}, known: known}
}

func (s *State) space(contextName string) *space {
	sp := s.spaces[contextName]
	if sp == nil {
		sp = newSpace(false)
		s.spaces[contextName] = sp
	}
	return sp
}

func compare(a, b registry.SubjectVersion) int {
	return cmp.Or(strings.Compare(a.Subject, b.Subject), cmp.Compare(a.Version, b.Version))
}

// targets are the versions that a content refers to, each once. A name without a
// context is one of the content's own.
func (c *content) targets() []registry.SubjectVersion {
	var list []registry.SubjectVersion
	for _, ref := range c.References {
		list = append(list, registry.SubjectVersion{Subject: registry.Qualify(c.Context, ref.Subject), Version: ref.Version})
	}
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}

func (v *version) export(name string) registry.Version {
	return registry.Version{
		Content: v.Content, Subject: name, Number: v.number,
		Created: time.UnixMilli(v.created).UTC(), Deleted: v.deleted,
	}
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

// at finds a version by its number.
func (sub *subject) at(n int) (int, bool) {
	if sub == nil {
		return 0, false
	}
	return slices.BinarySearchFunc(sub.versions, n, func(v version, n int) int { return cmp.Compare(v.number, n) })
}

func (sub *subject) next() int {
	if sub == nil || len(sub.versions) == 0 {
		return 1
	}
	return sub.versions[len(sub.versions)-1].number + 1
}
