package demo

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
)

// auditMigrations reads from the database which application ran what. A
// migration that ran twice would have two rows.
func (s *supervisor) auditMigrations(ctx context.Context, r *Report) error {
	rows, err := s.parts.db.WithContext(ctx).Raw(`SELECT source, version, min(file), min(application), count(*), sum(duration_us) / 1000.0
		FROM schemactl_history WHERE direction = 'up' AND state = 'applied' GROUP BY source, version ORDER BY version, source`).Rows()
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells what matters
	for rows.Next() {
		var m MigrationLine
		if err := rows.Scan(&m.Source, &m.Version, &m.File, &m.Application, &m.Times, &m.Millis); err != nil {
			return err
		}
		if m.Times != 1 {
			r.find("migration %s of %s ran %d times", m.File, m.Source, m.Times)
		}
		r.Migrations = append(r.Migrations, m)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return s.auditVersions(ctx, r)
}

// auditVersions looks for migrations that goose's tables have twice, whatever the
// history says.
func (s *supervisor) auditVersions(ctx context.Context, r *Report) error {
	for _, table := range tables {
		if !strings.HasPrefix(table, "goose_db_version") {
			continue
		}
		var twice []int64
		query := "SELECT version_id FROM " + table + " GROUP BY version_id HAVING count(*) > 1"
		if err := s.parts.db.WithContext(ctx).Raw(query).Scan(&twice).Error; err != nil {
			return err
		}
		for _, version := range twice {
			r.Duplicated++
			r.find("duplicated: %s has version %d more than once", table, version)
			for i := range r.Migrations {
				if r.Migrations[i].Version == version && r.Migrations[i].Times == 1 {
					r.Migrations[i].Times = 2
				}
			}
		}
	}
	return nil
}

// auditSchemas asks the registry what has been registered for this run.
func (s *supervisor) auditSchemas(ctx context.Context, r *Report) error {
	subjects, err := s.subjects(ctx)
	if err != nil {
		return err
	}
	for _, subject := range subjects {
		schemas, err := s.parts.schemas.Schemas(ctx, subject)
		if err != nil {
			return fmt.Errorf("read subject %s: %w", subject, err)
		}
		for _, e := range schemas {
			r.Schemas = append(r.Schemas, SchemaLine{e.Subject, e.Version, e.ID})
		}
	}
	slices.SortFunc(r.Schemas, func(a, b SchemaLine) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}
