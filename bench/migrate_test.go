package bench_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3"

	"github.com/schemactl/schemactl/database"
	"github.com/schemactl/schemactl/migrate"
)

const migrationFiles = 100

// folder has a hundred migrations: a table, a column and two rows each.
func folder() fs.FS {
	files := fstest.MapFS{}
	for i := range migrationFiles {
		files[fmt.Sprintf("202601%08d_create_table_%d.sql", i+1, i)] = &fstest.MapFile{Data: fmt.Appendf(nil,
			"-- +goose Up\nCREATE TABLE t%[1]d (id integer PRIMARY KEY, name text NOT NULL);\nALTER TABLE t%[1]d ADD COLUMN price integer;\n"+
				"INSERT INTO t%[1]d (name, price) VALUES ('pen', 1), ('ink', 2);\n\n-- +goose Down\nDROP TABLE t%[1]d;\n", i)}
	}
	return files
}

// way is a library that migrates.
type way struct {
	name string
	up   func(ctx context.Context, url string) (applied int, err error)
}

// ways open the database as an application does, with the same settings.
func ways() []way {
	files := folder()
	return []way{
		{"schemactl", func(ctx context.Context, url string) (int, error) {
			db, err := database.Open(ctx, url)
			if err != nil {
				return 0, err
			}
			defer database.Close(db) //nolint:errcheck // nothing is at stake
			m, err := migrate.New(db, []migrate.Source{migrate.NewSource("shared", files)}, migrate.WithApplication("bench"))
			if err != nil {
				return 0, err
			}
			result, err := m.Up(ctx)
			if err != nil {
				return 0, err
			}
			return len(result.Applied), nil
		}},
		{"goose", func(ctx context.Context, url string) (int, error) {
			db, err := database.Open(ctx, url)
			if err != nil {
				return 0, err
			}
			defer database.Close(db) //nolint:errcheck // nothing is at stake
			var pool *sql.DB
			if pool, err = db.DB(); err != nil {
				return 0, err
			}
			p, err := goose.NewProvider(goose.DialectSQLite3, pool, files)
			if err != nil {
				return 0, err
			}
			results, err := p.Up(ctx)
			return len(results), err
		}},
	}
}

// BenchmarkMigrateUp migrates an empty SQLite file: 100 files, goose's library
// and this module with its lock and its history.
func BenchmarkMigrateUp(b *testing.B) {
	for _, w := range ways() {
		b.Run(w.name, func(b *testing.B) {
			b.ReportAllocs()
			dir, i := b.TempDir(), 0
			for b.Loop() {
				n, err := w.up(b.Context(), fmt.Sprintf("sqlite:%s", filepath.Join(dir, fmt.Sprintf("%d.db", i))))
				check(b, err)
				if n != migrationFiles {
					b.Fatalf("%d migrations ran, want %d", n, migrationFiles)
				}
				i++
			}
		})
	}
}

// BenchmarkMigrateNothing is what every later start of an application pays.
func BenchmarkMigrateNothing(b *testing.B) {
	for _, w := range ways() {
		b.Run(w.name, func(b *testing.B) {
			url := "sqlite:" + filepath.Join(b.TempDir(), "bench.db")
			_, err := w.up(b.Context(), url)
			check(b, err)
			b.ReportAllocs()
			for b.Loop() {
				n, err := w.up(b.Context(), url)
				check(b, err)
				if n != 0 {
					b.Fatalf("%d migrations ran, want none", n)
				}
			}
		})
	}
}
