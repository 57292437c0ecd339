package migrate

import (
	"cmp"
	"context"
	"slices"
	"strconv"
)

// gooseApplication marks history rows of what goose did on its own.
const gooseApplication = "goose"

// Status lists the migrations of all sources, by version and then by source:
// every file, and every applied version that has no file. It takes no lock,
// writes nothing and costs one query, so it works while others migrate. Files
// are read, to tell which were edited, but not parsed.
func (m *Migrator) Status(ctx context.Context) ([]Status, error) {
	s, err := m.read(ctx, m.db)
	if err != nil {
		return nil, err
	}
	out := []Status{}
	for _, f := range m.files() {
		line, err := m.status(s, f)
		if err != nil {
			return nil, err
		}
		out = append(out, line)
	}
	for k := range s.versions {
		if s.applied(k) && k.version > 0 && m.find(k) == nil {
			out = append(out, s.unknown(k))
		}
	}
	slices.SortStableFunc(out, func(a, b Status) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version),
			cmp.Compare(m.byName[a.Source].order, m.byName[b.Source].order))
	})
	return out, nil
}

func (m *Migrator) status(s *state, f *file) (Status, error) {
	line := Status{Migration: f.Migration, State: StatePending}
	if half := s.half(f.key()); half != nil {
		line.State = StatePartial
		line.fill(half)
		return line, nil
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
		return
	}
	line.AppliedAt, line.Application = s.versions[k].at, gooseApplication
}

func (l *Status) fill(r *record) {
	l.AppliedAt, l.Duration = r.updatedAt, r.duration
	l.Application, l.ModuleVersion, l.Host = r.application, r.moduleVersion, r.host
}

// unknown describes an applied migration without a file.
func (s *state) unknown(k key) Status {
	line := Status{Migration: Migration{Source: k.source, Version: k.version}, State: StateUnknown}
	if r := s.history[k]; r != nil && r.file != "" {
		line.File, line.Name = r.file, nameOf(r.file)
	}
	if line.Name == "" {
		line.Name = "version " + strconv.FormatInt(k.version, 10)
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
