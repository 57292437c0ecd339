package migrate

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"gorm.io/gorm"
)

var validSchema = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// CheckSchema says whether a name ([a-z_][a-z0-9_]*, at most 63) can be that of
// a PostgreSQL schema here: one that needs no quotes.
func CheckSchema(name string) error {
	if !validSchema.MatchString(name) {
		return fmt.Errorf("schema %q: use 1 to 63 of a-z, 0-9 and _, not beginning with a digit", name)
	}
	return nil
}

// MakeSchema makes a PostgreSQL schema if it is missing; any number of processes
// may do so at once. Connections whose search_path is that schema (in a URL:
// ?search_path=NAME) then keep tables, goose's tables and the history there, and
// know nothing of migrations in other schemas. The lock is the database's: runs
// in two schemas wait for each other, as both may touch what schemas share.
func MakeSchema(ctx context.Context, db *gorm.DB, name string) error {
	if err := CheckSchema(name); err != nil {
		return err
	}
	if db.Name() != "postgres" {
		return errors.New("only PostgreSQL has schemas inside a database")
	}
	pool, err := db.DB()
	if err != nil {
		return err
	}
	exists := func() (there bool, err error) {
		err = pool.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)", name).Scan(&there)
		return there, err
	}
	if there, err := exists(); err != nil || there {
		return err // to make one that is there needs a right nevertheless
	}
	if _, err = pool.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS "`+name+`"`); err == nil {
		return nil
	}
	// IF NOT EXISTS does not see one that is being made at this moment.
	if there, again := exists(); again == nil && there {
		return nil
	}
	return fmt.Errorf("make schema %s: %w", name, err)
}
