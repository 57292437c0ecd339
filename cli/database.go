package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"golang.org/x/mod/modfile"
	"gorm.io/gorm"

	"github.com/schemactl/schemactl/database"
)

// databaseOptions are the flags of a command that opens the database.
type databaseOptions struct {
	url string
	app string
}

func (o *databaseOptions) bind(cmd *cobra.Command) {
	cmd.PersistentFlags().StringVar(&o.url, "database-url", "", "database, such as sqlite:app.db; see 'help database-url'")
	cmd.PersistentFlags().StringVar(&o.app, "app", "", "name of the application that does this (default: the module of the nearest go.mod)")
}

// with opens the database, runs fn and closes it.
func (o *databaseOptions) with(ctx context.Context, fn func(*gorm.DB) error, opts ...database.Option) error {
	if o.url == "" {
		return Usagef("no database: give --database-url or set SCHEMACTL_DATABASE_URL")
	}
	db, err := database.Open(ctx, o.url, opts...)
	if err != nil {
		return err
	}
	return errors.Join(fn(db), database.Close(db))
}

// application is the name under which this run appears to others: --app, else
// the module path of the nearest go.mod, else the binary's name. The binary's
// build information would name this tool's module under `go tool`.
func (o *databaseOptions) application(env *Env) string {
	if o.app != "" {
		return o.app
	}
	dir, err := os.Getwd()
	for err == nil {
		if text, readErr := os.ReadFile(filepath.Join(dir, "go.mod")); readErr == nil {
			if path := modfile.ModulePath(text); path != "" {
				return path
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			break
		}
		dir = parent
	}
	return env.Project.Name
}
