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
//
// A pending file that is older than an applied one of its source is applied,
// too. That, and applied migrations that are edited, missing or unknown, and
// half-done ones without a file, are among the result's findings, also when the
// run ends in an error; with [WithStrict] each is a [*StrictError] and nothing
// runs.
func (m *Migrator) Up(ctx context.Context) (*Result, error) {
	s, err := m.survey(ctx)
	if err != nil {
		return nil, err
	}
	found, err := m.strictOutside(ctx, s)
	if err != nil || m.settled(s) {
		return &Result{Findings: found}, err
	}
	result, err := m.upUnlessDone(ctx, func(ctx context.Context, r *run) error { return r.up(ctx) })
	if result == nil { // the lock was not to be had
		result = &Result{Findings: found}
	}
	return result, err
}

func (r *run) up(ctx context.Context) (err error) {
	if r.result.Findings, err = r.strict(r.state); err != nil {
		return err
	}
	if r.settled(r.state) {
		return nil // someone else did it while we waited
	}
	jobs, err := r.upJobs(ctx, r.state)
	if err != nil {
		return err
	}
	if err := r.fit(ctx); err != nil {
		return err
	}
	if err := r.prepare(ctx); err != nil {
		return err
	}
	r.logFindings(ctx)
	return r.each(ctx, jobs)
}

// upJobs parses what is pending and checks that all of it may run.
func (m *Migrator) upJobs(ctx context.Context, s *state) ([]*job, error) {
	jobs, err := m.jobs(ctx, s, m.pending(s), DirectionUp)
	if err != nil {
		return nil, err
	}
	if err := m.checkHalfUndone(s); err != nil {
		return nil, err
	}
	if err := m.checkHalves(jobs); err != nil {
		return nil, err
	}
	return jobs, m.checkRenumbered(s, jobs)
}

// jobs parses files for one direction.
func (m *Migrator) jobs(ctx context.Context, s *state, files []*file, d Direction) ([]*job, error) {
	parsed, err := scripts(ctx, files, d)
	if err != nil {
		return nil, err
	}
	jobs := make([]*job, len(files))
	for i, f := range files {
		jobs[i] = &job{file: f, script: parsed[f], direction: d, half: s.half(f.key())}
	}
	return jobs, nil
}

func (m *Migrator) checkHalves(jobs []*job) error {
	for _, j := range jobs {
		if err := m.checkHalf(j); err != nil {
			return err
		}
	}
	return nil
}
