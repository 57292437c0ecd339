package sqlstore

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"gorm.io/gorm"

	"github.com/schemactl/schemactl/migrate"
)

//go:embed migrations
var migrations embed.FS

// Source is the name of the store's migrations and their files, a folder for
// each dialect.
func Source() (string, fs.FS) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return "registry", files
}

func upgrade(ctx context.Context, db *gorm.DB) error {
	m, err := migrate.New(db, []migrate.Source{migrate.NewSource(Source())})
	if err != nil {
		return fmt.Errorf("registry store: %w", err)
	}
	if _, err := m.Up(ctx); err != nil {
		return fmt.Errorf("registry store: create tables: %w", err)
	}
	return nil
}
