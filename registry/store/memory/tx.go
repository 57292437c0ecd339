package memory

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/schemactl/schemactl/registry"
)

// tx writes to the state at once and remembers how to take each write back.
type tx struct {
	*state
	undo []func()
}

func (t *tx) rollback() {
	for _, undo := range slices.Backward(t.undo) {
		undo()
	}
}

// AddContent implements registry.Writer.
func (t *tx) AddContent(ctx context.Context, c registry.Content) (registry.Content, error) {
	hash := hashKey{c.Context, c.Hash}
	if key, ok := t.byHash[hash]; ok {
		return t.Content(ctx, key)
	}
	c.ID = t.lastID[c.Context] + 1
	c.References = slices.Clone(c.References)
	put(t, t.lastID, c.Context, c.ID)
	put(t, t.contents, c.Key, c)
	put(t, t.byHash, hash, c.Key)
	for _, to := range targets(c) {
		put(t, t.referrers, to, append(slices.Clip(t.referrers[to]), c.Key))
	}
	return c, nil
}

// targets are the versions that a content refers to, each once.
func targets(c registry.Content) []registry.SubjectVersion {
	var list []registry.SubjectVersion
	for _, ref := range c.References {
		list = append(list, registry.SubjectVersion{Subject: ref.Subject, Version: ref.Version})
	}
	slices.SortFunc(list, compare)
	return slices.Compact(list)
}

// removeContent forgets a content and what it refers to.
func (t *tx) removeContent(c registry.Content) {
	drop(t, t.contents, c.Key)
	drop(t, t.byHash, hashKey{c.Context, c.Hash})
	for _, to := range targets(c) {
		without(t, t.referrers, to, c.Key)
	}
}

// AddVersion implements registry.Writer.
func (t *tx) AddVersion(_ context.Context, v registry.Version) (registry.Version, error) {
	if _, ok := t.contents[v.Key]; !ok {
		return registry.Version{}, fmt.Errorf("schema %d is not stored: %w", v.ID, registry.ErrSchemaNotFound)
	}
	sub := t.subjects[v.Subject]
	v.Number, v.Deleted = sub.next(), false
	if sub == nil {
		t.replace(v.Subject, []registry.Version{v})
	} else {
		before, live := sub.versions, sub.live
		sub.versions, sub.live = append(before, v), live+1
		t.undo = append(t.undo, func() { sub.versions, sub.live = before, live })
		put(t, sub.byHash, v.Hash, append(slices.Clip(sub.byHash[v.Hash]), v.Number))
		put(t, sub.byMeaning, v.Meaning, append(slices.Clip(sub.byMeaning[v.Meaning]), v.Number))
	}
	put(t, t.uses, v.Key, append(slices.Clip(t.uses[v.Key]), registry.SubjectVersion{Subject: v.Subject, Version: v.Number}))
	return v, nil
}

// HideVersions implements registry.Writer.
func (t *tx) HideVersions(_ context.Context, name string, numbers []int) error {
	picked, err := t.pick(name, numbers, registry.WithoutDeleted)
	if err != nil || len(picked) == 0 {
		return err
	}
	versions := slices.Clone(t.subjects[name].versions)
	for i, v := range versions {
		versions[i].Deleted = v.Deleted || picked[v.Number]
	}
	t.replace(name, versions)
	return nil
}

// RemoveVersions implements registry.Writer.
func (t *tx) RemoveVersions(_ context.Context, name string, numbers []int) error {
	picked, err := t.pick(name, numbers, registry.WithDeleted)
	if err != nil || len(picked) == 0 {
		return err
	}
	var stay []registry.Version
	for _, v := range t.subjects[name].versions {
		if !picked[v.Number] {
			stay = append(stay, v)
			continue
		}
		without(t, t.uses, v.Key, registry.SubjectVersion{Subject: name, Version: v.Number})
		if len(t.uses[v.Key]) == 0 {
			t.removeContent(v.Content)
		}
	}
	t.replace(name, stay)
	return nil
}

// pick answers the numbers as a set when the subject has them all, each of that
// kind, else ErrVersionNotFound.
func (t *tx) pick(name string, numbers []int, which registry.Deleted) (map[int]bool, error) {
	picked := map[int]bool{}
	for _, n := range numbers {
		if !t.takes(registry.SubjectVersion{Subject: name, Version: n}, which) {
			return nil, fmt.Errorf("version %d of subject %q: %w", n, name, registry.ErrVersionNotFound)
		}
		picked[n] = true
	}
	return picked, nil
}

// replace gives a subject these versions instead of those that it has, if any. A
// subject without versions is none.
func (t *tx) replace(name string, versions []registry.Version) {
	at, known := slices.BinarySearch(t.names, name)
	switch {
	case len(versions) == 0:
		drop(t, t.subjects, name)
		t.names = slices.Delete(t.names, at, at+1)
		t.undo = append(t.undo, func() { t.addName(name) })
		return
	case !known:
		t.addName(name)
		t.undo = append(t.undo, func() {
			at := sort.SearchStrings(t.names, name)
			t.names = slices.Delete(t.names, at, at+1)
		})
	}
	put(t, t.subjects, name, newSubject(versions))
}

func (t *tx) addName(name string) {
	t.names = slices.Insert(t.names, sort.SearchStrings(t.names, name), name)
}

// SetConfig implements registry.Writer.
func (t *tx) SetConfig(_ context.Context, name string, c registry.Config) error {
	put(t, t.configs, name, c)
	return nil
}

// DeleteConfig implements registry.Writer.
func (t *tx) DeleteConfig(_ context.Context, name string) error {
	if _, ok := t.configs[name]; !ok {
		return registry.ErrLevelNotSet
	}
	drop(t, t.configs, name)
	return nil
}

// put sets an entry of a map.
func put[K comparable, V any](t *tx, m map[K]V, key K, value V) {
	remember(t, m, key)
	m[key] = value
}

// drop takes an entry of a map away.
func drop[K comparable, V any](t *tx, m map[K]V, key K) {
	remember(t, m, key)
	delete(m, key)
}

// without takes an item out of a list in a map, and an empty list out of the map.
func without[K, V comparable](t *tx, m map[K][]V, key K, item V) {
	rest := slices.DeleteFunc(slices.Clone(m[key]), func(other V) bool { return other == item })
	if len(rest) == 0 {
		drop(t, m, key)
		return
	}
	put(t, m, key, rest)
}

func remember[K comparable, V any](t *tx, m map[K]V, key K) {
	was, had := m[key]
	t.undo = append(t.undo, func() {
		if had {
			m[key] = was
			return
		}
		delete(m, key)
	})
}
