package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// baselineNote is what the history says of a migration that was not run.
const baselineNote = "baseline"

// BaselineOptions changes what [Migrator.Baseline] accepts.
type BaselineOptions struct {
	// Force records the migrations although the database has no tables, or what
	// is applied differs from the files: the present text then counts as
	// applied.
	Force bool
}

// Baseline records the migrations of one source up to and with a version as
// applied without running them, for a database that was made by other means.
// Those that are applied already stay as they are. All rows are written in one
// transaction, and the history's say "baseline".
//
// It refuses ([ErrRefused]) when the database has no tables but those of
// migrations, and when one that is applied was edited or has no file; see
// [BaselineOptions]. Whatever the options, a half-done one needs a repair first
// ([*HalfDoneError]).
func (m *Migrator) Baseline(ctx context.Context, source string, version int64, opt BaselineOptions) (*Result, error) {
	if err := m.hasVersion("baseline", source, version); err != nil {
		return nil, err
	}
	if version == 0 {
		return nil, fmt.Errorf("migrate baseline: %w: version 0 is before all", ErrNoVersion)
	}
	return m.perform(ctx, func(ctx context.Context, r *run) error { return r.baseline(ctx, source, version, opt) })
}

func (r *run) baseline(ctx context.Context, source string, version int64, opt BaselineOptions) error {
	if err := r.checkHalfElsewhere(source, nil); err != nil {
		return err
	}
	status, err := r.statusOf(r.state)
	if err != nil {
		return err
	}
	var write []*job
	var differ []string
	for _, s := range status {
		if s.Source != source || s.Version > version {
			continue
		}
		f := r.find(key{source, s.Version})
		switch s.State {
		case StatePending:
			write = append(write, &job{file: f, direction: DirectionUp})
		case StateEdited:
			differ = append(differ, s.Migration.String()+" was edited after it was applied")
			write = append(write, &job{file: f, direction: DirectionUp})
		case StateMissing, StateUnknown:
			differ = append(differ, s.Migration.String()+" is applied and has no file")
		case StateApplied, StatePartial:
		}
	}
	if len(differ) > 0 && !opt.Force {
		return fmt.Errorf("migrate baseline: %w: %s", ErrRefused, strings.Join(differ, "; "))
	}
	if !opt.Force {
		if err := r.hasTables(ctx); err != nil {
			return err
		}
	}
	if err := r.ready(ctx); err != nil {
		return err
	}
	return r.recordBaseline(ctx, write)
}

func (r *run) recordBaseline(ctx context.Context, jobs []*job) error {
	err := r.inTx(ctx, func(tx *sql.Tx) error {
		for _, j := range jobs {
			rec, err := r.newRecord(j)
			if err != nil {
				return err
			}
			rec.finish()
			rec.message = baselineNote
			if err := r.insertHistory(ctx, tx, rec); err != nil {
				return err
			}
			if r.state.applied(j.file.key()) {
				continue // edited: goose has its row
			}
			if err := r.recordVersion(ctx, tx, j); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("migrate baseline: %w", err)
	}
	for _, j := range jobs {
		r.result.Applied = append(r.result.Applied, Applied{Migration: j.file.Migration, Direction: DirectionUp})
	}
	return nil
}

// hasTables refuses a database that holds no more than migrations' own tables.
func (r *run) hasTables(ctx context.Context) error {
	query := map[string]string{
		"postgres": "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND " + notOurs("tablename"),
		"mysql":    "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND " + notOurs("table_name"),
		"sqlite":   "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND " + notOurs("name"),
	}[r.name]
	var n int
	if err := r.conn.QueryRowContext(ctx, query).Scan(&n); err != nil {
		return fmt.Errorf("migrate baseline: look for tables: %w", err)
	}
	if n == 0 {
		return fmt.Errorf("migrate baseline: %w: the database has no tables, so nothing was made by other means: run up", ErrRefused)
	}
	return nil
}

func notOurs(column string) string {
	return column + " NOT LIKE 'goose!_db!_version%' ESCAPE '!' AND " + column + " NOT LIKE 'schemactl!_%' ESCAPE '!'"
}
