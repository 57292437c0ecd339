package state

import (
	"context"
	"maps"
	"slices"

	"github.com/schemactl/schemactl/registry"
)

// Content implements registry.ContentReader.
func (s *State) Content(_ context.Context, key registry.Key) (registry.Content, error) {
	if c := s.content(key); c != nil {
		return c.Content, nil
	}
	return registry.Content{}, registry.ErrSchemaNotFound
}

func (s *State) content(key registry.Key) *content {
	if sp := s.spaces[key.Context]; sp != nil {
		return sp.byID[key.ID]
	}
	return nil
}

// ContentByHash implements registry.ContentReader.
func (s *State) ContentByHash(_ context.Context, contextName string, hash registry.Hash) (registry.Content, error) {
	if sp := s.spaces[contextName]; sp != nil {
		if c := sp.byHash[hash]; c != nil {
			return c.Content, nil
		}
	}
	return registry.Content{}, registry.ErrSchemaNotFound
}

// KeysByHash implements registry.ContentReader.
func (s *State) KeysByHash(_ context.Context, hash registry.Hash) ([]registry.Key, error) {
	var keys []registry.Key
	for _, name := range slices.Sorted(maps.Keys(s.spaces)) {
		if c := s.spaces[name].byHash[hash]; c != nil {
			keys = append(keys, c.Key)
		}
	}
	return keys, nil
}

// LastID implements registry.ContentReader.
func (s *State) LastID(_ context.Context, contextName string) (uint32, error) {
	if sp := s.spaces[contextName]; sp != nil {
		return sp.lastID, nil
	}
	return 0, nil
}

// VersionByID implements registry.ContentReader.
func (s *State) VersionByID(_ context.Context, key registry.Key, subject string) (registry.Version, error) {
	c := s.content(key)
	if c == nil || len(c.uses) == 0 {
		return registry.Version{}, registry.ErrSchemaNotFound
	}
	enough := 1
	if subject != "" {
		enough = 3
	}
	pick, best := 0, -1
	for i, use := range c.uses {
		rank := 0
		if use.Subject == subject {
			rank = 2
		}
		if s.takes(use, registry.WithoutDeleted) {
			rank++
		}
		if rank > best {
			pick, best = i, rank
		}
		if best >= enough {
			break
		}
	}
	use := c.uses[pick]
	sub := s.subjects[use.Subject]
	i, _ := sub.at(use.Version)
	return sub.versions[i].export(sub.name), nil
}

// Uses implements registry.ContentReader.
func (s *State) Uses(_ context.Context, q registry.UsesQuery) ([]registry.SubjectVersion, error) {
	c := s.content(q.Key)
	if c == nil {
		return nil, nil
	}
	var list []registry.SubjectVersion
	for _, use := range c.uses {
		if (q.Subject == "" || use.Subject == q.Subject) && s.takes(use, q.Deleted) {
			list = append(list, use)
		}
	}
	slices.SortFunc(list, compare)
	return list, nil
}

// takes tells whether a version is there and of that kind.
func (s *State) takes(at registry.SubjectVersion, which registry.Deleted) bool {
	sub := s.subjects[at.Subject]
	i, ok := sub.at(at.Version)
	return ok && which.Takes(sub.versions[i].deleted)
}

// Referrers implements registry.ReferenceReader.
func (s *State) Referrers(_ context.Context, to registry.SubjectVersion, from registry.Deleted) ([]uint32, error) {
	var list []uint32
	for _, c := range s.referrers[to] {
		if slices.ContainsFunc(c.uses, func(use registry.SubjectVersion) bool { return s.takes(use, from) }) {
			list = append(list, c.ID)
		}
	}
	slices.Sort(list)
	return slices.Compact(list), nil
}

