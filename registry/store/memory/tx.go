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
	was := t.lastID[c.Context]
	c.ID = was + 1
	c.References = slices.Clone(c.References)
	t.lastID[c.Context], t.contents[c.Key], t.byHash[hash] = c.ID, c, c.Key
	t.undo = append(t.undo, func() {
		t.lastID[c.Context] = was
		delete(t.contents, c.Key)
		delete(t.byHash, hash)
	})
	for _, ref := range c.References {
		of := registry.SubjectVersion{Subject: ref.Subject, Version: ref.Version}
		before := t.referrers[of]
		t.referrers[of] = append(slices.Clip(before), c.ID)
		t.undo = append(t.undo, func() { t.referrers[of] = before })
	}
	return c, nil
}

// AddVersion implements registry.Writer.
func (t *tx) AddVersion(_ context.Context, v registry.Version) (registry.Version, error) {
	if _, ok := t.contents[v.Key]; !ok {
		return registry.Version{}, fmt.Errorf("schema %d is not stored: %w", v.ID, registry.ErrSchemaNotFound)
	}
	sub := t.subject(v.Subject)
	v.Number = 1
	if n := len(sub.versions); n > 0 {
		v.Number = sub.versions[n-1].Number + 1
	}
	versions, hash, hashed := sub.versions, sub.byHash[v.Hash], has(sub.byHash, v.Hash)
	meaning, meant, uses := sub.byMeaning[v.Meaning], has(sub.byMeaning, v.Meaning), t.uses[v.Key]
	sub.versions = append(versions, v)
	sub.byHash[v.Hash], sub.byMeaning[v.Meaning] = v.Number, v.Number
	t.uses[v.Key] = append(slices.Clip(uses), registry.SubjectVersion{Subject: v.Subject, Version: v.Number})
	t.undo = append(t.undo, func() {
		sub.versions, t.uses[v.Key] = versions, uses
		restore(sub.byHash, v.Hash, hash, hashed)
		restore(sub.byMeaning, v.Meaning, meaning, meant)
	})
	return v, nil
}

func (t *tx) subject(name string) *subject {
	sub, ok := t.subjects[name]
	if ok {
		return sub
	}
	sub = &subject{byHash: map[registry.Hash]int{}, byMeaning: map[registry.Hash]int{}}
	at := sort.SearchStrings(t.names, name)
	t.subjects[name], t.names = sub, slices.Insert(t.names, at, name)
	t.undo = append(t.undo, func() {
		delete(t.subjects, name)
		at := sort.SearchStrings(t.names, name)
		t.names = slices.Delete(t.names, at, at+1)
	})
	return sub
}

// SetConfig implements registry.Writer.
func (t *tx) SetConfig(_ context.Context, name string, c registry.Config) error {
	was, had := t.configs[name], has(t.configs, name)
	t.configs[name] = c
	t.undo = append(t.undo, func() { restore(t.configs, name, was, had) })
	return nil
}

// DeleteConfig implements registry.Writer.
func (t *tx) DeleteConfig(_ context.Context, name string) error {
	was, ok := t.configs[name]
	if !ok {
		return registry.ErrLevelNotSet
	}
	delete(t.configs, name)
	t.undo = append(t.undo, func() { t.configs[name] = was })
	return nil
}

func has[K comparable, V any](m map[K]V, key K) bool {
	_, ok := m[key]
	return ok
}

func restore[K comparable, V any](m map[K]V, key K, was V, had bool) {
	if had {
		m[key] = was
		return
	}
	delete(m, key)
}
