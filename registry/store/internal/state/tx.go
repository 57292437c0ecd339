package state

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/schemactl/schemactl/registry"
	"github.com/schemactl/schemactl/registry/store/internal/record"
)

// Tx writes to a state at once. It remembers how to take each write back, and the
// records that say the same to those who share the store.
type Tx struct {
	*State
	undo    undo
	records []record.Record
	size    int   // of the records, in bytes
	scale   Scale // nil is CommonScale
	heavy   error // of the first record that is too large
}

// Scale tells how many bytes a record counts, and how many it may.
type Scale func(key, value []byte) (size, most int)

// CommonScale is what every store takes at most.
func CommonScale(key, value []byte) (size, most int) { return len(key) + len(value), record.MostBytes }

// Begin starts a change, whose records are weighed by a scale beside the common one,
// which may be nil. Nobody else may use the state until its end.
func (s *State) Begin(scale Scale) *Tx { return &Tx{State: s, scale: scale} }

// Size is how many bytes the records have.
func (t *Tx) Size() int { return t.size }

// Rollback takes all writes back.
func (t *Tx) Rollback() { t.undo.run() }

// Records are what was written, in order.
func (t *Tx) Records() []record.Record { return t.records }

// Run runs one part of the change; when it fails or panics, only its own writes
// are taken back. It fails with a [*registry.SizeError] when a record of it is too
// large for the store.
func (t *Tx) Run(fn func(registry.Tx) error) (err error) {
	part := &Tx{State: t.State, scale: t.scale}
	done := false
	defer func() {
		if !done {
			part.Rollback()
			return
		}
		t.undo = append(t.undo, part.undo...)
		t.records = append(t.records, part.records...)
		t.size += part.size
	}()
	if err = fn(part); err == nil {
		err = part.heavy
	}
	done = err == nil
	return err
}

func (t *Tx) log(r record.Record) {
	if r.Time.IsZero() {
		r.Time = time.Now()
	}
	key, value := record.Key(r), record.Value(r)
	r.Printed = value
	t.size += len(key) + len(value)
	for _, scale := range []Scale{CommonScale, t.scale} {
		if scale == nil || t.heavy != nil {
			continue
		}
		if size, most := scale(key, value); size > most {
			t.heavy = &registry.SizeError{What: what(r), Size: size, Most: most}
		}
	}
	t.records = append(t.records, r)
}

// what says in words what a record is about.
func what(r record.Record) string {
	switch r.Kind {
	case record.Schema:
		return fmt.Sprintf("version %d of subject %q", r.Version, r.Subject)
	case record.Config, record.Mode:
		return fmt.Sprintf("the setting of %q", r.Subject)
	case record.DeleteSubject, record.ClearSubject, record.Context, record.Noop:
	}
	return "the change"
}

// AddContent implements registry.Writer.
func (t *Tx) AddContent(_ context.Context, c registry.Content) (registry.Content, error) {
	sp := t.space(c.Context)
	known := sp.byHash[c.Hash]
	switch {
	case c.ID == 0 && known != nil:
		return known.Content, nil
	case c.ID == 0:
		c.ID = sp.lastID + 1
	case known != nil && known.ID == c.ID:
		return known.Content, nil
	case sp.byID[c.ID] != nil:
		return registry.Content{}, fmt.Errorf("id %d: %w", c.ID, registry.ErrIDTaken)
	case known != nil:
		return registry.Content{}, fmt.Errorf("%w: %d, not %d", registry.ErrOtherID, known.ID, c.ID)
	}
	c.References = slices.Clone(c.References)
	return t.putContent(&t.undo, c).Content, nil
}

// AddVersion implements registry.Writer.
func (t *Tx) AddVersion(_ context.Context, v registry.Version, instead ...int) (registry.Version, error) {
	c := t.content(v.Key)
	if c == nil {
		return registry.Version{}, fmt.Errorf("schema %d is not stored: %w", v.ID, registry.ErrSchemaNotFound)
	}
	sub := t.subjects[v.Subject]
	if v.Number == 0 {
		v.Number = sub.next()
	} else if _, taken := sub.at(v.Number); taken {
		return registry.Version{}, fmt.Errorf("version %d of subject %q: %w", v.Number, v.Subject, registry.ErrVersionTaken)
	}
	v.Content, v.Deleted = c.Content, false
	if contextName := v.Context; !t.space(contextName).known {
		t.setKnown(&t.undo, contextName, true)
		t.log(record.Record{Kind: record.Context, Context: contextName})
	}
	for _, n := range instead { // written first, as whoever reads it knows the text from the new one
		t.log(record.Record{Kind: record.Schema, Subject: v.Subject, Version: n, Gone: true})
	}
	t.putVersion(&t.undo, v.Subject, version{content: c, number: v.Number, created: v.Created.UnixMilli()})
	t.logVersion(v)
	if len(instead) == 0 {
		return v, nil
	}
	picked, err := t.pick(v.Subject, instead, registry.WithDeleted)
	if err != nil {
		return registry.Version{}, err
	}
	t.dropVersions(&t.undo, t.subjects[v.Subject], picked)
	return v, nil
}

func (t *Tx) logVersion(v registry.Version) {
	t.log(record.Record{
		Kind: record.Schema, Subject: v.Subject, Version: v.Number,
		ID: v.ID, Deleted: v.Deleted, Content: v.Schema, Time: v.Created,
	})
}

