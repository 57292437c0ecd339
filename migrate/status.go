package migrate

import (
	"cmp"
	"context"
	"slices"
)

// gooseApplication marks history rows of what goose did on its own.
const gooseApplication = "goose"

// Status lists the migrations of all sources, by version and then by source:
// every file, and every version that is applied, or half done, and has no file.
// It takes no lock,
// writes nothing and costs one query, so it works while others migrate. Files
// are read, to tell which were edited, but not parsed.
func (m *Migrator) Status(ctx context.Context) ([]Status, error) {
	s, err := m.survey(ctx)
	if err != nil {
		return nil, err
	}
	return m.statusOf(s)
}

func (m *Migrator) statusOf(s *state) ([]Status, error) {
	out := []Status{}
	newest := s.newestApplied()
	for _, f := range m.files() {
		line, err := m.status(s, f)
		if err != nil {
			return nil, err
		}
		line.OutOfOrder = !s.applied(f.key()) && f.Version < newest[f.Source]
		out = append(out, line)
	}
	for k := range s.versions {
		if s.applied(k) && k.version > 0 && m.find(k) == nil && s.half(k) == nil {
			out = append(out, m.fileless(s, k))
		}
	}
	for _, k := range m.halves(s, "") {
		if m.find(k) == nil {
			out = append(out, m.partial(k, s.half(k)))
		}
	}
	slices.SortStableFunc(out, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version),
			cmp.Compare(m.byName[a.Source].order, m.byName[b.Source].order))
	})
	return out, nil
}

// newestApplied is the highest applied version of each source. Sources do not
// order each other: that one is added late is no disorder.
func (s *state) newestApplied() map[string]int64 {
	out := map[string]int64{}
	for k := range s.versions {
		if s.applied(k) {
			out[k.source] = max(out[k.source], k.version)
		}
	}
	return out
}

func (m *Migrator) status(s *state, f *file) (Status, error) {
	line := Status{Migration: f.Migration, State: StatePending}
	if half := s.half(f.key()); half != nil {
		return m.partial(f.key(), half), nil
	}
	if !s.applied(f.key()) {
		return line, nil
	}
	line.State = StateApplied
	s.describe(&line, f.key())
	edited, err := s.edited(f)
	if err != nil {
		return Status{}, err
	}
	if edited {
		line.State = StateEdited
	}
	return line, nil
}

// describe says when and by whom an applied migration was applied.
func (s *state) describe(line *Status, k key) {
	if r := s.history[k]; r != nil && r.complete() && r.direction == DirectionUp {
		line.fill(r)
		line.Note = r.message
		return
	}
	line.AppliedAt, line.Application = s.versions[k].at, gooseApplication
}

func (l *Status) fill(r *record) {
	l.AppliedAt, l.Duration = r.updatedAt, r.duration
	l.Application, l.ModuleVersion, l.Host = r.application, r.moduleVersion, r.host
}

// fileless describes an applied migration without a file.
func (m *Migrator) fileless(s *state, k key) Status {
	line := Status{Migration: m.of(k, s.history[k]), State: StateMissing, NoFile: true}
	if m.ahead(k) {
		line.State = StateUnknown
	}
	s.describe(&line, k)
	return line
}

// edited reports whether an applied file's text has changed since.
func (s *state) edited(f *file) (bool, error) {
	r := s.history[f.key()]
	if r == nil || r.checksum == "" || r.direction != DirectionUp {
		return false, nil
	}
	sum, err := f.checksum()
	return err == nil && sum != r.checksum, err
}
