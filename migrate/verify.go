package migrate

import (
	"context"
	"errors"
	"fmt"
)

// Verification is what [Migrator.Verify] found.
type Verification struct {
	// NotReady is what [Migrator.Check] would return; nil when all is applied.
	NotReady *NotReadyError
	// Findings are edited, missing and unknown migrations, half-done ones that
	// have no file, and pending ones that are out of order.
	Findings []Finding
	// Problems are files that do not parse, a line each.
	Problems []string
	// InvalidIndexes are PostgreSQL's, as schema.index on schema.table.
	InvalidIndexes []string
}

// OK reports whether nothing was found. Unknown migrations, which a newer build
// has applied, are nothing.
func (v *Verification) OK() bool {
	for _, f := range v.Findings {
		if f.Kind != FindingUnknown {
			return false
		}
	}
	return v.NotReady == nil && len(v.Problems)+len(v.InvalidIndexes) == 0
}

// Verify is [Migrator.Check] with all that can be looked at without a lock:
// checksums of what is applied, files that do not parse, invalid indexes. It
// writes nothing.
func (m *Migrator) Verify(ctx context.Context) (*Verification, error) {
	s, err := m.survey(ctx)
	if err != nil {
		return nil, err
	}
	v := &Verification{Problems: []string{}}
	if err := m.check(ctx, s); err != nil && !errors.As(err, &v.NotReady) {
		return nil, err
	}
	status, err := m.statusOf(s)
	if err != nil {
		return nil, err
	}
	v.Findings = m.underWay(ctx, Findings(status))
	if err := m.Validate(ctx); err != nil {
		bad, ok := errors.AsType[*SourceError](err)
		if !ok {
			return nil, err
		}
		v.Problems = bad.Problems
	}
	v.InvalidIndexes, err = m.InvalidIndexes(ctx)
	return v, err
}

// InvalidIndexes lists the indexes that a CREATE INDEX CONCURRENTLY or REINDEX
// CONCURRENTLY has left behind on PostgreSQL: they cost writes and serve no
// reads. One that is being built at this moment is none. Elsewhere it is empty.
func (m *Migrator) InvalidIndexes(ctx context.Context) (_ []string, err error) {
	out := []string{}
	if m.name != "postgres" {
		return out, nil
	}
	rows, err := m.db.QueryContext(ctx, `SELECT n.nspname, c.relname, t.relname FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname = ANY (current_schemas(false))
AND NOT EXISTS (SELECT 1 FROM pg_stat_progress_create_index AS p WHERE p.index_relid = i.indexrelid)
ORDER BY 1, 2`)
	if err != nil {
		return nil, fmt.Errorf("look for invalid indexes: %w", err)
	}
	defer func() { err = firstError(err, rows.Close()) }()
	for rows.Next() {
		var schema, index, table string
		if err := rows.Scan(&schema, &index, &table); err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprintf("%s.%s on %s.%s", schema, index, schema, table))
	}
	return out, rows.Err()
}
