package migrate

import (
	"context"
	"fmt"
)

// RedoOptions says what [Migrator.Redo] takes.
type RedoOptions struct {
	// Only restricts it to one source; empty means all sources.
	Only string
}

// Redo undoes the migration that was applied last, by the history, and applies
// it again. Both directions are parsed before anything runs, and a file without
// a way down is refused. With nothing applied the result is empty. When a run
// ends in between, the migration is pending and the next up applies it.
func (m *Migrator) Redo(ctx context.Context, opt RedoOptions) (*Result, error) {
	if _, ok := m.byName[opt.Only]; !ok && opt.Only != "" {
		return nil, fmt.Errorf("migrate redo: there is no source %q", opt.Only)
	}
	return m.perform(ctx, func(ctx context.Context, r *run) error { return r.redo(ctx, opt) })
}

func (r *run) redo(ctx context.Context, opt RedoOptions) error {
	if err := r.ready(ctx); err != nil {
		return err
	}
	files, err := r.lastApplied(1, opt.Only)
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return r.checkHalfElsewhere(opt.Only, nil)
	}
	downs, err := r.jobs(ctx, r.state, files, DirectionDown)
	if err != nil {
		return err
	}
	ups, err := r.jobs(ctx, r.state, files, DirectionUp)
	if err != nil {
		return err
	}
	down, again := downs[0], ups[0]
	if !down.does() && again.does() {
		return fmt.Errorf("migrate redo: %s has no way down", down.file.Migration)
	}
	again.half = nil // what is half done is the way down, which comes first
	if err := r.checkHalf(down); err != nil {
		return err
	}
	if err := r.checkHalfElsewhere(opt.Only, downs); err != nil {
		return err
	}
	return r.each(ctx, []*job{down, again})
}
