package migrate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
)

// DownOptions says how much [Migrator.Down] undoes.
type DownOptions struct {
	// Steps is how many migrations; zero means one.
	Steps int
	// Only restricts it to one source; empty means all sources.
	Only string
}

// Down undoes what was applied last, by the history and not by version: with
// several sources the newest file need not be the last one applied. Migrations
// of sources that this Migrator does not have are left alone. When one to be
// undone has no file the error matches [ErrNoFile] and nothing is undone. With
// nothing applied the result is empty. While another migration is half done
// ([*HalfDoneError]) it refuses, for that one is the last.
func (m *Migrator) Down(ctx context.Context, opt DownOptions) (*Result, error) {
	if opt.Steps < 0 {
		return nil, errors.New("migrate down: negative number of steps")
	}
	if _, ok := m.byName[opt.Only]; !ok && opt.Only != "" {
		return nil, fmt.Errorf("migrate down: there is no source %q", opt.Only)
	}
	return m.perform(ctx, func(ctx context.Context, r *run) error { return r.down(ctx, opt) })
}

func (r *run) down(ctx context.Context, opt DownOptions) error {
	if len(r.state.unrecorded()) > 0 {
		if err := r.ready(ctx); err != nil {
			return err
		}
	}
	files, err := r.lastApplied(max(opt.Steps, 1), opt.Only)
	if err != nil {
		return err
	}
	jobs, err := r.jobs(ctx, r.state, files, DirectionDown)
	if err != nil {
		return err
	}
	if err := r.checkHalves(jobs); err != nil {
		return err
	}
	if err := r.checkHalfElsewhere(opt.Only, jobs); err != nil || len(jobs) == 0 {
		return err
	}
	if err := r.fit(ctx); err != nil {
		return err
	}
	return r.each(ctx, jobs)
}

// appliedKeys lists what is applied, of one source or of all, the last first;
// before it comes what is half undone.
func (r *run) appliedKeys(only string) []key {
	var keys []key
	for k := range r.state.versions {
		if r.state.applied(k) && k.version > 0 && (only == "" || k.source == only) {
			keys = append(keys, k)
		}
	}
	order := r.state.appliedAs()
	for _, k := range keys {
		if half := r.state.half(k); half != nil { // it is to be undone to the end first
			order[k] = math.MaxInt64
		}
	}
	slices.SortFunc(keys, func(a, b key) int { return cmp.Compare(order[b], order[a]) })
	return keys
}

// lastApplied gives the files of the n migrations applied last, newest first.
func (r *run) lastApplied(n int, only string) ([]*file, error) {
	keys := r.appliedKeys(only)
	keys = keys[:min(n, len(keys))]
	return r.withFiles(keys)
}

// withFiles finds the files of migrations that are to be undone.
func (r *run) withFiles(keys []key) ([]*file, error) {
	files := make([]*file, len(keys))
	for i, k := range keys {
		f := r.find(k)
		if f == nil {
			line := r.fileless(r.state, k)
			return nil, fmt.Errorf("%w: %s, applied by %s: undo it with the version of the module that brought it",
				ErrNoFile, line.Migration, line.Application)
		}
		files[i] = f
	}
	return files, nil
}
