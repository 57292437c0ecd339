package memory

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"

	"github.com/schemactl/schemactl/registry"
)

type hashKey struct {
	context string
	hash    registry.Hash
}

// state is everything that a store holds, found by map and never by a walk over
// all subjects. Lists that it gives out are copies; a list in a map is never
// changed, only replaced by another. It has no lock of its own.
type state struct {
	lastID    map[string]uint32 // by context
	contents  map[registry.Key]registry.Content
	byHash    map[hashKey]registry.Key
	uses      map[registry.Key][]registry.SubjectVersion
	referrers map[registry.SubjectVersion][]registry.Key
	subjects  map[string]*subject
	names     []string // of subjects, sorted
	configs   map[string]registry.Config
}

func newState() *state {
	return &state{
		lastID:    map[string]uint32{},
		contents:  map[registry.Key]registry.Content{},
		byHash:    map[hashKey]registry.Key{},
		uses:      map[registry.Key][]registry.SubjectVersion{},
		referrers: map[registry.SubjectVersion][]registry.Key{},
		subjects:  map[string]*subject{},
		configs:   map[string]registry.Config{},
	}
}

func (s *state) Content(_ context.Context, key registry.Key) (registry.Content, error) {
	c, ok := s.contents[key]
	if !ok {
		return registry.Content{}, registry.ErrSchemaNotFound
	}
	return c, nil
}

func (s *state) ContentByHash(ctx context.Context, contextName string, hash registry.Hash) (registry.Content, error) {
	key, ok := s.byHash[hashKey{contextName, hash}]
	if !ok {
		return registry.Content{}, registry.ErrSchemaNotFound
	}
	return s.Content(ctx, key)
}

func (s *state) Uses(_ context.Context, q registry.UsesQuery) ([]registry.SubjectVersion, error) {
	var list []registry.SubjectVersion
	for _, use := range s.uses[q.Key] {
		if (q.Subject == "" || use.Subject == q.Subject) && s.takes(use, q.Deleted) {
			list = append(list, use)
		}
	}
	slices.SortFunc(list, compare)
	return list, nil
}

func compare(a, b registry.SubjectVersion) int {
	return cmp.Or(strings.Compare(a.Subject, b.Subject), cmp.Compare(a.Version, b.Version))
}

// takes tells whether a version is there and of that kind.
func (s *state) takes(v registry.SubjectVersion, which registry.Deleted) bool {
	found, ok := s.subjects[v.Subject].number(v.Version)
	return ok && which.Takes(found.Deleted)
}

func (s *state) Referrers(_ context.Context, to registry.SubjectVersion, from registry.Deleted) ([]uint32, error) {
	var list []uint32
	for _, key := range s.referrers[to] {
		if slices.ContainsFunc(s.uses[key], func(use registry.SubjectVersion) bool { return s.takes(use, from) }) {
			list = append(list, key.ID)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

func (s *state) FindReferral(_ context.Context, q registry.ReferralQuery) (registry.Referral, error) {
	targets := []registry.SubjectVersion{q.To}
	if sub := s.subjects[q.To.Subject]; q.To.Version == 0 && sub != nil {
		targets = nil
		for _, v := range sub.versions {
			targets = append(targets, registry.SubjectVersion{Subject: v.Subject, Version: v.Number})
		}
	}
	var first *registry.Referral
	for _, to := range targets {
		for _, key := range s.referrers[to] {
			for _, from := range s.uses[key] {
				if from.Subject == q.Except || !s.takes(from, q.Deleted) {
					continue
				}
				if first == nil || compare(from, first.From) < 0 {
					first = &registry.Referral{From: from, To: to}
				}
			}
		}
	}
	if first == nil {
		return registry.Referral{}, registry.ErrVersionNotFound
	}
	return *first, nil
}

func (s *state) Subjects(_ context.Context, req registry.SubjectsRequest) ([]string, error) {
	var list []string
	skip := max(req.Page.Offset, 0)
	for _, name := range s.names[sort.SearchStrings(s.names, req.Prefix):] {
		if !strings.HasPrefix(name, req.Prefix) || req.Page.Limit > 0 && len(list) == req.Page.Limit {
			break
		}
		switch {
		case req.Deleted == registry.OnlyDeleted && s.subjects[name].live > 0:
		case req.Deleted == registry.WithoutDeleted && s.subjects[name].live == 0:
		case skip > 0:
			skip--
		default:
			list = append(list, name)
		}
	}
	return list, nil
}

func (s *state) Versions(_ context.Context, req registry.VersionsRequest) ([]int, error) {
	sub := s.subjects[req.Subject]
	if !sub.has(req.Deleted) {
		return nil, registry.ErrSubjectNotFound
	}
	var numbers []int
	for _, v := range sub.versions {
		if req.Deleted.Takes(v.Deleted) {
			numbers = append(numbers, v.Number)
		}
	}
	return registry.Cut(numbers, req.Page), nil
}

func (s *state) Version(_ context.Context, at registry.SubjectVersion, which registry.Deleted) (registry.Version, error) {
	sub := s.subjects[at.Subject]
	if !sub.has(which) {
		return registry.Version{}, registry.ErrSubjectNotFound
	}
	v, ok := sub.number(at.Version)
	if at.Version == registry.Latest {
		v, ok = sub.latest()
	}
	if !ok || !which.Takes(v.Deleted) {
		return registry.Version{}, registry.ErrVersionNotFound
	}
	return v, nil
}

func (s *state) FindVersion(_ context.Context, q registry.Query) (registry.Version, error) {
	sub := s.subjects[q.Subject]
	if !sub.has(q.Deleted) {
		return registry.Version{}, registry.ErrSubjectNotFound
	}
	v, ok := sub.newest(sub.byHash[q.Hash], q.Deleted)
	if !ok {
		v, ok = sub.newest(sub.byMeaning[q.Meaning], q.Deleted)
	}
	if !ok {
		return registry.Version{}, registry.ErrSchemaNotFound
	}
	return v, nil
}

func (s *state) History(_ context.Context, name string, page registry.Page) ([]registry.Version, error) {
	sub := s.subjects[name]
	if sub == nil {
		return nil, nil
	}
	var list []registry.Version
	skip := max(page.Offset, 0)
	for _, v := range slices.Backward(sub.versions) {
		switch {
		case v.Deleted:
		case skip > 0:
			skip--
		case page.Limit > 0 && len(list) == page.Limit:
			return list, nil
		default:
			list = append(list, v)
		}
	}
	return list, nil
}

func (s *state) Config(_ context.Context, name string) (registry.Config, error) {
	c, ok := s.configs[name]
	if !ok {
		return registry.Config{}, registry.ErrLevelNotSet
	}
	return c, nil
}
