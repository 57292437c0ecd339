package outbox

import (
	"embed"
	"io/fs"
)

//go:embed migrations/*/*.sql
var migrationFiles embed.FS

// Source gives the name and the goose migrations of the tables outbox_events and
// outbox_inbox, with a folder per dialect: migrate.NewSource(outbox.Source()).
func Source() (string, fs.FS) {
	sub, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic("outbox: embedded migrations: " + err.Error()) // the path is a constant that the compiler has checked
	}
	return "outbox", sub
}