// pick is a test for these numbers when the subject has them all, each of that
// kind, else ErrVersionNotFound.
func (t *Tx) pick(name string, numbers []int, which registry.Deleted) (func(*version) bool, error) {
	set := map[int]bool{}
	for _, n := range numbers {
		if !t.takes(registry.SubjectVersion{Subject: name, Version: n}, which) {
			return nil, fmt.Errorf("version %d of subject %q: %w", n, name, registry.ErrVersionNotFound)
		}
		set[n] = true
	}
	return func(v *version) bool { return set[v.number] }, nil
}

// HideVersions implements registry.Writer.
func (t *Tx) HideVersions(_ context.Context, name string, numbers []int) error {
	return t.mark(name, numbers, registry.WithoutDeleted, true)
}

// ShowVersions implements registry.Writer.
func (t *Tx) ShowVersions(_ context.Context, name string, numbers []int) error {
	return t.mark(name, numbers, registry.OnlyDeleted, false)
}

func (t *Tx) mark(name string, numbers []int, which registry.Deleted, deleted bool) error {
	picked, err := t.pick(name, numbers, which)
	if err != nil || len(numbers) == 0 {
		return err
	}
	sub := t.subjects[name]
	t.setDeleted(&t.undo, sub, deleted, picked)
	for i := range sub.versions {
		if v := &sub.versions[i]; picked(v) {
			t.logVersion(v.export(name))
		}
	}
	return nil
}

// HideSubject implements registry.Writer.
func (t *Tx) HideSubject(ctx context.Context, name string) ([]int, error) {
	numbers, err := t.Versions(ctx, registry.VersionsRequest{Subject: name})
	if err != nil {
		return nil, err
	}
	sub := t.subjects[name]
	t.setDeleted(&t.undo, sub, true, func(*version) bool { return true })
	t.log(record.Record{Kind: record.DeleteSubject, Subject: name, Version: sub.next() - 1})
	return numbers, nil
}

// RemoveVersions implements registry.Writer.
func (t *Tx) RemoveVersions(_ context.Context, name string, numbers []int) error {
	picked, err := t.pick(name, numbers, registry.WithDeleted)
	if err != nil || len(numbers) == 0 {
		return err
	}
	sub := t.subjects[name]
	for i := range sub.versions {
		if v := &sub.versions[i]; picked(v) {
			t.log(record.Record{Kind: record.Schema, Subject: name, Version: v.number, Gone: true})
		}
	}
	t.dropVersions(&t.undo, sub, picked)
	t.logLastIDs()
	return nil
}

// logLastIDs writes down the last ids that no schema shows any more.
func (t *Tx) logLastIDs() {
	last := map[string]uint32{}
	for name, sp := range t.spaces {
		if sp.lastID > 0 && sp.byID[sp.lastID] == nil {
			last[name] = sp.lastID
		}
	}
	if len(last) > 0 {
		t.log(record.Record{Kind: record.Noop, LastIDs: last})
	}
}

// RemoveDeleted implements registry.Writer.
func (t *Tx) RemoveDeleted(_ context.Context, name string) error {
	for _, sub := range t.inScope(name) {
		for i := range sub.versions {
			if v := &sub.versions[i]; v.deleted {
				t.log(record.Record{Kind: record.Schema, Subject: sub.name, Version: v.number, Gone: true})
			}
		}
	}
	t.log(record.Record{Kind: record.ClearSubject, Subject: name})
	t.clear(&t.undo, name)
	t.logLastIDs()
	return nil
}

// inScope lists what a setting's name stands for: a subject, or the subjects of a
// context.
func (s *State) inScope(name string) []*subject {
	contextName, own := registry.ContextOf(name)
	if own != "" {
		if sub := s.subjects[name]; sub != nil {
			return []*subject{sub}
		}
		return nil
	}
	var list []*subject
	for sub := range s.order.page(registry.SubjectsRequest{Deleted: registry.WithDeleted}) {
		if in, _ := registry.ContextOf(sub.name); in == contextName {
			list = append(list, sub)
		}
	}
	return list
}

func (s *State) clear(u *undo, name string) {
	for _, sub := range s.inScope(name) {
		if sub.live < len(sub.versions) {
			s.dropVersions(u, sub, func(v *version) bool { return v.deleted })
		}
	}
}

// RemoveContext implements registry.Writer.
func (t *Tx) RemoveContext(_ context.Context, name string) error {
	if len(t.space(name).byID) > 0 {
		return fmt.Errorf("context %q: %w", name, registry.ErrContextNotEmpty)
	}
	t.setKnown(&t.undo, name, false)
	t.log(record.Record{Kind: record.Context, Context: name, Gone: true})
	return nil
}

// SetConfig implements registry.Writer.
func (t *Tx) SetConfig(_ context.Context, name string, c registry.Config) error {
	set(&t.undo, t.configs, name, c)
	t.log(record.Record{Kind: record.Config, Subject: name, Settings: c})
	return nil
}

// SetMode implements registry.Writer.
func (t *Tx) SetMode(_ context.Context, name string, m registry.Mode) error {
	set(&t.undo, t.modes, name, m)
	t.log(record.Record{Kind: record.Mode, Subject: name, ModeValue: m})
	return nil
}

// DeleteConfig implements registry.Writer.
func (t *Tx) DeleteConfig(_ context.Context, name string) error {
	if _, ok := t.configs[name]; !ok {
		return registry.ErrConfigNotSet
	}
	unset(&t.undo, t.configs, name)
	t.log(record.Record{Kind: record.Config, Subject: name, Gone: true})
	return nil
}

// DeleteMode implements registry.Writer.
func (t *Tx) DeleteMode(_ context.Context, name string) error {
	if _, ok := t.modes[name]; !ok {
		return registry.ErrModeNotSet
	}
	unset(&t.undo, t.modes, name)
	t.log(record.Record{Kind: record.Mode, Subject: name, Gone: true})
	return nil
}