// FindReferral implements registry.ReferenceReader.
func (s *State) FindReferral(_ context.Context, q registry.ReferralQuery) (registry.Referral, error) {
	targets := []registry.SubjectVersion{q.To}
	if sub := s.subjects[q.To.Subject]; q.To.Version == 0 && sub != nil {
		targets = nil
		for i := range sub.versions {
			targets = append(targets, registry.SubjectVersion{Subject: sub.name, Version: sub.versions[i].number})
		}
	}
	var first *registry.Referral
	for _, to := range targets {
		for _, c := range s.referrers[to] {
			for _, from := range c.uses {
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

// Contexts implements registry.VersionReader.
func (s *State) Contexts(context.Context) ([]string, error) {
	var names []string
	for name, sp := range s.spaces {
		if sp.known || name == registry.DefaultContext {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

// Subjects implements registry.VersionReader.
func (s *State) Subjects(_ context.Context, req registry.SubjectsRequest) ([]string, error) {
	var list []string
	if limit := req.Page.Limit; limit > 0 {
		list = make([]string, 0, min(limit, len(s.subjects)))
	}
	for sub := range s.order.page(req) {
		if list = append(list, sub.name); len(list) == req.Page.Limit {
			break
		}
	}
	return list, nil
}

// Versions implements registry.VersionReader.
func (s *State) Versions(_ context.Context, req registry.VersionsRequest) ([]int, error) {
	sub := s.subjects[req.Subject]
	if !sub.has(req.Deleted) {
		return nil, registry.ErrSubjectNotFound
	}
	var numbers []int
	skip := max(req.Page.Offset, 0)
	for i := range sub.versions {
		v := &sub.versions[i]
		switch {
		case !req.Deleted.Takes(v.deleted):
		case skip > 0:
			skip--
		case req.Page.Limit > 0 && len(numbers) == req.Page.Limit:
			return numbers, nil
		default:
			numbers = append(numbers, v.number)
		}
	}
	return numbers, nil
}

// Version implements registry.VersionReader.
func (s *State) Version(_ context.Context, at registry.SubjectVersion, which registry.Deleted) (registry.Version, error) {
	sub := s.subjects[at.Subject]
	if !sub.has(which) {
		return registry.Version{}, registry.ErrSubjectNotFound
	}
	if at.Version == registry.Latest {
		for i := len(sub.versions) - 1; i >= 0; i-- {
			if v := &sub.versions[i]; !v.deleted {
				return v.export(sub.name), nil
			}
		}
		return registry.Version{}, registry.ErrVersionNotFound
	}
	i, ok := sub.at(at.Version)
	if !ok || !which.Takes(sub.versions[i].deleted) {
		return registry.Version{}, registry.ErrVersionNotFound
	}
	return sub.versions[i].export(sub.name), nil
}

// FindVersion implements registry.VersionReader.
func (s *State) FindVersion(_ context.Context, q registry.Query) (registry.Version, error) {
	sub := s.subjects[q.Subject]
	if !sub.has(q.Deleted) {
		return registry.Version{}, registry.ErrSubjectNotFound
	}
	contextName, _ := registry.ContextOf(q.Subject)
	if s.spaces[contextName].byHash[q.Hash] == nil { // mostly, where it matters how many versions there are
		return registry.Version{}, registry.ErrSchemaNotFound
	}
	for i := len(sub.versions) - 1; i >= 0; i-- {
		if v := &sub.versions[i]; v.Hash == q.Hash && q.Deleted.Takes(v.deleted) {
			return v.export(sub.name), nil
		}
	}
	return registry.Version{}, registry.ErrSchemaNotFound
}

// History implements registry.VersionReader.
func (s *State) History(_ context.Context, req registry.VersionsRequest) ([]registry.Version, error) {
	sub := s.subjects[req.Subject]
	if sub == nil {
		return nil, nil
	}
	var list []registry.Version
	skip := max(req.Page.Offset, 0)
	for i := len(sub.versions) - 1; i >= 0; i-- {
		v := &sub.versions[i]
		switch {
		case !req.Deleted.Takes(v.deleted):
		case skip > 0:
			skip--
		case req.Page.Limit > 0 && len(list) == req.Page.Limit:
			return list, nil
		default:
			list = append(list, v.export(sub.name))
		}
	}
	return list, nil
}

// News implements registry.VersionReader. But where versions were put between others,
// the new ones are the last.
func (s *State) News(_ context.Context, name string, since registry.Moment) (registry.News, error) {
	news := registry.News{Now: s.now}
	sub := s.subjects[name]
	if sub == nil {
		return news, nil
	}
	for i := len(sub.versions) - 1; i >= 0; i-- {
		v := &sub.versions[i]
		if v.came > since {
			news.Versions = append(news.Versions, v.export(name))
		} else if sub.inserted <= since {
			break
		}
	}
	return news, nil
}

// List implements registry.VersionReader.
func (s *State) List(_ context.Context, req registry.ListRequest) ([]registry.Version, error) {
	l := lister{req: req, skip: max(req.Page.Offset, 0)}
	all := registry.SubjectsRequest{Prefix: req.Prefix, DefaultOnly: req.DefaultOnly, Deleted: registry.WithDeleted}
	for sub := range s.order.page(all) {
		if !l.wantsMore() {
			break
		}
		l.add(sub)
	}
	return l.list, nil
}

// lister collects the versions of one page.
type lister struct {
	req  registry.ListRequest
	skip int
	list []registry.Version
}

func (l *lister) wantsMore() bool { return l.req.Page.Limit <= 0 || len(l.list) < l.req.Page.Limit }

// add adds those of a subject.
func (l *lister) add(sub *subject) {
	first := 0
	if l.req.LatestOnly {
		first = len(sub.versions) - 1
		for first >= 0 && !l.takes(&sub.versions[first]) {
			first--
		}
		if first < 0 {
			return
		}
	}
	for i := first; i < len(sub.versions) && l.wantsMore(); i++ {
		v := &sub.versions[i]
		switch {
		case !l.takes(v):
		case l.skip > 0:
			l.skip--
		default:
			l.list = append(l.list, v.export(sub.name))
		}
	}
}

func (l *lister) takes(v *version) bool {
	return l.req.Deleted.Takes(v.deleted) && (l.req.RuleType == "" || v.Rules.HasType(l.req.RuleType))
}

// ConfigNames implements registry.SettingReader.
func (s *State) ConfigNames(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(s.configs)), nil
}

// ModeNames implements registry.SettingReader.
func (s *State) ModeNames(context.Context) ([]string, error) {
	return slices.Sorted(maps.Keys(s.modes)), nil
}

// Config implements registry.SettingReader.
func (s *State) Config(_ context.Context, name string) (registry.Config, error) {
	c, ok := s.configs[name]
	if !ok {
		return registry.Config{}, registry.ErrConfigNotSet
	}
	return c, nil
}

// Mode implements registry.SettingReader.
func (s *State) Mode(_ context.Context, name string) (registry.Mode, error) {
	m, ok := s.modes[name]
	if !ok {
		return "", registry.ErrModeNotSet
	}
	return m, nil
}
