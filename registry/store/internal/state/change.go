package state

import (
	"slices"
	"strings"

	"github.com/schemactl/schemactl/registry"
)

// undo is how to take back what was changed, in order. A nil *undo remembers
// nothing.
type undo []func()

func (u *undo) add(back func()) {
	if u != nil {
		*u = append(*u, back)
	}
}

func (u *undo) run() {
	for _, back := range slices.Backward(*u) {
		back()
	}
	*u = nil
}

// setLastID raises the last id of a context.
func (s *State) setLastID(u *undo, contextName string, id uint32) {
	sp := s.space(contextName)
	if was := sp.lastID; id > was {
		sp.lastID = id
		u.add(func() { sp.lastID = was })
	}
}

func (s *State) setKnown(u *undo, contextName string, known bool) {
	sp := s.space(contextName)
	if was := sp.known; was != known {
		sp.known = known
		u.add(func() { sp.known = was })
	}
}

// putContent stores a content under its id.
func (s *State) putContent(u *undo, c registry.Content) *content {
	sp := s.space(c.Context)
	stored := &content{Content: c}
	stored.uses = stored.first[:0]
	sp.byID[c.ID] = stored
	u.add(func() { delete(sp.byID, c.ID) })
	if sp.byHash[c.Hash] == nil {
		sp.byHash[c.Hash] = stored
		u.add(func() { delete(sp.byHash, c.Hash) })
	} else {
		sp.twins++
		u.add(func() { sp.twins-- })
	}
	s.setLastID(u, c.Context, c.ID)
	for _, to := range stored.targets() {
		was := s.referrers[to]
		s.referrers[to] = append(was, stored)
		u.add(func() { restore(s.referrers, to, was) })
	}
	return stored
}

// restore puts a list back; one that was not there is taken out.
func restore[K comparable, V any](m map[K][]V, key K, was []V) {
	if len(was) == 0 {
		delete(m, key)
		return
	}
	m[key] = was
}

// dropContent forgets a content that no version has any more.
func (s *State) dropContent(u *undo, c *content) {
	sp := s.space(c.Context)
	delete(sp.byID, c.ID)
	u.add(func() { sp.byID[c.ID] = c })
	s.dropHash(u, sp, c)
	for _, to := range c.targets() {
		was := s.referrers[to]
		rest := slices.DeleteFunc(slices.Clone(was), func(other *content) bool { return other == c })
		restore(s.referrers, to, rest)
		u.add(func() { s.referrers[to] = was })
	}
}

// dropHash makes the hash of a content that is gone stand for its twin, if any.
func (s *State) dropHash(u *undo, sp *space, c *content) {
	was, twins := sp.byHash[c.Hash], sp.twins
	u.add(func() { sp.byHash[c.Hash], sp.twins = was, twins })
	if twins == 0 {
		delete(sp.byHash, c.Hash)
		return
	}
	if was != c {
		sp.twins--
		return
	}
	delete(sp.byHash, c.Hash)
	for _, other := range sp.byID {
		if other.Hash == c.Hash && (sp.byHash[c.Hash] == nil || other.ID < sp.byHash[c.Hash].ID) {
			sp.byHash[c.Hash], sp.twins = other, twins-1
		}
	}
}

// putVersion gives a subject a version that it does not have.
func (s *State) putVersion(u *undo, name string, v version) {
	sub := s.subjects[name]
	if sub == nil {
		sub = &subject{name: strings.Clone(name)} // which may be a part of a request
		sub.versions = sub.first[:0]
	}
	s.now++
	v.came = s.now
	i, _ := sub.at(v.number)
	versions, live := sub.versions, sub.live
	if i < len(versions) {
		sub.inserted = s.now
		versions = slices.Clone(versions)
	}
	versions = slices.Insert(versions, i, v)
	if !v.deleted {
		live++
	}
	s.setVersions(u, sub, versions, live)
	c, uses := v.content, v.uses
	c.uses = append(uses, registry.SubjectVersion{Subject: sub.name, Version: v.number})
	u.add(func() { c.uses = uses })
}

// dropVersions removes the versions that are picked, and what only they need.
func (s *State) dropVersions(u *undo, sub *subject, picked func(*version) bool) {
	var stay, gone []version
	live := 0
	for _, v := range sub.versions {
		switch {
		case picked(&v):
			gone = append(gone, v)
		default:
			stay = append(stay, v)
			if !v.deleted {
				live++
			}
		}
	}
	s.setVersions(u, sub, stay, live)
	for _, v := range gone {
		c, uses := v.content, v.uses
		c.uses = slices.DeleteFunc(slices.Clone(uses), func(at registry.SubjectVersion) bool {
			return at.Subject == sub.name && at.Version == v.number
		})
		u.add(func() { c.uses = uses })
		if len(c.uses) == 0 {
			s.dropContent(u, c)
		}
	}
}

// setDeleted hides or shows the versions that are picked.
func (s *State) setDeleted(u *undo, sub *subject, deleted bool, picked func(*version) bool) {
	versions := slices.Clone(sub.versions)
	live := 0
	for i := range versions {
		v := &versions[i]
		if picked(v) {
			v.deleted = deleted
		}
		if !v.deleted {
			live++
		}
	}
	s.setVersions(u, sub, versions, live)
}

// setVersions gives a subject the versions that it has from now on, and says how many
// of them are not deleted.
func (s *State) setVersions(u *undo, sub *subject, versions []version, live int) {
	was, wasLive := sub.versions, sub.live
	s.hold(sub, versions, live)
	u.add(func() { s.hold(sub, was, wasLive) })
}

// hold keeps a subject where its versions say that it belongs: one that has none is
// not there.
func (s *State) hold(sub *subject, versions []version, live int) {
	was, is := len(sub.versions) > 0, len(versions) > 0
	moves := was != is || (sub.live > 0) != (live > 0)
	if moves && was {
		s.order.remove(sub)
		delete(s.subjects, sub.name)
	}
	sub.versions, sub.live = versions, live
	if moves && is {
		s.order.insert(sub)
		s.subjects[sub.name] = sub
	}
}

// set puts a setting.
func set[V any](u *undo, m map[string]V, name string, value V) {
	was, had := m[name]
	m[name] = value
	u.add(func() {
		if had {
			m[name] = was
			return
		}
		delete(m, name)
	})
}

// unset takes a setting away.
func unset[V any](u *undo, m map[string]V, name string) {
	was, had := m[name]
	if !had {
		return
	}
	delete(m, name)
	u.add(func() { m[name] = was })
}
