package migrate

import (
	"context"
)

// Up applies what is pending, of all sources, by version and then by source. It
// waits while another process migrates, and then applies only what that one did
// not. With nothing to do it takes no lock.
//
// All pending files are parsed before the first one runs. On failure the error
// is a [*PartialError] and the result says what was applied before; an ended
// context stops between two statements.
func (m *Migrator) Up(ctx context.Context) (*Result, error) {
	s, err := m.read(ctx, m.db)
	if err != nil {
		return nil, err
	}
	if m.settled(s) {
		return &Result{}, nil
	}
	return m.locked(ctx, func(ctx context.Context, r *run) error { return r.up(ctx) })
}

func (r *run) up(ctx context.Context) error {
	if r.settled(r.state) {
		return nil // someone else did it while we waited
	}
	files := r.pending(r.state)
	parsed, err := scripts(ctx, files, DirectionUp)
	if err != nil {
		return err
	}
	if err := r.checkHalfUndone(); err != nil {
		return err
	}
	jobs := make([]*job, len(files))
	for i, f := range files {
		jobs[i] = &job{file: f, script: parsed[f], direction: DirectionUp, half: r.state.half(f.key())}
		if err := r.checkHalf(jobs[i]); err != nil {
			return err
		}
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.warnEdited(ctx)
	return r.each(ctx, jobs)
}

// warnEdited logs which applied files are no longer what was applied.
func (r *run) warnEdited(ctx context.Context) {
	for _, f := range r.files() {
		if !r.state.applied(f.key()) {
			continue
		}
		if edited, err := r.state.edited(f); err == nil && edited {
			r.cfg.logger.WarnContext(ctx, "applied migration was edited since", "source", f.Source, "file", f.label())
		}
	}
}
