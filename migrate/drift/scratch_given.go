package drift

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
)

// given uses the database that the caller named. It must be empty and is left
// empty.
func (p *place) given(ctx context.Context) (_ string, _ remover, err error) {
	db, err := database.Open(ctx, p.url)
	if err != nil {
		return "", nil, fmt.Errorf("open the scratch database: %w", err)
	}
	defer func() { err = errors.Join(err, database.Close(db)) }()
	if db.Name() != p.live.Name() {
		return "", nil, fmt.Errorf("the scratch database is %s and the live one %s: both must be of one kind", db.Name(), p.live.Name())
	}
	here, err := whereabouts(ctx, db)
	if err != nil {
		return "", nil, err
	}
	live, err := whereabouts(ctx, p.live)
	if err != nil {
		return "", nil, err
	}
	if here == live {
		return "", nil, fmt.Errorf("%w: it is the database to be compared", ErrScratchUsed)
	}
	found, err := dropsOf(ctx, db)
	if err != nil {
		return "", nil, err
	}
	if len(found) > 0 {
		return "", nil, fmt.Errorf("%w: it holds %s; empty it, or name another", ErrScratchUsed, plural(len(found), "object"))
	}
	return p.url, p.wipe, nil
}

// whereabouts tells databases apart.
func whereabouts(ctx context.Context, db *gorm.DB) (string, error) {
	query := map[string]string{
		database.Postgres: `SELECT pg_postmaster_start_time()::text || '/' || current_database() || '/' || coalesce(current_schema(), '')`,
		database.MySQL:    `SELECT CONCAT(@@hostname, '/', @@port, '/', @@datadir, '/', DATABASE())`,
		database.SQLite:   `SELECT file FROM pragma_database_list WHERE name = 'main'`,
	}[db.Name()]
	var out string
	if err := db.WithContext(ctx).Raw(query).Scan(&out).Error; err != nil {
		return "", fmt.Errorf("ask which database it is: %w", err)
	}
	return out, nil
}

// wipe empties the given database.
func (p *place) wipe(ctx context.Context) (err error) {
	db, err := database.Open(ctx, p.url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Close(db)) }()
	statements, err := dropsOf(ctx, db)
	if err != nil {
		return err
	}
	return db.WithContext(ctx).Connection(func(c *gorm.DB) error {
		for _, s := range slices.Concat(lax(db.Name()), statements) {
			if err := c.Exec(s).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// lax lets tables go, and come, in any order in this session.
func lax(dialect string) []string {
	switch dialect {
	case database.MySQL:
		return []string{"SET FOREIGN_KEY_CHECKS = 0"}
	case database.SQLite:
		return []string{"PRAGMA foreign_keys = 0"}
	default:
		return nil
	}
}

func dropsOf(ctx context.Context, db *gorm.DB) ([]string, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	return drops(ctx, pool, db.Name())
}

// drops lists the statements that empty a database.
func drops(ctx context.Context, q querier, dialect string) ([]string, error) {
	query := map[string]string{
		database.Postgres: `SELECT s FROM (
			SELECT 1 AS o, format('DROP EXTENSION IF EXISTS %I CASCADE', extname) AS s FROM pg_extension WHERE extnamespace = current_schema()::regnamespace
			UNION ALL SELECT CASE relkind WHEN 'S' THEN 3 ELSE 2 END, format('DROP %s IF EXISTS %I CASCADE', CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
				WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END, relname)
				FROM pg_class c WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')` +
			notOfExtension("c", "pg_class") + `
			UNION ALL SELECT 3, format('DROP ROUTINE IF EXISTS %s CASCADE', p.oid::regprocedure) FROM pg_proc p
				WHERE pronamespace = current_schema()::regnamespace` + notOfExtension("p", "pg_proc") + `
			UNION ALL SELECT 4, format('DROP TYPE IF EXISTS %I CASCADE', typname) FROM pg_type t
				WHERE typnamespace = current_schema()::regnamespace AND (typtype IN ('e', 'd')
				OR typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = typrelid) = 'c')` + notOfExtension("t", "pg_type") + `
			) d ORDER BY o, s`,
		database.MySQL: "SELECT CONCAT('DROP ', CASE table_type WHEN 'VIEW' THEN 'VIEW' WHEN 'SEQUENCE' THEN 'SEQUENCE' ELSE 'TABLE' END, " +
			"' IF EXISTS `', table_name, '`') FROM information_schema.tables WHERE table_schema = DATABASE() " +
			"UNION ALL SELECT CONCAT('DROP ', routine_type, ' IF EXISTS `', routine_name, '`') FROM information_schema.routines WHERE routine_schema = DATABASE() " +
			"UNION ALL SELECT CONCAT('DROP EVENT IF EXISTS `', event_name, '`') FROM information_schema.events WHERE event_schema = DATABASE()",
		database.SQLite: `SELECT 'DROP ' || type || ' IF EXISTS "' || replace(name, '"', '""') || '"' FROM sqlite_master
			WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY type DESC`,
	}[dialect]
	rows, err := (&inspector{ctx: ctx, db: q}).all(query)
	if err != nil {
		return nil, fmt.Errorf("list what the database holds: %w", err)
	}
	out := make([]string, len(rows))
	for i, r := range rows {
		out[i] = r[0]
	}
	return out, nil
}
