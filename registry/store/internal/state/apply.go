package state

import (
	"fmt"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
)

// ClashError says that a record gives an id to another schema than the one that has
// it. Such a record is not applied.
type ClashError struct {
	Subject string
	Version int
	ID      uint32
}

func (e *ClashError) Error() string {
	return fmt.Sprintf("version %d of subject %q: id %d stands for another schema already", e.Version, e.Subject, e.ID)
}

// Same tells whether two texts that differ mean the same, as far as an id goes.
type Same func(a, b registry.Schema) bool

// Apply brings the state up to date with one record. Records of other programs
// may say what a [Tx] would refuse: all that can be applied is, in the order of
// the records. The error is an [*ClashError].
func (s *State) Apply(r record.Record, same Same) error {
	switch r.Kind {
	case record.Schema:
		return s.applySchema(r, same)
	case record.DeleteSubject:
		if sub := s.subjects[r.Subject]; sub != nil {
			s.setDeleted(nil, sub, true, func(v *version) bool { return v.number <= r.Version })
		}
	case record.ClearSubject:
		s.clear(nil, r.Subject)
	case record.Config:
		if r.Gone {
			delete(s.configs, r.Subject)
			return nil
		}
		s.configs[r.Subject] = r.Settings
	case record.Mode:
		if r.Gone {
			delete(s.modes, r.Subject)
			return nil
		}
		s.modes[r.Subject] = r.ModeValue
	case record.Context:
		s.setKnown(nil, r.Context, !r.Gone)
	case record.Noop:
		for name, id := range r.LastIDs {
			s.setLastID(nil, name, id)
		}
	}
	return nil
}

func (s *State) applySchema(r record.Record, same Same) error {
	sub := s.subjects[r.Subject]
	i, there := sub.at(r.Version)
	number := func(v *version) bool { return v.number == r.Version }
	if r.Gone {
		if there {
			s.dropVersions(nil, sub, number)
		}
		return nil
	}
	contextName, _ := registry.ContextOf(r.Subject)
	next := registry.Content{
		Key: registry.Key{Context: contextName, ID: r.ID}, Schema: r.Content, Hash: registry.ContentHash(r.Content),
	}
	c := s.content(next.Key)
	if c != nil && c.Hash != next.Hash && (same == nil || !same(c.Schema, next.Schema)) {
		return &ClashError{r.Subject, r.Version, r.ID}
	}
	if there && c != nil && sub.versions[i].content == c {
		s.setDeleted(nil, sub, r.Deleted, number)
		return nil
	}
	if c == nil {
		c = s.putContent(nil, next)
	}
	if there {
		s.dropVersions(nil, sub, number)
	}
	s.space(contextName).known = true
	s.putVersion(nil, r.Subject, version{content: c, number: r.Version, created: r.Time.UnixMilli(), deleted: r.Deleted})
	return nil
}
