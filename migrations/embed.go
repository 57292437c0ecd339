// Package migrations holds the goose migrations of the reference domain: a
// folder per dialect, with the same versions in each. Package migrate runs
// them; `schemactl migrate create` adds one.
package migrations

import "embed"

// FS has the folders postgres, mysql (also for MariaDB) and sqlite.
//
//go:embed postgres/*.sql mysql/*.sql sqlite/*.sql
var FS embed.FS
