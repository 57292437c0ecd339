package migrate

import (
	"context"
	"fmt"
)

// To brings one source to a version: what is newer and applied is undone, the
// last applied first, and what is pending up to and with the version is applied.
// Other sources are left alone. Version 0 undoes all of the source; any other
// must be one of its files. All files are parsed before the first one runs.
//
// It refuses with a [*HalfDoneError] while a file of the source is half done
// that would not be finished on the way.
func (m *Migrator) To(ctx context.Context, source string, version int64) (*Result, error) {
	if err := m.hasVersion("to", source, version); err != nil {
		return nil, err
	}
	return m.perform(ctx, func(ctx context.Context, r *run) error { return r.to(ctx, source, version) })
}

// hasVersion checks what a caller names. Zero is before all versions.
func (m *Migrator) hasVersion(verb, source string, version int64) error {
	s, ok := m.byName[source]
	if !ok {
		return fmt.Errorf("migrate %s: %w: there is no source %q", verb, ErrNoVersion, source)
	}
	if version != 0 && s.byKey[version] == nil {
		return fmt.Errorf("migrate %s: %w: source %s has no version %d", verb, ErrNoVersion, source, version)
	}
	return nil
}

func (r *run) to(ctx context.Context, source string, version int64) error {
	if err := r.ready(ctx); err != nil {
		return err
	}
	var newer []key
	for _, k := range r.appliedKeys(source) {
		if k.version > version {
			newer = append(newer, k)
		}
	}
	undo, err := r.withFiles(newer)
	if err != nil {
		return err
	}
	var apply []*file
	for _, f := range r.byName[source].files {
		if f.Version <= version && !r.state.applied(f.key()) {
			apply = append(apply, f)
		}
	}
	jobs, err := r.jobs(ctx, r.state, undo, DirectionDown)
	if err != nil {
		return err
	}
	ups, err := r.jobs(ctx, r.state, apply, DirectionUp)
	if err != nil {
		return err
	}
	jobs = append(jobs, ups...)
	if err := r.checkHalves(jobs); err != nil {
		return err
	}
	if err := r.checkHalfElsewhere(source, jobs); err != nil {
		return err
	}
	return r.each(ctx, jobs)
}

// ready makes what is missing of the tables and the history, on a session that
// can hold a lock.
func (r *run) ready(ctx context.Context) error {
	if err := r.fit(ctx); err != nil {
		return err
	}
	return r.prepare(ctx)
}
