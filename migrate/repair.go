package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// RepairRequest says what is true of a half-done migration. Exactly one of
// Done, Applied and Undone is given.
type RepairRequest struct {
	Source  string
	Version int64
	// Done, when set, says that the first statements, as many as it says, took
	// effect and those after did not: the next run goes on there.
	Done *int
	// Applied says that all of the file took effect in the direction of the run
	// that ended. Undone says that nothing of it did, or that what did was
	// taken back.
	Applied bool
	Undone  bool
}

// Repair ends the doubt about a migration in whose middle a run ended: it writes
// down what the caller has seen in the database, and runs nothing. The history
// keeps who did so and when. A migration that is not half done is refused
// ([ErrRefused]). Of one that has no file here Done cannot be said.
func (m *Migrator) Repair(ctx context.Context, req RepairRequest) error {
	if err := m.hasVersion("repair", req.Source, 0); err != nil {
		return err // a version without a file may be half done, too
	}
	given := 0
	for _, is := range []bool{req.Done != nil, req.Applied, req.Undone} {
		if is {
			given++
		}
	}
	if given != 1 {
		return fmt.Errorf("migrate repair: want exactly one of done, applied and undone")
	}
	_, err := m.perform(ctx, func(ctx context.Context, r *run) error { return r.repair(ctx, req) })
	return err
}

// text is the request as a command says it.
func (req RepairRequest) text() string {
	switch {
	case req.Applied:
		return "--applied"
	case req.Undone:
		return "--undone"
	}
	return fmt.Sprintf("--done %d", *req.Done)
}

func (r *run) repair(ctx context.Context, req RepairRequest) error {
	if err := r.fit(ctx); err != nil {
		return err
	}
	k := key{req.Source, req.Version}
	f, half := r.find(k), r.state.half(k)
	if half != nil && f == nil {
		return r.repairFileless(ctx, req, half)
	}
	if half == nil {
		if err := r.hasVersion("repair", req.Source, req.Version); err != nil {
			return err
		}
		return fmt.Errorf("migrate repair: %w: %d of source %s is not half done", ErrRefused, req.Version, req.Source)
	}
	jobs, err := r.jobs(ctx, r.state, []*file{f}, half.direction)
	if err != nil {
		return err
	}
	j := jobs[0]
	rec, err := r.newRecord(j)
	if err != nil {
		return err
	}
	rec.message = r.repairNote(req)
	record := false
	switch {
	case req.Done != nil:
		if err := j.checkDone(*req.Done); err != nil {
			return err
		}
		rec.state, rec.started = rowFailed, *req.Done
		rec.came(j, *req.Done)
	case req.Applied:
		rec.state, rec.started, rec.done = rowApplied, rec.statements, rec.statements
		record = true
	case req.Undone:
		rec.state, rec.started, rec.done = rowApplied, 0, 0
		rec.direction = DirectionDown
		if half.direction == DirectionDown {
			rec.direction, rec.checksum = DirectionUp, half.checksum
		}
	}
	return r.recordRepair(ctx, j, rec, record)
}

// checkDone refuses a number that no run can go on after.
func (j *job) checkDone(n int) error {
	if j.script == nil {
		return fmt.Errorf("migrate repair: %w: %s is a function, which no run can go on in: say --applied or --undone", ErrRefused, j.file.Migration)
	}
	if n < 0 || n > len(j.script.statements) {
		return fmt.Errorf("migrate repair: %w: %s has %d statements, not %d", ErrRefused, j.file.Migration, len(j.script.statements), n)
	}
	for _, b := range j.script.blocks {
		if b.first < n && n < b.end {
			return fmt.Errorf("migrate repair: %w: %s belong together: done is %d or %d", ErrRefused,
				span(b.first, b.end), b.first, b.end)
		}
	}
	return nil
}

// recordRepair writes a new row, which counts from now on, and notes it in the
// row of the run that ended, which nobody writes to any more.
func (r *run) recordRepair(ctx context.Context, j *job, rec *record, version bool) error {
	rec.updatedAt = time.Now()
	old := *j.half
	old.message = rec.message
	err := r.inTx(ctx, func(tx *sql.Tx) error {
		if err := r.updateHistory(ctx, tx, &old); err != nil {
			return err
		}
		if err := r.insertHistory(ctx, tx, rec); err != nil {
			return err
		}
		if !version {
			return nil
		}
		return r.recordVersion(ctx, tx, j)
	})
	if err != nil {
		return fmt.Errorf("migrate repair: %w", err)
	}
	r.cfg.logger.InfoContext(ctx, "migration repaired", "source", j.file.Source, "file", j.file.label(), "note", rec.message)
	return nil
}
