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
// all subjects. Lists that it gives out are copies. It has no lock of its own.
type state struct {
	lastID    map[string]uint32 // by context
	contents  map[registry.Key]registry.Content
	byHash    map[hashKey]registry.Key
	uses      map[registry.Key][]registry.SubjectVersion
	referrers map[registry.SubjectVersion][]uint32
	subjects  map[string]*subject
	names     []string // of subjects, sorted
	configs   map[string]registry.Config
}

type subject struct {
	versions  []registry.Version // ascending
	byHash    map[registry.Hash]int
	byMeaning map[registry.Hash]int
}

func newState() *state {
	return &state{
		lastID:    map[string]uint32{},
		contents:  map[registry.Key]registry.Content{},
		byHash:    map[hashKey]registry.Key{},
		uses:      map[registry.Key][]registry.SubjectVersion{},
		referrers: map[registry.SubjectVersion][]uint32{},
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

func (s *state) Uses(_ context.Context, key registry.Key) ([]registry.SubjectVersion, error) {
	list := slices.Clone(s.uses[key])
	slices.SortFunc(list, func(a, b registry.SubjectVersion) int {
		return cmp.Or(strings.Compare(a.Subject, b.Subject), cmp.Compare(a.Version, b.Version))
	})
	return list, nil
}

func (s *state) Referrers(_ context.Context, of registry.SubjectVersion) ([]uint32, error) {
	list := slices.Clone(s.referrers[of])
	slices.Sort(list)
	return slices.Compact(list), nil
}

func (s *state) Subjects(_ context.Context, prefix string, page registry.Page) ([]string, error) {
	from := sort.SearchStrings(s.names, prefix)
	to := from + sort.Search(len(s.names)-from, func(i int) bool { return !strings.HasPrefix(s.names[from+i], prefix) })
	return slices.Clone(registry.Cut(s.names[from:to], page)), nil
}

func (s *state) Versions(_ context.Context, name string, page registry.Page) ([]int, error) {
	sub, ok := s.subjects[name]
	if !ok {
		return nil, registry.ErrSubjectNotFound
	}
	var numbers []int
	for _, v := range registry.Cut(sub.versions, page) {
		numbers = append(numbers, v.Number)
	}
	return numbers, nil
}

func (s *state) Version(_ context.Context, v registry.SubjectVersion) (registry.Version, error) {
	sub, ok := s.subjects[v.Subject]
	if !ok {
		return registry.Version{}, registry.ErrSubjectNotFound
	}
	if v.Version == registry.Latest {
		return sub.versions[len(sub.versions)-1], nil
	}
	return sub.number(v.Version)
}

func (sub *subject) number(n int) (registry.Version, error) {
	i, ok := slices.BinarySearchFunc(sub.versions, n, func(v registry.Version, n int) int { return cmp.Compare(v.Number, n) })
	if !ok {
		return registry.Version{}, registry.ErrVersionNotFound
	}
	return sub.versions[i], nil
}

func (s *state) FindVersion(_ context.Context, q registry.Query) (registry.Version, error) {
	sub, ok := s.subjects[q.Subject]
	if !ok {
		return registry.Version{}, registry.ErrSubjectNotFound
	}
	n, ok := sub.byHash[q.Hash]
	if !ok {
		n, ok = sub.byMeaning[q.Meaning]
	}
	if !ok {
		return registry.Version{}, registry.ErrSchemaNotFound
	}
	return sub.number(n)
}

func (s *state) History(_ context.Context, name string, page registry.Page) ([]registry.Version, error) {
	sub, ok := s.subjects[name]
	if !ok {
		return nil, nil
	}
	n := len(sub.versions)
	end := n - min(max(page.Offset, 0), n)
	start := 0
	if page.Limit > 0 {
		start = max(0, end-page.Limit)
	}
	newest := slices.Clone(sub.versions[start:end])
	slices.Reverse(newest)
	return newest, nil
}

func (s *state) Config(_ context.Context, name string) (registry.Config, error) {
	c, ok := s.configs[name]
	if !ok {
		return registry.Config{}, registry.ErrLevelNotSet
	}
	return c, nil
}
