package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	goosedb "github.com/pressly/goose/v3/database"
)

// prepare makes the tables that are missing, in goose's own form and with its
// zero rows, and records what goose did without us. It runs under the lock.
func (r *run) prepare(ctx context.Context) error {
	if err := r.equip(ctx); err != nil {
		return err
	}
	if err := r.makeTables(ctx); err != nil {
		return fmt.Errorf("make migration tables: %w", err)
	}
	if err := r.adopt(ctx); err != nil {
		return fmt.Errorf("record what goose applied: %w", err)
	}
	return nil
}

func (r *run) makeTables(ctx context.Context) error {
	zero := func(s *source) bool { _, ok := r.state.versions[key{s.name, 0}]; return ok }
	if len(r.state.missing) == 0 && !slices.ContainsFunc(r.sources, func(s *source) bool { return !zero(s) }) {
		return nil
	}
	return r.inTx(ctx, func(tx *sql.Tx) error {
		if slices.Contains(r.state.missing, historyTable) {
			if _, err := tx.ExecContext(ctx, r.dialect.createHistory()); err != nil {
				return err
			}
		}
		for _, s := range r.sources {
			if zero(s) {
				continue
			}
			store, err := s.store()
			if err != nil {
				return err
			}
			if slices.Contains(r.state.missing, s.table) {
				if err := store.CreateVersionTable(ctx, tx); err != nil {
					return err
				}
			}
			if err := store.Insert(ctx, tx, goosedb.InsertRequest{Version: 0}); err != nil {
				return err
			}
		}
		return nil
	})
}

// store is goose's own access to the source's version table.
func (s *source) store() (goosedb.Store, error) {
	return goosedb.NewStore(gooseDialect(s.dialect), s.table)
}

// inTx runs work in a transaction of the run's session.
func (r *run) inTx(ctx context.Context, work func(*sql.Tx) error) error {
	if err := r.equip(ctx); err != nil {
		return err
	}
	tx, err := r.conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit
	if err := work(tx); err != nil {
		return err
	}
	return committing(tx.Commit())
}

// adopt writes history rows for what goose's tables say and the history does
// not. The checksum is that of today's file: what goose ran is not known, but
// edits from now on are noticed.
func (r *run) adopt(ctx context.Context) error {
	keys := r.state.unrecorded()
	if len(keys) == 0 {
		return nil
	}
	err := r.inTx(ctx, func(tx *sql.Tx) error {
		for _, k := range keys {
			rec, err := r.adopted(k)
			if err != nil {
				return err
			}
			if err := r.insertHistory(ctx, tx, rec); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.cfg.logger.InfoContext(ctx, "recorded what goose did before", "migrations", len(keys))
	r.state, err = r.read(ctx, r.conn)
	return err
}

func (r *run) adopted(k key) (*record, error) {
	v := r.state.versions[k]
	rec := &record{
		key: k, direction: DirectionUp, state: rowApplied, application: gooseApplication,
		startedAt: v.at, updatedAt: v.at,
	}
	if !v.applied {
		rec.direction = DirectionDown
		if old := r.state.history[k]; old != nil && v.at.Before(old.updatedAt) {
			rec.startedAt, rec.updatedAt = old.updatedAt, old.updatedAt // goose keeps no time of a down
		}
	}
	if old := r.state.history[k]; old != nil && v.applied && !old.complete() && old.direction == DirectionUp {
		// It ended between goose's row and its own: see [run.finishSteps].
		rec.application, rec.moduleVersion, rec.host = old.application, old.moduleVersion, old.host
		rec.statements, rec.started, rec.done = old.statements, old.statements, old.statements
	}
	f := r.find(k)
	if f == nil {
		return rec, nil
	}
	sum, err := f.checksum()
	rec.file, rec.checksum = f.File, sum
	return rec, err
}
